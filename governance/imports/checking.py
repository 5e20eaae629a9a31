"""Looks at staged rows together: doubles, circles of managers, mail addresses of several, people out of reach."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, update

from governance.imports import queries
from governance.imports.models import StagedRow
from governance.imports.rest import Rest
from governance.imports.rules import CHUNK, Issue, IssueCode
from governance.kernel.work import Work
from governance.runs.desk import RunDesk

Query = Callable[[Work, UUID], Select[StagedRow, Any]]
Said = Callable[[Any], str]


async def check_staged(desk: RunDesk, rest: Rest) -> None:
    """Find what only shows between rows, and note it with each row; safe to repeat after a crash."""
    looks: tuple[tuple[Query, str, IssueCode, Said], ...] = (
        (queries.repeated_keys, "external_id", IssueCode.DUPLICATE, _double),
        (queries.out_of_reach, "external_id", IssueCode.OUT_OF_REACH, _not_yours),
    )
    for query, column, code, said in looks:
        await _look(desk, rest, query, column, code, said)
    await _break_circles(desk, rest)
    notes: tuple[tuple[Query, str, IssueCode, Said], ...] = (
        (queries.unknown_managers, "manager", IssueCode.MANAGER_UNKNOWN, _no_manager),
        (queries.repeated_mails, "mail", IssueCode.MAIL_TWICE, _often),
        (queries.taken_mails, "mail", IssueCode.MAIL_TWICE, _taken),
    )
    for query, column, code, said in notes:
        await _look(desk, rest, query, column, code, said)


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


async def _break_circles(desk: RunDesk, rest: Rest) -> None:
    async with desk.reading() as work:
        above = {k: manager async for k, manager in queries.managers_told(work, desk.run_id) if k and manager}
        asked: set[str] = set()
        ahead = sorted({manager for manager in above.values() if manager not in above})
        while ahead:
            asked.update(ahead)
            known: dict[str, str] = {}
            for at in range(0, len(ahead), CHUNK):
                known |= await queries.managers_known(work, desk.run_id, ahead[at : at + CHUNK])
            above |= known
            ahead = sorted({manager for manager in known.values() if manager not in above and manager not in asked})
    found = sorted(circles(above))
    for at in range(0, len(found), CHUNK):
        query = partial(queries.with_keys, keys=found[at : at + CHUNK])
        await _look(desk, rest, query, "manager", IssueCode.MANAGER_CYCLE, _circle)


async def _look(desk: RunDesk, rest: Rest, query: Query, column: str, code: IssueCode, said: Said) -> None:
    """Note one thing with every row that a query finds, 1,000 rows a transaction, in the order of the file."""
    number = 0
    while True:
        async with desk.working() as work:
            found = query(work, desk.run_id).where(StagedRow.number > number).order_by(StagedRow.number).limit(CHUNK)
            rows = (await work.session.execute(found)).all()
            await _note(work, [(row, Issue(row.number, column, code, said(fact))) for row, fact in rows])
        if len(rows) < CHUNK:
            return
        number = rows[-1][0].number
        await desk.progress("check", number)
        await rest()


async def _note(work: Work, noted: Iterable[tuple[StagedRow, Issue]]) -> None:
    values = []
    for row, issue in noted:
        document = asdict(issue)
        if document in row.issues:
            continue
        unknown = issue.code is IssueCode.MANAGER_UNKNOWN
        values.append(
            {
                "tenant_id": row.tenant_id,
                "id": row.id,
                "noted": True,
                "accepted": row.accepted and not issue.rejects,
                "issues": [*row.issues, document],
                "manager_key": None if unknown else row.manager_key,
                "values": {k: v for k, v in row.values.items() if not (unknown and k == "manager")},
            }
        )
    if values:
        await work.session.execute(update(StagedRow), values)


def _double(first: int) -> str:
    return f"Row {first} has the same external_id; keep one of them. Row {first} was taken."


def _not_yours(_person: UUID) -> str:
    return "You may not change this person where they are now; ask an admin of that unit."


def _circle(_key: str) -> str:
    return "Going up from manager to manager leads back to this person; correct one of the managers."


def _no_manager(manager: str) -> str:
    return f"Manager {manager!r} is neither in the file nor known; the manager was left as it is."


def _often(often: int) -> str:
    return f"{often} rows have this mail address; mail cannot tell them apart."


def _taken(other: str) -> str:
    return f"Person {other!r} has this mail address, too; mail cannot tell them apart."
