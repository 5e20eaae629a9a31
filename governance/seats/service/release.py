"""Give seats back, with the reason; all of the call or none."""

from dataclasses import dataclass
from uuid import UUID

from governance.kernel.errors import BadInput
from governance.seats.errors import TooManySeats
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatEvent
from governance.seats.service.assign import AT_MOST
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor


@dataclass(frozen=True)
class ReleaseSeats:
    assignment_ids: tuple[UUID, ...]
    reason: ReleaseReason = ReleaseReason.ADMIN
    note: str | None = None


async def release_seats(
    desk: SeatDesk, actor: Actor, command: ReleaseSeats, request_id: UUID | None = None
) -> tuple[Assignment, ...]:
    """Release the seats at this instant; a person seated again later gets a new episode.

    Raises NotFound, Refused, BadInput, TooManySeats, WrongState (released already), Conflict, Unavailable.
    """
    ids = command.assignment_ids
    if not ids or len(set(ids)) != len(ids):
        raise BadInput("assignmentIds", "empty or repeated", "at least one seat, each once")
    if len(ids) > AT_MOST:
        raise TooManySeats(len(ids), AT_MOST)
    moving = Moving(SeatEvent.RELEASE, (Action.SEAT_RELEASE,), Action.SEAT_RELEASE.value, command.reason, command.note)
    return await move(desk, actor, ids, moving, request_id)
