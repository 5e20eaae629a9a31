"""Declares the native charts of a workbook, and sums what they draw while the rows pass.

A report declares its charts on its table, in one of two ways; XLSX draws them on a sheet of their own, CSV and JSONL
carry the rows alone:

    Chart("Cost by month", "month", ("used", "unused"), ChartKind.STACKED)
        each row is a point: the chart reads the columns of the table itself. For tables of few rows, such as a period
        a row.

    Tally("Findings by check and severity", "check", (Measure("High", lambda row: row["severity"] == "HIGH"), ...))
        rows of one category are summed on their way into the table; the sums stand beside the chart, and the chart
        reads those cells. For tables of any length. Categories beyond `most`, the smallest ones, become `rest`.

The title says the thing ("Seats occupied, unassigned and over, by license"); of a tally it may be a function of the
sums over all rows, one a measure. At most four series, told apart by pattern or dash as well as by color.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from reports.cells import Kind, Row, Value, as_number

MOST_SERIES = 4
MOST_CATEGORIES = 20


class ChartKind(StrEnum):
    """BAR: side by side. STACKED: parts of a whole. LINE: over equal steps. STEP: a tally holds until the next one.

    STEP needs a tally whose categories are numbers.
    """

    BAR = "bar"
    STACKED = "stacked"
    LINE = "line"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart of the table's own cells: one series for each column in `series`, over those of `categories`."""

    title: str
    categories: str
    series: tuple[str, ...]
    kind: ChartKind = ChartKind.BAR


@dataclass(frozen=True, slots=True)
class Measure:
    """One series of a tally: its name, and what a row adds to it (a truth adds 1, None nothing)."""

    title: str
    of: Callable[[Row], Value]


@dataclass(frozen=True, slots=True)
class Tally:
    """A native chart of the sums over rows of one category, the largest first; `ordered`: by category instead.

    `kind_of_sums` is how the sums are written: seats, findings and people INTEGER, amounts MONEY.
    """

    title: str | Callable[[tuple[Decimal, ...]], str]
    categories: str
    series: tuple[Measure, ...]
    kind: ChartKind = ChartKind.BAR
    ordered: bool = False
    most: int = MOST_CATEGORIES
    rest: str = "…"
    kind_of_sums: Kind = Kind.INTEGER


@dataclass(slots=True)
class Summed:
    """What a tally's rows come to so far."""

    tally: Tally
    sums: dict[Value, list[Decimal]] = field(default_factory=dict)

    def see(self, row: Row) -> None:
        parts = self.sums.setdefault(row[self.tally.categories], [Decimal(0)] * len(self.tally.series))
        for place, measure in enumerate(self.tally.series):
            parts[place] += as_number(measure.of(row))

    @property
    def title(self) -> str:
        """Say the thing, with the sums over all rows where the report wants them in it."""
        said = self.tally.title
        if isinstance(said, str):
            return said
        return said(tuple(sum(column, Decimal(0)) for column in zip(*self._parts(), strict=True)))

    def points(self) -> tuple[tuple[Value, ...], ...]:
        """Give the rows beside the chart: a category and its sums, each. A STEP has a row for either end of a step."""
        tally = self.tally
        steps = tally.kind is ChartKind.STEP
        if tally.ordered or steps or tally.kind is ChartKind.LINE:
            found = sorted(self.sums.items(), key=lambda one: _by_category(one[0]))
            return tuple(_corners(found) if steps else ((name, *parts) for name, parts in found))
        found = sorted(self.sums.items(), key=lambda one: (-sum(map(abs, one[1])), _by_category(one[0])))
        small = found[tally.most :]
        shown = [(name, *parts) for name, parts in found[: tally.most]]
        if small:
            sums = [sum(column, Decimal(0)) for column in zip(*(parts for _, parts in small), strict=True)]
            shown.append((f"{tally.rest} ({len(small)})", *sums))
        return tuple(shown)

    def _parts(self) -> Iterable[list[Decimal]]:
        return self.sums.values() or ([Decimal(0)] * len(self.tally.series),)


async def tallied(rows: Iterable[Row] | AsyncIterable[Row], sums: tuple[Summed, ...]) -> AsyncIterator[Row]:
    """Give the same rows, summed on their way."""
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            for each in sums:
                each.see(row)
            yield row
    else:
        for row in rows:
            for each in sums:
                each.see(row)
            yield row


def check_chart(sheet: str, chart: Chart | Tally, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError for a chart of no series, of more than four, or of columns that the table has not."""
    if not 1 <= len(chart.series) <= MOST_SERIES:
        raise ValueError(f"sheet {sheet!r}: {len(chart.series)} series drawn, a chart has one to {MOST_SERIES}")
    named = chart.series if isinstance(chart, Chart) else ()
    for key in (chart.categories, *named):
        if key not in kinds:
            raise ValueError(f"sheet {sheet!r} has no column {key!r} to draw")
    if chart.kind is ChartKind.STEP and isinstance(chart, Chart):
        raise ValueError(f"sheet {sheet!r}: steps are drawn of a tally, not of the table's own cells")


def _by_category(value: Value) -> tuple[bool, bool, Value]:
    """Order numbers and days by size, texts by the alphabet, nothing last; kinds do not mix within a column."""
    return value is None, isinstance(value, str), value.casefold() if isinstance(value, str) else value or 0


def _corners(found: list[tuple[Value, list[Decimal]]]) -> Iterator[tuple[Value, ...]]:
    before: list[Decimal] | None = None
    for at, parts in found:
        if before is not None:
            yield (at, *before)
        yield (at, *parts)
        before = parts
