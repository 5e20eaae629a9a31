"""Brings a file's rows beside the directory, each with its issues, before anything is changed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from governance.directory.rules import same_mail
from governance.imports import queries
from governance.imports.formats.columns import Found, find_columns
from governance.imports.formats.people import COLUMNS, PersonCells, read_person
from governance.imports.models import StagedRow
from governance.imports.rest import Rest
from governance.imports.rules import CHUNK, Issue, IssueCode
from governance.imports.sheet import Row, open_sheet
from governance.imports.units import ImportRange, UnitBook, import_range, open_unit_book
from governance.kernel.errors import Refused
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action


async def stage_people(desk: RunDesk, path: Path, rest: Rest) -> list[Issue]:
    """Stage every row of a file of people, 1,000 a transaction, going on after the last one that is there.

    Gives the issues of the file as a whole. Raises SheetRefused, Refused.
    """
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(COLUMNS, sheet.headers)
        staged = 0
        async for chunk in chunks(rows):
            async with desk.working() as work:
                await _stage(work, desk.run_id, chunk, found)
            staged += len(chunk)
            await desk.progress("read", staged)
            await rest()
    return [
        Issue(1, header, IssueCode.UNKNOWN_COLUMN, f"Column {header!r} is not known and was not read.")
        for header in found.unknown
    ]


async def chunks(rows: AsyncIterator[Row]) -> AsyncIterator[list[Row]]:
    """Take rows together by the thousand."""
    chunk: list[Row] = []
    async for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _stage(work: Work, run_id: UUID, chunk: Sequence[Row], found: Found) -> None:
    last = await queries.last_number(work, run_id)
    fresh = [row for row in chunk if row.number > last]
    if not fresh:
        return
    held = await import_range(work)
    if held.is_nothing:
        raise Refused(Action.PERSON_IMPORT)
    book = await open_unit_book(work)
    values = [_staged(work, run_id, read_person(row, found.headers), found, book, held) for row in fresh]
    await work.session.execute(insert(StagedRow), values)


def _staged(
    work: Work, run_id: UUID, cells: PersonCells, found: Found, book: UnitBook, held: ImportRange
) -> dict[str, Any]:
    unit_id = _unit(cells, found, book, held)
    mail = cells.values.get("mail")
    return {
        "tenant_id": work.tenant_id,
        "id": work.new_id(),
        "run_id": run_id,
        "number": cells.number,
        "accepted": cells.accepted,
        "noted": bool(cells.issues),
        "key": cells.values.get("external_id"),
        "mail_key": same_mail(mail) if mail else None,
        "manager_key": cells.values.get("manager"),
        "unit_id": unit_id,
        "values": cells.values,
        "issues": [asdict(issue) for issue in cells.issues],
    }


def _unit(cells: PersonCells, found: Found, book: UnitBook, held: ImportRange) -> UUID | None:
    """Find the row's unit; one that is not there, or not the importer's, is an issue of the row."""
    text = cells.values.get("unit")
    if text is None:
        return None
    header = found.headers["unit"]
    unit_id = book.find(text)
    if unit_id is None:
        said = f"There is no unit {text!r}; {book.nearest(text)}"
        cells.issues.append(Issue(cells.number, header, IssueCode.UNKNOWN_UNIT, said))
    elif not held.holds(unit_id, cells.values.get("country") or ""):
        said = f"You may not import people into {text!r}; ask an admin of that unit."
        cells.issues.append(Issue(cells.number, header, IssueCode.OUT_OF_REACH, said))
    return unit_id
