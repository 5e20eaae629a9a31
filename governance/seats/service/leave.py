"""Somebody left: their seats are up for reclaim at once, and the licenses they own need another owner."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement
from governance.kernel.errors import NotFound, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Change, Work
from governance.seats.ledger.port import Claim, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import RECLAIM_SLA, ReleaseReason, SeatEvent, SeatState
from governance.seats.service.desk import SeatDesk, system_actor

HANDOVER = "HandoverNeeded"
PENDING = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE})
ENDED = frozenset({SeatState.INVITED, SeatState.SUSPENDED})


@dataclass(frozen=True)
class Left:
    """What became of a leaver's seats, and the entitlements that need a handover (told once each)."""

    reclaiming: tuple[UUID, ...]
    released: tuple[UUID, ...]
    handovers: tuple[UUID, ...]


async def person_left(desk: SeatDesk, tenant_id: UUID, person_id: UUID) -> Left:
    """Put a leaver's seats up for reclaim, due in 14 days; invitations and suspended seats end at once.

    Safe to repeat. Raises NotFound, WrongState when the person has not left, Unavailable.
    """
    actor = system_actor(tenant_id, "directory")
    seats = await desk.look(actor, lambda work: _open_seats(work, person_id))
    due_at = desk.office.clock.now() + RECLAIM_SLA
    claims = [
        Claim(
            desk.office.ids.new(), tenant_id, actor.principal, "seat:reclaim", desk.office.ids.new(),
            Move(s.id, s.line_id, s.pool_id, _event(s), ReleaseReason.USER_LEFT, due_at=due_at, only_from=s.state),
            note="the holder left",
        )
        for s in seats
    ]  # fmt: skip
    answers = await desk.ledger.submit_all(claims)
    done = [seat for seat, answer in zip(seats, answers, strict=True) if answer.outcome is Outcome.DONE]
    handovers = await desk.office.perform(actor, lambda work: _note_handovers(work, person_id))
    return Left(
        tuple(s.id for s in done if s.state in PENDING), tuple(s.id for s in done if s.state in ENDED), handovers
    )


def _event(seat: Assignment) -> SeatEvent:
    return SeatEvent.PROPOSE_RECLAIM if seat.state in PENDING else SeatEvent.RELEASE


async def _open_seats(work: Work, person_id: UUID) -> tuple[Assignment, ...]:
    person = await work.session.get(Person, (work.tenant_id, person_id))
    if person is None:
        raise NotFound("person", str(person_id))
    if person.status is not PersonStatus.LEFT:
        raise WrongState("person", person.status.value, "have their seats reclaimed as a leaver")
    rows = await work.session.execute(
        select(Assignment)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.person_id == person_id,
            Assignment.state.in_(PENDING | ENDED),
        )
        .order_by(Assignment.line_id, Assignment.id)
    )
    return tuple(rows.scalars())


async def _note_handovers(work: Work, person_id: UUID) -> tuple[UUID, ...]:
    """Tell once of each entitlement whose owner or deputy has left that it needs another one."""
    person = await work.session.get_one(Person, (work.tenant_id, person_id))
    told = select(OutboxEvent.subject_id).where(
        OutboxEvent.tenant_id == work.tenant_id,
        OutboxEvent.name == HANDOVER,
        OutboxEvent.recorded_at >= (person.left_at or person.recorded_at),
    )
    owned = await work.session.execute(
        select(Entitlement.id)
        .where(
            Entitlement.tenant_id == work.tenant_id,
            or_(Entitlement.owner_id == person_id, Entitlement.deputy_id == person_id),
            Entitlement.id.not_in(told),
        )
        .order_by(Entitlement.id)
    )
    ids = tuple(owned.scalars())
    for entitlement_id in ids:
        await work.emit(HANDOVER, entitlement_id, person_id=str(person_id))
        after = {"handover_from": person_id}
        await work.record(Change("entitlement:handover", "entitlement", entitlement_id, after=after))
    return ids
