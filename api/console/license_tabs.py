"""What stands under a license's tabs: pools with their bars, the first seats, every lot, seats over time."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func

from api.console import formats
from api.console.allocations_said import allocations_part
from api.console.declare import (
    Balance,
    Chart,
    Column,
    Context,
    Empty,
    Footer,
    Level,
    Link,
    Panel,
    Part,
    Query,
    Status,
    Table,
)
from api.console.license_read import PoolRow, lots_of_license
from api.console.line_rights_said import rights_part
from api.console.lines_said import lines_part
from api.console.seat_rows import SEAT_COLUMNS, seat_rows
from api.console.standing import region_name
from governance.directory.models import Tenant
from governance.entitlements.models import Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import visible_lines, visible_pools
from governance.entitlements.rules import MEASURED, LicenseModel, seats_of
from governance.inventory.rules import HELD_BY_DEVICES
from governance.kernel.due import day_of, holds_at, start_of
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.queries import POOL_OF_SEAT, held_at, occupied_at, visible_assignments
from policies.access.actions import Action as Act
from policies.access.fields import FieldClass

TABS: Final = ("pools", "seats", "lots")
MONTHS: Final = 6
FIRST: Final = 25


async def tab_parts(
    ctx: Context, license_id: UUID, tab: str, pools: tuple[PoolRow, ...], query: Query
) -> tuple[Part, ...]:
    """The parts of one tab."""
    if tab == "seats":
        return (await _seats(ctx, license_id),)
    if tab == "lots":
        lines = (*await lines_part(ctx, license_id), *await rights_part(ctx, license_id))
        return (await _lots(ctx, license_id), *lines)
    given = await allocations_part(ctx, license_id)
    return (await _pools(ctx, license_id, pools), *given, await _over_time(ctx, license_id))


async def _pools(ctx: Context, license_id: UUID, pools: tuple[PoolRow, ...]) -> Part:
    async with ctx.work() as work:
        query = visible_pools(work).where(MetricLine.entitlement_id == license_id)
        rows = (await work.session.execute(query.add_columns(MetricLine.model))).all()
    regions = {str(pool.id): pool.region for pool, _ in rows}
    lends = any(model is LicenseModel.CONCURRENT_USER for _, model in rows)
    devices = any(model in HELD_BY_DEVICES for _, model in rows)
    shown = [pool for pool in pools if pool.id]
    open_now = {str(pool.id) for pool, _ in rows if pool.closed_at is None} if _may(ctx, "pool:create") else set()

    def close(row: PoolRow) -> Link | None:
        here = f"/licenses/{license_id}/pools/{row.id}/close"
        return Link(ctx.text("supply.close_act"), here) if row.id in open_now else None

    return Table(
        ctx.text("license.tab_pools"),
        (
            Column(
                "name", "license.pool", href=lambda row: f"/seats?license={license_id}&pool={row.id}", strong=True
            ),
            Column(
                "region", "license.region", leaves=3, quiet=True,
                value=lambda row: region_name(ctx, regions[row.id]) if row.id in regions else None,
            ),
            Column("bar", "license.position_in_pool", kind="seatbar"),
            Column("occupied", "seats.occupied", kind="number", value=lambda row: row.seats.occupied, leaves=3),
            Column("allocated", "seats.allocated", kind="number", value=_allocated, leaves=3, quiet=True),
            Column("balance", "licenses.balance", kind="balance"),
            Column("status", "table.status", kind="status", leaves=4),
            Column("act", "seat.act", kind="link", value=close),
        ),
        shown,
        totals=_totals(shown),
        footer=Footer(_pool_links(ctx, license_id, lends=lends, devices=devices), ctx.text("license.pool_note")),
        empty=Empty(ctx.text("license.no_pools"), ctx.text("license.no_pools_text"), "people"),
    )  # fmt: skip


def _pool_links(ctx: Context, license_id: UUID, *, lends: bool, devices: bool) -> tuple[Link, ...]:
    """Where one goes from the pools of a license: to allot, to open another, to its leases or its keys."""
    links = []
    if _may(ctx, "pool:allocate"):
        links.append(Link(ctx.text("license.allocate"), f"/licenses/{license_id}/allocate"))
    if _may(ctx, "pool:create"):
        links.append(Link(ctx.text("license.open_pool"), f"/licenses/{license_id}/pools/new"))
    if not lends and _may(ctx, "pool:read"):
        links.append(Link(ctx.text("license_keys.of_license"), f"/keys?license={license_id}"))
    if _may(ctx, "seat:read"):
        links.append(Link(ctx.text("lines.suggested"), f"/licenses/{license_id}/suggested"))
        links.append(Link(ctx.text("caps.title"), f"/licenses/{license_id}/caps"))
    if devices and _may(ctx, "seat:read"):
        links.append(Link(ctx.text("devices.title"), "/devices"))
    if lends and _may(ctx, "seat:read"):
        links.append(Link(ctx.text("leases.of_license"), f"/leases?license={license_id}"))
    return tuple(links)


def _allocated(row: PoolRow) -> int | None:
    return row.seats.allocated


def _totals(pools: list[PoolRow]) -> dict[str, Any]:
    if len(pools) < 2:
        return {}
    occupied = sum(pool.seats.occupied for pool in pools)
    allocated = seats_of(pool.seats.allocated for pool in pools)
    balance = Balance(None if allocated is None else allocated - occupied)
    return {"occupied": occupied, "allocated": allocated, "balance": balance}


async def _seats(ctx: Context, license_id: UUID) -> Part:
    async with ctx.work() as work:
        held = occupied_at(ctx.as_of, ctx.known_at or ctx.now) if ctx.as_of else Assignment.released_at.is_(None)
        query = (
            visible_assignments(work)
            .join(MetricLine, (MetricLine.tenant_id == Pool.tenant_id) & (MetricLine.id == Pool.line_id))
            .where(MetricLine.entitlement_id == license_id, held)
            .order_by(Assignment.started_at.desc(), Assignment.id.desc())
        )
        rows = await seat_rows(ctx, work, (await work.session.execute(query.limit(FIRST))).scalars().all())
    everything = Link(ctx.text("license.all_seats"), f"/seats?license={license_id}")
    retier = Link(ctx.text("retier.title"), f"/licenses/{license_id}/retier")
    steps = (retier,) if rows and _may(ctx, "seat:transfer") else ()
    csv = Link(ctx.text("table.csv"), f"/seats.csv?license={license_id}")
    return Table(
        ctx.text("license.tab_seats"),
        tuple(column for column in SEAT_COLUMNS if column.key != "license"),
        rows,
        footer=Footer((everything, csv, *steps), ctx.text("license.newest", n=FIRST)),
        empty=Empty(ctx.text("license.no_seats"), ctx.text("license.no_seats_text"), "person-plus"),
    )


async def _lots(ctx: Context, license_id: UUID) -> Part:
    async with ctx.work() as work:
        lots, counted = await lots_of_license(ctx, work, license_id), await _measures(work, license_id)
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    correct, allocates = _may(ctx, "lot:correct"), _may(ctx, "pool:allocate")

    def split(lot: Lot) -> Link | None:
        here = f"/licenses/{license_id}/lots/{lot.lot_key}/split"
        return None if lot.quantity is None else Link(ctx.text("transfer.split_act"), here)

    return Table(
        ctx.text("license.tab_lots"),
        (
            Column(
                "po", "license.order", value=lambda lot: lot.po_number or ctx.text("license.no_order"), strong=True,
                href=lambda lot: f"/licenses/{license_id}/lots/{lot.lot_key}/correct" if correct else None,
                sub=lambda lot: ", ".join(region_name(ctx, each) for each in lot.included),
            ),
            Column("quantity", "license.quantity", kind="number", value=lambda lot: _quantity(ctx, lot),
                   sub=lambda lot: counted.get(lot.line_id, "")),
            Column("first_day", "license.first_day", kind="date", leaves=2),
            Column("last_day", "license.last_usable", kind="date", value=lambda lot: lot.last_day, sub=_zone),
            *((_price_column(ctx, license_id),) if money else ()),
            Column("state", "table.status", kind="status", value=lambda lot: _lot_status(ctx, lot)),
            *((Column("split", "transfer.split_act", kind="link", leaves=4, value=split),) if allocates else ()),
        ),
        lots,
        footer=Footer((), ctx.text("license.lots_note")),
        empty=Empty(ctx.text("license.no_lots"), ctx.text("license.buy_first"), "receipt"),
    )  # fmt: skip


async def _measures(work: Work, license_id: UUID) -> dict[UUID, str]:
    """The lines of a license that count units, and what they count; empty where nobody said."""
    query = visible_lines(work).where(MetricLine.entitlement_id == license_id, MetricLine.model.in_(MEASURED))
    return {line.id: line.measure or "" for line in (await work.session.execute(query)).scalars()}


def _quantity(ctx: Context, lot: Lot) -> int | str:
    return ctx.text("seats.no_limit") if lot.quantity is None else lot.quantity


def _zone(lot: Lot) -> str:
    """The zone whose midnight ends the lot, as one reads it: `America/New York`."""
    return lot.zone.replace("_", " ") if lot.last_day else ""


def _price_column(ctx: Context, license_id: UUID) -> Column:
    return Column(
        "price", "license.price", kind="money", value=_price, leaves=3, sub=lambda lot: _basis(ctx, lot),
        href=lambda lot: f"/licenses/{license_id}/lots/{lot.lot_key}/price",
    )  # fmt: skip


def _price(lot: Lot) -> Money:
    return Money(lot.unit_price, lot.currency)


def _basis(ctx: Context, lot: Lot) -> str:
    return ctx.text(f"license.basis_{lot.cost_basis.value.lower()}", pack=lot.pack_size)


def _lot_status(ctx: Context, lot: Lot) -> Status:
    now = ctx.as_of or ctx.now
    if holds_at(lot.start, lot.end, now):
        return Status(Level.OK, ctx.text("license.in_force"))
    coming = lot.start > now
    return Status(Level.UNKNOWN, ctx.text("license.coming" if coming else "license.ended"))


async def _over_time(ctx: Context, license_id: UUID) -> Part:
    """Occupied against purchased at the ends of the last months, each read as of that instant."""
    async with ctx.work() as work:
        zone = (await work.session.get_one(Tenant, work.tenant_id)).zone
        lots = await lots_of_license(ctx, work, license_id)
        units = await _measures(work, license_id)
        rows = []
        for at in _instants(ctx.as_of or ctx.now, zone):
            query = (
                held_at(at, ctx.known_at or ctx.now)
                .join(Pool, POOL_OF_SEAT)
                .join(Entitlement, (Entitlement.tenant_id == MetricLine.tenant_id)
                      & (Entitlement.id == MetricLine.entitlement_id))
                .where(Assignment.tenant_id == work.tenant_id, Entitlement.id == license_id,
                       Assignment.id.in_(visible_assignments(work, Act.SEAT_READ).with_only_columns(Assignment.id)))
                .with_only_columns(func.count())
            )  # fmt: skip
            occupied = (await work.session.execute(query)).scalar_one()
            bought = (lot.quantity for lot in lots if lot.line_id not in units and holds_at(lot.start, lot.end, at))
            rows.append((at, occupied, seats_of(bought)))
    first, last = rows[0], rows[-1]
    sentence = ctx.text(
        "license.time_sentence", first=formats.number(ctx.locale, first[1]), last=formats.number(ctx.locale, last[1]),
        since=formats.day(ctx.locale, first[0].astimezone(ctx.zone).date()),
    )  # fmt: skip
    table = Table(
        ctx.text("license.over_time"),
        (
            Column("day", "license.day", kind="date", value=lambda row: row[0].astimezone(ctx.zone).date()),
            Column("occupied", "seats.occupied", kind="number", value=lambda row: row[1]),
            Column("purchased", "seats.purchased", kind="number", value=lambda row: row[2], quiet=True),
        ),
        rows,
        bare=True,
        compact=True,
        ident="over-time",
    )
    chart = Chart("lines", "over-time", sentence, dashed=("purchased",))
    return Panel(ctx.text("license.over_time"), (chart, table), sub=ctx.text("license.month_ends"))


def _instants(now: datetime, zone: str) -> list[datetime]:
    """The last month starts in the tenant's zone and the page's instant, oldest first."""
    today = day_of(now, zone)
    months = [divmod(today.year * 12 + today.month - 1 - back, 12) for back in range(MONTHS)]
    starts = [start_of(today.replace(year=y, month=m + 1, day=1), zone) for y, m in reversed(months)]
    return [*(each for each in starts if each < now), now]


def _may(ctx: Context, action: str) -> bool:
    return ctx.may(action) and not ctx.past
