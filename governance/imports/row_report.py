"""The report of an import, row by row: what became of each, and of a refused one every field with what it needs."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from sqlalchemy import Select, select

from governance.imports.models import ImportRow, ImportUndone
from governance.kernel.work import Work
from governance.runs.models import Run
from governance.runs.queries import run, visible_runs

AT_ONCE = 1_000
HEADS = ("row", "name", "outcome", "field", "has", "needs", "subject_type", "subject_id", "version_after")


def visible_import_rows(work: Work) -> Select[ImportRow]:
    """Give the rows of imports whose runs are within reach."""
    runs = visible_runs(work).with_only_columns(Run.id)
    return select(ImportRow).where(ImportRow.tenant_id == work.tenant_id, ImportRow.run_id.in_(runs))


def visible_undone(work: Work) -> Select[ImportUndone]:
    """Give the undos of imports whose runs are within reach."""
    runs = visible_runs(work).with_only_columns(Run.id)
    return select(ImportUndone).where(ImportUndone.tenant_id == work.tenant_id, ImportUndone.run_id.in_(runs))


async def report_lines(work: Work, run_id: UUID) -> AsyncIterator[str]:
    """Give the report as CSV, a line for each row and, of a refused one, for each problem. Raises NotFound."""
    await run(work, run_id)
    yield _line(HEADS)
    number = 0
    while True:
        query = visible_import_rows(work).where(ImportRow.run_id == run_id, ImportRow.number > number)
        rows = (await work.session.execute(query.order_by(ImportRow.number).limit(AT_ONCE))).scalars().all()
        if not rows:
            return
        yield "".join(_line(each) for row in rows for each in _lines(row))
        number = rows[-1].number


def _lines(row: ImportRow) -> Iterator[tuple[object, ...]]:
    after = (row.subject_type or "", row.subject_id or "", "" if row.version_after is None else row.version_after)
    for each in row.problems or [{"field": "", "has": "", "needs": ""}]:
        yield (row.number, row.name or "", row.outcome.value, each["field"], each["has"], each["needs"], *after)


def _line(cells: tuple[object, ...]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(_harmless(str(cell)) for cell in cells)
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    """A text that a spreadsheet shows and does not run."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
