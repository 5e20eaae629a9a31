"""Seats in the graph: who holds what, every step of it, and refusals with all their reasons."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select, or_, select

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import (
    FieldClass,
    Reason,
    resolved,
    type_named,
)
from api.graphql.entitlements import MetricLine, Pool
from api.graphql.nodes import Node, by, person_of, short_list
from governance.kernel.errors import Code
from governance.kernel.errors import Reason as Because
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.models import Assignment as AssignmentRow
from governance.seats.models import AssignmentStep as AssignmentStepRow
from governance.seats.models import Denial as DenialRow
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState
from governance.seats.shown import shown_as, use_told
from policies.access.parties import Ownership

if TYPE_CHECKING:
    from api.graphql.activation import Journey

strawberry.enum(SeatState, description="The state of a seat (an assignment).")
strawberry.enum(ReleaseReason, description="Why a seat was released.")


def _shown_steps(work: Work) -> Select[AssignmentStepRow]:
    """Give the steps within reach; that a seat was used, only where it may be told of its holder by name."""
    used = AssignmentStepRow.event == SeatEvent.USE
    told = select(AssignmentRow.id).where(AssignmentRow.tenant_id == work.tenant_id, use_told(work))
    return queries.visible_steps(work).where(or_(~used, AssignmentStepRow.assignment_id.in_(told)))


async def _told(info: Info, seat_id: UUID) -> bool:
    """Say whether it may be told that a seat was used, and when. One SELECT for all siblings."""

    async def load(ids: list[UUID]) -> list[bool]:
        async with info.context.reading() as work:
            query = select(AssignmentRow.id).where(
                AssignmentRow.tenant_id == work.tenant_id, AssignmentRow.id.in_(ids), use_told(work)
            )
            found = set((await work.session.execute(query)).scalars())
        return [one in found for one in ids]

    told: bool = await info.context.loader("seats whose use is told", load).load(seat_id)
    return told


async def _shown(info: Info, state: SeatState, seat_id: UUID) -> SeatState:
    return state if state is not SeatState.ACTIVE else shown_as(state, told=await _told(info, seat_id))


@strawberry.type(description="One event of a seat; uses only where its holder's region lets them be named.")
class SeatStep(Node):
    row: strawberry.Private[AssignmentStepRow]
    visible = _shown_steps
    key = AssignmentStepRow.id

    @resolved("The state it led to; ACTIVE only where it may be told that the seat was used.", FieldClass.PUBLIC)
    async def state(self, info: Info) -> SeatState:
        return await _shown(info, self.row.state, self.row.assignment_id)

    @resolved("What happened.", FieldClass.PUBLIC)
    def event(self) -> str:
        return self.row.event

    @resolved("From when it holds.", FieldClass.PUBLIC)
    def at(self) -> datetime:
        return self.row.at

    @resolved("When it was learned.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The principal who did it.", FieldClass.PUBLIC)
    def actor(self) -> str:
        return self.row.actor

    @resolved("The person who did it, where it was one within reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.actor)
        return found

    @resolved("Why.", FieldClass.PUBLIC)
    def reason(self) -> str | None:
        return self.row.reason


@strawberry.type(description="A seat: an episode of one person in one pool, from the first grant to the release.")
class Seat(Node):
    row: strawberry.Private[AssignmentRow]
    visible = queries.visible_assignments
    key = AssignmentRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.seat_ownership(work, self.row)

    @resolved(
        "How it stands; an invitation past its end is released, swept or not. A used seat is ACTIVE for whoever may "
        "read usage, where its holder's region lets them be named; for others it is ASSIGNED, and useTold is false.",
        FieldClass.PUBLIC,
    )
    async def state(self, info: Info) -> SeatState:
        lapsed = self.row.invitation_expires_at
        now = info.context.office.clock.now()
        over = self.row.state is SeatState.INVITED and lapsed is not None and lapsed <= now
        return SeatState.RELEASED if over else await _shown(info, self.row.state, self.row.id)

    @resolved("Whether it was granted beyond what the pool had, by its overage mode.", FieldClass.PUBLIC)
    def overage(self) -> bool:
        return self.row.overage

    @resolved("When it was granted.", FieldClass.PUBLIC)
    def started_at(self) -> datetime:
        return self.row.started_at

    @resolved("When its invitation ends; null where nothing must be accepted.", FieldClass.PUBLIC)
    def invitation_expires_at(self) -> datetime | None:
        return self.row.invitation_expires_at

    @resolved("When its holder accepted it.", FieldClass.PUBLIC)
    def accepted_at(self) -> datetime | None:
        return self.row.accepted_at

    @resolved(
        "Whether use of it may be told to you. Where not, ASSIGNED says nothing of use and the days of use are null, "
        "whether it was used or not: by its holder's region, or by your own rights.",
        FieldClass.PUBLIC,
    )
    async def use_told(self, info: Info) -> bool:
        return await _told(info, self.row.id)

    @resolved("When it was used first; null where its holder's region lets nobody be named.", FieldClass.USAGE)
    async def first_use_at(self, info: Info) -> datetime | None:
        return self.row.first_use_at if self.row.first_use_at and await _told(info, self.row.id) else None

    @resolved("When it was used last; null where its holder's region lets nobody be named.", FieldClass.USAGE)
    async def last_use_at(self, info: Info) -> datetime | None:
        return self.row.last_use_at if self.row.last_use_at and await _told(info, self.row.id) else None

    @resolved("When it was released.", FieldClass.PUBLIC)
    def released_at(self) -> datetime | None:
        return self.row.released_at

    @resolved("Why it was released.", FieldClass.PUBLIC)
    def release_reason(self) -> ReleaseReason | None:
        return self.row.release_reason

    @resolved("By when a proposed reclaim is decided by silence.", FieldClass.PUBLIC)
    def reclaim_due_at(self) -> datetime | None:
        return self.row.reclaim_due_at

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Its holder; null outside one's reach.", FieldClass.PUBLIC)
    async def holder(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The pool it is taken from.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The metric line it counts on.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)

    @resolved("The episode before, of the same person on the same line.", FieldClass.PUBLIC)
    async def prior(self, info: Info) -> "Seat | None":
        return await Seat.get(info, self.row.prior_id)

    @resolved("Everything that happened to it, in order.", FieldClass.PUBLIC)
    async def steps(self, info: Info) -> list[SeatStep]:
        order = by(AssignmentStepRow.at, AssignmentStepRow.id)
        return await short_list(info, SeatStep, order, column=AssignmentStepRow.assignment_id, of=self.row.id)

    @resolved(
        "Its way to first use and value, for who helps and its holder; null where its region lets nobody be named.",
        FieldClass.USAGE,
    )
    async def journey(self, info: Info) -> Annotated["Journey", strawberry.lazy("api.graphql.activation")] | None:
        found: Journey | None = await type_named(info, "Journey").of_seat(info, self.row.id)
        return found


@strawberry.type(description="A refused grant. Equal ones of one holder within a minute are one, with a count.")
class Denial(Node):
    row: strawberry.Private[DenialRow]
    visible = queries.visible_denials
    key = DenialRow.id

    @resolved("The first reason's code.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("Every reason.", FieldClass.PUBLIC)
    def reasons(self) -> list[Reason]:
        return [reason_of(Because(**{**reason, "code": Code(reason["code"])})) for reason in self.row.reasons]

    @resolved("How often it was tried within the minute.", FieldClass.PUBLIC)
    def count(self) -> int:
        return self.row.count

    @resolved("When it was tried first.", FieldClass.PUBLIC)
    def first_at(self) -> datetime:
        return self.row.first_at

    @resolved("When it was tried last.", FieldClass.PUBLIC)
    def last_at(self) -> datetime:
        return self.row.last_at

    @resolved("For whom it was tried; null outside one's reach.", FieldClass.PUBLIC)
    async def holder(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("In which pool.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)


def reason_of(because: Because) -> Reason:
    return Reason(**vars(because))
