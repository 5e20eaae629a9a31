"""Imports people from a file: handed in, staged, checked, and merged step by step, or only tried."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, update

from governance.imports import queries
from governance.imports.checking import check_staged
from governance.imports.handing_in import HandedIn, empty_upload, keep_upload, laid_out
from governance.imports.merging import carry_out, count, link_managers, plan_merges
from governance.imports.models import StagedRow
from governance.imports.rest import Rest, rest_for
from governance.imports.rules import ISSUES_SAID, Counts, ImportOutcome, Issue, IssueCode, bounded
from governance.imports.staging import stage_people
from governance.imports.units import import_range
from governance.kernel.errors import BusinessError, Refused, Unavailable
from governance.kernel.work import Office, Work
from governance.runs.desk import RunDesk
from governance.runs.errors import LeaseLost
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from policies.access.actions import Action


@dataclass(frozen=True)
class ImportPeople:
    """A file of people. `dry_run` changes nothing; `strict` changes nothing when a row is bad; `key` makes it once."""

    name: str
    content: bytes
    dry_run: bool = False
    strict: bool = False
    key: str | None = None


async def request_people_import(work: Work, command: ImportPeople) -> Run:
    """Keep the file and ask for the run that imports it.

    Raises Refused, FileTooLarge, IdempotencyMismatch (the same key with another file or options).
    """
    if not work.gate.may(work.actor, Action.PERSON_IMPORT):
        raise Refused(Action.PERSON_IMPORT)
    options = {"dry_run": command.dry_run, "strict": command.strict}
    file = HandedIn(command.name, command.content, options, command.key)
    upload = await keep_upload(work, file, Action.PERSON_IMPORT)
    asked = {"upload": str(upload.id), **options}
    return await request_run(work, RunRequest(RunKind.IMPORT_PEOPLE, asked, command.key))


async def resume_people_import(work: Work, command: ImportPeople) -> Run:
    """Give one's own import of this very file that was cut off, to go on with; where there is none, a new one.

    Raises Refused, FileTooLarge.
    """
    options = {"dry_run": command.dry_run, "strict": command.strict}
    sha256 = hashlib.sha256(command.content).hexdigest()
    begun = await queries.open_import(work, RunKind.IMPORT_PEOPLE, sha256, options)
    return begun or await request_people_import(work, command)


async def import_people(desk: RunDesk) -> dict[str, Any]:
    """Do a people import from where it stands, and answer ImportOutcome as a document.

    Every step is safe to repeat; a crash goes on with the next thousand rows. What was merged before a cancel stays.
    Raises SheetRefused, Refused, LeaseLost, Cancelled.
    """
    try:
        return await _import_people(desk)
    except (LeaseLost, Unavailable):
        raise
    except BusinessError:
        await _forget(desk.office, desk.tenant_id, desk.run_id, UUID(desk.asked["upload"]))
        raise


async def _import_people(desk: RunDesk) -> dict[str, Any]:
    rest = rest_for(desk.office.database)
    at = desk.resume_at or {"step": "read"}
    if at["step"] == "read":
        async with laid_out(desk) as path:
            head = await stage_people(desk, path, rest)
        at = {"step": "check", "head": [asdict(issue) for issue in head]}
        await desk.remember(at)
    if at["step"] == "check":
        await check_staged(desk, rest)
        at = at | {"step": "merge", "after": 0, "counts": asdict(Counts())}
        await desk.remember(at)
    if at["step"] == "merge":
        outcome = await _merge(desk, at, rest)
        at = {"step": "done", "outcome": outcome.document()}
        await desk.remember(at)
    used = None if desk.asked["dry_run"] else UUID(desk.asked["upload"])
    await _forget(desk.office, desk.tenant_id, desk.run_id, used)
    said: dict[str, Any] = at["outcome"]
    return said


async def _merge(desk: RunDesk, at: dict[str, Any], rest: Rest) -> ImportOutcome:
    head = tuple(Issue(i["row"], i["column"], IssueCode(i["code"]), i["message"]) for i in at["head"])
    async with desk.reading() as work:
        rows, accepted = await queries.counted(work, desk.run_id)
    if desk.asked["strict"] and accepted < rows:
        said = f"Nothing was changed: {rows - accepted} of {rows} rows are bad, and the import is strict."
        issues = await _issues(desk, (Issue(None, None, IssueCode.STRICT, said), *head))
        return ImportOutcome(rows, 0, rows, 0, 0, 0, issues)
    counts = await (_try if desk.asked["dry_run"] else _merge_all)(desk, at, rest, accepted)
    issues = await _issues(desk, head)
    return ImportOutcome(rows, accepted, rows - accepted, counts.created, counts.updated, counts.unchanged, issues)


async def _try(desk: RunDesk, at: dict[str, Any], rest: Rest, accepted: int) -> Counts:
    """Count what a merge would do."""
    number, done, counts = 0, 0, Counts()
    while True:
        async with desk.reading() as work:
            rows = await queries.accepted_after(work, desk.run_id, number)
            counts += count(await plan_merges(work, desk.run_id, rows))
        if not rows:
            return counts
        number, done = rows[-1].number, done + len(rows)
        await desk.progress("try", done, accepted)


async def _merge_all(desk: RunDesk, at: dict[str, Any], rest: Rest, accepted: int) -> Counts:
    """Merge 1,000 rows a transaction, together with the mark where to go on; then link managers who came later."""
    number, counts = at["after"], Counts(**at["counts"])
    while True:
        async with desk.working() as work:
            rows = await queries.accepted_after(work, desk.run_id, number)
            if not rows:
                break
            await _still_permitted(work, rows)
            plans = await plan_merges(work, desk.run_id, rows)
            await carry_out(work, plans)
            number, counts = rows[-1].number, counts + count(plans)
            await desk.remember({**at, "after": number, "counts": asdict(counts)})
        done = counts.created + counts.updated + counts.unchanged
        await desk.progress("merge", done, accepted)
        await rest()
    await _link_all(desk, rest)
    return counts


async def _link_all(desk: RunDesk, rest: Rest) -> None:
    number, done = 0, 0
    while True:
        async with desk.working() as work:
            rows = await queries.accepted_after(work, desk.run_id, number)
            await link_managers(work, rows)
        if not rows:
            return
        number, done = rows[-1].number, done + len(rows)
        await desk.progress("link", done)
        await rest()


async def _still_permitted(work: Work, rows: Any) -> None:
    """Look again that the importer may put people there: rights may have gone since the check. Raises Refused."""
    held = await import_range(work)
    if not all(held.holds(row.unit_id, row.values["country"]) for row in rows):
        raise Refused(Action.PERSON_IMPORT)


async def _issues(desk: RunDesk, head: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Give the issues in the order of the file, at most 10,000 and a word on the others."""
    said, after = list(head), 0
    async with desk.reading() as work:
        while len(said) <= ISSUES_SAID:
            found = await queries.issues_of_run(work, desk.run_id, after)
            if not found:
                return tuple(said)
            said += found
            after = found[-1].row or 0
    return bounded(said)


async def _forget(office: Office, tenant_id: UUID, run_id: UUID, upload_id: UUID | None) -> None:
    """Empty the upload (a trial keeps it, None) and the staged rows; only the issues of bad rows stay, with the run."""
    rest = rest_for(office.database)
    if upload_id is not None:
        await empty_upload(office, tenant_id, upload_id)
    number, more = 0, True
    while more:
        here = and_(StagedRow.tenant_id == tenant_id, StagedRow.run_id == run_id, StagedRow.number > number,
                    StagedRow.number <= number + 5_000)  # fmt: skip
        async with office.database.write(tenant_id) as session:
            await session.execute(delete(StagedRow).where(here, StagedRow.noted.is_(False)))
            emptied: dict[str, Any] = {"values": {}, "key": None, "mail_key": None, "manager_key": None}
            await session.execute(update(StagedRow).where(here).values(emptied))
            number += 5_000
            more = await queries.has_more(session, tenant_id, run_id, number)
        await rest()
