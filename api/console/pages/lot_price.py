"""The price of one lot: how it comes about band by band, what a seat costs by period, what more seats would cost."""

from dataclasses import dataclass
from typing import Any, Final

from api.console import formats
from api.console.acting import id_of
from api.console.cost_said import converted_facts
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Footer,
    Ids,
    Level,
    Missing,
    Note,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import provenance_of
from api.console.license_read import lots_of_license
from governance.catalog.bands import Part as PricePart
from governance.catalog.bands import cheaper_more, next_band, price_for, spans
from governance.entitlements.models import Lot
from governance.entitlements.queries import entitlement
from governance.entitlements.rules import lot_cost
from governance.kernel.due import day_of
from governance.kernel.errors import NotFound
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import moments, tenant_of
from governance.metrics.cost import ReportingCost, rates_into
from governance.metrics.formulas.seat_period import Periods, seat_periods
from policies.access.fields import FieldClass

PERIODS: Final = ("day", "month", "year", "term")


@dataclass(frozen=True, slots=True)
class BandRow:
    """A band, what its first seat makes all of them cost, and how much more that is than what was bought."""

    units: str
    price: Money
    bought: int | None
    total: Money
    extra: Money | None


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The working of one lot's price, as it was known at the page's instants. Raises NotFound."""
    license_id = id_of(ids["id"], "license")
    async with ctx.work() as work:
        license_, key = await entitlement(work, license_id), id_of(ids["lot"], "lot")
        row = next((each for each in await lots_of_license(ctx, work, license_id) if each.lot_key == key), None)
        if row is None:
            raise NotFound("lot", ids["lot"])
        title = ctx.text("price.title", order=row.po_number or ctx.text("license.no_order"))
        crumbs = ((ctx.text("licenses.title"), "/licenses"), (license_.name, f"/licenses/{license_id}?tab=lots"))
        if not work.gate.may_read(work.actor, FieldClass.MONEY):
            empty = Empty(ctx.text("spend.no_money"), ctx.text("spend.no_money_text"), "eye-off")
            return Detail(title, crumbs, parts=(Panel(title, (empty,)),))
        converted = await _converted(ctx, work, row)
    parts = (*_notes(ctx, row), _working(ctx, row), *_bands(ctx, row))
    side = (Panel(ctx.text("price.a_seat"), (_facts(ctx, row, converted),)),)
    return Detail(title, crumbs, parts=parts, side=side, provenance=await provenance_of(ctx))


async def _converted(ctx: Context, work: Work, row: Lot) -> ReportingCost:
    tenant = await tenant_of(work)
    when = moments(work, ctx.as_of, ctx.known_at)
    day = day_of(when.as_of, tenant.zone)
    rates = await rates_into(work, tenant.currency, day, when.known_at, (row.currency,))
    return rates.cost([Money(lot_cost(row), row.currency)])


def _notes(ctx: Context, row: Lot) -> tuple[Part, ...]:
    more = cheaper_more(row, row.quantity)
    if more is None:
        return ()
    said = ctx.text(
        "price.cliff", quantity=formats.number(ctx.locale, more.quantity), total=_said(ctx, row, more.total),
        less=_said(ctx, row, -more.extra), bought=formats.number(ctx.locale, row.quantity or 0),
    )  # fmt: skip
    return (Note(said, "info", Level.WARN),)


def _said(ctx: Context, row: Lot, micros: int) -> str:
    return formats.money(ctx.locale, Money(micros, row.currency))


def _working(ctx: Context, row: Lot) -> Part:
    parts = price_for(row, row.quantity).parts
    columns = (
        Column("band", "price.band", value=lambda part: _units(ctx, part), strong=True),
        Column("units", "price.units", kind="number"),
        Column("price", "price.unit", kind="money", value=lambda part: Money(part.unit_price, row.currency)),
        Column("amount", "price.amount", kind="money", value=lambda part: Money(part.amount, row.currency)),
    )
    title = ctx.text("price.working")
    table = Table(
        title, columns, parts, bare=True, compact=True, ident="working",
        totals={"amount": Money(lot_cost(row), row.currency)},
        empty=Empty(ctx.text("price.nothing"), ctx.text("price.nothing_text"), "receipt"),
    )  # fmt: skip
    method = ctx.text(f"price.method_{row.cost_basis.value.lower()}")
    return Panel(title, (table,), footer=Footer(method=method))


def _units(ctx: Context, part: PricePart) -> str:
    if part.first is None:
        return ctx.text("price.all")
    if part.last is None:
        return ctx.text("price.from", first=formats.number(ctx.locale, part.first))
    first, last = (formats.number(ctx.locale, each) for each in (part.first, part.last))
    return ctx.text("price.span", first=first, last=last)


def _bands(ctx: Context, row: Lot) -> tuple[Part, ...]:
    """What the first seat of each band would make the whole lot cost, against what it costs now."""
    if not row.bands or row.quantity is None:
        return ()
    now, parts = lot_cost(row), {part.first: part for part in price_for(row, row.quantity).parts}
    rows = [_band(ctx, row, each, parts.get(each.first), now) for each in spans(row)]
    columns = (
        Column("units", "price.band", strong=True),
        Column("price", "price.unit", kind="money"),
        Column("bought", "price.bought", kind="number", leaves=3),
        Column("total", "price.at_first", kind="money", leaves=2),
        Column("extra", "price.extra", kind="money"),
    )
    title = ctx.text("price.bands")
    table = Table(title, columns, rows, bare=True, compact=True, ident="bands")
    return (Panel(title, (table,), footer=Footer(method=ctx.text("price.bands_method"))),)


def _band(ctx: Context, row: Lot, band: PricePart, bought: PricePart | None, now: int) -> BandRow:
    first = band.first or 1
    total = price_for(row, first).total
    extra = Money(total - now, row.currency) if first > (row.quantity or 0) else None
    units = None if bought is None else bought.units
    return BandRow(_units(ctx, band), Money(band.unit_price, row.currency), units, Money(total, row.currency), extra)


def _next(ctx: Context, row: Lot) -> list[tuple[str, Any]]:
    """How many seats more reach the next band, or fill a broken pack, and what they cost."""
    step = next_band(row, row.quantity)
    if step is None:
        return []
    extra = formats.money(ctx.locale, Money(step.extra, row.currency), signed=True)
    return [(ctx.text("price.next"), ctx.text("price.next_said", count=step.more, extra=extra))]


def periods_facts(ctx: Context, periods: Periods | None, currency: str) -> list[tuple[str, Any]]:
    """What a seat costs a day, a month, a year and a term; why there is none of it."""
    if periods is None:
        return [(ctx.text("price.per_term"), Missing(ctx.text("price.no_seats")))]
    found: list[tuple[str, Any]] = []
    for name in PERIODS:
        micros = getattr(periods, name)
        told = Missing(ctx.text("price.endless")) if micros is None else Money(micros, currency)
        found.append((ctx.text(f"price.per_{name}"), told))
    return found


def _facts(ctx: Context, row: Lot, converted: ReportingCost) -> Facts:
    days = None if row.last_day is None else (row.last_day - row.first_day).days + 1
    quantity = ctx.text("seats.no_limit") if row.quantity is None else formats.number(ctx.locale, row.quantity)
    rows = [
        (ctx.text("license.quantity"), quantity),
        (ctx.text("supply.basis"), ctx.text(f"license.basis_{row.cost_basis.value.lower()}", pack=row.pack_size)),
        (ctx.text("price.total"), Money(lot_cost(row), row.currency)),
        *converted_facts(ctx, converted),
        *_next(ctx, row),
        *periods_facts(ctx, seat_periods(lot_cost(row), row.quantity, days), row.currency),
    ]
    return Facts(tuple(rows))


PAGE: Final = DetailPage(
    name="lot-price", path="/licenses/{id}/lots/{lot}/price", gather=show, action="entitlement:read", nav="licenses"
)
PAGES: Final = (PAGE,)
