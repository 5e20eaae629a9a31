"""Spend: what seats cost by unit, vendor and period in one currency, how much nobody used, and by which rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from api.console import formats
from api.console.declare import (
    Action,
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
    Split,
    Table,
)
from api.console.desk import provenance_of
from api.console.figures import costbar
from api.console.standing import feeds
from governance.kernel.money import Money
from governance.metrics.cost_by_unit import CostByUnit, CostQuery, cost_by_unit, summed
from governance.metrics.cost_by_unit import Split as Cost
from governance.metrics.cost_by_unit_gather import Tree
from governance.metrics.cost_of_the_day import by_unit_of_the_day
from governance.metrics.cost_rollup import UnitCost, by_unit, grouped
from governance.metrics.periods import PeriodKind
from policies.access.fields import FieldClass

INDENT: Final = "\u2002"
HUNDRED: Final = Decimal(100)
PARTS: Final = ("occupied", "unused", "unallocated")


@dataclass(frozen=True, slots=True)
class Spent:
    """One row of a card: what it is of and what that cost; None where a rate is missing."""

    name: str
    cost: Cost | None
    level: int = 0

    @property
    def shown(self) -> str:
        """The name, set in as deep as it hangs in the tree."""
        return INDENT * self.level + self.name


@dataclass(frozen=True, slots=True)
class Used:
    """One rate that the page rests on."""

    period: str
    currency: str
    rate: str
    day: date | None
    source: str


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page as its filter asks for it; who may not see money sees none of it. Raises BadInput."""
    kind = PeriodKind.FISCAL_QUARTER if query.filters.get("period") == "quarter" else PeriodKind.MONTH
    tree = Tree.OF_THE_DAY if query.filters.get("tree") == THEN else Tree.TODAY
    async with ctx.work() as work:
        if not work.gate.may_read(work.actor, FieldClass.MONEY):
            empty = Empty(ctx.text("spend.no_money"), ctx.text("spend.no_money_text"), "eye-off")
            return Detail(ctx.text("spend.title"), parts=(Panel(ctx.text("spend.title"), (empty,)),))
        told = await cost_by_unit(work, CostQuery(ctx.as_of, ctx.known_at, period=kind, tree=tree))
        then = tree is Tree.OF_THE_DAY
        units = await by_unit_of_the_day(work, told) if then else await by_unit(work, told.rows)
    return Detail(
        ctx.text("spend.title"),
        parts=_parts(ctx, told, units),
        actions=(Action("seat_cost.title", "/spend/seats", "receipt", changes=False, action="position:read"),),
        freshness=feeds(ctx, told.freshness),
        provenance=await provenance_of(ctx, told.definition.id),
    )


def _parts(ctx: Context, told: CostByUnit, units: Sequence[UnitCost]) -> tuple[Part, ...]:
    if not told.rows:
        return (Panel(ctx.text("spend.title"), (Empty(ctx.text("spend.nothing"), ctx.text("spend.nothing_text"),
                                                       "receipt"),)),)  # fmt: skip
    periods = grouped(told.rows, lambda row: row.period)
    vendors = grouped(told.rows, lambda row: row.vendor)
    by_period = [Spent(_named(ctx, each.name, each.whole), periods.get(each, Cost())) for each in told.periods]
    by_vendor = sorted((Spent(*each) for each in vendors.items()), key=lambda row: (-_total(row), row.name.casefold()))
    by_units = [Spent(each.unit, each.whole, each.depth) for each in units]
    missing = ", ".join(told.missing)
    notes = (Note(ctx.text("spend.missing", currencies=missing), level=Level.UNKNOWN),) if missing else ()
    return (
        Figures(_figures(ctx, told)),
        *notes,
        _card(ctx, told, "period", by_period),
        Split(((_card(ctx, told, "unit", by_units),), (_card(ctx, told, "vendor", by_vendor),))),
        Split(((_rates(ctx, told),), (_reconciled(ctx, told),))),
    )


def _named(ctx: Context, name: str, whole: bool) -> str:
    return name if whole else ctx.text("spend.running", name=name)


def _total(row: Spent) -> int:
    return 0 if row.cost is None else row.cost.total


def _figures(ctx: Context, told: CostByUnit) -> tuple[Figure, ...]:
    whole, into = summed(told.rows), told.currency
    span = ctx.text(
        "spend.span", first=formats.day(ctx.locale, told.periods[0].first),
        last=formats.day(ctx.locale, told.periods[-1].last),
    )  # fmt: skip
    labels = [ctx.text(f"spend.{name}") for name in ("cost", "occupied", "idle_cost", "idle")]
    if whole is None:
        why = Missing(ctx.text("spend.no_rate"))
        return tuple(Figure(label, why, lines=(span,)) for label in labels)
    idle = Missing(ctx.text("spend.no_split")) if whole.idle is None else _percent(ctx, whole)
    return (
        Figure(labels[0], formats.money(ctx.locale, Money(whole.total, into)), lines=(span,)),
        Figure(labels[1], formats.money(ctx.locale, Money(whole.occupied, into))),
        Figure(
            labels[2], formats.money(ctx.locale, Money(whole.unused + whole.unallocated, into)),
            lines=(ctx.text("spend.of_these", unused=formats.money(ctx.locale, Money(whole.unused, into)),
                            unallocated=formats.money(ctx.locale, Money(whole.unallocated, into))),),
        ),
        Figure(labels[3], idle, lines=(ctx.text("spend.idle_text"),)),
    )  # fmt: skip


