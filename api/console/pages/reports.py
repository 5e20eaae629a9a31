"""Reports: the shelf with what each answers, asking for one as of an instant, and what I asked for lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import id_of, short, size
from api.console.declare import (
    Action,
    Buttons,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Field,
    Footer,
    FormPage,
    Heading,
    Ids,
    Link,
    Opened,
    Option,
    Outcome,
    Part,
    Query,
    Refused,
    Split,
    Status,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.console.run_outcome import asked_of
from api.console.runs_read import progress, report_title, run_status
from api.links import path_of
from governance.directory.models import OrgUnit
from governance.directory.queries import visible_units
from governance.kernel.work import Work
from governance.runs.models import Run
from governance.runs.queries import visible_runs
from governance.runs.rules import ENDED, RunKind, RunState
from policies.access.actions import Action as Act
from reports.running import request_report
from reports.shape import Report
from reports.shelf import SHELF, Format, ReportRequest, report_named
from reports.words import words_in

LATELY: Final = 8
UNITS: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One report that was asked for, as its history shows it."""

    id: UUID
    title: str
    what: str
    proof: str
    status: Status
    file: Link | None


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """The shelf beside what this reader asked for lately."""
    async with ctx.work() as work:
        chosen = visible_runs(work).where(Run.kind == RunKind.REPORT, Run.principal == work.actor.principal)
        newest = chosen.order_by(Run.created_at.desc(), Run.id.desc()).limit(LATELY)
        lately = (await work.session.execute(newest)).scalars().all()
        history = [_asked(ctx, each) for each in lately]
        running = [progress(ctx, each, sub=asked_of(ctx, each)) for each in lately if each.state not in ENDED][:1]
    shelf = (Heading(ctx.text("reports.shelf")), _shelf(ctx))
    return Detail(
        ctx.text("reports.title"),
        parts=(*running, Split((shelf, _history(ctx, history)), "wide")),
        provenance=await provenance_of(ctx, "position"),
    )


def readable(ctx: Context, report: Report) -> bool:
    """Whether this reader holds every right the report cannot be made without."""
    return all(ctx.may(each.value) for each in report.needs)


def _shelf(ctx: Context) -> Part:
    words = words_in(ctx.locale)
    columns = (
        Column("name", "reports.report", value=lambda each: words(each.title), sub=lambda each: words(each.answers),
               strong=True),
        Column("formats", "reports.format", value=_forms, leaves=3, quiet=True),
        Column("run", "reports.ask", kind="link", value=lambda each: Link(ctx.text("reports.run"), _new(ctx, each))),
    )  # fmt: skip
    mine = [each for each in SHELF if readable(ctx, each)] if ctx.may("report:request") else []
    empty = Empty(ctx.text("reports.none"), ctx.text("reports.none_text"), "report")
    return Table(ctx.text("reports.title"), columns, mine, row_href=lambda each: _new(ctx, each), empty=empty)


def _forms(report: Report) -> str:
    return ", ".join(report.suffix(each).upper() for each in Format)


def _new(ctx: Context, report: Report) -> str:
    """The form of a report; the page's instant becomes the answer it opens with, and its scope the unit."""
    at = "" if ctx.as_of is None else f"&at={_local(ctx, ctx.as_of)}"
    return f"/reports/{report.name}/new?as-of=now{at}"


def _local(ctx: Context, moment: datetime) -> str:
    return moment.astimezone(ctx.zone).strftime("%Y-%m-%dT%H:%M")


def _history(ctx: Context, history: list[Asked]) -> tuple[Part, ...]:
    columns = (
        Column("title", "reports.report", sub=lambda row: row.what, strong=True),
        Column("proof", "reports.proof", leaves=3, quiet=True),
        Column("status", "table.status", kind="status", leaves=4),
        Column("file", "reports.file", kind="link"),
    )
    links = (Link(ctx.text("reports.all_runs"), "/runs?kind=REPORT&whose=mine"),)
    empty = Empty(ctx.text("reports.no_history"), ctx.text("reports.no_history_text"), "history")
    table = Table(
        ctx.text("reports.history"), columns, history, row_href=lambda row: f"/runs/{row.id}",
        footer=Footer(links, ctx.text("reports.same")), empty=empty,
    )  # fmt: skip
    return (Heading(ctx.text("reports.history")), table)


