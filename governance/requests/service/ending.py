"""How a request ends without a decision: its person takes it back, leaves, or nobody decides in time."""

from uuid import UUID

from sqlalchemy import select

from governance.kernel.errors import WrongState
from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.models import SeatRequest
from governance.requests.rules import OPEN, RequestState, state_at
from policies.access.actions import Action

MOST = 500


async def withdraw_request(work: Work, request_id: UUID) -> SeatRequest:
    """Take a request back, undecided or in line; said twice, it is taken back once.

    Raises NotFound, Refused, WrongState (it has its answer).
    """
    row = await queries.seat_request(work, request_id, locked=True)
    work.permit(Action.SEAT_REQUEST, await queries.request_ownership(work, row), f"seat request {row.id}")
    if row.state is RequestState.WITHDRAWN:
        return row
    now = state_at(row.state, row.expires_at, work.now())
    if now not in OPEN:
        raise WrongState("seat request", now, "be taken back")
    await _end(work, row, RequestState.WITHDRAWN, "request:withdraw", None)
    return row


async def expire_requests(work: Work) -> int:
    """End the requests that nobody decided on in time, at most 500; gives how many. Each is told of once."""
    rows = await queries.overdue(work, most=MOST)
    for row in rows:
        await _end(work, row, RequestState.EXPIRED, "request:expire", None)
        await work.emit("SeatRequestAnswered", row.id)
    return len(rows)


async def person_gone(work: Work, person_id: UUID) -> int:
    """End the open requests for somebody who left; gives how many."""
    query = (
        select(SeatRequest)
        .where(
            SeatRequest.tenant_id == work.tenant_id,
            SeatRequest.person_id == person_id,
            SeatRequest.ended_at.is_(None),
        )
        .order_by(SeatRequest.id)
        .with_for_update(key_share=True)
    )
    rows = (await work.session.execute(query)).scalars().all()
    for row in rows:
        await _end(work, row, RequestState.WITHDRAWN, "request:withdraw", "the person left")
    return len(rows)


async def _end(work: Work, row: SeatRequest, state: RequestState, act: str, reason: str | None) -> None:
    before = {"state": row.state}
    row.state, row.ended_at = state, row.expires_at if state is RequestState.EXPIRED else work.now()
    row.version += 1
    await work.session.flush()
    await work.record(Change(act, "seat_request", row.id, before=before, after={"state": state}, reason=reason))
