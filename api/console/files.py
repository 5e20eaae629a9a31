"""A list as a CSV file: the same rows and columns as its page, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from api.console.cells import plain
from api.console.context import Context, Query
from api.console.declare import TablePage

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
NUMERIC: Final = frozenset({"number", "money", "percent", "balance"})
PAGE: Final = 500
MOST_PAGES: Final = 400


def harmless(cell: str) -> str:
    """A text that a spreadsheet shows and does not run."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def line(cells: list[str]) -> str:
    """One record of RFC 4180."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()


async def csv_lines(ctx: Context, page: TablePage, query: Query) -> AsyncIterator[str]:
    """Header and every row of the view, page by page; at most 200,000 rows."""
    columns = [column for column in page.columns if column.kind != "svg"]
    yield "\ufeff" + line([harmless(ctx.text(column.label) if column.label else column.key) for column in columns])
    asked = replace(query, after=None, before=None, size=PAGE)
    for _ in range(MOST_PAGES):
        rows = await page.rows(ctx, asked)
        yield "".join(
            line(
                [
                    cell if column.kind in NUMERIC else harmless(cell)
                    for column, cell in ((column, plain(ctx, column, row)) for column in columns)
                ]
            )
            for row in rows.items
        )
        if not rows.next:
            return
        asked = replace(asked, after=rows.next)
