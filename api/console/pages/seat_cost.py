"""What a seat costs a day, month, year and term, and what unassigned, never used and dormant seats cost, each apart."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    Filter,
    Footer,
    Ids,
    Level,
    Link,
    Missing,
    Note,
    Option,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import provenance_of
from api.console.seat_cost_said import IDLE, count_of, in_reporting, year_of
from api.console.standing import feeds
from governance.entitlements.rules import LicenseModel
from governance.kernel.money import Money
from governance.metrics.seat_cost import SeatCostQuery, SeatCosts, seat_costs
from governance.metrics.seat_cost_rules import CostBy, CostOf, SeatCost
from policies.access.fields import FieldClass

MODELS: Final = frozenset(LicenseModel)
PERIODS: Final = ("day", "month", "year", "term")
HREFS: Final = {
    CostBy.LICENSE: ("/licenses/{}", "entitlement:read"), CostBy.PRODUCT: ("/catalog/{}", "catalog:read"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Priced:
    """One row of the page: a group in one currency."""

    row: SeatCost
    cost: CostOf


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page as its filter asks for it; who may not see money sees none of it. Raises BadInput."""
    title, asked = ctx.text("seat_cost.title"), query.filters.get("by", "").upper()
    by = CostBy(asked) if asked in set(CostBy) else CostBy.LICENSE
    crumbs = ((ctx.text("spend.title"), "/spend"),)
    async with ctx.work() as work:
        if not work.gate.may_read(work.actor, FieldClass.MONEY):
            empty = Empty(ctx.text("spend.no_money"), ctx.text("spend.no_money_text"), "eye-off")
            return Detail(title, crumbs, parts=(Panel(title, (empty,)),))
        told = await seat_costs(work, SeatCostQuery(ctx.as_of, ctx.known_at, by))
    return Detail(
        title, crumbs, parts=_parts(ctx, told), freshness=feeds(ctx, told.freshness),
        provenance=await provenance_of(ctx, told.definition.id),
    )  # fmt: skip


def _parts(ctx: Context, told: SeatCosts) -> tuple[Part, ...]:
    rows = [Priced(row, cost) for row in told.rows for cost in row.costs]
    if not rows:
        empty = Empty(ctx.text("spend.nothing"), ctx.text("spend.nothing_text"), "receipt")
        return (Panel(ctx.text("seat_cost.title"), (empty,)),)
    missing = sorted({each.cost.currency for each in rows} - {told.rates.currency} - set(told.rates.known))
    note = ctx.text("spend.missing", currencies=", ".join(missing))
    notes = (Note(note, level=Level.UNKNOWN),) if missing else ()
    parts: list[Part] = [*notes, _by_period(ctx, told, rows)]
    if told.by is not CostBy.LOT:
        parts.append(_idle(ctx, told, rows))
    figures = () if told.whole is None else (Figures(_figures(ctx, told, told.whole)),)
    return (*figures, *parts)


def _figures(ctx: Context, told: SeatCosts, whole: SeatCost) -> tuple[Figure, ...]:
    total = in_reporting(told, whole.costs, "total")
    lines = () if whole.purchased is None else (ctx.text("seat_cost.of_seats", count=whole.purchased),)
    figures = [Figure(ctx.text("seat_cost.total_year"), _amount(ctx, total), lines=lines)]
    for name in IDLE:
        counted = count_of(ctx, whole, name)
        amount = in_reporting(told, whole.costs, name)
        label = ctx.text(f"seat_cost.{name}_year")
        if not isinstance(counted, int):
            figures.append(Figure(label, counted))
            continue
        figures.append(Figure(label, _amount(ctx, amount), lines=(ctx.text(f"seat_cost.{name}_count", count=counted),)))
    return tuple(figures)


def _amount(ctx: Context, amount: Money | None) -> str | Missing:
    return Missing(ctx.text("spend.no_rate")) if amount is None else formats.money(ctx.locale, amount)


def _name(ctx: Context, told: SeatCosts) -> Column:
    pattern, right = HREFS.get(told.by, (None, ""))
    if not ctx.may(right):
        pattern = None

    def named(each: Priced) -> str:
        """The name; a line without a tier is called by how it counts, in words."""
        name = each.row.name
        return ctx.text(f"licenses.model_{name.lower()}") if told.by is CostBy.LINE and name in MODELS else name

    return Column(
        "name", f"seat_cost.by_{told.by.value.lower()}", value=named, strong=True,
        sub=lambda each: each.row.of, href=None if pattern is None else lambda each: pattern.format(each.row.id),
    )  # fmt: skip


