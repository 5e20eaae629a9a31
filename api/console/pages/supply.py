"""Supply of a license: buy a lot, open a pool, allocate seats of a lot to a pool."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import Context, Done, Field, FormPage, Ids, Opened, Option, Outcome, Query
from api.console.desk import desk_of
from api.console.license_read import license_id_of, license_of, lots_of_license
from api.console.supply_fields import (
    BANDS,
    BASES,
    PACK_SIZE,
    PRICE_MOST,
    QUANTITY,
    REASON,
    REASON_TEXT,
    UNIT_PRICE,
    opened,
    price_given,
    unit_options,
)
from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason
from governance.entitlements.models import MetricLine, Pool
from governance.entitlements.queries import entitlement, visible_lines, visible_pools
from governance.entitlements.rules import CostBasis
from governance.entitlements.service import NewAllocation, NewLot, NewPool, allocate, buy_lot, open_pool


async def line_options(ctx: Context) -> tuple[Option, ...]:
    """The lines of the license: what is counted in which way."""
    async with ctx.work() as work:
        query = visible_lines(work).where(MetricLine.entitlement_id == license_of(ctx)).order_by(MetricLine.code)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(
        Option(str(row.id), text=f"{row.code} · {ctx.text(f'licenses.model_{row.model.value.lower()}')}")
        for row in rows
    )


async def lot_options(ctx: Context) -> tuple[Option, ...]:
    """The lots of the license as known today, the newest first."""
    async with ctx.work() as work:
        rows = await lots_of_license(ctx, work, license_of(ctx))
    return tuple(Option(str(row.lot_key), text=_lot_name(ctx, row)) for row in rows)


def _lot_name(ctx: Context, lot: Any) -> str:
    seats = ctx.text("seats.no_limit") if lot.quantity is None else formats.number(ctx.locale, lot.quantity)
    last = formats.day(ctx.locale, lot.last_day) if lot.last_day else ctx.text("license.open_ended")
    return f"{lot.po_number or ctx.text('license.no_order')} · {seats} · {last}"


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """The open pools of the license."""
    async with ctx.work() as work:
        query = visible_pools(work).where(MetricLine.entitlement_id == license_of(ctx), Pool.closed_at.is_(None))
        rows = (await work.session.execute(query.order_by(Pool.name, Pool.id))).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def opens_lot(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A purchase begins with what the agreement says."""
    async with ctx.work() as work:
        row = await entitlement(work, license_id_of(ids["id"]))
        agreement = await work.session.get_one(Agreement, (work.tenant_id, row.agreement_id))
    initial = {
        "zone": agreement.zone, "currency": agreement.currency, "included": "001", "reason": ChangeReason.NEW.value,
        "basis": CostBasis.PER_SEAT.value, "first_day": ctx.now.astimezone(ctx.zone).date().isoformat(),
        "last_day": agreement.last_day.isoformat() if agreement.last_day else "",
        "line": await _only(line_options, ctx),
    }  # fmt: skip
    return await opened(ctx, ids, "license.buy", initial, "lots")


async def _only(options: Any, ctx: Context) -> str:
    """The first choice where there is one."""
    found = await options(ctx)
    return str(found[0].value) if found else ""


async def buy(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Record the purchase."""
    command = NewLot(
        line_id=UUID(values["line"]), quantity=values["quantity"], first_day=values["first_day"],
        last_day=values["last_day"], zone=values["zone"], currency=values["currency"],
        included=values["included"], po_number=values["po_number"], units_before=values["units_before"] or 0,
        **price_given(values, values["currency"]),
        reason=ChangeReason(values["reason"]), reason_text=values["reason_text"],
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: buy_lot(work, command))
    return Done(f"/licenses/{ids['id']}?tab=lots", ctx.text("supply.bought"))


async def opens_pool(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A pool of the license, first of its only line."""
    return await opened(ctx, ids, "license.open_pool", {"line": await _only(line_options, ctx), "region": "001"})


async def add_pool(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Open the pool, empty until seats are allocated."""
    command = NewPool(
        UUID(values["line"]), values["code"], values["name"], UUID(values["unit_id"]), values["region"].upper()
    )
    await desk_of(ctx).perform(lambda work: open_pool(work, command))
    return Done(f"/licenses/{ids['id']}", ctx.text("supply.opened", name=values["name"]))


async def opens_allocation(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Seats of the newest lot, for the only pool where there is one."""
    initial = {
        "lot": await _only(lot_options, ctx), "pool": await _only(pool_options, ctx),
        "reason": ChangeReason.NEW.value,
    }  # fmt: skip
    return await opened(ctx, ids, "license.allocate", initial)


async def give(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Allocate the seats for as long as the lot holds, or for the days given."""
    command = NewAllocation(
        UUID(values["lot"]), UUID(values["pool"]), values["quantity"], values["first_day"], values["last_day"],
        ChangeReason(values["reason"]), values["reason_text"],
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: allocate(work, command))
    return Done(f"/licenses/{ids['id']}", ctx.text("supply.allocated"))


LINE: Final = Field("line", "supply.line", "select", options=line_options)
BUY: Final = FormPage(
    name="lot-new", path="/licenses/{id}/lots/new", opens=opens_lot, submit=buy, button="license.buy",
    action="lot:create", nav="licenses",
    fields=(
        LINE, QUANTITY,
        Field("first_day", "license.first_day", "date"),
        Field("last_day", "license.last_usable", "date", required=False, help="supply.perpetual"),
        Field("zone", "agreements.zone", longest=60),
        UNIT_PRICE,
        Field("currency", "agreements.currency", longest=3),
        Field("basis", "supply.basis", "select", options=BASES),
        PACK_SIZE, BANDS,
        Field("units_before", "supply.units_before", "number", required=False, minimum=0, maximum=PRICE_MOST,
              help="supply.units_help"),
        Field("included", "supply.territory", multiple=True, longest=32, help="supply.territory_help"),
        Field("po_number", "license.order", required=False, longest=80), REASON, REASON_TEXT,
    ),
)  # fmt: skip
POOL: Final = FormPage(
    name="pool-new", path="/licenses/{id}/pools/new", opens=opens_pool, submit=add_pool, button="license.open_pool",
    action="pool:create", nav="licenses",
    fields=(
        LINE,
        Field("name", "people.name", longest=200),
        Field("code", "agreements.code", longest=80),
        Field("unit_id", "license.unit", "select", options=unit_options),
        Field("region", "license.region", longest=10, help="supply.region_help"),
    ),
)  # fmt: skip
ALLOCATE: Final = FormPage(
    name="allocate", path="/licenses/{id}/allocate", opens=opens_allocation, submit=give, button="license.allocate",
    action="pool:allocate", nav="licenses",
    fields=(
        Field("lot", "supply.lot", "select", options=lot_options),
        Field("pool", "license.pool", "select", options=pool_options), QUANTITY,
        Field("first_day", "license.first_day", "date", required=False, help="supply.lot_days"),
        Field("last_day", "license.last_usable", "date", required=False), REASON, REASON_TEXT,
    ),
)  # fmt: skip
PAGES: Final = (BUY, POOL, ALLOCATE)
