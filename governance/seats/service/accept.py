"""An invited person takes the seat they were offered."""

from uuid import UUID

from governance.seats.models import Assignment
from governance.seats.rules import SeatEvent
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor

ACCEPT = Moving(SeatEvent.ACCEPT, (Action.SEAT_ACCEPT,), Action.SEAT_ACCEPT.value)


async def accept_seat(desk: SeatDesk, actor: Actor, assignment_id: UUID, request_id: UUID | None = None) -> Assignment:
    """Accept an invitation. Raises NotFound, Refused, InvitationExpired, WrongState, Conflict, Unavailable."""
    return (await move(desk, actor, (assignment_id,), ACCEPT, request_id))[0]
