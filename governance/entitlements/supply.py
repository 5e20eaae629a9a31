"""How many seats a pool, or a whole line, has at an instant, and when that changes next: one rule for all who ask."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import InstrumentedAttribute

from governance.entitlements import entitling, queries
from governance.entitlements.models import Allocation, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import RoomKind, most_of, since
from governance.kernel.database import Id, Instant

TENANT = bindparam("tenant", type_=Id())
ROOM = bindparam("room", type_=Id())
AT = bindparam("at", type_=Instant())


def ceiling_at(kind: RoomKind, tenant_id: UUID, room_id: UUID, at: datetime) -> Select[int | None, datetime | None]:
    """Give one row: the seats in force at `at` (None: unlimited) and the next instant at which that changes (or None).

    A pool's supply is the sum of its allocations in force whose lot (the version not superseded) is in force; a
    line's is the sum of its lots in force. One unlimited part makes the whole unlimited.
    """
    return SUPPLY[kind].params(tenant=tenant_id, room=room_id, at=at)


async def resupply(session: AsyncSession, tenant_id: UUID, line_id: UUID, now: datetime) -> None:
    """Bring the rooms of a line and of its pools up to date after its lots or allocations changed.

    Locks the line's room first, as the ledger does, then the pools' in id order; makes rooms that are missing.
    Being left over (shrink, a lot that ended) is marked by `over_since`, and unmarked when it is over no longer.
    """
    await session.flush()
    of_line = select(MetricLine.overage_percent).where(MetricLine.tenant_id == tenant_id, MetricLine.id == line_id)
    percent = (await session.execute(of_line)).scalar_one()
    await _room(session, tenant_id, line_id, RoomKind.LINE, percent, now)
    pools = await session.execute(
        select(Pool.id).where(Pool.tenant_id == tenant_id, Pool.line_id == line_id).order_by(Pool.id)
    )
    for pool_id in pools.scalars().all():
        await _room(session, tenant_id, pool_id, RoomKind.POOL, percent, now)
    await session.flush()


async def _room(
    session: AsyncSession, tenant_id: UUID, room_id: UUID, kind: RoomKind, percent: str | None, now: datetime
) -> None:
    room = (
        await session.execute(
            select(Room)
            .where(Room.tenant_id == tenant_id, Room.id == room_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if room is None:
        room = Room(tenant_id=tenant_id, id=room_id, kind=kind, occupied=0)
        session.add(room)
    supply, room.changes_at = (await session.execute(ceiling_at(kind, tenant_id, room_id, now))).one()
    room.percent, room.ceiling = percent, most_of(supply, percent)
    room.supply = None if percent is None else supply
    room.over_since = since(room.ceiling, room.occupied, room.over_since, now)
    room.flagged_since = since(room.supply, room.occupied, room.flagged_since, now)
    await session.flush()


def _in_force(row: type[Lot] | type[Allocation]) -> ColumnElement[bool]:
    return and_(row.start <= AT, or_(row.end.is_(None), row.end > AT))


def _ceiling(quantity: InstrumentedAttribute[int | None], counts: ColumnElement[bool]) -> ColumnElement[int | None]:
    unlimited = func.max(case((and_(counts, quantity.is_(None)), 1), else_=0))
    return case(
        (unlimited == 1, None), else_=cast(func.coalesce(func.sum(case((counts, quantity), else_=0)), 0), BigInteger)
    )


def _supply(
    of: Select[*tuple[()]], quantity: InstrumentedAttribute[int | None], *dated: type[Lot] | type[Allocation]
) -> Select[int | None, datetime | None]:
    counts = and_(*(_in_force(row) for row in dated))
    instants = union_all(*(of.add_columns(edge.label("edge")) for row in dated for edge in (row.start, row.end)))
    edges = instants.subquery("edges")
    following = select(func.min(edges.c.edge, type_=Instant())).where(edges.c.edge > AT).scalar_subquery()
    return of.add_columns(_ceiling(quantity, counts).label("ceiling"), following.label("changes_at"))


_ALLOCATED = (
    select()
    .select_from(Allocation)
    .join(Lot, and_(Lot.tenant_id == Allocation.tenant_id, Lot.lot_key == Allocation.lot_key))
    .where(Allocation.tenant_id == TENANT, Allocation.pool_id == ROOM)
)
_BOUGHT = select().select_from(Lot).where(Lot.tenant_id == TENANT, Lot.line_id == ROOM)
SUPPLY = {
    RoomKind.POOL: _supply(
        _ALLOCATED.where(queries.known(Allocation, None), queries.known(Lot, None)),
        Allocation.quantity, Allocation, Lot,
    ),
    RoomKind.LINE: _supply(_BOUGHT.where(queries.known(Lot, None)), Lot.quantity, Lot),
}  # fmt: skip
SUPPLY_THEN = {
    RoomKind.POOL: _supply(
        _ALLOCATED.where(queries.known(Allocation, AT), queries.known(Lot, AT)), Allocation.quantity, Allocation, Lot
    ),
    RoomKind.LINE: _supply(_BOUGHT.where(queries.known(Lot, AT)), Lot.quantity, Lot),
}
"""The same as it was known at that very instant, whatever was changed since."""


def supply_of_pools(
    tenant_id: UUID, at: datetime, known_at: datetime | None = None, *, for_good: bool = False
) -> Select[UUID, int | None]:
    """Give pool_id and supply (seats; None: unlimited) of every pool that has seats in force at `at`.

    A pool that is not in the answer has 0: expired supply is never unlimited. `known_at` None: as known today.
    `for_good`: with what ended but stays its holders' (MAINTAIN): that covers who holds it, and seats nobody new.
    """
    return (
        select(Allocation.pool_id, _total(Allocation.quantity).label("supply"))
        .join(Lot, queries.LOT_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == tenant_id,
            queries.known(Allocation, known_at),
            entitling.given(at) if for_good else queries.in_force(Allocation, at),
            *_wanted(at, known_at, for_good=for_good),
        )
        .group_by(Allocation.pool_id)
    )


def supply_of_lines(
    tenant_id: UUID, at: datetime, known_at: datetime | None = None, *, for_good: bool = False
) -> Select[UUID, int | None]:
    """Give line_id and supply (seats; None: unlimited) of every metric line that has a lot in force, alike."""
    return (
        select(Lot.line_id, _total(Lot.quantity).label("supply"))
        .where(Lot.tenant_id == tenant_id, *_wanted(at, known_at, for_good=for_good))
        .group_by(Lot.line_id)
    )


def ended_of_pools(tenant_id: UUID, at: datetime, known_at: datetime | None = None) -> Select[UUID, datetime | None]:
    """Give pool_id and ended_at: when the last supply that a pool no longer has at `at` ended.

    Of an allocation and its lot the earlier end counts. A pool that never lost supply is not in the answer.
    """
    ends = case(
        (Lot.end.is_(None), Allocation.end),
        (Allocation.end.is_(None), Lot.end),
        (Allocation.end < Lot.end, Allocation.end),
        else_=Lot.end,
    )
    return (
        select(Allocation.pool_id, func.max(ends, type_=Instant()).label("ended_at"))
        .join(Lot, queries.LOT_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == tenant_id,
            queries.known(Allocation, known_at),
            queries.known(Lot, known_at),
            or_(Allocation.end <= at, Lot.end <= at),
        )
        .group_by(Allocation.pool_id)
    )


def ended_of_lines(tenant_id: UUID, at: datetime, known_at: datetime | None = None) -> Select[UUID, datetime | None]:
    """Give line_id and ended_at: when the last lot that a metric line no longer has at `at` ended, alike."""
    return (
        select(Lot.line_id, func.max(Lot.end, type_=Instant()).label("ended_at"))
        .where(Lot.tenant_id == tenant_id, queries.known(Lot, known_at), Lot.end <= at)
        .group_by(Lot.line_id)
    )


def _wanted(at: datetime, known_at: datetime | None, *, for_good: bool) -> tuple[ColumnElement[bool], ...]:
    entitles = entitling.entitles(at, known_at) if for_good else queries.in_force(Lot, at)
    return queries.known(Lot, known_at), entitles


def _total(quantity: InstrumentedAttribute[int | None]) -> ColumnElement[int | None]:
    return _ceiling(quantity, true())
