"""Put somebody in line who need not be decided on: a standing decision has named them already."""

from dataclasses import dataclass
from uuid import UUID

from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.rules import RequestOrigin, RequestState
from governance.requests.service.asking import opened
from governance.seats.queries import pool_facts
from policies.access.actions import Action


@dataclass(frozen=True)
class LineUp:
    """Who waits for a seat of which pool, why, and how urgently (0 to 9)."""

    pool_id: UUID
    person_id: UUID
    origin: RequestOrigin
    reason: str
    priority: int = 0


async def line_up(work: Work, command: LineUp) -> UUID:
    """Give somebody a place in line, or the request that is open already; gives its id. Raises NotFound, Refused."""
    pool, owned = await pool_facts(work, command.pool_id)
    work.permit(Action.SEAT_ASSIGN, owned, f"pool {pool.name}")
    there = await queries.open_request(work, command.pool_id, command.person_id)
    if there is not None:
        return there.id
    row = opened(work, command.pool_id, command.person_id, command.origin, command.reason)
    row.state, row.priority, row.waiting_since = RequestState.WAITING, command.priority, work.now()
    work.session.add(row)
    await work.session.flush()
    after = {"pool": command.pool_id, "person": command.person_id, "state": row.state}
    await work.record(Change("seat:request", "seat_request", row.id, after=after, reason=command.reason))
    await work.emit("SeatRequestApproved", row.id)
    return row.id
