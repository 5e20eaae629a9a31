"""Every SELECT of leases: which are within reach, whose they are, who waits, and on what terms a pool lends."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, or_, select

from governance.directory.queries import ownership
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, POOL_PLACED
from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Placed, Work
from governance.seats.leases.lease import LeaseState
from governance.seats.models import Lease, LeaseRoom, LeaseTerms, LeaseWait
from policies.access.actions import Action
from policies.access.parties import Ownership

LEASE_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(Lease.person_id,))
WAIT_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(LeaseWait.person_id,))
POOL_OF_LEASE = and_(Pool.tenant_id == Lease.tenant_id, Pool.id == Lease.pool_id)
POOL_OF_WAIT = and_(Pool.tenant_id == LeaseWait.tenant_id, Pool.id == LeaseWait.pool_id)


def visible_leases(work: Work, action: Action = Action.SEAT_READ) -> Select[Lease]:
    """Give the leases within reach, ended ones too: by their pool's unit and region, or one's own."""
    return (
        select(Lease)
        .join(Pool, POOL_OF_LEASE)
        .where(Lease.tenant_id == work.tenant_id, work.reach(action, LEASE_PLACED))
    )


def visible_lease_waits(work: Work, action: Action = Action.SEAT_READ) -> Select[LeaseWait]:
    """Give who stands, or stood, in line within reach: by the pool's unit and region, or one's own."""
    return (
        select(LeaseWait)
        .join(Pool, POOL_OF_WAIT)
        .where(LeaseWait.tenant_id == work.tenant_id, work.reach(action, WAIT_PLACED))
    )


async def lease(work: Work, lease_id: UUID) -> Lease:
    """Give one lease within reach. Raises NotFound."""
    query = visible_leases(work).where(Lease.id == lease_id)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("lease", str(lease_id))
    return row


async def leases_to_renew(work: Work, lease_ids: Sequence[UUID]) -> dict[UUID, Lease]:
    """Give those of the leases that the actor may renew, by id; one that is not among them is nobody's to see."""
    rows = await work.session.execute(visible_leases(work, Action.SEAT_LEASE).where(Lease.id.in_(lease_ids)))
    return {row.id: row for row in rows.scalars()}


async def lease_ownership(work: Work, row: Lease | LeaseWait) -> Ownership:
    """Say whose a lease, or a place in line, is: its pool's unit and region, and its holder."""
    pool = await work.session.get_one(Pool, (work.tenant_id, row.pool_id))
    return await ownership(work, unit_id=pool.unit_id, region=pool.region, people=(row.person_id,))


async def terms_of(work: Work, pool_id: UUID) -> LeaseTerms | None:
    """Give a pool's own terms of lending; None where it has the usual ones."""
    return await work.session.get(LeaseTerms, (work.tenant_id, pool_id))


async def lends(work: Work, line_id: UUID) -> None:
    """Let pass a line that counts concurrent use. Raises BadInput."""
    line = await work.session.get_one(MetricLine, (work.tenant_id, line_id))
    if line.model is not LicenseModel.CONCURRENT_USER:
        raise BadInput("pool", f"a pool of a {line.model.value} line", "a pool of a CONCURRENT_USER line")


async def pools_due(work: Work, *, at_most: int) -> Sequence[LeaseRoom]:
    """Give the pools whose leases time has changed by now, or where somebody waits."""
    due = or_(LeaseRoom.due_at <= work.now(), LeaseRoom.waiting > 0)
    query = select(LeaseRoom).where(LeaseRoom.tenant_id == work.tenant_id, due).order_by(LeaseRoom.id).limit(at_most)
    return (await work.session.execute(query)).scalars().all()


async def lease_rooms(work: Work, pool_ids: Sequence[UUID]) -> Sequence[LeaseRoom]:
    """Give what these pools have lent, as the ledger counts it; they were found within reach before."""
    query = select(LeaseRoom).where(LeaseRoom.tenant_id == work.tenant_id, LeaseRoom.id.in_(pool_ids))
    return (await work.session.execute(query)).scalars().all()


def lent_at(as_of: datetime) -> ColumnElement[bool]:
    """Say of Lease whether it took seats at an instant, swept or not; half-open, as `rules.occupies` is for seats."""
    still = and_(Lease.freed_at.is_(None), or_(Lease.due_at.is_(None), Lease.due_at > as_of))
    return and_(Lease.granted_at <= as_of, or_(Lease.freed_at > as_of, still))


def lent_by_pool(tenant_id: UUID, as_of: datetime) -> Select[UUID, UUID, int]:
    """Give pool_id, line_id and `seats`: how many seats each pool had lent at an instant. Of every reach."""
    return (
        select(Lease.pool_id, Lease.line_id, cast(func.sum(Lease.quantity), BigInteger).label("seats"))
        .where(Lease.tenant_id == tenant_id, lent_at(as_of))
        .group_by(Lease.pool_id, Lease.line_id)
    )


async def lent_seats(work: Work, as_of: datetime, action: Action) -> dict[UUID, int]:
    """Give how many seats each pool within reach of an act had lent at an instant."""
    lent = lent_by_pool(work.tenant_id, as_of).subquery("lent")
    rows = await work.session.execute(
        select(lent.c.pool_id, lent.c.seats)
        .join(Pool, and_(Pool.tenant_id == work.tenant_id, Pool.id == lent.c.pool_id))
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(work.reach(action, POOL_PLACED))
    )
    return {pool_id: int(seats) for pool_id, seats in rows}


def state_at(row: Lease, now: datetime) -> LeaseState:
    """Say how a lease stands at an instant, swept or not."""
    if row.state is LeaseState.HELD and row.expires_at is not None and row.expires_at <= now:
        return LeaseState.EXPIRED
    if row.state is LeaseState.LINGERING and row.kept_until is not None and row.kept_until <= now:
        return LeaseState.RETURNED
    return row.state
