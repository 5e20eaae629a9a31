"""Which seat a key belongs to: the next free one goes to whoever sits down, and what becomes of it when they go."""

from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Change, Work
from governance.keys import queries
from governance.keys.models import LicenseKey
from governance.keys.rules import REASON_MOST, KeyState, key_state
from governance.seats.models import Assignment
from governance.seats.queries import assignment
from governance.seats.rules import SeatState
from policies.access.actions import Action

HELD = frozenset({SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.SUSPENDED, SeatState.RECLAIM_PENDING})


async def bind_key(work: Work, key_id: UUID, assignment_id: UUID) -> LicenseKey:
    """Give a free key to a certain seat of its pool. Raises NotFound, Refused, BadInput, WrongState."""
    row = await queries.license_key(work, key_id, locked=True)
    work.permit(Action.POOL_ALLOCATE, await queries.key_ownership(work, row), f"license key {row.id}")
    seat = await assignment(work, assignment_id)
    if row.assignment_id == seat.id:
        return row
    if seat.pool_id != row.pool_id:
        raise BadInput("assignment", "a seat of another pool", "one of the key's own pool")
    if seat.state not in HELD:
        raise WrongState("seat", seat.state, "get a key")
    state = key_state(row.assignment_id, row.freed_at, row.retired_at)
    if state is not KeyState.FREE:
        raise WrongState("license key", state, "be given to a seat")
    if await queries.key_of_seat(work, seat.id) is not None:
        raise WrongState("seat", "with a key of its own", "get another key")
    await bound(work, row, seat)
    return row


async def retire_key(work: Work, key_id: UUID, reason: str) -> LicenseKey:
    """Take a key out of use for good; said twice, it is taken out once. Raises NotFound, Refused, BadInput."""
    row = await queries.license_key(work, key_id, locked=True)
    work.permit(Action.POOL_ALLOCATE, await queries.key_ownership(work, row), f"license key {row.id}")
    why = given.text(reason, "reason", most=REASON_MOST)
    if row.retired_at is not None:
        return row
    before = {"state": key_state(row.assignment_id, row.freed_at, row.retired_at), "assignment": row.assignment_id}
    row.retired_at, row.assignment_id = work.now(), None
    row.version += 1
    await work.session.flush()
    after = {"state": KeyState.RETIRED}
    await work.record(Change("key:retire", "license_key", row.id, before=before, after=after, reason=why))
    return row


async def give_key(work: Work, event: OutboxEvent) -> None:
    """Give whoever holds a seat now the pool's next free key, where it has any."""
    seat = await _seat(work, event)
    if seat.state not in HELD or await queries.key_of_seat(work, seat.id) is not None:
        return
    key = await queries.next_free(work, seat.pool_id)
    if key is not None:
        await bound(work, key, seat)


async def free_key(work: Work, event: OutboxEvent) -> None:
    """Take the key from a seat that is over: a reusable one is free again, another one is spent."""
    seat = await _seat(work, event)
    row = await queries.key_of_seat(work, seat.id) if seat.released_at is not None else None
    if row is None:
        return
    row.assignment_id, row.bound_at = None, None
    row.freed_at = None if row.reusable else work.now()
    row.version += 1
    await work.session.flush()
    after = {"state": key_state(None, row.freed_at, row.retired_at)}
    before = {"state": KeyState.BOUND, "assignment": seat.id}
    await work.record(Change("key:free", "license_key", row.id, before=before, after=after))


async def bound(work: Work, row: LicenseKey, seat: Assignment) -> None:
    """Write down that a key belongs to a seat."""
    row.assignment_id, row.bound_at = seat.id, work.now()
    row.version += 1
    await work.session.flush()
    before, after = {"state": KeyState.FREE}, {"state": KeyState.BOUND, "assignment": seat.id}
    await work.record(Change("key:bind", "license_key", row.id, before=before, after=after))


async def _seat(work: Work, event: OutboxEvent) -> Assignment:
    seat = await work.session.get(Assignment, (work.tenant_id, event.subject_id)) if event.subject_id else None
    if seat is None:
        raise NotFound("assignment", str(event.subject_id))
    return seat
