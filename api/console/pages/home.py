"""Needs you today: what is over, ended, due or late, worst first, and how every license stands."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from api.console import formats
from api.console.declare import (
    Action,
    Attention,
    Attentions,
    Context,
    Detail,
    DetailPage,
    Empty,
    Footer,
    Heading,
    Ids,
    Level,
    Link,
    Query,
    Table,
)
from api.console.desk import provenance_of
from api.console.license_columns import COLUMNS
from api.console.standing import WORST, Held, feeds, holdings
from api.console.texts import known
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.alerts.models import Alert
from governance.alerts.queries import visible_alerts
from governance.alerts.rules import AlertState
from governance.compliance.models import Finding
from governance.compliance.queries import visible_findings
from governance.compliance.rules import FindingState, Severity
from governance.kernel.due import days_until
from governance.kernel.work import Work
from governance.metrics.answers import Freshness
from policies.thresholds.threshold import Level as Line

ON_HOME: Final = 15
NOTICE_DAYS: Final = 30
EACH_AT_MOST: Final = 3
LEVELS: Final = {
    Severity.CRITICAL: Level.CRITICAL, Severity.HIGH: Level.HIGH, Severity.MEDIUM: Level.WARN, Severity.LOW: Level.WARN,
}  # fmt: skip


async def home(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The first page of whoever looks after licenses."""
    held = await holdings(ctx)
    needs = [*_seats(ctx, held.rows), *_late(ctx, held.told.freshness)]
    if not ctx.past:
        async with ctx.work() as work:
            needs += [*await _findings(ctx, work), *await _alerts(ctx, work), *await _notices(ctx, work)]
    needs.sort(key=lambda each: WORST[each.level])
    calm = Empty(ctx.text("home.calm"), ctx.text("home.calm_text"), "check")
    links = (
        Link(ctx.text("home.all", count=len(held.rows)), "/licenses"), Link(ctx.text("table.csv"), "/licenses.csv"),
    )  # fmt: skip
    positions = Table(
        ctx.text("home.positions"), COLUMNS, held.rows[:ON_HOME], row_href=lambda row: row.href,
        footer=Footer(links, ctx.text("licenses.balance_note")),
        empty=Empty(ctx.text("licenses.empty"), ctx.text("licenses.empty_text"), "license"),
    )  # fmt: skip
    return Detail(
        ctx.text("home.title"),
        parts=(
            Attentions(tuple(needs), calm, ctx.text("home.title")),
            Heading(ctx.text("home.positions"), ctx.text("home.count", count=len(held.rows)), legend=True),
            positions,
        ),
        actions=_actions(held.rows),
        freshness=feeds(ctx, held.told.freshness),
        provenance=await provenance_of(ctx, "position"),
    )


def _actions(rows: Sequence[Held]) -> tuple[Action, ...]:
    """Import people, and seat some where seats are free most of all."""
    bring = Action("home.import", "/settings/imports/new", "import", action="person:import")
    roomy = [row for row in rows if row.href and (row.seats.balance is None or row.seats.balance > 0)]
    if not roomy:
        return (bring,)
    first = min(roomy, key=lambda row: row.name.casefold()) if len(roomy) == 1 else None
    where = f"/licenses/{first.id}/assign" if first else "/assign"
    assign = Action("assign.title", where, "person-plus", primary=True, action="seat:assign", dialog=True)
    return (bring, assign)


def _seats(ctx: Context, rows: Sequence[Held]) -> list[Attention]:
    """Licenses with more seats in use than in force, each once."""
    needs = []
    for row in rows:
        balance = row.seats.balance
        if balance is None or balance >= 0:
            continue
        occupied = formats.number(ctx.locale, row.seats.occupied)
        if row.seats.purchased:
            title = ctx.text("home.over", count=-balance, license=row.name)
            purchased = formats.number(ctx.locale, row.seats.purchased)
            sub = ctx.text("home.over_text", occupied=occupied, purchased=purchased)
            act = ctx.text("home.review")
        else:
            title = ctx.text("home.ended", count=row.seats.occupied, license=row.name)
            sub, act = ctx.text("home.ended_text"), ctx.text("home.extend")
        where = row.href or "/licenses"
        needs.append(Attention(Level.CRITICAL, title, sub, action=_see(act, where), href=where))
    return needs


def _see(text: str, href: str) -> Action:
    return Action(text=text, href=href, changes=False)


