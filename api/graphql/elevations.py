"""Roles for some hours, in the graph: who asked for which, its one answer, and how it stands by the clock."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person, RoleGrant, Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, NodeId, asked, changed, command, values
from api.graphql.nodes import Node, by, listed
from governance.directory import elevated
from governance.directory.elevated import ElevationState, state_at
from governance.directory.models import Elevation as ElevationRow
from governance.directory.service.elevations import (
    AskElevation,
    approve_elevation,
    ask_elevation,
    end_elevation,
    refuse_elevation,
    withdraw_elevation,
)
from governance.kernel.work import Work
from policies.access.parties import Ownership, Role, ScopeKind

strawberry.enum(ElevationState, description="How a wish for a role stands; HELD ends by the clock alone.")


@strawberry.type(description="A wish of a person for a role for some hours, from its asking to its end.")
class Elevation(Node):
    row: strawberry.Private[ElevationRow]
    visible = elevated.readable_elevations
    key = ElevationRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await elevated.elevation_ownership(work, self.row)

    @resolved("How it stands now, swept or not.", FieldClass.PUBLIC)
    async def state(self, info: Info) -> ElevationState:
        grant = await RoleGrant.get(info, self.row.grant_id)
        end = self.row.grant_end if grant is None else grant.row.end
        now = info.context.office.clock.now()
        return state_at(self.row.approved, self.row.expires_at, end, now, self.row.ended_at)

    @resolved("Who asked; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The role.", FieldClass.PUBLIC)
    def role(self) -> Role:
        return self.row.role

    @resolved("How wide it is wanted.", FieldClass.PUBLIC)
    def scope(self) -> ScopeKind:
        return self.row.scope

    @resolved("The region, where it is wanted over one.", FieldClass.PUBLIC)
    def region(self) -> str | None:
        return self.row.region

    @resolved("The unit, where it is wanted over one's subtree.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("For how many hours from the decision on.", FieldClass.PUBLIC)
    def hours(self) -> int:
        return self.row.hours

    @resolved("Why, in the words of who asked.", FieldClass.PERSONAL)
    def reason(self) -> str | None:
        return self.row.reason

    @resolved("When it was asked for.", FieldClass.PUBLIC)
    def asked_at(self) -> datetime:
        return self.row.asked_at

    @resolved("When it lapses unless somebody decides.", FieldClass.PUBLIC)
    def expires_at(self) -> datetime:
        return self.row.expires_at

    @resolved("The principal who decided.", FieldClass.PUBLIC)
    def decided_by(self) -> str | None:
        return self.row.decided_by

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def decided_at(self) -> datetime | None:
        return self.row.decided_at

    @resolved("What the decision says.", FieldClass.PERSONAL)
    def note(self) -> str | None:
        return self.row.note

    @resolved("The grant that it became; null where grants are outside reach.", FieldClass.PUBLIC)
    async def grant(self, info: Info) -> RoleGrant | None:
        return await RoleGrant.get(info, self.row.grant_id)


@strawberry.input(description="A role that one wants for some hours.")
class AskElevationInput:
    role: Role = asked("The role.")
    scope: ScopeKind = asked("How wide it is wanted: UNIT, REGION or TENANT.")
    hours: int = asked("For how many hours, 1 to 168, from the decision on.")
    reason: str = asked("Why; whoever decides reads it.")
    unit: strawberry.ID | None = asked("The unit, exactly where the scope is UNIT.", of="Unit", default=None)
    region: str | None = asked("The region, exactly where the scope is REGION.", default=None)


@strawberry.input(description="A wish to approve.")
class ApproveElevationInput:
    elevation: strawberry.ID = asked("The wish.", of="Elevation")
    note: str | None = asked("What to remember of the decision.", default=None)


@strawberry.input(description="A wish to refuse.")
class RefuseElevationInput:
    elevation: strawberry.ID = asked("The wish.", of="Elevation")
    note: str = asked("Why not; who asked reads it.")


@strawberry.input(description="A wish of one's own to withdraw.")
class WithdrawElevationInput:
    elevation: strawberry.ID = asked("The wish.", of="Elevation")


@strawberry.input(description="A role for some hours to end before its time.")
class EndElevationInput:
    elevation: strawberry.ID = asked("The wish that it was given for.", of="Elevation")
    reason: str = asked("Why; whoever holds it reads it.")


ElevationOutcome = Annotated[
    Elevation | Refusal, strawberry.union("ElevationOutcome", description="The wish for a role, or why not.")
]


@strawberry.type(description="What can be asked of roles for some hours.")
class ElevationQueries:
    @paged("One's own wishes and those within reach of reading rights, the latest first.", FieldClass.PUBLIC)
    async def elevations(self, info: Info, paging: Paging) -> Connection[Elevation]:
        order = by(ElevationRow.asked_at, ElevationRow.id, descending=True)
        return await listed(info, paging, Elevation, order)

    @resolved("One wish for a role; null where there is none within reach.", FieldClass.PUBLIC)
    async def elevation(self, info: Info, id: NodeId) -> Elevation | None:
        return await Elevation.by_id(info, id)


@strawberry.type(description="What can be done about roles for some hours.")
class ElevationMutations:
    @resolved("Ask for a role for oneself, for some hours; who may give it is told.", FieldClass.PUBLIC)
    async def ask_elevation(self, info: Info, input: Annotated[AskElevationInput, GIVEN]) -> ElevationOutcome:
        def verb(work: Work) -> Awaitable[ElevationRow]:
            return ask_elevation(work, command(info, AskElevation, input))

        return await changed(info, Elevation, input, verb)

    @resolved("Give the role for the hours asked; never to oneself.", FieldClass.PUBLIC)
    async def approve_elevation(self, info: Info, input: Annotated[ApproveElevationInput, GIVEN]) -> ElevationOutcome:
        def verb(work: Work) -> Awaitable[ElevationRow]:
            return approve_elevation(work, **values(info, input))

        return await changed(info, Elevation, input, verb)

    @resolved("Refuse the role, with the reason.", FieldClass.PUBLIC)
    async def refuse_elevation(self, info: Info, input: Annotated[RefuseElevationInput, GIVEN]) -> ElevationOutcome:
        def verb(work: Work) -> Awaitable[ElevationRow]:
            return refuse_elevation(work, **values(info, input))

        return await changed(info, Elevation, input, verb)

    @resolved("Withdraw one's own wish before anybody decided on it.", FieldClass.PUBLIC)
    async def withdraw_elevation(self, info: Info, input: Annotated[WithdrawElevationInput, GIVEN]) -> ElevationOutcome:
        def verb(work: Work) -> Awaitable[ElevationRow]:
            return withdraw_elevation(work, **values(info, input))

        return await changed(info, Elevation, input, verb)

    @resolved("End a role for some hours early: one's own, or where one may give it.", FieldClass.PUBLIC)
    async def end_elevation(self, info: Info, input: Annotated[EndElevationInput, GIVEN]) -> ElevationOutcome:
        def verb(work: Work) -> Awaitable[ElevationRow]:
            return end_elevation(work, **values(info, input))

        return await changed(info, Elevation, input, verb)
