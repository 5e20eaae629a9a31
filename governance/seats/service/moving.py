"""How every verb on a seat goes: fetch within reach, permit, ask the ledger, give the seat as it is then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from governance.kernel.errors import BusinessError, Conflict
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.errors import SeatRefused
from governance.seats.ledger.port import Answer, Claim, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatEvent, SeatState
from governance.seats.service.desk import SeatDesk, checked_note
from policies.access.actions import Action
from policies.access.parties import Actor

TRIES = 3


@dataclass(frozen=True)
class Moving:
    """What shall happen to seats, under which right: any one of `rights` will do; `act` is what the trail calls it.

    `only_as_seen`: not to a seat whose state moved since it was looked at; `only_from`: to one in this state alone.
    """

    event: SeatEvent
    rights: tuple[Action, ...]
    act: str
    reason: ReleaseReason | None = None
    note: str | None = None
    due_at: datetime | None = None
    only_as_seen: bool = False
    only_from: SeatState | None = None


async def move(
    desk: SeatDesk, actor: Actor, assignment_ids: Sequence[UUID], moving: Moving, request_id: UUID | None = None
) -> tuple[Assignment, ...]:
    """Let the event happen to all of the seats, or to none.

    Raises NotFound, Refused, BadInput, WrongState, InvitationExpired, SeatRefused, Conflict, Unavailable.
    """
    note = checked_note(moving.note)
    request_id = request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        seats, revision = await desk.look(actor, lambda work: permitted(work, assignment_ids, moving), request_id)
        claims = [
            Claim(
                desk.office.ids.new(), actor.tenant_id, actor.principal, moving.act, request_id,
                Move(
                    s.id, s.line_id, s.pool_id, moving.event, moving.reason, due_at=moving.due_at,
                    only_from=s.state if moving.only_as_seen else moving.only_from,
                ),
                revision, note=note,
            )
            for s in seats
        ]  # fmt: skip
        answers = await desk.ledger.submit_all(claims, atomic=True)
        failed = next((a for a in answers if a.outcome not in {Outcome.DONE, Outcome.UNDONE}), None)
        if failed is None:
            return await _as_they_are(desk, actor, assignment_ids)
        error = refusal(failed)
        if failed.outcome is not Outcome.CONFLICT:
            break
    raise error


def refusal(answer: Answer) -> BusinessError:
    """Give the error that a door shows for an answer that is not DONE."""
    if answer.error is not None:
        return answer.error
    return SeatRefused(answer.reasons)


async def permitted(work: Work, assignment_ids: Sequence[UUID], moving: Moving) -> tuple[tuple[Assignment, ...], int]:
    """Give the seats, to each of which this may be done, and the policy revision. Raises NotFound, Refused."""
    seats = await queries.assignments(work, assignment_ids)
    for seat, owned in zip(seats, await queries.seat_ownerships(work, seats), strict=True):
        if not any(work.permits(right, owned) for right in moving.rights):
            work.permit(moving.rights[0], owned, f"seat {seat.id}")
    return seats, await queries.revision(work)


async def _as_they_are(desk: SeatDesk, actor: Actor, assignment_ids: Sequence[UUID]) -> tuple[Assignment, ...]:
    async with desk.office.reading(actor) as work:
        mine = select(Assignment).where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(assignment_ids))
        found = {row.id: row for row in (await work.session.execute(mine)).scalars()}
        return tuple(found[assignment_id] for assignment_id in assignment_ids)