async def _findings(ctx: Context, work: Work) -> list[Attention]:
    """Open findings, one line a check: what it finds, how many, since when."""
    query = (
        visible_findings(work, (FindingState.OPEN,))
        .with_only_columns(Finding.check_id, Finding.severity, func.count(), func.min(Finding.opened_at))
        .group_by(Finding.check_id, Finding.severity)
    )
    needs, newest = [], await _newest_subjects(work)
    for check, severity, count, since in await work.session.execute(query):
        key = f"home.check_{check.replace('-', '_')}"
        title = ctx.text(key if known(ctx.locale, key) else "home.check", count=count, check=check)
        level = LEVELS[severity]
        needs.append(_since(ctx, level, title, " · ".join(newest[check]), since, f"/findings?check={check}"))
    return needs


async def _newest_subjects(work: Work) -> dict[str, list[str]]:
    """Give what each check found last, a few of them, by one statement for all checks."""
    place = func.row_number().over(partition_by=Finding.check_id, order_by=(Finding.opened_at.desc(), Finding.id))
    numbered = (
        visible_findings(work, (FindingState.OPEN,))
        .with_only_columns(Finding.check_id, Finding.subject_name, place.label("place"), maintain_column_froms=True)
        .subquery()
    )
    query = select(numbered.c.check_id, numbered.c.subject_name).where(numbered.c.place <= EACH_AT_MOST)
    found: dict[str, list[str]] = defaultdict(list)
    for check, name in await work.session.execute(query.order_by(numbered.c.check_id, numbered.c.place)):
        found[check].append(name)
    return found


def _since(ctx: Context, level: Level, title: str, sub: str, since: datetime, href: str) -> Attention:
    first, today = since.astimezone(ctx.zone).date(), ctx.now.astimezone(ctx.zone).date()
    day = (formats.short_day if first.year == today.year else formats.day)(ctx.locale, first)
    age = formats.age(ctx.locale, ctx.now - since)
    return Attention(level, title, sub, ctx.text("home.since", day=day), age, _see(ctx.text("home.review"), href), href)


async def _alerts(ctx: Context, work: Work) -> list[Attention]:
    """Pools above their lines that nobody has taken on, together: the findings name those that are over."""
    query = (
        visible_alerts(work, (AlertState.OPEN,))
        .where(Alert.level >= Line.HIGH)
        .order_by(Alert.level.desc(), Alert.level_since, Alert.id)
    )
    rows = (await work.session.execute(query.limit(200))).scalars().all()
    if not rows:
        return []
    named = " · ".join(f"{row.facts['license']}, {row.facts['pool']}" for row in rows[:EACH_AT_MOST])
    level = Level.CRITICAL if rows[0].level is Line.CRITICAL else Level.HIGH
    since = min(row.level_since for row in rows)
    return [_since(ctx, level, ctx.text("home.alerts", count=len(rows)), named, since, "/alerts")]


async def _notices(ctx: Context, work: Work) -> list[Attention]:
    """Agreements whose notice deadline is near, each in its own zone."""
    query = visible_agreements(work).where(Agreement.last_day.is_not(None), Agreement.notice_days.is_not(None))
    needs = []
    for row in (await work.session.execute(query.order_by(Agreement.last_day, Agreement.id))).scalars():
        assert row.last_day is not None
        deadline = row.last_day - timedelta(days=row.notice_days or 0)
        left = days_until(deadline, ctx.now, row.zone)
        if not 0 <= left <= NOTICE_DAYS:
            continue
        key = "home.renews" if row.auto_renews else "home.ends"
        needs.append(
            Attention(
                Level.HIGH, ctx.text("home.notice", title=row.title),
                ctx.text(key, day=formats.day(ctx.locale, row.last_day), number=row.number),
                formats.short_day(ctx.locale, deadline),
                days_away(ctx, left),
                _see(ctx.text("home.open"), f"/agreements/{row.id}"), f"/agreements/{row.id}",
            )
        )  # fmt: skip
    return needs


def days_away(ctx: Context, days: int) -> str:
    """`in 7 days`, `today`."""
    if not days:
        return ctx.text("license.today")
    return formats.relative(ctx.locale, ctx.now + timedelta(days=days), ctx.now)


def _late(ctx: Context, told: Sequence[Freshness]) -> list[Attention]:
    """Sources of use that have fallen silent."""
    return [
        _since(
            ctx,
            Level.UNKNOWN,
            ctx.text("home.silent", feed=formats.source(feed.source)),
            ctx.text("home.silent_text"),
            feed.last_heard_at,
            "/licenses",
        )
        for feed in told
        if feed.stale
    ]


HOME: Final = DetailPage(name="home", path="/home", gather=home, action="position:read", nav="home")
PAGES: Final = (HOME,)
