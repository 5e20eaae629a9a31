"""A report is asked for once, runs as long work, and its link is its asker's alone."""

from sqlalchemy import update

from governance.runs.models import Run
from governance.runs.rules import RunState

ASK = """mutation($input: RequestReportInput!) { requestReport(input: $input) {
    ... on Run { id kind state percent download person { name } } ... on Refusal { code path message } } }"""


async def test_a_report_is_asked_for_watched_fetched_by_link_and_stopped(door, office):
    graph = await door.as_("admin")
    shelf = (await graph.ask("{ reports { name title answers permitted needs } }"))["reports"]
    assert {"position", "seat_register", "findings"} & {report["name"] for report in shelf}
    asked = (await graph.ask(ASK, key="r1", input={"name": "position"}))["requestReport"]
    assert (asked["kind"], asked["state"], asked["download"]) == ("REPORT", "WAITING", None)
    assert asked["person"] == {"name": "Admin"}
    assert (await graph.ask(ASK, key="r1", input={"name": "position"}))["requestReport"]["id"] == asked["id"]
    async with office.database.write(door.estate.tenant_id) as session:
        done = {"report": "position", "suffix": "xlsx", "file": "position.xlsx", "size": 1}
        await session.execute(update(Run).values(state=RunState.DONE, outcome=done))
    look = "query($id: ID!) { run(id: $id) { state percent download } }"
    mine = (await graph.ask(look, id=asked["id"]))["run"]
    assert (mine["state"], mine["percent"]) == ("DONE", 100)
    assert mine["download"].startswith("/reports/position/runs/")
    assert (await (await door.as_("auditor")).ask(look, id=asked["id"]))["run"]["download"] is None
    stop = "mutation($id: ID!) { cancelRun(input: {run: $id}) { ... on Run { state } ... on Refusal { code } } }"
    assert (await graph.ask(stop, id=asked["id"]))["cancelRun"] == {"code": "WRONG_STATE"}
    assert (await (await door.as_("ada")).ask(stop, id=asked["id"]))["cancelRun"] == {"code": "NOT_FOUND"}


async def test_a_waiting_run_is_cancelled_at_once(door):
    graph = await door.as_("auditor")
    asked = (await graph.ask(ASK, input={"name": "position"}))["requestReport"]
    stop = "mutation($id: ID!) { cancelRun(input: {run: $id}) { ... on Run { state cancelAsked } } }"
    assert (await graph.ask(stop, id=asked["id"]))["cancelRun"] == {"state": "CANCELLED", "cancelAsked": True}


async def test_a_report_that_one_may_not_have_or_that_is_none_is_refused(door):
    assert (await (await door.as_("ada")).ask(ASK, input={"name": "position"}))["requestReport"]["code"] == "REFUSED"
    said = (await (await door.as_("admin")).ask(ASK, input={"name": "nothing"}))["requestReport"]
    assert said["code"] == "NOT_FOUND"
