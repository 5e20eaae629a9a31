"""Looks at staged rows together: doubles, circles of managers, mail addresses of several, people out of reach."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from uuid import UUID

from sqlalchemy import update

from governance.imports import queries
from governance.imports.models import StagedRow
from governance.imports.rest import Rest
from governance.imports.rules import CHUNK, Issue, IssueCode
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action

Noted = tuple[StagedRow, Issue]
Look = Callable[[Work, UUID, Sequence[StagedRow]], Awaitable[list[Noted]]]


async def check_staged(desk: RunDesk, rest: Rest) -> None:
    """Find what only shows between rows, and note it with each row; safe to repeat after a crash."""
    await _walk(desk, rest, _doubles, _out_of_reach)
    in_circle = await _in_circle(desk)
    if in_circle:
        await _walk(desk, rest, partial(_circles, in_circle))
    await _walk(desk, rest, _managers, _mails)


def circles(above: dict[str, str]) -> frozenset[str]:
    """Give everybody who is their own manager, however many steps up. Linear in the number of people."""
    done: set[str] = set()
    in_circle: set[str] = set()
    for start in above:
        path: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = above.get(at)
        if at is not None and at in path:
            in_circle.update(key for key, step in path.items() if step >= path[at])
        done.update(path)
    return frozenset(in_circle)


async def _walk(desk: RunDesk, rest: Rest, *looks: Look) -> None:
    """Look at the accepted rows in the order of the file, by the thousand; a transaction only where there is a note."""
    number = 0
    while True:
        async with desk.reading() as work:
            rows = await queries.accepted_after(work, desk.run_id, number)
            noted = [note for look in looks for note in await look(work, desk.run_id, rows)]
        if noted:
            async with desk.working() as work:
                await _note(work, noted)
            await rest()
        if len(rows) < CHUNK:
            return
        number = rows[-1].number
        await desk.progress("check", number)


async def _doubles(work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Noted]:
    first = await queries.first_rows(work, run_id, (row.key for row in rows))
    return [
        (row, Issue(row.number, "external_id", IssueCode.DUPLICATE, _double(first[row.key])))
        for row in rows
        if row.key is not None and first[row.key] < row.number
    ]


async def _out_of_reach(work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Noted]:
    if work.gate.reach(work.actor, Action.PERSON_IMPORT).everything:
        return []
    keys = await queries.out_of_reach(work, (row.key for row in rows))
    said = "You may not change this person where they are now; ask an admin of that unit."
    return [(row, Issue(row.number, "external_id", IssueCode.OUT_OF_REACH, said)) for row in rows if row.key in keys]


async def _in_circle(desk: RunDesk) -> frozenset[str]:
    """Give those who come back to themselves going up: by the file where it speaks, else by what is known."""
    async with desk.reading() as work:
        above = {k: manager async for k, manager in queries.managers_told(work, desk.run_id) if k and manager}
        asked = set(above)
        ahead = sorted(set(above.values()) - asked)
        while ahead:
            asked.update(ahead)
            for at in range(0, len(ahead), CHUNK):
                keys = ahead[at : at + CHUNK]
                spoken_of = await queries.staged_ids(work, desk.run_id, keys)
                above |= await queries.managers_of(work, (key for key in keys if key not in spoken_of))
            ahead = sorted({above[key] for key in ahead if key in above} - asked)
    return circles(above)


async def _circles(in_circle: frozenset[str], work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Noted]:
    said = "Going up from manager to manager leads back to this person; correct one of the managers."
    return [(row, Issue(row.number, "manager", IssueCode.MANAGER_CYCLE, said)) for row in rows if row.key in in_circle]


async def _managers(work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Noted]:
    keys = {row.manager_key for row in rows} - {None}
    known = {**await queries.staged_ids(work, run_id, keys), **await queries.ids_of(work, keys)}
    return [
        (row, Issue(row.number, "manager", IssueCode.MANAGER_UNKNOWN, _no_manager(row.manager_key)))
        for row in rows
        if row.manager_key is not None and row.manager_key not in known
    ]


async def _mails(work: Work, run_id: UUID, rows: Sequence[StagedRow]) -> list[Noted]:
    often = await queries.rows_with_mail(work, run_id, (row.mail_key for row in rows))
    theirs = await queries.people_with_mail(work, (row.mail_key for row in rows))
    spoken_of = await queries.staged_ids(work, run_id, (key for _, key in theirs))
    others = {mail: key for mail, key in theirs if key not in spoken_of}
    noted = []
    for row in rows:
        if row.mail_key is None:
            continue
        if often[row.mail_key] > 1:
            said = f"{often[row.mail_key]} rows have this mail address; mail cannot tell them apart."
        elif row.mail_key in others:
            said = f"Person {others[row.mail_key]!r} has this mail address, too; mail cannot tell them apart."
        else:
            continue
        noted.append((row, Issue(row.number, "mail", IssueCode.MAIL_TWICE, said)))
    return noted


async def _note(work: Work, noted: Iterable[Noted]) -> None:
    """Keep what was noted with each row, once, however often this step is repeated."""
    by_row: dict[UUID, tuple[StagedRow, list[Issue]]] = {}
    for row, issue in noted:
        by_row.setdefault(row.id, (row, []))[1].append(issue)
    values = []
    for row, issues in by_row.values():
        fresh = [document for document in map(asdict, issues) if document not in row.issues]
        unknown = any(issue.code is IssueCode.MANAGER_UNKNOWN for issue in issues)
        values.append(
            {
                "tenant_id": row.tenant_id,
                "id": row.id,
                "noted": True,
                "accepted": row.accepted and not any(issue.rejects for issue in issues),
                "issues": [*row.issues, *fresh],
                "manager_key": None if unknown else row.manager_key,
                "values": {k: v for k, v in row.values.items() if not (unknown and k == "manager")},
            }
        )
    await work.session.execute(update(StagedRow), values)


def _double(first: int) -> str:
    return f"Row {first} has the same external_id; keep one of them. Row {first} was taken."


def _no_manager(manager: str) -> str:
    return f"Manager {manager!r} is neither in the file nor known; the manager was left as it is."
