"""Imports what measured lines consumed, by the verb of one reading; said again it corrects, and counts once."""

from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.entitlements.models import Consumption, Entitlement, MetricLine
from governance.entitlements.queries import visible_lines
from governance.entitlements.rules import MEASURED
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.imports.formats.columns import find_columns
from governance.imports.formats.consumption import COLUMNS, ReadingRow, read_reading
from governance.imports.rest import rest_for
from governance.imports.rules import ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.kernel.work import Work
from governance.runs.desk import RunDesk

OPTIONS = frozenset({"source"})
FILE = "file"
CHUNK = 500


@dataclass
class _List:
    """The readings by line, each subject and first day once, and what was wrong."""

    rows: int = 0
    rejected: int = 0
    readings: dict[UUID, dict[tuple[str, str, str, Any], ReadingRow]] = field(default_factory=lambda: defaultdict(dict))
    issues: list[Issue] = field(default_factory=list)

    def take(self, read: ReadingRow, lines: dict[tuple[str, str], MetricLine]) -> None:
        self.rows += 1
        line = lines.get((read.license, read.line))
        if not read.issues and (line is None or line.model not in MEASURED):
            said = f"{read.license[:40]!r} has no measured line {read.line[:40]!r} within reach."
            read.issues.append(Issue(read.number, "line", IssueCode.OUT_OF_REACH, said))
        if not read.issues and line is not None:
            first = self.readings[line.id].setdefault(read.key, read)
            if first is not read:
                said = f"Row {first.number} tells of the same subject and first day; that one was taken."
                read.issues.append(Issue(read.number, None, IssueCode.DUPLICATE, said))
        self.issues += read.issues
        self.rejected += bool(read.issues)


async def import_consumption(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take readings in, up to 500 of a line a transaction; each step is safe to repeat. Option: `source`, who says it.

    Answers an ImportOutcome as a document, with `consumed`: the units taken in of each line, by its codes. Raises
    SheetRefused, Refused.
    """
    async with desk.reading() as work:
        query = visible_lines(work).add_columns(Entitlement.code)
        lines = {(code, line.code): line for line, code in await work.session.execute(query)}
    listed, source = await _read(path, lines), str(desk.asked.get("source") or FILE)
    before = desk.resume_at or await _compared(desk, listed, source)
    if not desk.asked["dry_run"]:
        await desk.remember(before)
        rest, done = rest_for(desk.office.database), 0
        for line_id, rows in listed.readings.items():
            readings = [NewReading(r.quantity, r.first_day, r.last_day, r.subject) for r in rows.values()]
            for at in range(0, len(readings), CHUNK):
                command = RecordConsumption(line_id, source, tuple(readings[at : at + CHUNK]))
                async with desk.working() as work:
                    await record_consumption(work, command)
                done += len(command.readings)
                await desk.progress("merge", done, listed.rows)
                await rest()
    outcome = ImportOutcome(
        listed.rows, listed.rows - listed.rejected, listed.rejected, before["created"], before["updated"],
        before["unchanged"], bounded(listed.issues),
    )  # fmt: skip
    named = {line.id: "/".join(codes) for codes, line in lines.items()}
    consumed = {named[line_id]: sum(r.quantity for r in rows.values()) for line_id, rows in listed.readings.items()}
    return outcome.document() | {"source": source, "consumed": consumed}


async def _read(path: Path, lines: dict[tuple[str, str], MetricLine]) -> _List:
    listed = _List()
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        found = find_columns(COLUMNS, sheet.headers)
        for header in found.unknown:
            said = f"Column {header!r} is not known and was not read."
            listed.issues.append(Issue(1, header, IssueCode.UNKNOWN_COLUMN, said))
        async for row in rows:
            listed.take(read_reading(row, found.headers), lines)
    return listed


async def _compared(desk: RunDesk, listed: _List, source: str) -> dict[str, int]:
    """Count what is new, corrected and the same as it stands."""
    created = updated = same = 0
    async with desk.reading() as work:
        for line_id, rows in listed.readings.items():
            known = await _known(work, line_id, source)
            for row in rows.values():
                was = known.get((row.subject, row.first_day))
                created += was is None
                same += was == (row.quantity, row.last_day)
                updated += was is not None and was != (row.quantity, row.last_day)
    return {"created": created, "updated": updated, "unchanged": same}


async def _known(work: Work, line_id: UUID, source: str) -> dict[tuple[str, Any], tuple[int, Any]]:
    query = select(Consumption).where(
        Consumption.tenant_id == work.tenant_id, Consumption.line_id == line_id, Consumption.source == source,
        Consumption.superseded_at.is_(None),
    )  # fmt: skip
    rows = (await work.session.execute(query)).scalars()
    return {(row.subject, row.first_day): (row.quantity, row.last_day) for row in rows}
