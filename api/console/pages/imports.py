"""Imports: what can be taken in, each file tried first; then taken in as tried, and taken back after a look."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final

from api.console.acting import id_of
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Note,
    Opened,
    Option,
    Outcome,
    Page,
    Panel,
    Part,
    Preview,
    Query,
    Table,
)
from api.console.desk import desk_of, provenance_of
from api.links import template_path
from governance.agreements.rules import ChangeReason
from governance.imports.filed import FORMATS, ImportFile, request_file_import
from governance.imports.rules import FileFormat
from governance.imports.service import ImportPeople, request_people_import
from governance.imports.sheet import Limits
from governance.imports.templates import TEMPLATES
from governance.imports.trials import import_tried
from governance.imports.undoing import UndoPreview, preview_undo, undo_import
from governance.kernel.work import Work
from governance.runs.models import Run

TRY, DO, PEOPLE = "try", "do", "people"
HERE: Final = "/settings/imports"
KEPT_SHOWN: Final = 200


async def overview(ctx: Context, ids: Ids, query: Query) -> Detail:
    """Every format: what it is, the way to hand a file in, the empty table where people fill it in themselves."""
    names = [PEOPLE, *(each.value for each in FORMATS if not FORMATS[each].everywhere)]
    rows = [name for name in names if ctx.may("person:import" if name == PEOPLE else "import:run")]
    columns = (
        Column("name", "imports.format", value=lambda name: ctx.text(f"imports.format_{_key(name)}"), strong=True),
        Column("what", "imports.what", value=lambda name: ctx.text(f"imports.what_{_key(name)}"), quiet=True, leaves=2),
        Column("csv", "imports.template_csv", value=partial(_template, "csv")),
        Column("xlsx", "imports.template_xlsx", value=partial(_template, "xlsx"), leaves=3),
    )  # fmt: skip
    parts: tuple[Part, ...] = (
        Table(ctx.text("imports.formats"), columns, rows, row_href=_way),
        Note(ctx.text("imports.terminal")),
    )
    return Detail(
        ctx.text("imports.title"), ((ctx.text("shell.settings"), "/settings"),), parts=parts,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _way(name: str) -> str:
    return f"{HERE}/new" if name == PEOPLE else f"{HERE}/{name}/new"


def _template(suffix: str, name: str) -> Any:
    return Link(suffix.upper(), template_path(name, suffix)) if name in TEMPLATES else "–"


def _key(name: str) -> str:
    return name.replace("-", "_")


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form; trying is what it does unless somebody says otherwise."""
    crumbs = ((ctx.text("people.title"), "/people"),)
    note = Note(ctx.text("imports.text"), "import")
    return Opened(ctx.text("people.import"), {"mode": TRY}, crumbs=crumbs, parts=(note,), cancel="/people")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the file and go to the run that works on it: it outlives this page."""
    file = values["file"]
    command = ImportPeople(file.name, file.content, dry_run=values["mode"] == TRY, strict=values["strict"])
    return await _begun(ctx, values, lambda work: request_people_import(work, command))


async def opens_format(file_format: FileFormat, ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form of one format, with what it reads."""
    key = _key(file_format.value)
    crumbs = ((ctx.text("imports.title"), HERE),)
    note = Note(ctx.text(f"imports.what_{key}"), "import")
    return Opened(ctx.text(f"imports.format_{key}"), {"mode": TRY}, crumbs=crumbs, parts=(note,), cancel=HERE)


async def submit_format(
    file_format: FileFormat, ctx: Context, ids: Ids, values: Mapping[str, Any], token: str
) -> Outcome:
    """Keep the file with the format's options and go to its run."""
    file = values["file"]
    options = {name: _option(values[name]) for name in sorted(FORMATS[file_format].options) if values.get(name)}
    command = ImportFile(file_format, file.name, file.content, values["mode"] == TRY, options)
    return await _begun(ctx, values, lambda work: request_file_import(work, command))


async def _begun(ctx: Context, values: Mapping[str, Any], verb: Callable[[Work], Awaitable[Run]]) -> Outcome:
    run = await desk_of(ctx).perform(verb)
    return Done(f"/runs/{run.id}", ctx.text(f"imports.begun_{values['mode']}", name=values["file"].name))


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes"
    return value.isoformat() if isinstance(value, date) else str(value)


