"""Every SELECT of entitlements: what is in reach, what is locked for a change, and what was known of lots when."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm.util import AliasedClass

from governance.agreements.models import Agreement
from governance.entitlements.models import (
    Allocation,
    Consumption,
    Entitlement,
    Lot,
    MetricLine,
    Pool,
    Room,
)
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

R = TypeVar("R")

ENTITLEMENT_PLACED = Placed(
    unit=Entitlement.unit_id, region=Entitlement.region, people=(Entitlement.owner_id, Entitlement.deputy_id)
)
POOL_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(Entitlement.owner_id, Entitlement.deputy_id))

LINE_OF_POOL = and_(MetricLine.tenant_id == Pool.tenant_id, MetricLine.id == Pool.line_id)
LINE_OF_LOT = and_(MetricLine.tenant_id == Lot.tenant_id, MetricLine.id == Lot.line_id)
ENTITLEMENT_OF_LINE = and_(Entitlement.tenant_id == MetricLine.tenant_id, Entitlement.id == MetricLine.entitlement_id)
LOT_OF_ALLOCATION = and_(Lot.tenant_id == Allocation.tenant_id, Lot.lot_key == Allocation.lot_key)
POOL_OF_ALLOCATION = and_(Pool.tenant_id == Allocation.tenant_id, Pool.id == Allocation.pool_id)


def known(
    row: type[Lot] | type[Allocation] | type[Consumption] | AliasedClass[Lot],
    at: datetime | ColumnElement[datetime] | None,
) -> ColumnElement[bool]:
    """Say which rows were known at an instant: recorded by then and not yet superseded. None: as known today."""
    if at is None:
        return row.superseded_at.is_(None)
    return and_(row.recorded_at <= at, or_(row.superseded_at.is_(None), row.superseded_at > at))


def there(row: type[Entitlement] | type[MetricLine] | type[Agreement], at: datetime | None) -> ColumnElement[bool]:
    """Say which rows no undo had taken back, as known at an instant. None: as known today."""
    if at is None:
        return row.withdrawn_at.is_(None)
    return or_(row.withdrawn_at.is_(None), row.withdrawn_at > at)


def in_force(row: type[Lot] | type[Allocation], at: datetime) -> ColumnElement[bool]:
    """Say which rows hold at an instant (half-open)."""
    return and_(row.start <= at, or_(row.end.is_(None), row.end > at))


def visible_entitlements(work: Work, action: Action = Action.ENTITLEMENT_READ) -> Select[Entitlement]:
    """Give the entitlements within reach."""
    return select(Entitlement).where(
        Entitlement.tenant_id == work.tenant_id, there(Entitlement, None), work.reach(action, ENTITLEMENT_PLACED)
    )


def visible_lines(work: Work, action: Action = Action.ENTITLEMENT_READ) -> Select[MetricLine]:
    """Give the metric lines of entitlements within reach."""
    return (
        select(MetricLine)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            MetricLine.tenant_id == work.tenant_id,
            there(MetricLine, None),
            there(Entitlement, None),
            work.reach(action, ENTITLEMENT_PLACED),
        )
    )


def visible_lots(
    work: Work,
    action: Action = Action.ENTITLEMENT_READ,
    *,
    known_at: datetime | None = None,
    all_versions: bool = False,
) -> Select[Lot]:
    """Give the lots of entitlements within reach: as known today, at `known_at`, or every version ever recorded."""
    return (
        select(Lot)
        .join(MetricLine, LINE_OF_LOT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Lot.tenant_id == work.tenant_id,
            true() if all_versions else known(Lot, known_at),
            work.reach(action, ENTITLEMENT_PLACED),
        )
    )


def visible_pools(work: Work, action: Action = Action.POOL_READ) -> Select[Pool]:
    """Give the pools within reach: by their own unit and region, or by who owns their entitlement."""
    return (
        select(Pool)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, there(MetricLine, None), work.reach(action, POOL_PLACED))
    )


def visible_allocations(
    work: Work, action: Action = Action.POOL_READ, *, known_at: datetime | None = None, all_versions: bool = False
) -> Select[Allocation]:
    """Give the allocations to pools within reach: as known today, at `known_at`, or every version ever recorded."""
    return (
        select(Allocation)
        .join(Pool, POOL_OF_ALLOCATION)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Allocation.tenant_id == work.tenant_id,
            true() if all_versions else known(Allocation, known_at),
            work.reach(action, POOL_PLACED),
        )
    )


def visible_consumption(
    work: Work, action: Action = Action.ENTITLEMENT_READ, *, known_at: datetime | None = None
) -> Select[Consumption]:
    """Give what lines within reach consumed, as known today or at `known_at`."""
    return select(Consumption).where(
        Consumption.tenant_id == work.tenant_id,
        known(Consumption, known_at),
        Consumption.line_id.in_(visible_lines(work, action).with_only_columns(MetricLine.id)),
    )


def visible_rooms(work: Work) -> Select[Room]:
    """Give the rooms of pools within reach (a room's id is its pool's)."""
    return select(Room).where(
        Room.tenant_id == work.tenant_id, Room.id.in_(visible_pools(work).with_only_columns(Pool.id))
    )


async def entitlement(work: Work, entitlement_id: UUID, *, locked: bool = False) -> Entitlement:
    """Give one entitlement within reach; `locked` until the transaction ends. Raises NotFound."""
    query = visible_entitlements(work).where(Entitlement.id == entitlement_id)
    if locked:
        query = query.with_for_update(key_share=True, of=Entitlement)
    return await _one(work, query, "entitlement", entitlement_id)


async def pool(work: Work, pool_id: UUID, action: Action = Action.POOL_READ) -> Pool:
    """Give one pool within reach. Raises NotFound."""
    return await _one(work, visible_pools(work, action).where(Pool.id == pool_id), "pool", pool_id)


async def lot(work: Work, lot_key: UUID, action: Action = Action.ENTITLEMENT_READ) -> Lot:
    """Give one lot within reach, as known today. Raises NotFound."""
    return await _one(work, visible_lots(work, action).where(Lot.lot_key == lot_key), "lot", lot_key)


async def allocation(work: Work, allocation_id: UUID) -> Allocation:
    """Give one allocation to a pool within reach, superseded or not. Raises NotFound."""
    query = visible_allocations(work, all_versions=True).where(Allocation.id == allocation_id)
    return await _one(work, query, "allocation", allocation_id)


async def line(work: Work, line_id: UUID, *, locked: bool = False) -> tuple[MetricLine, Entitlement]:
    """Give a line within reach and its entitlement; `locked` until the transaction ends. Raises NotFound.

    Whoever changes lots, pools or allocations locks their line: changes of one line follow each other.
    """
    query = visible_lines(work).add_columns(Entitlement).where(MetricLine.id == line_id)
    return await _line(work, query, line_id, locked=locked)


async def line_of_pool(work: Work, pool_id: UUID, *, locked: bool = False) -> tuple[MetricLine, Entitlement]:
    """Give the line and entitlement of a pool that was fetched within reach."""
    query = (
        select(MetricLine, Entitlement)
        .join(Pool, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id == pool_id)
    )
    return await _line(work, query, pool_id, locked=locked)


async def withdrawn_entitlement(work: Work, code: str) -> Entitlement | None:
    """Give the entitlement of that code whose import was undone, locked; None where there is none."""
    query = select(Entitlement).where(
        Entitlement.tenant_id == work.tenant_id, Entitlement.code == code, Entitlement.withdrawn_at.is_not(None)
    )
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def withdrawn_line(work: Work, entitlement_id: UUID, code: str) -> MetricLine | None:
    """Give the line of that code whose import was undone, locked; None where there is none."""
    query = select(MetricLine).where(
        MetricLine.tenant_id == work.tenant_id,
        MetricLine.entitlement_id == entitlement_id,
        MetricLine.code == code,
        MetricLine.withdrawn_at.is_not(None),
    )
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def licenses_of_tier(work: Work, tier_id: UUID) -> tuple[Entitlement, ...]:
    """Give every license of the tenant with a line of that tier, for reactions."""
    of_tier = select(MetricLine.entitlement_id).where(
        MetricLine.tenant_id == work.tenant_id, there(MetricLine, None), MetricLine.tier_id == tier_id
    )
    query = select(Entitlement).where(
        Entitlement.tenant_id == work.tenant_id, there(Entitlement, None), Entitlement.id.in_(of_tier)
    )
    return tuple((await work.session.execute(query.order_by(Entitlement.id))).scalars())


async def lot_by_key(work: Work, lot_key: UUID) -> Lot:
    """Give the lot of an allocation that was fetched within reach, as known today."""
    query = select(Lot).where(Lot.tenant_id == work.tenant_id, Lot.lot_key == lot_key, known(Lot, None))
    return await _one(work, query, "lot", lot_key)


async def lots_of(work: Work, line_id: UUID) -> tuple[Lot, ...]:
    """Give a line's lots as known today, oldest first."""
    query = select(Lot).where(Lot.tenant_id == work.tenant_id, Lot.line_id == line_id, known(Lot, None))
    return tuple((await work.session.execute(query.order_by(Lot.start, Lot.id))).scalars())


