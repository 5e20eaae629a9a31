"""Activation: how long until first use, where people drop off, which errors stop them, who needed help."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Filter,
    Footer,
    Ids,
    Note,
    Option,
    Panel,
    Part,
    Prose,
    Query,
    Split,
    Table,
)
from api.console.desk import provenance_of
from api.console.first_use_said import curve_part, figures_part
from api.console.funnel_said import funnel_parts
from api.console.standing import feeds
from api.console.texts import known
from governance.catalog.models import Product
from governance.catalog.queries import visible_products
from governance.kernel.due import day_of, start_of
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.metrics.answers import tenant_of
from governance.metrics.asked import ActivationQuery
from governance.metrics.definitions import Definition, definitions
from governance.metrics.first_use import FirstUse, time_to_first_use
from governance.metrics.funnel import FunnelBy, FunnelQuery, activation_funnel
from governance.metrics.periods import Period, fiscal_quarter

PRODUCTS: Final = 500
QUARTERS: Final = 8


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The page as its filters ask for it. Raises NotFound, BadInput."""
    async with ctx.work() as work:
        asked = await _asked(ctx, work, query)
        told = await time_to_first_use(work, asked)
        way = await activation_funnel(work, FunnelQuery(**vars(asked), by=_by(asked, query)))
    return Detail(
        ctx.text("activation.title"),
        parts=(figures_part(ctx, told), *_parts(ctx, told), *funnel_parts(ctx, way)),
        freshness=feeds(ctx, told.freshness),
        provenance=await provenance_of(ctx, told.definition.id, way.definition.id),
    )


async def _asked(ctx: Context, work: Work, query: Query) -> ActivationQuery:
    product = query.filters.get("product", "")
    begin, end = await _cohort(ctx, work, query.filters.get("cohort", ""))
    return ActivationQuery(ctx.as_of, ctx.known_at, _uuid(product) if product else None, begin, end)


def _by(asked: ActivationQuery, query: Query) -> FunnelBy | None:
    """What the funnel is told apart by; within one product, and not within a cohort."""
    word = query.filters.get("by", "").upper()
    told = asked.product_id is not None and asked.assigned_from is None
    return FunnelBy(word) if told and word in set(FunnelBy) else None


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("product", asked) from None


async def _cohort(ctx: Context, work: Work, asked: str) -> tuple[datetime | None, datetime | None]:
    """The fiscal quarter that a filter names, in the tenant's zone; what names none is no cohort at all."""
    tenant = await tenant_of(work)
    for quarter in await _quarters(ctx, work):
        if asked == quarter.name:
            return start_of(quarter.first, tenant.zone), start_of(quarter.last + timedelta(days=1), tenant.zone)
    return None, None


async def _quarters(ctx: Context, work: Work) -> list[Period]:
    """The newest fiscal quarters, this one first."""
    tenant = await tenant_of(work)
    today = day_of(ctx.as_of or ctx.now, tenant.zone)
    return [fiscal_quarter(today, tenant.fiscal_year_start, back) for back in range(QUARTERS)]


def _parts(ctx: Context, told: FirstUse) -> tuple[Part, ...]:
    if told.suppressed and told.n:
        text = ctx.text("activation.suppressed_text", k=formats.number(ctx.locale, told.k))
        return (Panel(ctx.text("activation.share"), (Empty(ctx.text("activation.suppressed"), text, "eye-off"),)),)
    if not told.curve:
        empty = Empty(ctx.text("activation.nothing"), ctx.text("activation.nothing_text"), "rocket")
        return (Panel(ctx.text("activation.share"), (empty,)),)
    unknown = told.unknown_dates or 0
    notes = (Note(ctx.text("activation.unknown", count=unknown)),) if unknown else ()
    return (curve_part(ctx, told), *notes)


async def product_options(ctx: Context) -> tuple[Option, ...]:
    """Products within reach by name."""
    if not ctx.may("catalog:read"):
        return (Option("", "activation.all_products"),)
    async with ctx.work() as work:
        query = visible_products(work).order_by(Product.name, Product.id).limit(PRODUCTS)
        rows = (await work.session.execute(query)).scalars().all()
    return (Option("", "activation.all_products"), *(Option(str(row.id), text=row.name) for row in rows))


async def cohort_options(ctx: Context) -> tuple[Option, ...]:
    """The newest fiscal quarters, by when their seats were assigned."""
    async with ctx.work() as work:
        quarters = await _quarters(ctx, work)
    return (Option("", "activation.ever"), *(Option(each.name, text=each.name) for each in quarters))


async def definition(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """What one figure means; None for a name that nothing has."""
    found = definitions().get(ids["name"])
    if found is None:
        return None
    facts: tuple[tuple[str, Any], ...] = (
        (ctx.text("metrics.id"), found.label),
        (ctx.text("metrics.version"), found.version),
        (ctx.text("metrics.state"), ctx.text(f"metrics.state_{found.state.value}")),
        (ctx.text("metrics.class"), ctx.text(f"metrics.class_{found.kind}")),
        (ctx.text("metrics.owner"), ctx.text(f"door.role_{found.owner_role}")),
        (ctx.text("metrics.next_review"), found.next_review),
        (ctx.text("metrics.unit"), found.unit),
    )
    terms = [tuple(each.partition(": ")[::2]) for each in found.terms if ": " in each]
    rules = tuple(Prose(each[:1].upper() + each[1:] + ".", quiet=True) for each in found.terms if ": " not in each)
    columns = (
        Column("term", "metrics.terms", value=lambda pair: pair[0], strong=True),
        Column("meaning", "metrics.definition", value=lambda pair: pair[1]),
    )
    formula = Panel(ctx.text("metrics.formula"), (Prose(found.formula), *rules))
    table = Table(ctx.text("metrics.terms"), columns, terms, footer=Footer(method=_language(ctx)))
    side = Panel(ctx.text("metrics.definition"), (Facts(facts),))
    return Detail(title_of_metric(ctx, found), parts=(Split(((formula, table), (side,)), "wide"),))


def _language(ctx: Context) -> str:
    return "" if ctx.locale == "en" else ctx.text("metrics.english")


def title_of_metric(ctx: Context, found: Definition) -> str:
    """What the figure is called."""
    key = f"metrics.title_{found.id}"
    return ctx.text(key) if known(ctx.locale, key) else found.title


PAGE: Final = DetailPage(
    name="activation", path="/activation", gather=show, action="metric:read", nav="activation",
    filters=(
        Filter("product", "activation.product", product_options, icon="license"),
        Filter("cohort", "activation.cohort", cohort_options, icon="calendar"),
        Filter("by", "funnel.by", (
            Option("", "funnel.by_nothing"),
            *(Option(each.value.lower(), f"funnel.by_{each.value.lower()}") for each in FunnelBy))),
    ),
)  # fmt: skip
METRIC: Final = DetailPage(name="metric", path="/metrics/{name}", gather=definition, nav="activation")
PAGES: Final = (PAGE, METRIC)
