"""Every SELECT of license keys: which there are, whose, and which is free for the next seat."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select

from governance.directory.queries import ownership
from governance.entitlements.models import Pool
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.keys.models import LicenseKey
from governance.keys.rules import KeyState
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments
from governance.seats.rules import SeatState
from policies.access.actions import Action
from policies.access.parties import Ownership

KEY_PLACED = Placed(unit=Pool.unit_id, region=Pool.region)
POOL_OF_KEY = and_(Pool.tenant_id == LicenseKey.tenant_id, Pool.id == LicenseKey.pool_id)


def visible_keys(work: Work, action: Action = Action.POOL_READ) -> Select[LicenseKey]:
    """Give the keys within reach, by their pool's unit and region: that they are there, not what they say."""
    return (
        select(LicenseKey)
        .join(Pool, POOL_OF_KEY)
        .where(LicenseKey.tenant_id == work.tenant_id, work.reach(action, KEY_PLACED))
    )


def stands(state: KeyState) -> ColumnElement[bool]:
    """Say which keys stand like this."""
    if state is KeyState.RETIRED:
        return LicenseKey.retired_at.is_not(None)
    here = LicenseKey.retired_at.is_(None)
    if state is KeyState.BOUND:
        return and_(here, LicenseKey.assignment_id.is_not(None))
    freed = LicenseKey.freed_at.is_(None) if state is KeyState.FREE else LicenseKey.freed_at.is_not(None)
    return and_(here, LicenseKey.assignment_id.is_(None), freed)


async def license_key(work: Work, key_id: UUID, *, locked: bool = False) -> LicenseKey:
    """Give one key within reach; `locked` until the transaction ends. Raises NotFound."""
    query = visible_keys(work).where(LicenseKey.id == key_id)
    if locked:
        query = query.with_for_update(key_share=True, of=LicenseKey)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("license key", str(key_id))
    return row


async def key_ownership(work: Work, row: LicenseKey) -> Ownership:
    """Say whose a key is: its pool's unit and region."""
    pool = await work.session.get_one(Pool, (work.tenant_id, row.pool_id))
    return await ownership(work, unit_id=pool.unit_id, region=pool.region)


async def key_of_seat(work: Work, assignment_id: UUID) -> LicenseKey | None:
    """Give the key that belongs to a seat, locked; None where it has none."""
    query = (
        select(LicenseKey)
        .where(LicenseKey.tenant_id == work.tenant_id, LicenseKey.assignment_id == assignment_id)
        .with_for_update(key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def seats_with_key(work: Work, assignment_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Say which of these seats have a key; not what it says."""
    query = select(LicenseKey.assignment_id).where(
        LicenseKey.tenant_id == work.tenant_id, LicenseKey.assignment_id.in_(list(assignment_ids))
    )
    return frozenset(each for each in (await work.session.execute(query)).scalars() if each is not None)


async def seats_without_key(work: Work, pool_id: UUID, *, most: int) -> Sequence[Assignment]:
    """Give the seats of a pool within reach that hold and have no key, the first ones first."""
    keyed = select(LicenseKey.assignment_id).where(
        LicenseKey.tenant_id == work.tenant_id, LicenseKey.assignment_id.is_not(None)
    )
    query = visible_assignments(work).where(
        Assignment.pool_id == pool_id, Assignment.released_at.is_(None), Assignment.state != SeatState.INVITED,
        Assignment.id.not_in(keyed),
    )  # fmt: skip
    query = query.order_by(Assignment.started_at, Assignment.id).limit(most)
    return (await work.session.execute(query)).scalars().all()


async def next_free(work: Work, pool_id: UUID) -> LicenseKey | None:
    """Give the key that was added first among those free, locked; None where there is none."""
    query = (
        select(LicenseKey)
        .where(LicenseKey.tenant_id == work.tenant_id, LicenseKey.pool_id == pool_id, stands(KeyState.FREE))
        .order_by(LicenseKey.added_at, LicenseKey.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def there_already(work: Work, pool_id: UUID, hashes: Iterable[str]) -> frozenset[str]:
    """Give those of these fingerprints that a key of the pool has."""
    query = select(LicenseKey.secret_hash).where(
        LicenseKey.tenant_id == work.tenant_id,
        LicenseKey.pool_id == pool_id,
        LicenseKey.secret_hash.in_(sorted(hashes)),
    )
    return frozenset((await work.session.execute(query)).scalars())
