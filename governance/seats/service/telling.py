"""Tell a holder that their seat is to be taken back, with the link by which they keep it or give it up."""

from governance.entitlements.queries import line_of_pool
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work
from governance.notices.service import tell
from governance.seats.models import Assignment
from governance.seats.rules import SeatState

TEXT = "seat-reclaim-proposed"


async def tell_of_proposal(work: Work, event: OutboxEvent) -> None:
    """Send the holder the link, unless the proposal is answered or over."""
    seat = await work.session.get(Assignment, (work.tenant_id, event.subject_id))
    if seat is None or seat.state is not SeatState.RECLAIM_PENDING or seat.reclaim_due_at is None:
        return
    if seat.reclaim_due_at <= work.now():
        return
    _, license_ = await line_of_pool(work, seat.pool_id)
    until = f"{seat.reclaim_due_at:%Y-%m-%d %H:%M} UTC"
    facts = {"license": license_.name, "until": until, "subject_id": str(seat.id)}
    await tell(work, seat.person_id, TEXT, facts, f"reclaim:{seat.id}:{seat.reclaim_due_at:%Y%m%d%H%M%S}")
