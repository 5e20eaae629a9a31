"""What came of a run: a report's file and proof, an import's counts and issues, a scan's checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.console import formats
from api.console.acting import short, size
from api.console.declare import (
    Action,
    Column,
    Context,
    Empty,
    Facts,
    Figure,
    Figures,
    Footer,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Status,
    Table,
)
from api.console.desk import desk_of
from api.console.findings_read import title_of
from api.console.runs_read import state_word
from api.links import path_of
from governance.compliance.models import CheckResult
from governance.compliance.queries import check_results
from governance.compliance.rules import CheckState
from governance.imports.rules import IssueCode
from governance.imports.templates import TEMPLATES
from governance.runs.models import Run
from governance.runs.rules import RunKind, RunState
from reports.words import words_in

ISSUES_SHOWN = 200
CHECK_LEVELS = {CheckState.CLEAN: Level.OK, CheckState.FOUND: Level.HIGH, CheckState.ERRORED: Level.UNKNOWN}


def asked_of(ctx: Context, row: Run) -> str:
    """What was asked, in a line: a report's instant and form."""
    if row.kind is not RunKind.REPORT:
        return ""
    said = row.asked.get("as_of")
    when = _instant(ctx, row.created_at if said is None else datetime.fromisoformat(said))
    return ctx.text("runs.as_of", instant=when, form=str(row.asked.get("format", "")).upper())


def _instant(ctx: Context, moment: datetime) -> str:
    return formats.instant(ctx.locale, moment, ctx.zone)


def mine(ctx: Context, row: Run) -> bool:
    """Whether this reader asked for the run: a report's file is theirs alone."""
    return row.principal == desk_of(ctx).actor.principal


def result_of(ctx: Context, row: Run) -> Action | None:
    """The button of a run that has ended well: the file of a report, the findings of a scan."""
    if row.state is not RunState.DONE or not row.outcome:
        return None
    if row.kind is RunKind.REPORT and "suffix" in row.outcome:
        if not mine(ctx, row):
            return None
        text = ctx.text("runs.download", form=str(row.outcome["suffix"]).upper())
        return Action(text=text, href=path_of(row), icon="download", changes=False, primary=True)
    if row.kind is RunKind.SCAN:
        return Action("runs.to_findings", "/findings", changes=False, action="finding:read")
    if row.kind is RunKind.IMPORT_PEOPLE:
        return Action("runs.to_people", "/people", changes=False, action="person:read")
    return None


async def outcome_parts(ctx: Context, row: Run) -> list[Part]:
    """What came of it, as cards; nothing before it has ended well. A scan shows each check once it is judged."""
    if row.kind is RunKind.SCAN:
        return await _scan(ctx, row)
    if not row.outcome:
        return []
    if row.kind is RunKind.TEMPLATE:
        return [_template(ctx, row.outcome)]
    return _report(ctx, row, row.outcome) if row.kind is RunKind.REPORT else _import(ctx, row, row.outcome)


def _template(ctx: Context, outcome: Mapping[str, Any]) -> Part:
    """How many licenses follow, and what was left as it is."""
    counts = {name: len(value) if isinstance(value, list | dict) else int(value) for name, value in outcome.items()}
    shown = ("applied", "moved", "refused", "over", "cannot")
    facts = tuple((ctx.text(f"templates.run_{name}"), formats.number(ctx.locale, counts[name])) for name in shown)
    return Panel(ctx.text("templates.licenses"), (Facts(facts),))


def _report(ctx: Context, row: Run, outcome: Mapping[str, Any]) -> list[Part]:
    manifest, words = outcome["manifest"], words_in(ctx.locale)
    facts: list[tuple[str, Any]] = [
        (ctx.text("runs.file"), outcome["file"]),
        (ctx.text("runs.size"), size(ctx, int(outcome["size"]))),
        ("SHA-256", outcome["sha256"]),
        (words("cover.as_of"), _instant(ctx, datetime.fromisoformat(manifest["as_of"]))),
        (words("cover.known_at"), _instant(ctx, datetime.fromisoformat(manifest["known_at"]))),
        (words("cover.scope"), manifest["unit"] or manifest["scope"]),
        (words("cover.definitions"), manifest["definitions_version"]),
        (words("cover.policy"), manifest["policy_version"]),
        (words("cover.audit_entries"), formats.number(ctx.locale, manifest["audit_entries"])),
    ]
    if (signed := manifest.get("audit_checkpoint")) is not None:
        sealed_at = _instant(ctx, datetime.fromisoformat(signed["sealed_at"]))
        facts += [
            (words("cover.audit_sealed"), formats.number(ctx.locale, signed["size"])),
            (words("cover.audit_root"), signed["root"]),
            (words("cover.audit_sealed_at"), sealed_at),
            (words("cover.audit_unsealed"), formats.number(ctx.locale, manifest["audit_unsealed"])),
        ]
    if manifest["reconciled"]:
        facts.append((words("cover.reconciled"), manifest["reconciled"]))
    facts += [(words("cover.left_out", sheet=words(f"sheet.{key}")), why) for key, why in manifest["left_out"].items()]
    columns = (
        Column("title", "runs.sheet", value=lambda sheet: words(f"sheet.{sheet['title']}"), strong=True),
        Column("rows", "runs.sheet_rows", kind="number"),
        Column("sha256", "runs.sheet_hash", kind="code", value=lambda sheet: short(sheet["sha256"]), leaves=3),
    )
    about = words("cover.hash_how")
    manifest_table = Table(ctx.text("runs.manifest"), columns, manifest["sheets"], bare=True)
    title = ctx.text("runs.manifest")
    note = "" if mine(ctx, row) else ctx.text("runs.theirs")
    return [
        Panel(ctx.text("runs.result"), (Facts(tuple(facts)),), corner=note),
        Panel(title, (manifest_table,), about=about),
    ]


