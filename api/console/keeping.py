"""A proposal to take a seat back that came by mail: whose seat, until when, and the one answer the link can give."""

from dataclasses import dataclass
from datetime import datetime

from governance.directory.service import LinkBearer, use_link
from governance.entitlements.queries import line_of_pool
from governance.kernel.errors import NotFound
from governance.seats.models import Assignment
from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from governance.seats.service import SeatDesk, forego_seat, keep_seat


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a link's bearer is shown before they answer."""

    bearer: LinkBearer
    person: str
    license: str
    until: datetime | None


async def proposal_of(desk: SeatDesk, bearer: LinkBearer) -> Proposal:
    """Read what a link asks. Raises NotFound for a seat that nobody wants back any more."""
    async with desk.office.reading(bearer.actor) as work:
        seat: Assignment = await assignment(work, bearer.subject_id)
        if seat.state is not SeatState.RECLAIM_PENDING:
            raise NotFound("proposal", str(seat.id))
        _, entitlement = await line_of_pool(work, seat.pool_id)
        return Proposal(bearer, bearer.person.name, entitlement.name, seat.reclaim_due_at)


async def answered_proposal(desk: SeatDesk, proposal: Proposal, *, keeps: bool) -> None:
    """Keep the seat or give it up, then use the link up: a second try finds the proposal answered.

    Raises WrongState, Conflict, Unavailable.
    """
    bearer = proposal.bearer
    if keeps:
        await keep_seat(desk, bearer.actor, bearer.subject_id)
    else:
        await forego_seat(desk, bearer.actor, bearer.subject_id)
    await desk.office.perform(bearer.actor, lambda work: use_link(work, bearer))