async def opens_tried(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What follows a trial, for who comes here by its address."""
    here = f"/runs/{id_of(ids['id'], 'run')}"
    return Opened(ctx.text("imports.tried"), {}, ctx.text("imports.tried_text"), cancel=here)


async def submit_tried(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Import the very file that was tried."""
    run_id = id_of(ids["id"], "run")
    run = await desk_of(ctx).perform(lambda work: import_tried(work, run_id))
    return Done(f"/runs/{run.id}", ctx.text("imports.tried_begun"))


async def opens_undo(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What an undo is, before it is looked at."""
    here = f"/runs/{id_of(ids['id'], 'run')}"
    return Opened(ctx.text("imports.undo"), {}, ctx.text("imports.undo_text"), cancel=here)


async def submit_undo(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what goes and what stays and why; with the token of that, take it back."""
    run_id, desk = id_of(ids["id"], "run"), desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_undo(work, run_id)
        return Preview(_seen(ctx, seen), seen.token, ctx.text("imports.undo"))
    await desk.perform(lambda work: undo_import(work, run_id, token))
    return Done(f"/runs/{run_id}", ctx.text("imports.undone"))


def _seen(ctx: Context, seen: UndoPreview) -> tuple[Part, ...]:
    goes = Table(
        ctx.text("imports.taken_back"),
        (
            Column("kind", "imports.kind", value=lambda each: ctx.text(f"imports.kind_{each[0]}"), strong=True),
            Column("count", "imports.count", kind="number", value=lambda each: each[1]),
        ),
        tuple(seen.taken_back.items()),
        bare=True,
    )
    parts: tuple[Part, ...] = (Panel(ctx.text("imports.taken_back"), (goes,)),)
    if not seen.kept:
        return parts
    stays = Table(
        ctx.text("imports.kept"),
        (
            Column("number", "runs.issue_row", kind="number"),
            Column("name", "imports.row", leaves=2),
            Column("kind", "imports.kind", value=lambda each: ctx.text(f"imports.kind_{each.kind}"), strong=True),
            Column("why", "imports.why", quiet=True),
        ),
        seen.kept[:KEPT_SHOWN],
        bare=True,
    )
    return (
        *parts,
        Panel(ctx.text("imports.kept"), (stays,)),
        Note(ctx.text("imports.kept_count", count=len(seen.kept)), level=Level.HIGH),
    )


FILE: Final = Field("file", "imports.file", "file", longest=Limits().bytes, help="imports.file_help")
MODE: Final = Field("mode", "imports.mode", "choice", options=(Option(TRY, "imports.try"), Option(DO, "imports.do")))
OPTIONS: Final[Mapping[str, Field]] = {
    "create": Field("create", "imports.create", "checkbox", required=False, help="imports.create_help"),
    "reason": Field(
        "reason", "imports.reason", "select", required=False, help="imports.reason_help",
        options=(Option("", "imports.no_reason"), *(Option(each, f"agreements.reason_{each.lower()}")
                                                    for each in ChangeReason)),
    ),
    "reason_text": Field("reason_text", "imports.reason_text", required=False, longest=400),
    "effective_day": Field("effective_day", "imports.effective_day", "date", required=False),
    "day": Field("day", "imports.day", "date", required=False, help="imports.day_help"),
    "source": Field("source", "imports.source", required=False, longest=80, help="consumption.source_help"),
    "product": Field("product", "imports.product", required=False, longest=120, help="imports.product_help"),
    "observed_at": Field("observed_at", "imports.observed_at", required=False, help="imports.observed_at_help"),
    "instance": Field("instance", "imports.instance", required=False, longest=200, help="imports.instance_help"),
    "server": Field("server", "imports.server", required=False),
    "zone": Field("zone", "imports.zone", required=False),
    "first_day": Field("first_day", "imports.first_day", "date", required=False),
}  # fmt: skip


LOG: Final = replace(FILE, help="imports.log_help")


def _form(file_format: FileFormat) -> FormPage:
    fields = tuple(OPTIONS[name] for name in OPTIONS if name in FORMATS[file_format].options)
    file = LOG if file_format is FileFormat.FLEXLM_LOG else FILE
    return FormPage(
        name=f"import-{file_format.value}", path=f"{HERE}/{file_format.value}/new", fields=(file, MODE, *fields),
        opens=partial(opens_format, file_format), submit=partial(submit_format, file_format), button="imports.begin",
        action="import:run", nav="settings",
    )  # fmt: skip


FORM: Final = FormPage(
    name="import-people", path="/settings/imports/new", opens=opens, submit=submit, button="imports.begin",
    action="person:import", nav="people",
    fields=(
        Field("file", "imports.file", "file", longest=Limits().bytes, accept=".csv,.xlsx", help="imports.file_help"),
        MODE,
        Field("strict", "imports.strict", "checkbox", required=False, help="imports.strict_help"),
    ),
)  # fmt: skip
OVERVIEW: Final = DetailPage(name="imports", path=HERE, gather=overview, action="import:read", nav="settings")
TRIED: Final = FormPage(
    name="import-tried", path="/runs/{id}/import", fields=(), opens=opens_tried, submit=submit_tried,
    button="imports.tried", action="run:read", nav="reports",
)  # fmt: skip
UNDO: Final = FormPage(
    name="import-undo", path="/runs/{id}/undo", fields=(), opens=opens_undo, submit=submit_undo,
    button="imports.undo_look", action="import:undo", nav="reports",
)  # fmt: skip
FORMS: Final = tuple(_form(each) for each in FORMATS if not FORMATS[each].everywhere)
PAGES: Final[tuple[Page, ...]] = (OVERVIEW, FORM, *FORMS, TRIED, UNDO)
