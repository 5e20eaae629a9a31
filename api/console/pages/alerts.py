"""Alerts: which pools are above their lines, how far, since when, and who has taken each on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case

from api.console import formats
from api.console.acting import actors_of, id_of
from api.console.declare import (
    Column,
    Context,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Ids,
    Level,
    Link,
    Opened,
    Option,
    Outcome,
    Query,
    Rows,
    SeatBar,
    Status,
    Step,
    TablePage,
    Why,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.standing import LEVELS
from governance.alerts.models import Alert
from governance.alerts.queries import alert, state_at, visible_alerts
from governance.alerts.rules import SLOWER, UNRESOLVED_STATES, AlertState
from governance.alerts.service import acknowledge_alert
from governance.kernel.page import Order
from governance.kernel.work import Work
from policies.thresholds.threshold import Level as Line

ALL: Final = "all"
RANK: Final = case(*((Alert.level == each, int(each)) for each in Line), else_=0)
SHOWN: Final = (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.RESOLVED)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One crossing as a list shows it: the seats are those of the moment it reached its level."""

    id: UUID
    pool: str
    license: str
    bar: SeatBar | None
    status: Status
    state: str
    since: datetime
    act: Link | None


async def alerts(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the highest level first, then the newest."""
    async with ctx.work() as work:
        chosen, stood = visible_alerts(work), state_at(ctx.as_of)
        if ctx.as_of is not None:
            chosen = chosen.where(Alert.raised_at <= ctx.as_of)
        if states := _states(query.filters.get("state", "")):
            chosen = chosen.where(stood.in_(states))
        level = query.filters.get("level", "")
        if level in Line.__members__:
            chosen = chosen.where(Alert.level == Line[level], Alert.level_since <= (ctx.as_of or ctx.now))
        read = await read_rows(
            work, query, chosen, (Order(RANK, True), Order(Alert.raised_at, True), Order(Alert.id, True))
        )
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("alerts.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _states(asked: str) -> tuple[AlertState, ...]:
    if asked == ALL:
        return ()
    return (AlertState(asked),) if asked in set(AlertState) else UNRESOLVED_STATES


async def _rows(ctx: Context, work: Work, found: Sequence[Alert]) -> list[AlertRow]:
    takers = await actors_of(ctx, work, [each.acknowledged_by for each in found if each.acknowledged_by])
    changes = ctx.may("alert:acknowledge") and not ctx.past
    rows = []
    for each in found:
        facts = each.facts
        take = Link(ctx.text("alerts.acknowledge"), f"/alerts/{each.id}/acknowledge")
        rows.append(
            AlertRow(
                each.id, str(facts["pool"]), str(facts["license"]), None if moved(ctx, each) else _bar(each),
                _status(ctx, each), _state(ctx, each, takers), each.raised_at if moved(ctx, each) else each.level_since,
                take if changes and each.state is AlertState.OPEN else None,
            )
        )  # fmt: skip
    return rows


def _bar(row: Alert) -> SeatBar:
    """Seats occupied against the limit; of a slow-down, seats used of those that were given lately."""
    if row.rule == SLOWER:
        return SeatBar(row.facts["recent_used"], row.facts["recent_n"])
    return SeatBar(row.facts["occupied"], row.facts["supply"])


def stood_at(ctx: Context, row: Alert) -> AlertState:
    """How an alert stood at the page's instant: resolved, else taken on, else open."""
    if ctx.as_of is None:
        return row.state
    if row.resolved_at is not None and row.resolved_at <= ctx.as_of:
        return AlertState.RESOLVED
    taken = row.acknowledged_at is not None and row.acknowledged_at <= ctx.as_of
    return AlertState.ACKNOWLEDGED if taken else AlertState.OPEN


def moved(ctx: Context, row: Alert) -> bool:
    """Whether the level and its figures are later than the page's instant: those of then are not kept in the row."""
    return ctx.as_of is not None and row.level_since > ctx.as_of


def _status(ctx: Context, row: Alert) -> Status:
    if moved(ctx, row):
        return Status(Level.UNKNOWN, ctx.text("alerts.level_later"), _instant(ctx, row.level_since))
    resolved = stood_at(ctx, row) is AlertState.RESOLVED
    level = Level.OK if resolved else LEVELS[row.level]
    word = ctx.text("alerts.state_resolved") if resolved else ""
    percent = row.facts.get("percent")
    note = "" if percent is None else formats.percent(ctx.locale, float(percent) / 100)
    return Status(level, word, note, _why(ctx, row))


def _why(ctx: Context, row: Alert) -> Why:
    level, facts = LEVELS[row.level], row.facts
    if row.rule == SLOWER:
        return _why_slower(ctx, row)
    occupied = formats.number(ctx.locale, facts["occupied"])
    supply = ctx.text("seats.no_limit") if facts["supply"] is None else formats.number(ctx.locale, facts["supply"])
    steps = (
        Step(Level.OK, ctx.text("alerts.why_pool", pool=facts["pool"]), facts["license"]),
        Step(level, ctx.text("alerts.why_seats", occupied=occupied, supply=supply), _instant(ctx, row.level_since)),
        Step("todo", ctx.text("alerts.why_clears"), ctx.text("alerts.why_rule", rule=row.rule)),
    )
    return Why(ctx.text("alerts.why"), steps, ctx.text("alerts.raised", instant=_instant(ctx, row.raised_at)))


def _why_slower(ctx: Context, row: Alert) -> Why:
    facts = row.facts
    names = ("recent_n", "recent_used", "recent_expected", "baseline_n", "p")
    said = {name: formats.number(ctx.locale, float(facts[name])) for name in names}
    steps = (
        Step(Level.OK, ctx.text("alerts.why_pool", pool=facts["pool"]), facts["license"]),
        Step(LEVELS[row.level], ctx.text("alerts.why_slower", **said), ctx.text("alerts.why_log_rank", **said)),
        Step("todo", ctx.text("alerts.why_faster"), ctx.text("alerts.why_rule", rule=row.rule)),
    )
    return Why(ctx.text("alerts.why"), steps, ctx.text("alerts.raised", instant=_instant(ctx, row.raised_at)))


def _instant(ctx: Context, moment: datetime) -> str:
    return formats.instant(ctx.locale, moment, ctx.zone)


def _state(ctx: Context, row: Alert, takers: Mapping[str, str]) -> str:
    stood = stood_at(ctx, row)
    said = ctx.text(f"alerts.state_{stood.value.lower()}")
    return f"{said} · {takers[row.acknowledged_by]}" if row.acknowledged_by and stood is not AlertState.OPEN else said


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form upon one alert, bound to the version that was shown. Raises NotFound."""
    async with ctx.work() as work:
        row = await alert(work, id_of(ids["id"], "alert"))
    sub = f"{row.facts['license']} · {row.facts['pool']}"
    crumbs = ((ctx.text("alerts.title"), "/alerts"),)
    return Opened(ctx.text("alerts.acknowledge"), {"version": str(row.version)}, sub, crumbs, cancel="/alerts")


async def acknowledge(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take the alert on."""
    said = str(values["version"])
    alert_id = id_of(ids["id"], "alert")
    version = int(said) if said.isascii() and said.isdigit() else 0

    async def verb(work: Work) -> Alert:
        return await acknowledge_alert(work, alert_id, version)

    await desk_of(ctx).perform(verb)
    return Done("/alerts", ctx.text("alerts.acknowledged"))


LIST: Final = TablePage(
    name="alerts", path="/alerts", title="alerts.title", action="alert:read", nav="findings", rows=alerts,
    live="alertsRaised",
    columns=(
        Column("pool", "alerts.pool", sub=lambda row: row.license, strong=True),
        Column("license", "licenses.license", file_only=True),
        Column("bar", "licenses.position", kind="seatbar", leaves=4),
        Column("status", "table.status", kind="status"),
        Column("since", "alerts.since", kind="date", leaves=2),
        Column("state", "alerts.state", leaves=1),
        Column("act", "seat.act", kind="link", leaves=3),
    ),
    filters=(
        Filter(
            "state", "alerts.state",
            (
                Option("", "alerts.unresolved"),
                *(Option(each.value, f"alerts.state_{each.value.lower()}") for each in SHOWN),
                Option(ALL, "licenses.any"),
            ),
        ),
        Filter(
            "level", "alerts.level",
            (Option("", "licenses.any"), *(Option(each.name, f"status.{each.name.lower()}") for each in Line)),
        ),
    ),
    row_href=lambda row: row.act.href if row.act else None,
    empty=Empty("alerts.empty", "alerts.empty_text", "bell"), legend=True,
)  # fmt: skip
ACKNOWLEDGE: Final = FormPage(
    name="alert-acknowledge", path="/alerts/{id}/acknowledge", opens=opens, submit=acknowledge,
    button="alerts.acknowledge", action="alert:acknowledge", nav="findings",
    fields=(Field("version", "findings.version", "hidden", longest=9),),
)  # fmt: skip
PAGES: Final = (LIST, ACKNOWLEDGE)