async def pools_of(work: Work, line_id: UUID) -> tuple[Pool, ...]:
    """Give a line's pools by code."""
    query = select(Pool).where(Pool.tenant_id == work.tenant_id, Pool.line_id == line_id).order_by(Pool.code)
    return tuple((await work.session.execute(query)).scalars())


async def allocations_of(work: Work, line_id: UUID) -> tuple[Allocation, ...]:
    """Give the allocations to a line's pools as known today."""
    query = (
        select(Allocation)
        .join(Pool, POOL_OF_ALLOCATION)
        .where(Allocation.tenant_id == work.tenant_id, Pool.line_id == line_id, known(Allocation, None))
    )
    return tuple((await work.session.execute(query.order_by(Allocation.start, Allocation.id))).scalars())


async def rooms_of(work: Work, ids: tuple[UUID, ...]) -> dict[UUID, Room]:
    """Give the rooms of these pools and lines as they are in the database now."""
    query = (
        select(Room).where(Room.tenant_id == work.tenant_id, Room.id.in_(ids)).execution_options(populate_existing=True)
    )
    return {room.id: room for room in (await work.session.execute(query)).scalars()}


async def _line(work: Work, query: Select[Any, Any], row_id: UUID, *, locked: bool) -> tuple[MetricLine, Entitlement]:
    if locked:
        query = query.with_for_update(key_share=True, of=MetricLine)
    found = (await work.session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("metric line", str(row_id))
    return found[0], found[1]


async def _one(work: Work, query: Select[R], what: str, row_id: UUID) -> R:
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound(what, str(row_id))
    return row
