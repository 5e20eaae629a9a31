"""A list or a table as a CSV file: the same rows and columns as its page, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from api.console.cells import plain
from api.console.charts import ChartCard
from api.console.context import Context, Query
from api.console.controls import Column
from api.console.declare import Detail, TablePage
from api.console.parts import Panel, Part, Split, Table

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
    yield _head(ctx, page.columns)
    asked = replace(query, after=None, before=None, size=PAGE)
    for _ in range(MOST_PAGES):
        rows = await page.rows(ctx, asked)
        yield _body(ctx, page.columns, rows.items)
        if not rows.next:
            return
        asked = replace(asked, after=rows.next)


def tables_of(detail: Detail) -> dict[str, Table]:
    """Every table of an object's page by its name."""
    return named_tables((*detail.parts, *detail.side, *detail.under_tabs))


def named_tables(parts: Sequence[Part]) -> dict[str, Table]:
    """Every table in these parts by its name: its own, else `table-N` by its place, N from 1."""
    return {table.ident or f"table-{index}": table for index, table in enumerate(_tables(parts), 1)}


def _tables(parts: Sequence[Part]) -> Iterator[Table]:
    for part in parts:
        match part:
            case Table():
                yield part
            case ChartCard():
                yield part.table
            case Panel():
                yield from _tables(part.parts)
            case Split():
                for column in part.columns:
                    yield from _tables(column)


def table_csv(ctx: Context, table: Table) -> str:
    """One table of a page as a file."""
    return _head(ctx, table.columns) + _body(ctx, table.columns, table.rows)


def _head(ctx: Context, columns: Sequence[Column]) -> str:
    shown = [column for column in columns if column.kind != "svg"]
    return "\ufeff" + line([harmless(_titled(ctx, column)) for column in shown])


def _titled(ctx: Context, column: Column) -> str:
    """The head of a column; one of percents names its unit, since its cells are bare numbers."""
    title = ctx.text(column.label) if column.label else column.key
    return f"{title} (%)" if column.kind == "percent" and "%" not in title else title


def _body(ctx: Context, columns: Sequence[Column], rows: Sequence[Any]) -> str:
    shown = [column for column in columns if column.kind != "svg"]
    return "".join(
        line(
            [
                cell if column.kind in NUMERIC else harmless(cell)
                for column, cell in ((column, plain(ctx, column, row)) for column in shown)
            ]
        )
        for row in rows
    )