def _asked(ctx: Context, row: Run) -> Asked:
    outcome = row.outcome or {}
    done = row.state is RunState.DONE and "suffix" in outcome
    when = formats.relative(ctx.locale, row.created_at, ctx.now)
    return Asked(
        row.id, report_title(ctx, str(row.asked.get("name", ""))), f"{asked_of(ctx, row)} · {when}",
        f"{short(outcome['sha256'])} · {size(ctx, int(outcome['size']))}" if done else "", run_status(ctx, row),
        Link(ctx.text("reports.download", form=str(outcome["suffix"]).upper()), path_of(row)) if done else None,
    )  # fmt: skip


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The units one may ask a report of, by name; without one the report covers all within reach."""
    async with ctx.work() as work:
        query = visible_units(work, Act.REPORT_REQUEST).order_by(OrgUnit.name, OrgUnit.id).limit(UNITS)
        rows = (await work.session.execute(query)).scalars().all() if ctx.may("unit:read") else ()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def format_options(ctx: Context) -> tuple[Option, ...]:
    """The forms of the report whose address this is."""
    report = report_named(ctx.path.split("/")[2])
    words = {Format.XLSX: "reports.as_xlsx", Format.CSV: "reports.as_csv", Format.JSONL: "reports.as_jsonl"}
    return tuple(
        Option(each.value, text=report.suffix(each).upper(), note=ctx.text(words[each])) for each in Format
    )  # fmt: skip


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form of one report. Raises NotFound for one that is not on the shelf."""
    report, words = report_named(ids["name"]), words_in(ctx.locale)
    if not readable(ctx, report):
        return None
    at = query.raw.get("at", "")
    initial = {"as_of": at[:16], "unit": ctx.scope, "format": Format.XLSX.value}
    initial["review"] = query.raw.get("review", "")[:36]
    crumbs = ((ctx.text("reports.title"), "/reports"),)
    ways = tuple(
        Action(text=text, href=f"/reports/{report.name}/new?at={_local(ctx, moment)}", changes=False)
        for text, moment in _ends(ctx)
    )
    return Opened(words(report.title), initial, words(report.answers), crumbs, (Buttons(ways),), cancel="/reports")


def _ends(ctx: Context) -> list[tuple[str, datetime]]:
    """The instants people ask for most: the last minute of yesterday, of the last quarter, of the last year."""
    today = ctx.now.astimezone(ctx.zone).date()
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    days = (
        ("reports.yesterday", today),
        ("reports.last_quarter", quarter),
        ("reports.last_year", date(today.year, 1, 1)),
    )
    shown = []
    for key, first in days:
        last = first - timedelta(days=1)
        end = datetime.combine(last, time(23, 59), ctx.zone)
        shown.append((ctx.text(key, day=formats.day(ctx.locale, last)), end))
    return shown


async def ask(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Ask for the report and lead to its run."""
    for name in ("as_of", "known_at"):
        if values[name] is not None and values[name] > ctx.now:
            return Refused({name: ctx.text("reports.not_yet")})
    request = ReportRequest(
        ids["name"], values["as_of"], values["known_at"], UUID(values["unit"]) if values["unit"] else None,
        Format(values["format"]), ctx.locale, id_of(values["review"], "review") if values["review"] else None,
    )  # fmt: skip

    async def verb(work: Work) -> Run:
        return await request_report(work, request)

    run = await desk_of(ctx).perform(verb)
    return Done(f"/runs/{run.id}")


SHELF_PAGE: Final = DetailPage(name="reports", path="/reports", gather=show, action="report:read", nav="reports")
ASK: Final = FormPage(
    name="report-ask", path="/reports/{name}/new", opens=opens, submit=ask, button="reports.run",
    action="report:request", nav="reports",
    fields=(
        Field("as_of", "reports.as_of", "datetime", required=False, help="reports.as_of_help"),
        Field("known_at", "reports.known_at", "datetime", required=False, help="reports.known_at_help"),
        Field("unit", "reports.unit", "select", required=False, options=unit_options, help="reports.unit_help"),
        Field("format", "reports.format", "choice", options=format_options),
        Field("review", "reviews.review", "hidden", required=False, longest=36),
    ),
)  # fmt: skip
PAGES: Final = (SHELF_PAGE, ASK)
