"""The cookbook's tasks are done as they are written, one after the other, by the people it names."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from graphql import parse, validate
from sqlalchemy import select

from api.graphql.schema import whole_schema
from api.settings import Settings
from governance.kernel.work import Office
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind, RunState
from reports.running import report_verb
from tests.api.graphql.conftest import Door, Graph
from tests.docs.reference import ROOT

PAGE = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
READERS = {"IT admin": "admin", "auditor": "auditor", "holder": "cleo", "board member": "board-sales"}
PIECE = re.compile(r"^As the ([\w ]+)\.|^```(graphql|json variables|json answer)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = "…"


@dataclass
class Step:
    """One block of the graph with who sends it, what is filled in, and what is answered."""

    task: str
    reader: str
    query: str
    variables: str = "{}"
    answer: str = ""


def steps() -> list[Step]:
    found: list[Step] = []
    for task in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        reader = ""
        for who, kind, body in PIECE.findall(task):
            if who:
                reader = READERS[who]
            elif kind == "graphql":
                found.append(Step(task.partition("\n")[0], reader, body))
            elif kind == "json variables":
                found[-1].variables = body
            else:
                found[-1].answer = body
    return found


def filled(value: Any, known: dict[str, Any]) -> Any:
    """Put what is known in the place of each `$name`."""
    if isinstance(value, dict):
        return {key: filled(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    return known[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def compare(told: Any, said: Any, known: dict[str, Any], at: str) -> None:
    """Hold an answer against what is written; a `$name` that is not known yet is learned here."""
    if told == LEFT_OUT:
        assert said not in (None, [], ""), at
    elif isinstance(told, str) and told.startswith("$"):
        assert known.setdefault(told[1:], said) == said, at
        assert said, at
    elif isinstance(told, dict) and isinstance(said, dict):
        assert told.keys() == said.keys(), at
        for key in told:
            compare(told[key], said[key], known, f"{at}.{key}")
    elif isinstance(told, list) and isinstance(said, list):
        assert len(told) == len(said), f"{at}: {said}"
        for number, (one, other) in enumerate(zip(told, said, strict=True)):
            compare(one, other, known, f"{at}[{number}]")
    else:
        assert told == said, at


async def work_off(office: Office, settings: Settings, door: Door) -> None:
    """Do the long work that waits, as a worker would."""
    async with office.database.read(door.estate.tenant_id) as session:
        waiting = (await session.execute(select(Run.id).where(Run.state == RunState.WAITING))).scalars().all()
    for run_id in waiting:
        duties = Duties({RunKind.REPORT: report_verb(settings.data_dir / "reports")})
        await move_run(office, door.estate.tenant_id, run_id, duties, "cookbook")


def test_each_task_has_its_reader_and_its_answers() -> None:
    told = steps()
    watched = {"17. Watch instead of asking again"}  # its client runs against a real server in `test_watched_server`
    assert {step.task for step in told} == set(re.findall(r"^## (.*)", PAGE, re.MULTILINE)) - watched
    assert [step.task for step in told if not step.reader or not step.answer] == []
    assert PAGE.count("```graphql") == len(told)


def test_every_block_is_valid_against_the_schema() -> None:
    schema = whole_schema()._schema
    for step in steps():
        assert validate(schema, parse(step.query)) == [], step.task


async def test_the_tasks_are_done_as_written(
    door: Door, office: Office, settings: Settings, known: dict[str, Any]
) -> None:
    graphs: dict[str, Graph] = {}
    for number, step in enumerate(steps()):
        if step.reader not in graphs:
            graphs[step.reader] = await door.as_(step.reader)
        variables = filled(json.loads(step.variables), known)
        said = await graphs[step.reader].ask(step.query, key=f"cookbook-{number}", **variables)
        compare(json.loads(step.answer), said, known, step.task)
        await work_off(office, settings, door)
    fetched = await door.client.get(known["download"])
    assert fetched.status_code == 200
    run = await graphs["auditor"].ask("query($id: ID!) { run(id: $id) { outcome } }", id=known["run"])
    assert hashlib.sha256(fetched.content).hexdigest() == run["run"]["outcome"]["sha256"]
