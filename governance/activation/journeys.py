"""The way of each seat from invitation to value: the steps with their time, errors open or overcome, calls for help."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from governance.activation.models import JourneyEvent, SupportContact
from governance.activation.queries import visible_contacts
from governance.activation.rules import Mark, Step
from governance.activation.showing import contact_told
from governance.directory.models import Person
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.queries import ASSIGNMENT_PLACED, LINE_OF_SEAT, POOL_OF_SEAT, lapsed, visible_assignments
from governance.usage.showing import named, told_of
from policies.access.actions import Action

RANK = {step: rank for rank, step in enumerate(Step)}


@dataclass(frozen=True)
class Reached:
    """A step and when it was reached first."""

    step: Step
    at: datetime


@dataclass(frozen=True)
class Failure:
    """An error at a step; overcome once the step, a later one, or use came after it."""

    step: Step
    code: str
    at: datetime
    overcome: bool


@dataclass(frozen=True)
class Journey:
    """What happened to one seat on its way, in order."""

    product_id: UUID
    reached: tuple[Reached, ...]
    failures: tuple[Failure, ...]
    contacts: tuple[SupportContact, ...]

    @property
    def stuck(self) -> Failure | None:
        """The latest error that nothing has overcome."""
        return next((one for one in reversed(self.failures) if not one.overcome), None)


async def journeys_of(work: Work, seat_ids: Sequence[UUID]) -> Mapping[UUID, Journey]:
    """Give the ways of these seats: those one may help with or that are one's own, where the region lets it be told."""
    seats = await _told_seats(work, seat_ids)
    events = await _events(work, [seat for seat, _ in seats])
    contacts = await _contacts(work, [seat.id for seat, _ in seats])
    return {
        seat.id: _journey(
            seat, product_id,
            [e for e in events.get((seat.person_id, product_id), ()) if _within(seat, e.occurred_at)],
            contacts.get(seat.id, ()),
        )
        for seat, product_id in seats
    }  # fmt: skip


def stuck_failures(work: Work) -> Select[JourneyEvent]:
    """Give the errors that keep a seat from its next step: the latest of it, with nothing that overcame it.

    Of seats that are held, within reach of who helps; never of people whose region shows groups only.
    """
    later, after = aliased(JourneyEvent), aliased(JourneyEvent)
    same = (JourneyEvent.tenant_id, JourneyEvent.person_id, JourneyEvent.product_id)
    overcome = exists().where(
        *(getattr(after, column.key) == column for column in same),
        after.mark == Mark.REACHED,
        after.occurred_at >= JourneyEvent.occurred_at,
        _rank(after.step) >= _rank(JourneyEvent.step),
    )
    followed = exists().where(
        *(getattr(later, column.key) == column for column in same),
        later.mark == Mark.FAILED,
        or_(
            later.occurred_at > JourneyEvent.occurred_at,
            and_(later.occurred_at == JourneyEvent.occurred_at, later.id > JourneyEvent.id),
        ),
    )
    return select(JourneyEvent).where(
        JourneyEvent.tenant_id == work.tenant_id,
        JourneyEvent.mark == Mark.FAILED,
        told_of(work, JourneyEvent.person_id),
        ~overcome,
        ~followed,
        _held_unused(work),
    )


async def seats_of_failures(work: Work, failures: Sequence[JourneyEvent]) -> Mapping[UUID, Assignment]:
    """Give the seat that each of these errors keeps waiting, the newest where there are two of the product."""
    query = (
        visible_assignments(work, Action.JOURNEY_ASSIST)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Assignment.person_id.in_(sorted({one.person_id for one in failures})), Assignment.released_at.is_(None))
        .add_columns(Entitlement.product_id)
        .order_by(Assignment.started_at, Assignment.id)
    )
    rows = (await work.session.execute(query)).all() if failures else []
    seats = {(seat.person_id, product_id): seat for seat, product_id in rows}
    found = {one.id: seats.get((one.person_id, one.product_id)) for one in failures}
    return {key: seat for key, seat in found.items() if seat is not None}


def open_contacts(work: Work) -> Select[SupportContact]:
    """Give the contacts within reach that nobody has closed and that may be told."""
    return told_contacts(work).where(SupportContact.closed_at.is_(None))


def told_contacts(work: Work) -> Select[SupportContact]:
    """Give the contacts within reach that may be told one by one."""
    return visible_contacts(work).where(contact_told(work))


