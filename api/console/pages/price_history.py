"""Price history of a license by purchase: a seat and year, dearer by how much, and whether the agreement allows it."""

from decimal import Decimal
from typing import Any, Final

from api.console import formats
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Figure,
    Figures,
    Footer,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Query,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.license_read import license_id_of
from governance.entitlements.queries import entitlement
from governance.metrics.answers import moments
from governance.metrics.price_history import PriceHistory, Purchase, price_history
from policies.access.fields import FieldClass

HUNDRED: Final = Decimal(100)


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Every purchase beside the one before it, as known at the page's instants. Raises NotFound, BadInput."""
    license_id = license_id_of(ids["id"])
    title = ctx.text("price.history")
    async with ctx.work() as work:
        license_ = await entitlement(work, license_id)
        crumbs = ((ctx.text("licenses.title"), "/licenses"), (license_.name, f"/licenses/{license_id}"))
        if not work.gate.may_read(work.actor, FieldClass.MONEY):
            empty = Empty(ctx.text("spend.no_money"), ctx.text("spend.no_money_text"), "eye-off")
            return Detail(title, crumbs, parts=(Panel(title, (empty,)),))
        told = await price_history(work, license_id, moments(work, ctx.as_of, ctx.known_at))
    parts = (*_figures(ctx, told), _table(ctx, told))
    return Detail(title, crumbs, parts=parts, provenance=await provenance_of(ctx, told.definition.id))


def _figures(ctx: Context, told: PriceHistory) -> tuple[Part, ...]:
    if not told.purchases:
        return ()
    last = told.purchases[-1]
    cap = Missing(ctx.text("agreements.no_uplift")) if told.cap is None else _percent(ctx, told.cap)
    year = _year(ctx, last)
    shown = year if isinstance(year, Missing) else formats.money(ctx.locale, year)
    return (
        Figures(
            (
                Figure(
                    ctx.text("seat_cost.seat_year"), shown,
                    lines=(last.po_number or formats.day(ctx.locale, last.first_day),),
                ),
                Figure(ctx.text("price.uplift"), _told(ctx, last, last.change), lines=(ctx.text("price.as_paid"),)),
                Figure(ctx.text("price.constant"), _told(ctx, last, last.constant), lines=(_asked(ctx, told),)),
                Figure(ctx.text("agreements.uplift"), cap),
            )
        ),
    )  # fmt: skip


def _asked(ctx: Context, told: PriceHistory) -> str:
    return ctx.text("price.rates_of", day=formats.day(ctx.locale, told.asked))


def _told(ctx: Context, one: Purchase, change: Decimal | None) -> str | Missing:
    return _why(ctx, one) if change is None else _percent(ctx, change, signed=True)


def _percent(ctx: Context, percent: Decimal, *, signed: bool = False) -> str:
    shown = formats.percent(ctx.locale, percent / HUNDRED)
    return f"+{shown}" if signed and percent > 0 else shown


def _why(ctx: Context, one: Purchase) -> Missing:
    """Why a purchase compares with none."""
    if one.before is None:
        return Missing(ctx.text("price.first_one"))
    return Missing(ctx.text("price.not_comparable"))


def _year(ctx: Context, one: Purchase) -> Any:
    if one.seat_year is not None:
        return one.seat_year
    return Missing(ctx.text("price.endless" if one.last_day is None else "price.no_seats"))


def _table(ctx: Context, told: PriceHistory) -> Part:
    named = {each.lot_key: each for each in told.purchases}
    here = f"/licenses/{told.license.id}/lots"

    def before(one: Purchase) -> Any:
        if one.before is None:
            return Missing(ctx.text("price.first_one"))
        other = named[one.before]
        return other.po_number or formats.day(ctx.locale, other.first_day)

    columns = (
        Column("order", "license.order", strong=True, value=lambda one: one.po_number or ctx.text("license.no_order"),
               href=lambda one: f"{here}/{one.lot_key}/price", sub=lambda one: one.line),
        Column("first_day", "license.first_day", kind="date", leaves=3),
        Column("quantity", "license.quantity", kind="number", leaves=2,
               value=lambda one: ctx.text("seats.no_limit") if one.quantity is None else one.quantity),
        Column("unit_price", "price.unit", kind="money", leaves=3,
               sub=lambda one: ctx.text(f"license.basis_{one.basis.value.lower()}", pack=one.pack_size)),
        Column("year", "seat_cost.seat_year", kind="money", value=lambda one: _year(ctx, one)),
        Column("before", "price.before", value=before, leaves=4, quiet=True,
               sub=lambda one: ctx.text("price.renews") if one.renews else ""),
        Column("change", "price.uplift", value=lambda one: _told(ctx, one, one.change)),
        Column("constant", "price.constant", value=lambda one: _told(ctx, one, one.constant), leaves=2),
        Column("cap", "price.held", kind="status", value=lambda one: _held(ctx, one), leaves=1),
    )  # fmt: skip
    title = ctx.text("price.by_purchase")
    empty = Empty(ctx.text("license.no_lots"), ctx.text("license.buy_first"), "receipt")
    links = (Link(ctx.text("chart.definition"), f"/metrics/{told.definition.id}"),)
    table = Table(title, columns, told.purchases, bare=True, compact=True, ident="price-history", empty=empty)
    return Panel(title, (table,), footer=Footer(links, _asked(ctx, told)))


def _held(ctx: Context, one: Purchase) -> Status:
    if one.over_cap is None:
        return Status(Level.UNKNOWN, ctx.text("price.no_cap"))
    level, key = (Level.HIGH, "price.over_cap") if one.over_cap else (Level.OK, "price.within")
    return Status(level, ctx.text(key))


PAGE: Final = DetailPage(
    name="price-history", path="/licenses/{id}/prices", gather=show, action="entitlement:read", nav="licenses"
)
PAGES: Final = (PAGE,)
