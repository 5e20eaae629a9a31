"""Cost a seat in words: by period in the lots' currency, in the reporting currency beside it, and what lies idle."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from api.console.context import Context
from api.console.values import Missing, Suppressed
from governance.entitlements.models import Lot
from governance.entitlements.rules import lot_cost
from governance.kernel.due import holds_at
from governance.kernel.money import Money
from governance.metrics.formulas.seat_period import Periods, periods_of
from governance.metrics.seat_cost import SeatCosts
from governance.metrics.seat_cost_rules import CostOf, SeatCost, Withheld

IDLE = ("unassigned", "never_used", "dormant")


def withheld_said(ctx: Context, why: Withheld | None) -> Missing | Suppressed:
    """Why a count of use, or its cost, is not told."""
    if why is Withheld.SMALL:
        return Suppressed()
    return Missing(ctx.text(f"seat_cost.why_{'none' if why is None else why.value.lower()}"))


def count_of(ctx: Context, row: SeatCost, name: str) -> Any:
    """How many seats lie idle so; why it is not told."""
    found = getattr(row, name)
    if found is not None:
        return found
    if name == "unassigned":
        return Missing(ctx.text("seat_cost.why_by_lot" if row.occupied is None else "price.no_seats"))
    return withheld_said(ctx, row.dormant_withheld if name == "dormant" else row.withheld)


def year_of(ctx: Context, told: Periods | None, currency: str, row: SeatCost, name: str) -> Any:
    """What such seats cost a year; why there is none of it."""
    if told is None:
        return count_of(ctx, row, name)
    return Missing(ctx.text("price.endless")) if told.year is None else Money(told.year, currency)


def in_reporting(told: SeatCosts, costs: Iterable[CostOf], name: str) -> Money | None:
    """Add up what a kind costs a year, in the reporting currency; None where a rate or a figure is missing."""
    total = 0
    for cost in costs:
        periods: Periods | None = getattr(cost, name)
        if periods is None:
            return None
        done = told.converted(periods.year or 0, cost.currency).converted
        if done is None:
            return None
        total += done.micros
    return Money(total, told.rates.currency)


def seat_facts_of(ctx: Context, told: SeatCosts, row: SeatCost) -> list[tuple[str, Any]]:
    """A seat a year in each currency, and what unused seats cost a year, for the side of a page."""
    facts: list[tuple[str, Any]] = []
    for cost in row.costs:
        year = None if cost.per_seat is None else cost.per_seat.year
        term = None if cost.per_seat is None else cost.per_seat.term
        if year is not None:
            facts.append((ctx.text("seat_cost.seat_year"), Money(year, cost.currency)))
        elif term is not None:
            facts.append((ctx.text("seat_cost.seat_term"), Money(term, cost.currency)))
    for name in IDLE:
        amount = in_reporting(told, row.costs, name)
        shown = amount if amount is not None else count_of(ctx, row, name)
        shown = Missing(ctx.text("spend.no_rate")) if isinstance(shown, int) else shown
        facts.append((ctx.text(f"seat_cost.{name}_year"), shown))
    return facts


def seat_years(ctx: Context, lots: Iterable[Lot]) -> list[tuple[str, Any]]:
    """What a seat of the lots in force costs a year, by currency: their cost a day together, over their seats."""
    daily: dict[str, Fraction] = defaultdict(Fraction)
    seats: dict[str, int] = defaultdict(int)
    for lot in lots:
        if lot.quantity and lot.last_day is not None and holds_at(lot.start, lot.end, ctx.as_of or ctx.now):
            daily[lot.currency] += Fraction(lot_cost(lot), (lot.last_day - lot.first_day).days + 1)
            seats[lot.currency] += lot.quantity
    told = {name: periods_of(whole / seats[name], Fraction(0)).year for name, whole in sorted(daily.items())}
    return [(ctx.text("seat_cost.seat_year"), Money(year or 0, name)) for name, year in told.items()]
