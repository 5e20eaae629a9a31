"""An invitation that came by mail: what seat it offers, to whom, and the one answer that its link can give."""

from dataclasses import dataclass
from datetime import datetime

from governance.directory.service import LinkBearer, use_link
from governance.entitlements.queries import line_of_pool
from governance.kernel.errors import NotFound
from governance.seats.models import Assignment
from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from governance.seats.service import SeatDesk, accept_seat, decline_seat


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link's bearer is shown before they answer."""

    bearer: LinkBearer
    person: str
    license: str
    until: datetime | None


async def invitation_of(desk: SeatDesk, bearer: LinkBearer) -> Invitation:
    """Read what a link offers. Raises NotFound for a seat that is gone or answered already."""
    async with desk.office.reading(bearer.actor) as work:
        seat: Assignment = await assignment(work, bearer.subject_id)
        if seat.state is not SeatState.INVITED:
            raise NotFound("invitation", str(seat.id))
        _, entitlement = await line_of_pool(work, seat.pool_id)
        return Invitation(bearer, bearer.person.name, entitlement.name, seat.invitation_expires_at)


async def answered(desk: SeatDesk, invitation: Invitation, *, accepts: bool) -> None:
    """Accept or decline the seat, then use the link up: a second try finds the seat answered.

    Raises InvitationExpired, WrongState, Conflict, Unavailable.
    """
    bearer = invitation.bearer
    verb = accept_seat if accepts else decline_seat
    await verb(desk, bearer.actor, bearer.subject_id)
    await desk.office.perform(bearer.actor, lambda work: use_link(work, bearer))
