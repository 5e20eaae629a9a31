"""Findings as pages show them: what is wrong as a sentence, on what, how it stands and since when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, func

from api.console import formats
from api.console.context import Context, Query
from api.console.controls import Column
from api.console.findings_said import claims_of
from api.console.paging import Read, read_rows
from api.console.parts import Empty, Table
from api.console.texts import known
from api.console.values import Level, Status
from governance.compliance.models import Finding
from governance.compliance.queries import UNSETTLED, findings_at, visible_findings
from governance.compliance.roster import describe_checks
from governance.compliance.rules import FindingState, Severity, standing
from governance.kernel.page import Order
from governance.kernel.work import Work

LEVELS: Final = {
    Severity.CRITICAL: Level.CRITICAL, Severity.HIGH: Level.HIGH, Severity.MEDIUM: Level.WARN, Severity.LOW: Level.WARN,
}  # fmt: skip
RANK: Final = case(
    (Finding.resolved_at.is_not(None), len(Severity)),
    *((Finding.severity == each, rank) for rank, each in enumerate(Severity)),
    else_=len(Severity),
)
"""Worst first; what is resolved comes after everything that stands."""
ORDERS: Final = {"severity": RANK, "age": Finding.opened_at, "check": Finding.check_id}
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding as a list shows it; `age` is how long it has stood."""

    id: UUID
    title: str
    subject: str
    check: str
    severity: str
    state: FindingState
    status: Status
    opened_at: datetime
    age: str
    brief: str


async def find(ctx: Context, work: Work, query: Query) -> tuple[list[FindingRow], Read]:
    """The findings that an address asks for, worst first; as of the page's instant. Raises BadInput."""
    read = await read_rows(work, query, _narrowed(ctx, work, query), _order(query))
    return [_row(ctx, each) for each in read.page.rows], read


def _row(ctx: Context, found: Any) -> FindingRow:
    """`found` is a finding, or (in the past) a finding with its state, has and needs of then."""
    if isinstance(found, Finding):
        return row_of(ctx, found)
    return row_of(ctx, found[0], found[1])


def row_of(ctx: Context, row: Finding, state: FindingState | None = None) -> FindingRow:
    """A finding as a row; `state` is what held at the page's instant, None for now."""
    now = ctx.as_of or ctx.now
    holds = state or standing(row.state, row.waived_until, now)
    return FindingRow(
        row.id, title_of(ctx, row.check_id), subject_of(ctx, row), row.check_id,
        ctx.text(f"findings.severity_{row.severity.lower()}"), holds, status_of_finding(ctx, row, holds), row.opened_at,
        formats.age(ctx.locale, _age(row, holds, now)),
        formats.brief_age(ctx.locale, _age(row, holds, now)),
    )  # fmt: skip


def _age(row: Finding, state: FindingState, now: datetime) -> timedelta:
    """How long it has stood, or stood until it was resolved."""
    end = row.resolved_at if state is FindingState.RESOLVED and row.resolved_at else now
    return max(end - row.opened_at, timedelta())


def _narrowed(ctx: Context, work: Work, query: Query) -> Any:
    states = states_of(query.filters.get("state", ""))
    severity = query.filters.get("severity", "")
    check = query.filters.get("check", "")
    if not ctx.past:
        return visible_findings(
            work, states, Severity(severity) if severity in set(Severity) else None, check or None
        )  # fmt: skip
    chosen = findings_at(work, ctx.as_of or ctx.now, ctx.known_at or ctx.now, states or tuple(FindingState))
    narrowing: list[ColumnElement[bool]] = []
    if severity in set(Severity):
        narrowing.append(Finding.severity == Severity(severity))
    if check:
        narrowing.append(Finding.check_id == check)
    return chosen.where(*narrowing)


def states_of(asked: str) -> tuple[FindingState, ...]:
    """The states a filter's value stands for; nothing asked is what is not settled, `all` is no narrowing."""
    if asked == ALL:
        return ()
    if asked.upper() in set(FindingState):
        return (FindingState(asked.upper()),)
    return tuple(UNSETTLED)


def _order(query: Query) -> tuple[Order, ...]:
    asked = ORDERS.get(query.sort)
    unique = Order(Finding.id)
    if asked is None:
        return Order(RANK), Order(Finding.opened_at), unique
    down = query.descending != (query.sort == "age")  # the greatest age is the earliest instant
    return Order(asked, down), unique


def status_of_finding(ctx: Context, row: Finding, state: FindingState) -> Status:
    """The shape and word of a finding: its severity while it stands, waived or resolved where it is."""
    if state is FindingState.WAIVED:
        until = row.waived_until
        note = "" if until is None else ctx.text("findings.until", day=_day(ctx, until))
        return Status(Level.EXEMPT, ctx.text("findings.state_waived"), note)
    if state is FindingState.RESOLVED:
        return Status(Level.OK, ctx.text("findings.state_resolved"))
    note = ctx.text("findings.state_acknowledged") if state is FindingState.ACKNOWLEDGED else ""
    return Status(LEVELS[row.severity], ctx.text(f"findings.severity_{row.severity.lower()}"), note)


def title_of(ctx: Context, check_id: str) -> str:
    """What the check finds, as a heading; a check that has no words of its own says its title (the good state)."""
    key = f"findings.check_{check_id.replace('-', '_')}"
    if known(ctx.locale, key):
        return ctx.text(key)
    return next((each.title for each in describe_checks() if each.id == check_id), check_id)


def subject_of(ctx: Context, row: Finding) -> str:
    """What it is about; a seat names its holder only to who may read people."""
    if row.subject_type == "assignment" and not ctx.may("person:read"):
        return ctx.text("findings.a_seat")
    if row.subject_type == "assignment_rule_member" and not ctx.may("person:read"):
        return ctx.text("findings.a_member")
    return row.subject_name


def has_of(ctx: Context, row: Finding, said: str | None = None) -> str:
    """What the subject has: in the reader's language now, as `said` in the past."""
    claims = claims_of(ctx, row) if said is None or said == row.has else None
    return claims[0] if claims else (said or row.has)


def needs_of(ctx: Context, row: Finding, said: str | None = None) -> str:
    """What the subject would need, alike."""
    claims = claims_of(ctx, row) if said is None or said == row.needs else None
    return claims[1] if claims else (said or row.needs)


def _day(ctx: Context, moment: datetime) -> str:
    return formats.day(ctx.locale, moment.astimezone(ctx.zone).date())


def worst_table(ctx: Context, rows: Sequence[FindingRow]) -> Table:
    """Findings in a few lines inside a card: what, on what, how grave, how long."""
    columns = (
        Column("title", "findings.finding", sub=lambda row: row.subject, strong=True),
        Column("status", "table.status", kind="status", value=lambda row: replace(row.status, note="")),
        Column("brief", "findings.age", quiet=True, leaves=4),
    )
    empty = Empty(ctx.text("findings.empty"), ctx.text("findings.empty_text"), "shield-check")
    return Table(
        ctx.text("findings.title"), columns, rows, row_href=lambda row: f"/findings/{row.id}", empty=empty, bare=True
    )  # fmt: skip


async def unsettled_by_severity(ctx: Context, work: Work) -> dict[Severity, int]:
    """How many findings are not resolved at the page's instant, by severity."""
    query = findings_at(work, ctx.as_of or ctx.now, ctx.known_at or ctx.now, UNSETTLED).select_from(Finding)
    counted = query.with_only_columns(Finding.severity, func.count()).group_by(Finding.severity)
    found = {severity: int(count) for severity, count in await work.session.execute(counted)}
    return {severity: found.get(severity, 0) for severity in Severity}
