"""Cost in the reporting currency in words: the amount, and under it the rate, the rate's day and who said it."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from api.console import formats
from api.console.context import Context
from api.console.standing import Held
from api.console.values import Missing
from governance.kernel.money import Money
from governance.metrics.cost import ConvertedCost, ReportingCost
from governance.metrics.position import Position
from policies.access.fields import FieldClass


def converted_facts(ctx: Context, cost: ReportingCost) -> list[tuple[str, Any]]:
    """Give what is said of cost that is not in the reporting currency; nothing where all of it is."""
    if all(part.amount.currency == cost.currency for part in cost.parts):
        return []
    label = ctx.text("license.cost_in", currency=cost.currency)
    if cost.total is None:
        why = ctx.text("license.no_rate", currencies=", ".join(cost.missing))
        return [(label, Missing(why)), (ctx.text("license.rate"), why)]
    rates = "; ".join(rate_said(ctx, cost, part) for part in cost.parts if part.rate)
    return [(label, cost.total), (ctx.text("license.rate"), rates)]


def rate_said(ctx: Context, cost: ReportingCost, part: ConvertedCost) -> str:
    """Say one rate: of how much it is the worth, its day, its source."""
    rate = formats.rate(ctx.locale, Decimal(part.rate or 0))
    day = "" if part.day is None else formats.day(ctx.locale, part.day)
    return ctx.text(
        "license.rate_said", one=part.amount.currency, rate=rate, into=cost.currency,
        day=day, source=part.source or "",
    )  # fmt: skip


async def cost_note(ctx: Context, told: Position, rows: Iterable[Held]) -> str:
    """Say what the licenses of a list cost in all, in the reporting currency; nothing to whom money is not given."""
    async with ctx.work() as work:
        if not work.gate.may_read(work.actor, FieldClass.MONEY):
            return ""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        for amount in row.seats.cost:
            sums[amount.currency] += amount.micros
    cost = told.rates.cost(Money(sums[currency], currency) for currency in sorted(sums))
    if not cost.parts:
        return ""
    if cost.total is None:
        return ctx.text("licenses.cost_unknown", currencies=", ".join(cost.missing))
    rates = "; ".join(rate_said(ctx, cost, part) for part in cost.parts if part.rate)
    said = ctx.text("licenses.cost_all", total=formats.money(ctx.locale, cost.total))
    return f"{said} {rates}".strip()
