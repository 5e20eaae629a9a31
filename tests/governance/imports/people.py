"""What the tests of people imports share: files written small, runs moved to their end."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from governance.imports.service import ImportPeople, import_people, request_people_import
from governance.kernel.work import Office
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind
from policies.access.parties import Actor

DUTIES = Duties(verbs={RunKind.IMPORT_PEOPLE: import_people})
HEADERS = ("external_id", "name", "mail", "unit", "country")


def table(rows: Sequence[Sequence[Any]], headers: Sequence[str] = HEADERS) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(headers)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def row(number: int, unit: str = "sales", country: str = "DE", **more: Any) -> list[Any]:
    return [f"p{number}", f"Person {number}", f"p{number}@halden.example", unit, country, *more.values()]


async def run_of(office: Office, actor: Actor, content: bytes, **options: Any) -> Run:
    """Hand the file in, move its run to the end, and give the run."""
    asked = ImportPeople("people.csv", content, **options)
    run = await office.perform(actor, lambda w: request_people_import(w, asked))
    await move_run(office, run.tenant_id, run.id, DUTIES, "tests")
    async with office.database.read(run.tenant_id) as session:
        ended = await session.get(Run, (run.tenant_id, run.id))
    assert ended is not None
    return ended


async def outcome_of(office: Office, actor: Actor, content: bytes, **options: Any) -> dict[str, Any]:
    run = await run_of(office, actor, content, **options)
    assert run.outcome is not None, (run.state, run.error)
    said = run.outcome
    assert set(said) == {"rows", "accepted", "rejected", "created", "updated", "unchanged", "issues"}
    assert said["rows"] == said["accepted"] + said["rejected"]
    assert said["accepted"] == said["created"] + said["updated"] + said["unchanged"]
    assert all(set(issue) == {"row", "column", "code", "message"} for issue in said["issues"])
    return said


def short(said: dict[str, Any]) -> tuple[int, ...]:
    return tuple(said[key] for key in ("rows", "accepted", "rejected", "created", "updated", "unchanged"))


def issues(said: dict[str, Any]) -> list[tuple[int | None, str | None, str]]:
    return [(i["row"], i["column"], i["code"]) for i in said["issues"]]
