"""An import from end to end through the graph: tried, taken in, told row by row, previewed and undone."""

import base64

from sqlalchemy import select

from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunState
from tests.governance.imports.files import DUTIES
from tests.governance.imports.tables import AGREEMENT, file_of

REFUSED = "... on Refusal { code message path }"
FILE = f"mutation($input: ImportFileInput!) {{ importFile(input: $input) {{ ... on Run {{ id state }} {REFUSED} }} }}"
TRIED = f"mutation($run: ID!) {{ importTried(input: {{run: $run}}) {{ ... on Run {{ id }} {REFUSED} }} }}"
ROWS = """query($run: ID!) { importRows(run: $run, first: 5) { totalCount edges { node {
    number name outcome subject versionAfter problems { column has needs } } } } }"""
PREVIEW = f"""query($run: ID!) {{ importUndoPreview(run: $run) {{
    ... on ImportUndoPreview {{ takenBack {{ kind count }} kept {{ number kind why }} keptCount token }} {REFUSED} }} }}"""
UNDO = f"""mutation($input: UndoImportInput!) {{ undoImport(input: $input) {{
    ... on ImportUndone {{ takenBack kept run {{ id }} }} {REFUSED} }} }}"""


async def _moved(door) -> None:
    office = door.estate.office
    async with office.database.read(door.estate.tenant_id) as session:
        waiting = select(Run).where(Run.tenant_id == door.estate.tenant_id, Run.state == RunState.WAITING)
        runs = (await session.execute(waiting)).scalars().all()
    for run in runs:
        await move_run(office, run.tenant_id, run.id, DUTIES, "tests")


def _file(*rows, **more) -> dict:
    content = base64.b64encode(file_of(AGREEMENT, *rows)).decode()
    return {"format": "AGREEMENTS", "name": "a.csv", "content": content, **more}


async def test_an_import_goes_from_its_trial_to_its_undo(door):
    await door.estate.product("cad")
    graph = await door.as_("admin")
    tried = (await graph.ask(FILE, input=_file({}, {"number": "EA-2", "first_day": "1/2/26"}, dryRun=True)))[
        "importFile"
    ]
    await _moved(door)
    run = (await graph.ask(TRIED, run=tried["id"]))["importTried"]
    await _moved(door)
    rows = (await graph.ask(ROWS, run=run["id"]))["importRows"]
    first, second = (edge["node"] for edge in rows["edges"])
    assert (rows["totalCount"], first["outcome"], first["versionAfter"]) == (2, "CREATED", 1)
    node = await graph.ask("query($id: ID!) { node(id: $id) { ... on Agreement { number } } }", id=first["subject"])
    assert node["node"] == {"number": "EA-1"}
    assert (second["outcome"], second["problems"][0]["column"]) == ("REFUSED", "first_day")
    preview = (await graph.ask(PREVIEW, run=run["id"]))["importUndoPreview"]
    assert (preview["takenBack"], preview["keptCount"]) == ([{"kind": "agreement", "count": 1}], 0)
    undone = await graph.ask(UNDO, input={"run": run["id"], "token": preview["token"]})
    assert undone["undoImport"] == {"takenBack": 1, "kept": 0, "run": {"id": run["id"]}}
    again = (await graph.ask(PREVIEW, run=run["id"]))["importUndoPreview"]
    assert again["code"] == "WRONG_STATE"
    gone = await graph.ask("query($id: ID!) { node(id: $id) { id } }", id=first["subject"])
    assert gone["node"] is None


async def test_what_cannot_be_handed_in_is_named(door):
    graph = await door.as_("admin")
    said = (await graph.ask(FILE, input=_file({}, options=[{"name": "colour", "value": "red"}])))["importFile"]
    assert (said["code"], said["path"]) == ("BAD_INPUT", ["options"])
    said = (await graph.ask(FILE, input=_file() | {"content": "%"}))["importFile"]
    assert (said["code"], said["path"]) == ("BAD_INPUT", ["content"])
    weak = await door.as_("auditor")
    assert (await weak.ask(FILE, input=_file()))["importFile"]["code"] == "REFUSED"
    (first, *_) = (await weak.ask("{ importTemplates { name csv xlsx columns } }"))["importTemplates"]
    assert (first["name"], first["csv"]) == ("agreements", "/imports/templates/agreements/csv")
