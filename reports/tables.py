"""Declares what a workbook holds: tables of columns, their totals, notes and charts."""

import re
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reports.cells import SUMMABLE, Kind, Row, column_letter, printable
from reports.charts import Chart, Tally, check_chart

_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key in each row, the title above it, the width in characters."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `totals`: keys of number columns summed in the row below it. `note`: a line under the table.

    `charts` are drawn on the workbook's sheet of charts.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row] | AsyncIterable[Row]
    totals: tuple[str, ...] = ()
    total_label: str = "Total"
    note: str = ""
    charts: tuple[Chart | Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a sheet: its name in the file, its rows, its totals as written."""

    title: str
    rows: int
    totals: Mapping[str, Decimal]


def check(sheet: Sheet) -> None:
    """Raises ValueError for keys that are missing, doubled, unknown, or not to be summed."""
    keys = [column.key for column in sheet.columns]
    if not keys or len(set(keys)) < len(keys):
        raise ValueError(f"sheet {sheet.title!r} needs columns, each with a key of its own")
    summable = {column.key for column in sheet.columns if column.kind in SUMMABLE}
    for key in sheet.totals:
        if key not in summable:
            raise ValueError(f"sheet {sheet.title!r} has no number column {key!r} to sum")
    for chart in sheet.charts:
        check_chart(sheet.title, chart, {column.key: column.kind for column in sheet.columns})


def table_range(sheet: Sheet, rows: int) -> str:
    """The range of header and rows."""
    return f"A1:{column_letter(len(sheet.columns))}{rows + 1}"


def sheet_titles(wanted: Iterable[str]) -> tuple[str, ...]:
    """Names that Excel accepts: 31 characters, no brackets, colon, star, slash or question mark, each name once."""
    taken: dict[str, str] = {}
    for title in wanted:
        base = printable(_NOT_IN_TITLES.sub(" ", title)).strip(" '")[:31] or "Sheet"
        base = "History " if base.casefold() == "history" else base  # Excel keeps that name for itself
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base[: 30 - len(str(number))]} {number}"
        taken[name.casefold()] = name
    return tuple(taken.values())
