"""Somebody is back: their account is, their seats are not. Where a pool they sat in is full, they wait in its line."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service import operator
from governance.entitlements.models import Pool
from governance.kernel.errors import NotFound
from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestOrigin, RequestState, only_full
from governance.requests.service.asking import opened
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason
from governance.seats.service import AssignSeats, SeatDesk, preview_assignment

NAME = "directory"
BACK = "back after having left; the seat went when they did"


async def line_up_returned(desk: SeatDesk, tenant_id: UUID, person_id: UUID) -> tuple[UUID, ...]:
    """Line up somebody who came back for the seats they lost by leaving; gives the requests. Safe to repeat.

    Where the pool is full they wait in line at once; where it has room, whoever decides on the license is asked:
    nobody sits again without a decision. Raises NotFound for an unknown person.
    """
    actor = operator(tenant_id, NAME)
    lost = await desk.look(actor, partial(_lost, person_id))
    made = []
    for pool_id in lost:
        found = await preview_assignment(desk, actor, AssignSeats(pool_id, (person_id,)))
        full = bool(found.denied)
        if full and not only_full(found.denied[0].reasons):
            continue
        row_id = await desk.office.perform(actor, partial(_line_up, pool_id, person_id, full=full))
        made += [row_id] if row_id is not None else []
    return tuple(made)


async def _lost(person_id: UUID, work: Work) -> tuple[UUID, ...]:
    """Give the open pools in which somebody who is here sat until they left, without a seat of the line since."""
    person = await work.session.get(Person, (work.tenant_id, person_id))
    if person is None:
        raise NotFound("person", str(person_id))
    if person.status is not PersonStatus.ACTIVE:
        return ()
    seats = select(Assignment).where(Assignment.tenant_id == work.tenant_id, Assignment.person_id == person_id)
    rows = (await work.session.execute(seats.order_by(Assignment.started_at, Assignment.id))).scalars()
    last = {row.line_id: row for row in rows}
    left = [row.pool_id for row in last.values() if row.release_reason is ReleaseReason.USER_LEFT]
    if not left:
        return ()
    opened_ = select(Pool.id).where(Pool.tenant_id == work.tenant_id, Pool.id.in_(left), Pool.closed_at.is_(None))
    return tuple((await work.session.execute(opened_.order_by(Pool.id))).scalars())


async def _line_up(pool_id: UUID, person_id: UUID, work: Work, *, full: bool) -> UUID | None:
    if await queries.open_request(work, pool_id, person_id) is not None:
        return None
    row: SeatRequest = opened(work, pool_id, person_id, RequestOrigin.RETURNED, BACK)
    if full:
        row.state, row.waiting_since = RequestState.WAITING, work.now()
    work.session.add(row)
    await work.session.flush()
    after = {"pool": pool_id, "person": person_id, "state": row.state}
    await work.record(Change("seat:request", "seat_request", row.id, after=after, reason=BACK))
    await work.emit("SeatRequestApproved" if full else "SeatRequested", row.id)
    return row.id
