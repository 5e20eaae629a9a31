"""Give a suspended seat back as it was, if it kept its room or there is room again."""

from uuid import UUID

from governance.seats.models import Assignment
from governance.seats.rules import SeatEvent
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor


async def resume_seat(
    desk: SeatDesk, actor: Actor, assignment_id: UUID, note: str | None = None, request_id: UUID | None = None
) -> Assignment:
    """Resume a seat. Raises NotFound, Refused, BadInput, WrongState, SeatRefused (no room), Conflict, Unavailable."""
    moving = Moving(SeatEvent.RESUME, (Action.SEAT_SUSPEND,), "seat:resume", note=note)
    return (await move(desk, actor, (assignment_id,), moving, request_id))[0]
