"""Lays out the sheet of charts: under each other, what each one draws at its left where it draws sums."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.cells import Value, column_letter, kind_of, text_cell, value_cell
from reports.charts import Chart, ChartKind, Summed
from reports.tables import Sheet

CHART_ROWS = 24  # a chart of 10 cm and a line below it
LEFT_OF_CHARTS = 6  # a category, four series, a gap


@dataclass(frozen=True, slots=True)
class Cells:
    """What a chart draws: the names of its series stand in row `top` of a sheet, its numbers below to `bottom`."""

    sheet: str
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One chart in its place: `at` is its first row, `categories` and `series` are columns of `cells` by number."""

    title: str
    kind: ChartKind
    across: bool
    at: int
    cells: Cells
    categories: int
    series: tuple[int, ...]
    summed: Summed | None

    @property
    def rows(self) -> int:
        """Give the rows it takes."""
        return CHART_ROWS if self.summed is None else max(CHART_ROWS, self.cells.bottom - self.at + 2)


def laid_out(
    sheets: Sequence[Sheet], titles: Sequence[str], counts: Sequence[int], summed: Mapping[int, tuple[Summed, ...]]
) -> tuple[Drawn, ...]:
    """Give every chart its place on the sheet of charts, the last of `titles`; each sheet has written `counts` rows."""
    drawn: list[Drawn] = []
    at = 1
    for number, sheet in enumerate(sheets):
        sums = iter(summed[number])
        for chart in sheet.charts:
            if isinstance(chart, Chart):
                drawn.append(_of_columns(chart, sheet, Cells(titles[number], 1, max(counts[number], 1) + 1), at))
            else:
                drawn.append(_of_sums(next(sums), titles[-1], at))
            at += drawn[-1].rows
    return tuple(drawn)


def chart_cells(drawn: Sequence[Drawn], styles: Mapping[str, int]) -> bytes:
    """Give the cells of the sheet of charts: each title, and below it the sums that are drawn."""
    return "".join(xml for each in drawn for xml in _cells(each, styles)).encode()


def _of_columns(chart: Chart, sheet: Sheet, cells: Cells, at: int) -> Drawn:
    places = {column.key: number for number, column in enumerate(sheet.columns, start=1)}
    series = tuple(places[key] for key in chart.series)
    return Drawn(chart.title, chart.kind, False, at, cells, places[chart.categories], series, None)


def _of_sums(summed: Summed, sheet: str, at: int) -> Drawn:
    tally = summed.tally
    cells = Cells(sheet, at + 1, at + 1 + max(len(summed.points()), 1))
    across = not tally.ordered  # names are read more easily beside their bars than below them
    return Drawn(summed.title, tally.kind, across, at, cells, 1, tuple(range(2, 2 + len(tally.series))), summed)


def _cells(drawn: Drawn, styles: Mapping[str, int]) -> Iterator[str]:
    yield f'<row r="{drawn.at}">{text_cell(f"A{drawn.at}", drawn.title, styles["label"])}</row>'
    if drawn.summed is None:
        return
    tally, top = drawn.summed.tally, drawn.cells.top
    headers = ("", *(measure.title for measure in tally.series))
    heads = (
        text_cell(f"{column_letter(place)}{top}", name, styles["header"]) for place, name in enumerate(headers, start=1)
    )
    yield f'<row r="{top}">{"".join(heads)}</row>'
    for number, (category, *sums) in enumerate(drawn.summed.points(), start=top + 1):
        cells = [_category(f"A{number}", category, styles)]
        cells += (
            value_cell(f"{column_letter(place)}{number}", value, tally.kind_of_sums, styles)
            for place, value in enumerate(sums, start=2)
        )
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _category(address: str, value: Value, styles: Mapping[str, int]) -> str:
    if value is None:
        return text_cell(address, "–", styles["text"])
    return value_cell(address, value, kind_of(value), styles)