def _percent(ctx: Context, cost: Cost) -> str:
    return formats.percent(ctx.locale, (cost.idle or Decimal(0)) / HUNDRED)


def _card(ctx: Context, told: CostByUnit, by: str, rows: Sequence[Spent]) -> Part:
    """A card of bars and amounts, its file and what it means; the bar reads the numbers of its row."""
    most = max((_total(row) for row in rows), default=0)
    into = told.currency

    def amount(part: str) -> Any:
        return lambda row: _money(ctx, row, part, into)

    unlimited = any(row.cost and row.cost.unlimited for row in rows)
    columns = (
        Column("name", f"spend.{by}", value=lambda row: row.shown, strong=True),
        Column("bar", "spend.split", kind="svg", value=lambda row: _bar(ctx, row, most, into)),
        Column("total", "spend.cost", kind="money", value=amount("total")),
        *(Column(part, f"spend.{part}", kind="money", value=amount(part), leaves=1) for part in PARTS),
        *((Column("unlimited", "spend.unlimited", kind="money", value=amount("unlimited"), leaves=1),) * unlimited),
        Column("idle", "spend.idle", kind="percent", value=lambda row: _idle(ctx, row), leaves=4),
    )
    title = ctx.text(f"spend.by_{by}", currency=into)
    table = Table(title, columns, rows, bare=True, compact=True, ident=f"spend-{by}")
    links = (Link(ctx.text("chart.definition"), f"/metrics/{told.definition.id}"),)
    return Panel(title, (table,), sub=ctx.text("spend.legend"), footer=Footer(links, ctx.text(f"spend.method_{by}")))


def _money(ctx: Context, row: Spent, part: str, into: str) -> Any:
    return Missing(ctx.text("spend.no_rate")) if row.cost is None else Money(getattr(row.cost, part), into)


def _idle(ctx: Context, row: Spent) -> Any:
    if row.cost is None:
        return Missing(ctx.text("spend.no_rate"))
    return Missing(ctx.text("spend.no_split")) if row.cost.idle is None else row.cost.idle / HUNDRED


def _bar(ctx: Context, row: Spent, most: int, into: str) -> Markup:
    cost = row.cost
    if cost is None:
        return Markup("")
    said = {
        part: formats.money(ctx.locale, Money(getattr(cost, part), into))
        for part in ("total", "occupied", "unused", "unallocated")
    }
    parts = (cost.occupied, cost.unused, cost.unallocated, cost.unlimited)
    return costbar(parts, most, ctx.text("spend.sentence", name=row.name, **said))


def _rates(ctx: Context, told: CostByUnit) -> Part:
    """Every rate the page rests on, its own day beside the period it was used for."""
    rows = [
        Used(period.name, f"{currency} → {rates.currency}", formats.rate(ctx.locale, rate.rate), rate.day, rate.source)
        for period, rates in zip(told.periods, told.rates, strict=True)
        for currency, rate in rates.known.items()
    ]
    columns = (
        Column("period", "spend.period", strong=True),
        Column("currency", "spend.currencies"),
        Column("rate", "spend.rate"),
        Column("day", "spend.rate_day", kind="date", leaves=4),
        Column("source", "spend.rate_source", leaves=4, quiet=True),
    )
    title = ctx.text("spend.rates")
    empty = Empty(
        ctx.text("spend.one_currency"), ctx.text("spend.one_currency_text", currency=told.currency), "receipt"
    )
    table = Table(title, columns, rows, bare=True, compact=True, ident="spend-rates", empty=empty)
    return Panel(title, (table,), footer=Footer(method=ctx.text("spend.rates_method")))


def _reconciled(ctx: Context, told: CostByUnit) -> Part:
    """Whether the rows sum to what the lots cost, in the lots' own currencies."""
    found = told.reconciled
    due = {each.currency: each for each in found.due}
    rows = [{"currency": each.currency, "told": each, "due": due[each.currency]} for each in found.told]
    columns = (
        Column("currency", "spend.currency", strong=True),
        Column("told", "spend.told", kind="money"),
        Column("due", "spend.due", kind="money"),
    )
    title = ctx.text("spend.reconciled_yes" if found.agrees else "spend.reconciled_no")
    empty = Empty(ctx.text("spend.nothing_whole"), ctx.text("spend.nothing_whole_text"), "receipt")
    table = Table(title, columns, rows, bare=True, compact=True, ident="spend-reconciled", empty=empty)
    method = ctx.text("spend.lots", count=found.lots, partly=formats.number(ctx.locale, found.partly))
    return Panel(title, (table,), footer=Footer(method=method))


THEN: Final = "then"
PERIODS: Final = (Option("", "spend.months"), Option("quarter", "spend.quarters"))
PAGE: Final = DetailPage(
    name="spend", path="/spend", gather=show, action="position:read", nav="spend",
    filters=(
        Filter("period", "spend.period", PERIODS, icon="calendar"),
        Filter("tree", "spend.tree", (Option("", "spend.tree_today"), Option(THEN, "spend.tree_then")), icon="scope"),
    ),
)  # fmt: skip
PAGES: Final = (PAGE,)
