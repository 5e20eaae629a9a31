"""An invited person says no: the seat is free again at once."""

from dataclasses import replace
from uuid import UUID

from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatEvent
from governance.seats.service.desk import SeatDesk
from governance.seats.service.moving import Moving, move
from policies.access.actions import Action
from policies.access.parties import Actor

DECLINE = Moving(SeatEvent.DECLINE, (Action.SEAT_ACCEPT,), "seat:decline", ReleaseReason.DECLINED)


async def decline_seat(
    desk: SeatDesk, actor: Actor, assignment_id: UUID, note: str | None = None, request_id: UUID | None = None
) -> Assignment:
    """Decline an invitation. Raises NotFound, Refused, BadInput, WrongState, Conflict, Unavailable."""
    return (await move(desk, actor, (assignment_id,), replace(DECLINE, note=note), request_id))[0]