def _by_period(ctx: Context, told: SeatCosts, rows: Sequence[Priced]) -> Part:
    """One seat by period in the lots' currency, a year of it in the reporting one with its rate."""
    into = told.rates.currency

    def seat(period: str) -> Any:
        def value(each: Priced) -> Any:
            if each.cost.per_seat is None:
                return Missing(ctx.text("price.no_seats"))
            micros = getattr(each.cost.per_seat, period)
            return Missing(ctx.text("price.endless")) if micros is None else Money(micros, each.cost.currency)

        return value

    columns = (
        _name(ctx, told),
        Column("seats", "license.quantity", kind="number", value=lambda each: _seats(ctx, each), leaves=2),
        *(Column(f"seat_{name}", f"price.per_{name}", kind="money", value=seat(name), leaves=0 if name == "year" else 3)
          for name in PERIODS),
        Column("into", "seat_cost.year_in", kind="money", value=lambda each: _into(ctx, told, each), leaves=4,
               sub=lambda each: _rate(ctx, told, each)),
    )  # fmt: skip
    title = ctx.text("seat_cost.one_seat")
    table = Table(title, columns, rows, bare=True, compact=True, ident="seat-cost")
    links = (Link(ctx.text("chart.definition"), f"/metrics/{told.definition.id}"),)
    method = ctx.text("seat_cost.method", currency=into)
    return Panel(title, (table,), footer=Footer(links, method))


def _seats(ctx: Context, each: Priced) -> Any:
    if each.cost.seats or not each.cost.unlimited:
        return each.cost.seats
    return ctx.text("seats.no_limit")


def _into(ctx: Context, told: SeatCosts, each: Priced) -> Any:
    year = None if each.cost.per_seat is None else each.cost.per_seat.year
    if year is None:
        return Missing(ctx.text("price.endless" if each.cost.per_seat else "price.no_seats"))
    done = told.converted(year, each.cost.currency).converted
    return Missing(ctx.text("spend.no_rate")) if done is None else done


def _rate(ctx: Context, told: SeatCosts, each: Priced) -> str:
    rate = told.rates.known.get(each.cost.currency)
    if rate is None:
        return ""
    return f"{formats.rate(ctx.locale, rate.rate)} · {formats.day(ctx.locale, rate.day)}"


def _idle(ctx: Context, told: SeatCosts, rows: Sequence[Priced]) -> Part:
    """Seats that lie idle and what they cost a year; what use must not be told of says why."""
    columns = (
        _name(ctx, told),
        *(Column(f"{name}_year", f"seat_cost.{name}_year", kind="money", value=_year(ctx, name),
                 sub=_counted(ctx, name), leaves=2 if name == "dormant" else 0) for name in IDLE),
    )  # fmt: skip
    title = ctx.text("seat_cost.idle")
    table = Table(title, columns, rows, bare=True, compact=True, ident="seat-idle")
    links = (Link(ctx.text("chart.definition"), f"/metrics/{told.unused_definition.id}"),)
    return Panel(title, (table,), sub=ctx.text("seat_cost.idle_text"), footer=Footer(links, ctx.text("seat_cost.few")))


def _counted(ctx: Context, name: str) -> Any:
    def said(each: Priced) -> str:
        counted = count_of(ctx, each.row, name)
        return ctx.text(f"seat_cost.{name}_count", count=counted) if isinstance(counted, int) else ""

    return said


def _year(ctx: Context, name: str) -> Any:
    return lambda each: year_of(ctx, getattr(each.cost, name), each.cost.currency, each.row, name)


OTHERS: Final = tuple(each.value.lower() for each in CostBy if each is not CostBy.LICENSE)
BY: Final = (Option("", "seat_cost.by_license"), *(Option(each, f"seat_cost.by_{each}") for each in OTHERS))
PAGE: Final = DetailPage(
    name="seat-cost", path="/spend/seats", gather=show, action="position:read", nav="spend",
    filters=(Filter("by", "seat_cost.by", BY, icon="filter"),),
)  # fmt: skip
PAGES: Final = (PAGE,)