def _import(ctx: Context, row: Run, outcome: Mapping[str, Any]) -> list[Part]:
    names = ("rows", "accepted", "rejected", "created", "updated", "unchanged")
    figures = tuple(
        Figure(ctx.text(f"runs.people_{name}"), formats.number(ctx.locale, outcome[name])) for name in names
    )
    trial = bool(row.asked.get("dry_run"))
    told = row.asked.get("format") in TEMPLATES  # its rows are shown with their problems
    issues = [each for each in outcome["issues"] if not (told and each["code"] == IssueCode.REFUSED)]
    columns = (
        Column("row", "runs.issue_row", kind="number", value=lambda each: _or_missing(ctx, each["row"])),
        Column("column", "runs.issue_column", value=lambda each: _or_missing(ctx, each["column"]), leaves=3),
        Column("code", "runs.issue", value=lambda each: state_word(ctx, "runs.issue", each["code"]), strong=True),
        Column("message", "runs.issue_message", leaves=2, quiet=True),
    )
    said = ctx.text(
        "runs.issues_shown", count=min(len(issues), ISSUES_SHOWN), all=formats.number(ctx.locale, len(issues))
    )
    table = Table(
        ctx.text("runs.issues"), columns, issues[:ISSUES_SHOWN], footer=Footer(method=said) if issues else None,
        empty=Empty(ctx.text("runs.no_issues"), ctx.text("runs.no_issues_text"), "check"),
    )  # fmt: skip
    shown: list[Part] = [Figures(figures, ctx.text("runs.forecast" if trial else "runs.result"))]
    return shown if told and not issues else [*shown, table]


def _or_missing(ctx: Context, value: Any) -> Any:
    return Missing(ctx.text("runs.whole_file")) if value is None else value


@dataclass(frozen=True, slots=True)
class _Checked:
    id: str
    title: str
    status: Status
    violations: Any
    version: int
    error: str


async def _scan(ctx: Context, row: Run) -> list[Part]:
    if not ctx.may("finding:read"):
        return []
    async with ctx.work() as work:
        found = (await work.session.execute(check_results(work, row.id))).scalars().all()
    if not found:
        return []
    columns = (
        Column("title", "runs.check", sub=lambda each: each.error or f"{each.id}, {each.version}", strong=True),
        Column("violations", "runs.violations", kind="number"),
        Column("status", "table.status", kind="status"),
    )
    parts: list[Part] = []
    if row.outcome:
        names = ("opened", "resolved")
        figures = [
            Figure(ctx.text(f"runs.scan_{name}"), formats.number(ctx.locale, row.outcome[name])) for name in names
        ]
        whole = "runs.complete" if row.outcome["complete"] else "runs.incomplete"
        parts.append(Figures((*figures, Figure(ctx.text("runs.scan_whole"), ctx.text(whole))), ctx.text("runs.result")))
    links = (Link(ctx.text("runs.to_findings"), "/findings"),)
    checks = [_checked(ctx, each) for each in found]
    parts.append(
        Table(ctx.text("runs.checks"), columns, checks, row_href=lambda each: f"/findings?check={each.id}",
              footer=Footer(links))
    )  # fmt: skip
    return parts


def _checked(ctx: Context, result: CheckResult) -> _Checked:
    status = Status(CHECK_LEVELS[result.state], ctx.text(f"runs.check_{result.state.value.lower()}"))
    unknown = Missing(ctx.text("runs.check_unknown"))
    count = unknown if result.state is CheckState.ERRORED else result.violations
    return _Checked(
        result.check_id, title_of(ctx, result.check_id), status, count, result.rule_version, result.error or ""
    )  # fmt: skip
