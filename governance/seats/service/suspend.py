"""Take the use of a seat away for a while; whether it keeps its room, the line's policy says."""

from uuid import UUID

from governance.seats.models import Assignment
from governance.seats.rules import SeatEvent
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor


async def suspend_seat(
    desk: SeatDesk, actor: Actor, assignment_id: UUID, note: str | None = None, request_id: UUID | None = None
) -> Assignment:
    """Suspend a seat. Raises NotFound, Refused, BadInput, WrongState, Conflict, Unavailable."""
    moving = Moving(SeatEvent.SUSPEND, (Action.SEAT_SUSPEND,), Action.SEAT_SUSPEND.value, note=note)
    return (await move(desk, actor, (assignment_id,), moving, request_id))[0]
