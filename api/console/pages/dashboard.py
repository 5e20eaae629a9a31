"""Dashboard: use, time to first use, findings, renewals due and reviews that wait, for whoever decides."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import and_

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
    Heading,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Query,
    Split,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.findings_read import find, unsettled_by_severity, worst_table
from api.console.first_use_said import curve_part, median_figure, within_figure
from api.console.links import query_of
from api.console.retention_said import last_four_quarters, retention_card
from api.console.standing import Held, feeds, holdings
from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.compliance.rules import Severity
from governance.directory.models import OrgUnit
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.due import day_of, days_until
from governance.kernel.work import Work
from governance.metrics.answers import tenant_of
from governance.metrics.first_use import FirstUse, FirstUseQuery, time_to_first_use
from governance.renewals.queries import visible_renewals
from governance.renewals.retention import RetentionQuery, retention
from governance.reviews.models import Review
from governance.reviews.queries import visible_reviews
from governance.reviews.rules import ReviewState
from policies.access.fields import FieldClass

LICENSES: Final = 8
FEW: Final = 5
RENEWAL_DAYS: Final = 120
SOON_DAYS: Final = 30


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The first page of the board. It names licenses and counts people. Raises BadInput for an instant to come."""
    held = await holdings(ctx)
    async with ctx.work() as work:
        told = await time_to_first_use(work, FirstUseQuery(ctx.as_of, ctx.known_at))
        counts = await unsettled_by_severity(ctx, work) if ctx.may("finding:read") else None
        waiting = await _waiting(work)
        figures = (
            _utilization(ctx, held.rows),
            median_figure(ctx, told, "/activation"),
            within_figure(ctx, told, told.within_30, 30),
            *(() if counts is None else (_findings_figure(ctx, counts),)),
            _reviews_figure(ctx, len(waiting)),
        )
        kept = await _kept(ctx, work)
        left = (_positions(ctx, held.rows), *(await _findings(ctx, work, counts)))
        right = (_reviews(ctx, waiting), *(await _renewals(ctx, work)))
    return Detail(
        ctx.text("dashboard.title"),
        parts=(
            Figures(figures),
            Split((left, right), "wide"),
            Heading(ctx.text("activation.title"), ctx.text("activation.first_use")),
            _curve(ctx, told),
            *kept,
        ),
        freshness=feeds(ctx, held.told.freshness),
        provenance=await provenance_of(ctx, "position", "time_to_first_use", *(["retention"] if kept else ())),
    )


def _utilization(ctx: Context, rows: Sequence[Held]) -> Figure:
    """Occupied of purchased over all licenses that have a limit; an unlimited one has no percent."""
    label = ctx.text("dashboard.utilization")
    limited = [row.seats for row in rows if row.seats.purchased]
    purchased = sum(seats.purchased or 0 for seats in limited)
    if not purchased:
        return Figure(label, Missing(ctx.text("dashboard.no_limit")))
    occupied = sum(seats.occupied for seats in limited)
    said = ctx.text(
        "dashboard.of", occupied=formats.number(ctx.locale, occupied), purchased=formats.number(ctx.locale, purchased)
    )
    over = sum(-(row.seats.balance or 0) for row in rows if (row.seats.balance or 0) < 0)
    lines = (said, ctx.text("dashboard.over", count=over)) if over else (said,)
    return Figure(label, formats.percent(ctx.locale, occupied / purchased), lines=lines)


def _findings_figure(ctx: Context, counts: dict[Severity, int]) -> Figure:
    grave = counts[Severity.CRITICAL] + counts[Severity.HIGH]
    return Figure(
        ctx.text("dashboard.findings"), formats.number(ctx.locale, sum(counts.values())),
        lines=(ctx.text("dashboard.grave", count=grave),), href="/findings",
    )  # fmt: skip


def _reviews_figure(ctx: Context, waiting: int) -> Figure:
    return Figure(
        ctx.text("dashboard.waiting"), formats.number(ctx.locale, waiting),
        lines=(ctx.text("dashboard.waiting_text"),), href="/reviews",
    )  # fmt: skip


def _positions(ctx: Context, rows: Sequence[Held]) -> Part:
    columns = (
        Column("name", "licenses.license", sub=lambda row: row.kind, href=lambda row: row.href, strong=True),
        Column("bar", "licenses.position", kind="seatbar"),
        Column("balance", "licenses.balance", kind="balance"),
        Column("status", "table.status", kind="status", leaves=4),
    )
    links = (Link(ctx.text("dashboard.all_licenses", count=len(rows)), "/licenses"),)
    empty = Empty(ctx.text("licenses.empty"), "", "license")
    table = Table(ctx.text("dashboard.positions"), columns, rows[:LICENSES], bare=True, empty=empty)
    return Panel(ctx.text("dashboard.positions"), (table,), footer=Footer(links, ctx.text("licenses.balance_note")))


