"""Declares what a workbook holds: tables of columns, their totals, notes and charts."""

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reports.cells import SUMMABLE, Kind, Row, column_letter


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key in each row, the title above it, the width in characters."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 18


class ChartKind(StrEnum):
    BAR = "bar"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart right of the table: one series for each column key in `series`, over the column `categories`."""

    title: str
    categories: str
    series: tuple[str, ...]
    kind: ChartKind = ChartKind.BAR


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `totals`: keys of number columns summed in the row below it. `note`: a line under the table."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row] | AsyncIterable[Row]
    totals: tuple[str, ...] = ()
    total_label: str = "Total"
    note: str = ""
    charts: tuple[Chart, ...] = ()


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
    for key in (key for chart in sheet.charts for key in (chart.categories, *chart.series)):
        if key not in keys:
            raise ValueError(f"sheet {sheet.title!r} has no column {key!r} to draw")


def table_range(sheet: Sheet, rows: int) -> str:
    """The range of header and rows."""
    return f"A1:{column_letter(len(sheet.columns))}{rows + 1}"
