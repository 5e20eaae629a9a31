"""Serve the line: whoever waits first gets the seat that came free; each is answered once."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from governance.directory.service import operator
from governance.kernel.errors import BadInput, NotFound, Reason
from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestState, only_full, only_seated
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason
from governance.seats.service import (
    AssignSeats,
    ReleaseSeats,
    SeatDesk,
    assign_seats,
    preview_assignment,
    release_seats,
)

NAME = "waitlist"
MOST = 200
LATE = "the request was taken back while its seat was given"


async def serve_all(desk: SeatDesk, tenant_id: UUID) -> int:
    """Serve every line of a tenant that somebody waits in; gives how many were answered. Safe to repeat."""
    actor = operator(tenant_id, NAME)
    lines = await desk.look(actor, queries.lines_waited_for)
    return sum([await serve_line(desk, tenant_id, line_id) for line_id in lines])


async def serve_line(desk: SeatDesk, tenant_id: UUID, line_id: UUID) -> int:
    """Give free seats of a line to those who wait, in order; a pool that is full keeps only its own line waiting.

    Whom no free seat would help (they left, or no lot covers their country) is refused with every reason.
    Safe to repeat, and in several processes at once. Raises Unavailable.
    """
    actor = operator(tenant_id, NAME)
    waiting = await desk.look(actor, partial(queries.in_line, line_id=line_id, most=MOST))
    full: set[UUID] = set()
    answered = 0
    for row in waiting:
        if row.pool_id in full:
            continue
        if await _serve(desk, tenant_id, row):
            answered += 1
        else:
            full.add(row.pool_id)
    return answered


async def _serve(desk: SeatDesk, tenant_id: UUID, row: SeatRequest) -> bool:
    """Answer one who waits; False where their pool is full."""
    actor = operator(tenant_id, NAME)
    asked = AssignSeats(row.pool_id, (row.person_id,), key=f"request:{row.id}")
    try:
        found = await preview_assignment(desk, actor, asked)  # asks in vain without leaving a denial each time
        if not found.denied:
            found = await assign_seats(desk, actor, asked)
    except (NotFound, BadInput) as gone:
        await desk.office.perform(actor, partial(_refused, row.id, gone.message()))
        return True
    if found.seated:
        await _keep(desk, tenant_id, row.id, found.seated[0].assignment_id)
        return True
    if not found.denied:  # this very call was made before, and cut off before its answer was kept
        await _keep(desk, tenant_id, row.id, None)
        return True
    why = found.denied[0].reasons
    if only_full(why):
        return False
    if only_seated(why):
        await _keep(desk, tenant_id, row.id, None)
    else:
        await desk.office.perform(actor, partial(_refused, row.id, _said(why)))
    return True


async def _keep(desk: SeatDesk, tenant_id: UUID, request_id: UUID, assignment_id: UUID | None) -> None:
    """Note the seat as the request's answer; one that was taken back meanwhile gives it back."""
    actor = operator(tenant_id, NAME)
    late = await desk.office.perform(actor, partial(_granted, request_id, assignment_id))
    if late is not None:
        await release_seats(desk, actor, ReleaseSeats((late,), ReleaseReason.ADMIN, LATE))


async def _granted(request_id: UUID, assignment_id: UUID | None, work: Work) -> UUID | None:
    """Close a request with its seat (None: the one they sit in already); gives the seat where it came too late."""
    row = await queries.seat_request(work, request_id, locked=True)
    if row.state is not RequestState.WAITING:
        return assignment_id if row.assignment_id != assignment_id else None
    if assignment_id is None:
        assignment_id = await _seat_of(work, row)
    row.state, row.assignment_id, row.ended_at = RequestState.GRANTED, assignment_id, work.now()
    row.version += 1
    await work.session.flush()
    after = {"state": row.state, "assignment": assignment_id}
    before = {"state": RequestState.WAITING}
    await work.record(Change("request:grant", "seat_request", row.id, before=before, after=after))
    await work.emit("SeatRequestAnswered", row.id)
    return None


async def _refused(request_id: UUID, why: str, work: Work) -> None:
    row = await queries.seat_request(work, request_id, locked=True)
    if row.state is not RequestState.WAITING:
        return
    row.state, row.note, row.ended_at = RequestState.REFUSED, why[:400], work.now()
    row.version += 1
    await work.session.flush()
    before, after = {"state": RequestState.WAITING}, {"state": row.state}
    await work.record(Change("request:refuse", "seat_request", row.id, before=before, after=after, reason=row.note))
    await work.emit("SeatRequestAnswered", row.id)


async def _seat_of(work: Work, row: SeatRequest) -> UUID | None:
    """Give the open seat that the person has on the pool's line."""
    pool = await queries.pool_asked_for(work, row.pool_id)
    query = select(Assignment.id).where(
        Assignment.tenant_id == work.tenant_id,
        Assignment.line_id == pool.line_id,
        Assignment.person_id == row.person_id,
        Assignment.released_at.is_(None),
    )
    return (await work.session.execute(query)).scalar_one_or_none()


def _said(why: tuple[Reason, ...]) -> str:
    return " ".join(f"{each.subject}: has {each.has}, needs {each.needs}." for each in why)