def _curve(ctx: Context, told: FirstUse) -> Part:
    if told.suppressed or not told.curve:
        key = "activation.suppressed" if told.suppressed and told.n else "activation.nothing"
        text = ctx.text(f"{key}_text", k=formats.number(ctx.locale, told.k))
        return Panel(ctx.text("activation.share"), (Empty(ctx.text(key), text, "rocket"),))
    return curve_part(ctx, told)


async def _kept(ctx: Context, work: Work) -> tuple[Part, ...]:
    """Retention of each side over the last four fiscal quarters, each in cards of its own; never one figure of both."""
    if not ctx.may("renewal:read"):
        return ()
    tenant, money = await tenant_of(work), work.gate.may_read(work.actor, FieldClass.MONEY)
    year = last_four_quarters(day_of(ctx.as_of or ctx.now, tenant.zone), tenant.fiscal_year_start)
    cards: list[Part] = []
    for side in (Side.PROVIDED, Side.PROCURED):
        asked = RetentionQuery(side, year.first, year.last, as_of=ctx.as_of, known_at=ctx.known_at)
        cards += retention_card(ctx, await retention(work, asked), money=money)
    link = (Heading(ctx.text("retention.title"), ctx.text("retention.sub")),) if cards else ()
    return (*link, *cards)


async def _waiting(work: Work) -> Sequence[tuple[Review, str]]:
    """Reviews that are decided and lack signatures, the oldest first, each with its unit's name."""
    query = (
        visible_reviews(work)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Review.tenant_id, OrgUnit.id == Review.unit_id))
        .add_columns(OrgUnit.name)
        .where(Review.state != ReviewState.SIGNED)
        .order_by(Review.prepared_at, Review.id)
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]


def _reviews(ctx: Context, waiting: Sequence[tuple[Review, str]]) -> Part:
    columns = (
        Column("title", "reviews.review", value=lambda pair: pair[0].title, sub=lambda pair: pair[1], strong=True),
        Column("next", "dashboard.next", value=lambda pair: ctx.text(f"dashboard.next_{pair[0].state.value.lower()}")),
    )
    empty = Empty(ctx.text("dashboard.none_waiting"), ctx.text("dashboard.none_waiting_text"), "gavel")
    table = Table(
        ctx.text("dashboard.waiting"), columns, waiting[:FEW], row_href=lambda pair: f"/reviews/{pair[0].id}",
        empty=empty, bare=True,
    )  # fmt: skip
    return Panel(ctx.text("dashboard.waiting"), (table,))


async def _renewals(ctx: Context, work: Work) -> tuple[Part, ...]:
    """Purchases whose last day is within 120 days, for who may see what ends."""
    if not ctx.may("renewal:read"):
        return ()
    now = ctx.as_of or ctx.now
    today = now.astimezone(ctx.zone).date()
    query = (
        visible_renewals(work, known_at=ctx.known_at)
        .with_only_columns(Lot.lot_key, Entitlement.name, Agreement.number, Lot.last_day, Lot.zone)
        .where(Lot.last_day.between(today, today + timedelta(days=RENEWAL_DAYS)))
        .order_by(Lot.last_day, Lot.lot_key)
    )
    rows = (await work.session.execute(query.limit(FEW))).all()
    columns = (
        Column("name", "licenses.license", sub=lambda row: row.number, strong=True),
        Column("last_day", "dashboard.last_day", kind="date"),
        Column("left", "table.status", kind="status", value=lambda row: _left(ctx, row.last_day, row.zone), leaves=4),
    )
    empty = Empty(ctx.text("dashboard.no_renewals"), ctx.text("dashboard.no_renewals_text"), "calendar")
    title = ctx.text("dashboard.renewals")
    table = Table(title, columns, rows, row_href=lambda row: f"/renewals/{row.lot_key}", empty=empty, bare=True)
    return (Panel(title, (table,), footer=Footer((Link(ctx.text("nav.renewals"), "/renewals"),))),)


def _left(ctx: Context, last_day: date, zone: str) -> Status:
    now = ctx.as_of or ctx.now
    left = days_until(last_day, now, zone)
    words = formats.relative(ctx.locale, now + timedelta(days=left), now)
    return Status(Level.HIGH if left <= SOON_DAYS else Level.WARN, words)


async def _findings(ctx: Context, work: Work, counts: dict[Severity, int] | None) -> tuple[Part, ...]:
    """The worst findings in a few lines."""
    if not counts or not sum(counts.values()):
        return ()
    worst, _ = await find(ctx, work, query_of({}, (), "", FEW))
    return (Panel(ctx.text("posture.worst"), (worst_table(ctx, worst),)),)


PAGE: Final = DetailPage(name="dashboard", path="/dashboard", gather=show, action="position:read", nav="dashboard")
PAGES: Final = (PAGE,)
