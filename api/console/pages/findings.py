"""Findings: which rules are broken, by what, since when; taking one on, waiving it for a time, scanning now."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from api.console import formats
from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    DetailPage,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Freshness,
    Ids,
    Level,
    Opened,
    Option,
    Outcome,
    Query,
    Refused,
    Rows,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_detail import show
from api.console.findings_read import ALL, find, title_of
from governance.compliance.models import Finding, Scan
from governance.compliance.queries import finding, visible_scans
from governance.compliance.roster import describe_checks
from governance.compliance.rules import FindingState, Severity
from governance.compliance.service import acknowledge_finding, start_scan, waive_finding
from governance.kernel.work import Work

NOTE_MOST: Final = 400


async def findings(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it."""
    async with ctx.work() as work:
        rows, read = await find(ctx, work, query)
        scanned = await last_scan(ctx, work)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, freshness=scanned,
        note=ctx.text("findings.note"), provenance=await provenance_of(ctx),
    )  # fmt: skip


async def last_scan(ctx: Context, work: Work) -> Freshness | None:
    """When the last scan was and whether every check ran; None where one may not read scans."""
    if not ctx.may("finding:read"):
        return None
    query = visible_scans(work).where(Scan.ended_at.is_not(None), Scan.as_of <= (ctx.as_of or ctx.now))
    row = (await work.session.execute(query.order_by(Scan.as_of.desc(), Scan.id.desc()).limit(1))).scalar_one_or_none()
    if row is None:
        return Freshness(ctx.text("findings.never_scanned"), Level.UNKNOWN)
    ago = formats.relative(ctx.locale, row.as_of, ctx.as_of or ctx.now)
    key = "findings.scanned" if row.complete else "findings.scanned_in_part"
    return Freshness(ctx.text(key, ago=ago), Level.OK if row.complete else Level.UNKNOWN, f"/runs/{row.id}")


async def check_options(ctx: Context) -> tuple[Option, ...]:
    """The checks in force by what they find."""
    return (
        Option("", "licenses.any"),
        *(Option(each.id, text=title_of(ctx, each.id)) for each in describe_checks()),
    )


STATES: Final = Filter(
    "state", "findings.state",
    (
        Option("", "findings.unsettled"),
        *(Option(each.value.lower(), f"findings.state_{each.value.lower()}") for each in FindingState),
        Option(ALL, "licenses.any"),
    ),
)  # fmt: skip
SEVERITIES: Final = Filter(
    "severity", "findings.severity",
    (Option("", "licenses.any"), *(Option(each.value, f"findings.severity_{each.value.lower()}") for each in Severity)),
)  # fmt: skip
FILTERS: Final = (STATES, SEVERITIES, Filter("check", "findings.check", check_options))
SCAN_NOW: Final = Action("findings.scan", "/findings/scan", icon="play", action="scan:run", post=True)
LIST: Final = TablePage(
    name="findings", path="/findings", title="findings.title", action="finding:read", nav="findings", rows=findings,
    columns=(
        Column("title", "findings.finding", sub=lambda row: row.subject, strong=True),
        Column("subject", "findings.subject", file_only=True),
        Column("status", "table.status", kind="status", sort="severity"),
        Column("check", "findings.check", kind="code", sort="check", leaves=1, quiet=True),
        Column("opened_at", "findings.opened", kind="date", leaves=2),
        Column("age", "findings.age", sort="age", leaves=4, quiet=True),
    ),
    filters=FILTERS, row_href=lambda row: f"/findings/{row.id}",
    actions=(
        Action("findings.alerts", "/alerts", icon="bell", changes=False, action="alert:read"),
        SCAN_NOW,
    ),
    empty=Empty("findings.empty", "findings.empty_text", "shield-check"),
)  # fmt: skip


async def scan_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What a scan does, for who comes here by its address."""
    return Opened(ctx.text("findings.scan"), sub=ctx.text("findings.scan_text"), cancel="/findings")


async def scan_now(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Ask for a scan and lead to its run."""
    run = await desk_of(ctx).perform(start_scan)
    return Done(f"/runs/{run.id}")


async def _found(ctx: Context, asked: str) -> Finding:
    async with ctx.work() as work:
        return await finding(work, id_of(asked, "finding"))


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A form upon one finding, bound to the version that was shown. Raises NotFound."""
    row = await _found(ctx, ids["id"])
    act = "waive" if ctx.path.endswith("/waive") else "acknowledge"
    here = f"/findings/{row.id}"
    crumbs = ((ctx.text("findings.title"), "/findings"), (title_of(ctx, row.check_id), here))
    return Opened(ctx.text(f"findings.{act}"), {"version": str(row.version)}, "", crumbs, cancel=here)


async def acknowledge(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take the finding on."""
    finding_id, version = id_of(ids["id"], "finding"), _version(values)

    async def verb(work: Work) -> Finding:
        return await acknowledge_finding(work, finding_id, version, values["note"])

    await desk_of(ctx).perform(verb)
    return Done(f"/findings/{finding_id}", ctx.text("findings.acknowledged"))


async def waive(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Accept the finding through a day, in the reader's zone."""
    finding_id, version = id_of(ids["id"], "finding"), _version(values)
    until = datetime.combine(values["until"] + timedelta(days=1), time(), ctx.zone)
    if until <= ctx.now:
        return Refused({"until": ctx.text("findings.until_later")})

    async def verb(work: Work) -> Finding:
        return await waive_finding(work, finding_id, version, values["reason"], until)

    await desk_of(ctx).perform(verb)
    return Done(f"/findings/{finding_id}", ctx.text("findings.waived", day=formats.day(ctx.locale, values["until"])))


def _version(values: Mapping[str, Any]) -> int:
    """The version that was shown; what is none conflicts with every version."""
    said = str(values["version"])
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


VERSION: Final = Field("version", "findings.version", "hidden", longest=10)
SCAN: Final = FormPage(
    name="finding-scan", path="/findings/scan", fields=(), opens=scan_opens, submit=scan_now, button="findings.scan",
    action="scan:run", nav="findings",
)  # fmt: skip
DETAIL: Final = DetailPage(
    name="finding", path="/findings/{id}", gather=show, action="finding:read", nav="findings", filters=FILTERS
)
ACKNOWLEDGE: Final = FormPage(
    name="finding-acknowledge", path="/findings/{id}/acknowledge", opens=opens, submit=acknowledge,
    button="findings.acknowledge", action="finding:acknowledge", nav="findings",
    fields=(
        VERSION,
        Field("note", "findings.note_field", "textarea", required=False, longest=NOTE_MOST, help="findings.note_help"),
    ),
)  # fmt: skip
WAIVE: Final = FormPage(
    name="finding-waive", path="/findings/{id}/waive", opens=opens, submit=waive, button="findings.waive",
    action="finding:waive", nav="findings",
    fields=(
        VERSION,
        Field("reason", "findings.reason", "textarea", longest=NOTE_MOST, help="findings.reason_help"),
        Field("until", "findings.until_day", "date", help="findings.until_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, SCAN, DETAIL, ACKNOWLEDGE, WAIVE)
