"""Cost in the reporting currency in words: the amount, and under it the rate, the rate's day and who said it."""

from decimal import Decimal
from typing import Any

from api.console import formats
from api.console.context import Context
from api.console.values import Missing
from governance.metrics.cost import ConvertedCost, ReportingCost


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