def _held_unused(work: Work) -> ColumnElement[bool]:
    """Say of an error that a held seat of its product has not been used since."""
    return (
        select(Assignment.id)
        .join(Pool, POOL_OF_SEAT)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Assignment.tenant_id == JourneyEvent.tenant_id,
            Assignment.person_id == JourneyEvent.person_id,
            Entitlement.product_id == JourneyEvent.product_id,
            Assignment.released_at.is_(None),
            ~lapsed(work.now()),
            Assignment.started_at <= JourneyEvent.occurred_at,
            or_(Assignment.last_use_at.is_(None), Assignment.last_use_at < JourneyEvent.occurred_at),
            work.reach(Action.JOURNEY_ASSIST, ASSIGNMENT_PLACED),
        )
        .correlate(JourneyEvent)
        .exists()
    )


def _rank(step: Any) -> ColumnElement[int]:
    return case({word.value: rank for word, rank in RANK.items()}, value=step)


async def _told_seats(work: Work, seat_ids: Sequence[UUID]) -> list[tuple[Assignment, UUID]]:
    helped = visible_assignments(work, Action.JOURNEY_ASSIST).with_only_columns(Assignment.id)
    query = (
        visible_assignments(work)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
        .where(
            Assignment.id.in_(seat_ids),
            or_(Assignment.person_id == work.actor.person_id, Assignment.id.in_(helped)),
        )
        .add_columns(Entitlement.product_id, Person.country)
    )
    rows = await work.session.execute(query)
    own = work.actor.person_id
    return [(seat, product) for seat, product, country in rows if seat.person_id == own or named(country)]


async def _events(work: Work, seats: Sequence[Assignment]) -> dict[tuple[UUID, UUID], list[JourneyEvent]]:
    query = (
        select(JourneyEvent)
        .where(
            JourneyEvent.tenant_id == work.tenant_id,
            JourneyEvent.person_id.in_(sorted({seat.person_id for seat in seats})),
        )
        .order_by(JourneyEvent.occurred_at, JourneyEvent.id)
    )
    found: dict[tuple[UUID, UUID], list[JourneyEvent]] = {}
    for row in (await work.session.execute(query)).scalars() if seats else ():
        found.setdefault((row.person_id, row.product_id), []).append(row)
    return found


async def _contacts(work: Work, seat_ids: Sequence[UUID]) -> dict[UUID, list[SupportContact]]:
    query = told_contacts(work).where(SupportContact.assignment_id.in_(seat_ids))
    found: dict[UUID, list[SupportContact]] = {}
    ordered = query.order_by(SupportContact.opened_at, SupportContact.id)
    for row in (await work.session.execute(ordered)).scalars() if seat_ids else ():
        if row.assignment_id is not None:
            found.setdefault(row.assignment_id, []).append(row)
    return found


def _within(seat: Assignment, at: datetime) -> bool:
    return seat.started_at <= at and (seat.released_at is None or at < seat.released_at)


def _journey(
    seat: Assignment, product_id: UUID, events: Iterable[JourneyEvent], contacts: Iterable[SupportContact]
) -> Journey:
    told = list(events)
    reached: dict[Step, datetime] = dict(_own_steps(seat))
    for event in told:
        if event.mark is Mark.REACHED:
            reached.setdefault(event.step, event.occurred_at)
    passed = [(event.step, event.occurred_at) for event in told if event.mark is Mark.REACHED]
    failures = tuple(
        Failure(event.step, event.code or "", event.occurred_at, _overcome(seat, event, passed))
        for event in told
        if event.mark is Mark.FAILED
    )
    steps = sorted((Reached(step, at) for step, at in reached.items()), key=lambda one: (one.at, RANK[one.step]))
    return Journey(product_id, tuple(steps), failures, tuple(contacts))


def _own_steps(seat: Assignment) -> Iterable[tuple[Step, datetime]]:
    """Give what the seat itself knows of its way."""
    if seat.invitation_expires_at is None:
        yield Step.ASSIGNED, seat.started_at
    else:
        yield Step.INVITED, seat.started_at
    if seat.accepted_at is not None:
        yield Step.ACCEPTED, seat.accepted_at
    if seat.first_use_at is not None:
        yield Step.FIRST_USE, seat.first_use_at


def _overcome(seat: Assignment, failed: JourneyEvent, passed: Sequence[tuple[Step, datetime]]) -> bool:
    if seat.last_use_at is not None and seat.last_use_at >= failed.occurred_at:
        return True
    return any(at >= failed.occurred_at and RANK[step] >= RANK[failed.step] for step, at in passed)
