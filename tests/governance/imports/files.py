"""What the tests of imports of others' files share: files written small, runs moved to their end."""

from typing import Any

from sqlalchemy import select

from governance.imports.filed import ImportFile, import_file, request_file_import
from governance.imports.rules import FileFormat
from governance.kernel.work import Office
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import RunKind
from policies.access.parties import Actor

DUTIES = Duties(verbs={RunKind.IMPORT_FILE: import_file})


async def run_of(office: Office, actor: Actor, file_format: FileFormat, content: bytes, **options: Any) -> Run:
    """Hand the file in, move its run to the end, and give the run."""
    asked = ImportFile(file_format, "file.csv", content, **options)
    run = await office.perform(actor, lambda work: request_file_import(work, asked))
    await move_run(office, run.tenant_id, run.id, DUTIES, "tests")
    async with office.database.read(run.tenant_id) as session:
        ended = await session.get(Run, (run.tenant_id, run.id))
    assert ended is not None
    return ended


async def outcome_of(
    office: Office, actor: Actor, file_format: FileFormat, content: bytes, **options: Any
) -> dict[str, Any]:
    run = await run_of(office, actor, file_format, content, **options)
    assert run.outcome is not None, (run.state, run.error)
    said = run.outcome
    assert {"rows", "accepted", "rejected", "created", "updated", "unchanged", "issues"} <= set(said)
    assert said["accepted"] == said["created"] + said["updated"] + said["unchanged"]
    assert all(set(issue) == {"row", "column", "code", "message"} for issue in said["issues"])
    return said


def short(said: dict[str, Any]) -> tuple[int, ...]:
    return tuple(said[key] for key in ("rows", "accepted", "rejected", "created", "updated", "unchanged"))


def codes(said: dict[str, Any]) -> dict[str, int]:
    """How often each issue is said."""
    found: dict[str, int] = {}
    for issue in said["issues"]:
        found[issue["code"]] = found.get(issue["code"], 0) + 1
    return found


async def every(office: Office, actor: Actor, what: Any, *where: Any) -> list[Any]:
    async with office.database.read(actor.tenant_id) as session:
        query = select(what).where(what.tenant_id == actor.tenant_id, *where)
        return list((await session.execute(query)).scalars())
