"""Retention: how much of what fell due was renewed and how much value stayed, of one side at a time."""

from typing import Final

from api.console.declare import (
    Badge,
    Context,
    Detail,
    DetailPage,
    Filter,
    Ids,
    Option,
    Query,
)
from api.console.desk import provenance_of
from api.console.retention_said import last_four_quarters, retention_parts, side_of, span
from api.console.standing import feeds
from governance.agreements.rules import Side
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.metrics.answers import tenant_of
from governance.metrics.periods import Period, fiscal_year
from governance.renewals.retention import RetentionBy, RetentionQuery, retention
from policies.access.fields import FieldClass

YEARS: Final = 4


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page as its filters ask for it; who may not see money sees counts and seats alone. Raises BadInput."""
    async with ctx.work() as work:
        told = await retention(work, await asked_of(ctx, work, query))
        money = work.gate.may_read(work.actor, FieldClass.MONEY)
    return Detail(
        ctx.text("retention.title"),
        ((ctx.text("renewals.title"), "/renewals"),),
        badges=(Badge(span(ctx, told)),),
        parts=retention_parts(ctx, told, money=money),
        freshness=feeds(ctx, told.freshness),
        provenance=await provenance_of(ctx, told.definition.id),
    )


async def asked_of(ctx: Context, work: Work, query: Query) -> RetentionQuery:
    """What the filters ask for; the last four whole fiscal quarters by product where they say nothing."""
    found = {period.name: period for period in await _periods(ctx, work)}
    period = found.get(query.filters.get("period", ""), found[""])
    by = query.filters.get("by", "").upper()
    return RetentionQuery(
        side_of(query.filters.get("side", "")), period.first, period.last,
        RetentionBy(by) if by in set(RetentionBy) else RetentionBy.PRODUCT, as_of=ctx.as_of, known_at=ctx.known_at,
    )  # fmt: skip


async def _periods(ctx: Context, work: Work) -> list[Period]:
    """The last four whole fiscal quarters, which have no name, and the newest fiscal years, this one first."""
    tenant = await tenant_of(work)
    today = day_of(ctx.as_of or ctx.now, tenant.zone)
    years = [fiscal_year(today, tenant.fiscal_year_start, back) for back in range(YEARS)]
    return [last_four_quarters(today, tenant.fiscal_year_start), *years]


async def period_options(ctx: Context) -> tuple[Option, ...]:
    """The periods by name."""
    async with ctx.work() as work:
        found = await _periods(ctx, work)
    return (Option("", "retention.four_quarters"), *(Option(each.name, text=each.name) for each in found if each.name))


PAGE: Final = DetailPage(
    name="retention", path="/retention", gather=show, action="renewal:read", nav="renewals",
    filters=(
        Filter("side", "agreements.side", (
            Option("", "retention.provided"), Option(Side.PROCURED.value.lower(), "retention.procured"))),
        Filter("period", "spend.period", period_options, icon="calendar"),
        Filter("by", "retention.by", (
            Option("", "retention.by_product"),
            *(Option(each.value.lower(), f"retention.by_{each.value.lower()}")
              for each in RetentionBy if each is not RetentionBy.PRODUCT))),
    ),
)  # fmt: skip
PAGES: Final = (PAGE,)
