"""Posture: how well the rules hold and how sure that is: findings, scans, sources, the trail, the latest reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func

from api.console import formats
from api.console.acting import actors_of
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Figure,
    Figures,
    Footer,
    Ids,
    Level,
    Link,
    Panel,
    Part,
    Query,
    Split,
    Status,
    Table,
)
from api.console.desk import provenance_of
from api.console.entries import act_words
from api.console.findings_read import FindingRow, find, unsettled_by_severity, worst_table
from api.console.links import query_of
from api.console.run_outcome import asked_of
from api.console.runs_read import run_status, run_title
from api.console.standing import feeds
from governance.audit.models import Entry
from governance.audit.queries import head, visible_entries
from governance.compliance.models import CheckResult, Scan
from governance.compliance.queries import visible_check_results, visible_scans
from governance.compliance.rules import CheckState, Severity
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, freshness_at, moments, tenant_of
from governance.runs.models import Run
from governance.runs.queries import visible_runs
from governance.runs.rules import RunKind

FEW: Final = 5


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan as the table shows it."""

    id: UUID
    as_of: datetime
    checks: str
    status: Status


@dataclass(frozen=True, slots=True)
class Reported:
    """One report that somebody asked for."""

    id: UUID
    title: str
    what: str
    by: str
    status: Status


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The first page of whoever audits. Raises BadInput for an instant to come."""
    async with ctx.work() as work:
        when = moments(work, ctx.as_of, ctx.known_at)
        tenant = await tenant_of(work)
        told = await freshness_at(work, when, tenant.stale_after_days)
        counts = await unsettled_by_severity(ctx, work)
        worst, _ = await find(ctx, work, query_of({}, (), "", FEW))
        parts = (
            severity_figures(ctx, counts),
            Split(((_findings(ctx, worst),), (await _scans(ctx, work),))),
            Split(((_feeds(ctx, told, tenant.stale_after_days),), (await _trail(ctx, work),))),
            await _reports(ctx, work),
        )
    return Detail(
        ctx.text("posture.title"), parts=parts, freshness=feeds(ctx, told), provenance=await provenance_of(ctx)
    )  # fmt: skip


def severity_figures(ctx: Context, counts: dict[Severity, int]) -> Part:
    """Findings that are not resolved, a figure a severity."""
    figures = tuple(
        Figure(
            ctx.text(f"findings.severity_{severity.value.lower()}"), formats.number(ctx.locale, count),
            lines=(ctx.text("posture.unsettled"),), href=f"/findings?severity={severity.value}",
        )
        for severity, count in counts.items()
    )  # fmt: skip
    return Figures(figures, ctx.text("posture.findings"))


def _findings(ctx: Context, worst: Sequence[FindingRow]) -> Part:
    return Panel(ctx.text("posture.worst"), (worst_table(ctx, worst),), footer=_more(ctx, "/findings"))


async def _scans(ctx: Context, work: Work) -> Part:
    query = visible_scans(work).where(Scan.as_of <= (ctx.as_of or ctx.now))
    rows = (await work.session.execute(query.order_by(Scan.as_of.desc(), Scan.id.desc()).limit(FEW))).scalars().all()
    results = await work.session.execute(
        visible_check_results(work)
        .where(CheckResult.scan_id.in_([row.id for row in rows]))
        .with_only_columns(CheckResult.scan_id, CheckResult.state, func.count())
        .group_by(CheckResult.scan_id, CheckResult.state)
    )
    counts = {(scan_id, state): int(count) for scan_id, state, count in results}
    columns = (
        Column("as_of", "posture.scan", kind="date", strong=True),
        Column("checks", "posture.checks", leaves=4, quiet=True),
        Column("status", "table.status", kind="status"),
    )
    table = Table(
        ctx.text("posture.scans"), columns, [_scanned(ctx, row, counts) for row in rows], bare=True,
        row_href=lambda row: f"/runs/{row.id}", empty=Empty(ctx.text("findings.never_scanned"), "", "search"),
    )  # fmt: skip
    return Panel(ctx.text("posture.scans"), (table,), footer=_more(ctx, "/runs?kind=SCAN"))


def _more(ctx: Context, href: str) -> Footer:
    return Footer((Link(ctx.text("posture.all"), href),))


def _scanned(ctx: Context, row: Scan, counts: dict[tuple[UUID, CheckState], int]) -> Scanned:
    total = sum(count for (scan_id, _), count in counts.items() if scan_id == row.id)
    ran = total - counts.get((row.id, CheckState.ERRORED), 0)
    checks = ctx.text("posture.checks_ran", ran=formats.number(ctx.locale, ran), count=total)
    if row.complete is None:
        return Scanned(row.id, row.as_of, checks, Status(Level.UNKNOWN, ctx.text("runs.state_running")))
    level, word = (Level.OK, "runs.complete") if row.complete else (Level.UNKNOWN, "runs.incomplete")
    return Scanned(row.id, row.as_of, checks, Status(level, ctx.text(word)))


def _feeds(ctx: Context, told: Sequence[Freshness], limit: int) -> Part:
    columns = (
        Column("source", "posture.source", strong=True, value=lambda row: formats.source(row.source)),
        Column("last_event_at", "posture.last_event", kind="date", leaves=1),
        Column("last_heard_at", "posture.last_heard", kind="date", leaves=2),
        Column("status", "table.status", kind="status", value=lambda row: _age(ctx, row)),
    )
    table = Table(
        ctx.text("posture.feeds"), columns, told, bare=True,
        empty=Empty(ctx.text("licenses.no_feed"), ctx.text("posture.no_feed"), "plug-off"),
    )  # fmt: skip
    return Panel(ctx.text("posture.feeds"), (table,), footer=Footer(method=ctx.text("posture.limit", count=limit)))


def _age(ctx: Context, row: Freshness) -> Status:
    ago = formats.age(ctx.locale, (ctx.as_of or ctx.now) - row.last_heard_at)
    return Status(Level.UNKNOWN if row.stale else Level.OK, ctx.text("posture.stale") if row.stale else "", ago)


async def _trail(ctx: Context, work: Work) -> Part:
    entries, last = await head(work)
    when = "" if last is None else formats.instant(ctx.locale, last, ctx.zone)
    facts = Facts(
        (
            (ctx.text("posture.entries"), formats.number(ctx.locale, entries)),
            (ctx.text("posture.last_entry"), when),
        )
    )
    if not ctx.may("audit:read"):
        return Panel(ctx.text("trail.title"), (facts,))
    query = visible_entries(work).order_by(Entry.recorded_at.desc(), Entry.id.desc()).limit(FEW)
    rows = (await work.session.execute(query)).scalars().all()
    actors = await actors_of(ctx, work, [row.actor for row in rows])
    columns = (
        Column(
            "act",
            "trail.act",
            value=lambda row: act_words(ctx, row.act),
            sub=lambda row: actors[row.actor],
            href=lambda row: f"/trail/{row.subject_type}/{row.subject_id}",
            strong=True,
        ),
        Column("recorded_at", "trail.when", kind="date", leaves=4),
    )
    table = Table(ctx.text("trail.title"), columns, rows, bare=True)
    return Panel(ctx.text("posture.trail"), (facts, table), footer=_more(ctx, "/trail"))


async def _reports(ctx: Context, work: Work) -> Part:
    query = visible_runs(work).where(Run.kind == RunKind.REPORT).order_by(Run.created_at.desc(), Run.id.desc())
    rows = (await work.session.execute(query.limit(FEW))).scalars().all()
    actors = await actors_of(ctx, work, [row.principal for row in rows])
    shown = [
        Reported(row.id, run_title(ctx, row), asked_of(ctx, row), actors[row.principal], run_status(ctx, row))
        for row in rows
    ]
    columns = (
        Column("title", "reports.report", sub=lambda row: row.what, strong=True),
        Column("by", "runs.by", leaves=3),
        Column("status", "table.status", kind="status"),
    )
    empty = Empty(ctx.text("reports.no_history"), ctx.text("posture.no_reports"), "report")
    table = Table(
        ctx.text("posture.reports"), columns, shown, bare=True, row_href=lambda row: f"/runs/{row.id}", empty=empty
    )  # fmt: skip
    return Panel(ctx.text("posture.reports"), (table,), footer=_more(ctx, "/runs?kind=REPORT"))


PAGE: Final = DetailPage(name="posture", path="/posture", gather=show, action="finding:read", nav="posture")
PAGES: Final = (PAGE,)
