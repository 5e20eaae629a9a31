"""Order at the vendor what was decided here: a seat that was assigned, a seat that was given back."""

from dataclasses import dataclass
from uuid import UUID

from governance.fulfillment import queries
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct, after_release
from governance.kernel.work import Change, Work
from governance.seats.models import Assignment
from governance.seats.rules import SeatState

GRANTED = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED, SeatState.RECLAIM_PENDING})


@dataclass(frozen=True)
class NewOrder:
    """What is to be done there: for an assignment, or for an `account` that nobody was assigned here."""

    pool_id: UUID
    act: OrderAct
    assignment_id: UUID | None = None
    person_id: UUID | None = None
    account: str | None = None


async def grant_there(work: Work, assignment_id: UUID) -> WorkOrder | None:
    """Order an assigned seat at the vendor, once; an invitation only once it is accepted, a released one never."""
    seat = await work.session.get(Assignment, (work.tenant_id, assignment_id))
    if seat is None or seat.state not in GRANTED:
        return None
    if await queries.last_order(work, seat.id, OrderAct.GRANT) is not None:
        return None
    if await mode_of(work, seat.pool_id) is Mode.RECORD:
        return None
    return await place(work, NewOrder(seat.pool_id, OrderAct.GRANT, seat.id, seat.person_id))


async def revoke_there(work: Work, assignment_id: UUID) -> WorkOrder | None:
    """Order the end of a seat that was given back here, where anybody was told of its grant; that grant is over."""
    seat = await work.session.get(Assignment, (work.tenant_id, assignment_id))
    grant = await queries.last_order(work, assignment_id, OrderAct.GRANT)
    if seat is None or seat.released_at is None or grant is None:
        return None
    told = after_release(grant.mode, grant.state, grant.attempts)
    if grant.state is Fulfilled.PENDING:
        await end(work, grant, Fulfilled.NOT_NEEDED, error="the seat was given back")
    if not told or await queries.last_order(work, assignment_id, OrderAct.REVOKE) is not None:
        return None
    return await place(work, NewOrder(seat.pool_id, OrderAct.REVOKE, seat.id, seat.person_id))


async def place(work: Work, new: NewOrder) -> WorkOrder:
    """Write an order in the pool's mode of now; a webhook is called at the next sweep. Permits nothing itself."""
    mode, now = await mode_of(work, new.pool_id), work.now()
    row = WorkOrder(
        tenant_id=work.tenant_id, id=work.new_id(), pool_id=new.pool_id, assignment_id=new.assignment_id,
        person_id=new.person_id, account=new.account, act=new.act, mode=mode, state=Fulfilled.PENDING, attempts=0,
        asked_at=now, asked_by=work.actor.principal, due_at=now if mode is Mode.WEBHOOK else None, version=1,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {"act": new.act, "mode": mode, "pool_id": new.pool_id, "assignment_id": new.assignment_id}
    await work.record(Change("order:place", "work_order", row.id, after=after))
    return row


async def end(
    work: Work, row: WorkOrder, state: Fulfilled, *, error: str | None = None, vendor_ref: str | None = None
) -> None:
    """Note how an order ended, with its entry; a failure is told to whoever looks after the license."""
    before, row.state = row.state, state
    row.ended_at, row.ended_by, row.due_at = work.now(), work.actor.principal, None
    row.last_error = None if error is None else error[:400]
    row.vendor_ref = vendor_ref or row.vendor_ref
    row.version += 1
    await work.session.flush()
    after = {"state": state} | ({"vendor_ref": vendor_ref} if vendor_ref else {})
    await work.record(
        Change("order:end", "work_order", row.id, before={"state": before}, after=after, reason=row.last_error)
    )
    if state is Fulfilled.FAILED:
        await work.emit("WorkOrderFailed", row.id)


async def mode_of(work: Work, pool_id: UUID) -> Mode:
    """Say how a pool's seats are fulfilled."""
    row = await queries.fulfillment_of(work, pool_id)
    return Mode.RECORD if row is None else row.mode
