"""Import people from a file: tried first, so that every row is judged before any is changed."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.declare import (
    Context,
    Done,
    Field,
    FormPage,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Query,
)
from api.console.desk import desk_of
from governance.imports.service import ImportPeople, request_people_import
from governance.imports.sheet import Limits

TRY, DO = "try", "do"


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The form; trying is what it does unless somebody says otherwise."""
    crumbs = ((ctx.text("people.title"), "/people"),)
    note = Note(ctx.text("imports.text"), "import")
    return Opened(ctx.text("people.import"), {"mode": TRY}, crumbs=crumbs, parts=(note,), cancel="/people")


async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Keep the file and go to the run that works on it: it outlives this page."""
    file = values["file"]
    command = ImportPeople(file.name, file.content, dry_run=values["mode"] == TRY, strict=values["strict"])
    run = await desk_of(ctx).perform(lambda work: request_people_import(work, command))
    return Done(f"/runs/{run.id}", ctx.text(f"imports.begun_{values['mode']}", name=file.name))


FORM: Final = FormPage(
    name="import-people", path="/settings/imports/new", opens=opens, submit=submit, button="imports.begin",
    action="person:import", nav="people",
    fields=(
        Field("file", "imports.file", "file", longest=Limits().bytes, accept=".csv,.xlsx", help="imports.file_help"),
        Field("mode", "imports.mode", "choice", options=(
            Option(TRY, "imports.try"), Option(DO, "imports.do"))),
        Field("strict", "imports.strict", "checkbox", required=False, help="imports.strict_help"),
    ),
)  # fmt: skip
PAGES: Final = (FORM,)
