"""Writes the workbook people asked for: a cover, then tables with frozen headers, filters, totals and charts.

Charts are native and stand on a sheet of their own, the last one; how a report declares them says reports/charts.py.

The only file that knows openpyxl. openpyxl makes everything but the rows: styles, widths, filters, charts, the package
around them. The rows are streamed as XML into the zip under the style ids that openpyxl registered, for small sheets
as for large ones: memory stays flat, and there is one way to be right. Two saves of one input are the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import openpyxl
from openpyxl.chart import BarChart, LineChart, Reference, ScatterChart
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.colors import ColorChoice
from openpyxl.drawing.fill import PatternFillProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.cells import Kind as Kind
from reports.cells import Row as Row
from reports.cells import Value as Value
from reports.cells import column_letter, printable
from reports.charts import Chart as Chart
from reports.charts import ChartKind as ChartKind
from reports.charts import Measure as Measure
from reports.charts import Summed, tallied
from reports.charts import Tally as Tally
from reports.drawn import LEFT_OF_CHARTS, Drawn, chart_cells, laid_out
from reports.files import replacing
from reports.rows import MAX_ROWS as MAX_ROWS
from reports.rows import batches, closing, cover_cells
from reports.tables import Column as Column
from reports.tables import Sheet as Sheet
from reports.tables import Written as Written
from reports.tables import check, sheet_titles, table_range

_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_FILTER = re.compile(rb'(<autoFilter ref=")[^"]*')
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_SHEET_DATA = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
# Four series, told apart without their color: full, striped one way, dotted, striped the other way.
_INKS = ("3A4BC2", "8C97DE", "5B6770", "9E3300")
_PATTERNS: Final[tuple[Literal["wdUpDiag", "pct25", "wdDnDiag"] | None, ...]] = (None, "wdUpDiag", "pct25", "wdDnDiag")
_DASHES: Final = ("solid", "dash", "sysDot", "dashDot")


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook to be written. `cover` is asked last, so that it can state counts and hashes of the rows written.

    `created` (aware) stands in the file's properties; nothing else in the file depends on the time of writing.
    """

    title: str
    cover: Callable[[], Iterable[tuple[str, Value]]]
    sheets: tuple[Sheet, ...]
    created: datetime
    creator: str = "Lictor"
    cover_title: str = "Cover"
    charts_title: str = "Charts"

    async def save(self, path: Path) -> tuple[Written, ...]:
        """Write to a temporary file beside `path`, then put it in its place at once; on failure nothing is left.

        Raises ValueError for more than MAX_ROWS rows, a naive instant, a duplicate or unknown column key.
        """
        for sheet in self.sheets:
            check(sheet)
        with replacing(path) as file:
            return await self._write(file)

    async def _write(self, file: io.BufferedRandom) -> tuple[Written, ...]:
        drawing = any(sheet.charts for sheet in self.sheets)
        names = (self.cover_title, *(sheet.title for sheet in self.sheets), *([self.charts_title] if drawing else []))
        titles = sheet_titles(names)
        before = _Skeleton(self, titles, [0] * len(self.sheets))
        summed = {
            number: tuple(Summed(chart) for chart in sheet.charts if isinstance(chart, Tally))
            for number, sheet in enumerate(self.sheets)
        }
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            written = tuple(
                [
                    await _stream(package, sheet, (titles[number + 1], number + 2), before, summed[number])
                    for number, sheet in enumerate(self.sheets)
                ]
            )
            counts = [one.rows for one in written]
            drawn = laid_out(self.sheets, titles[1:], counts, summed) if drawing else ()
            self._close(package, _Skeleton(self, titles, counts, drawn), drawn)
        return written

    def _close(self, package: zipfile.ZipFile, after: "_Skeleton", drawn: tuple[Drawn, ...]) -> None:
        """Write what tells of the rows, and everything that is no sheet."""
        sheets = {1: cover_cells(self.title, self.cover(), after.styles)}
        if drawn:
            sheets[len(self.sheets) + 2] = chart_cells(drawn, after.styles)
        for number, cells in sheets.items():
            head, tail = after.frame(number)
            package.writestr(_entry(_part(number)), head + cells + tail)
        for name, content in after.others():
            package.writestr(_entry(name), content)


async def _stream(
    package: zipfile.ZipFile, sheet: Sheet, named: tuple[str, int], frame: "_Skeleton", sums: tuple[Summed, ...]
) -> Written:
    """Write one table, its rows as they come, under its title and number."""
    title, number = named
    watched = replace(sheet, rows=tallied(sheet.rows, sums)) if sums else sheet
    head, tail = frame.frame(number)
    rows, totals = 0, dict.fromkeys(sheet.totals, Decimal(0))
    with package.open(_entry(_part(number)), "w") as part:
        part.write(head)
        async for batch, count in batches(watched, frame.styles, totals):
            part.write(batch)
            rows = count
        part.write(closing(sheet, frame.styles, rows, totals))
        part.write(_FILTER.sub(rb"\g<1>" + table_range(sheet, rows).encode(), tail))
    return Written(title, rows, totals)


def _part(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _entry(name: str) -> zipfile.ZipInfo:
    """A part of the package that does not say when it was written."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


class _Skeleton:
    """The package as openpyxl makes it, without rows; `counts` are the rows that each table will have."""

    def __init__(
        self, workbook: Workbook, titles: tuple[str, ...], counts: list[int], drawn: tuple[Drawn, ...] = ()
    ) -> None:
        book = openpyxl.Workbook()
        book.properties.creator = workbook.creator
        book.properties.title = printable(workbook.title)
        created = workbook.created.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        book.properties.created = created
        cover: Worksheet = book.worksheets[0]
        cover.title = titles[0]
        cover.column_dimensions["A"].width = 32
        cover.column_dimensions["B"].width = 80
        cover.sheet_view.showGridLines = False
        self.styles = _styles(cover)
        for number, sheet in enumerate(workbook.sheets):
            _lay_out(book.create_sheet(titles[number + 1]), sheet, counts[number])
        if drawn:
            _draw_all(book.create_sheet(titles[-1]), book, drawn)
        buffer = io.BytesIO()
        book.save(buffer)
        with zipfile.ZipFile(buffer) as package:
            self._parts = {name: package.read(name) for name in package.namelist()}
        stamp = rb"\g<1>" + created.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        self._parts["docProps/core.xml"] = _MODIFIED.sub(stamp, self._parts["docProps/core.xml"])

    def frame(self, number: int) -> tuple[bytes, bytes]:
        """What stands before and after the rows of a sheet."""
        xml = _DIMENSION.sub(b"", self._parts[f"xl/worksheets/sheet{number}.xml"])
        head, tail = _SHEET_DATA.split(xml)
        return head + b"<sheetData>", b"</sheetData>" + tail

    def others(self) -> Iterator[tuple[str, bytes]]:
        """Every part that is no sheet."""
        return ((name, body) for name, body in self._parts.items() if not name.startswith("xl/worksheets/sheet"))


def _styles(scratch: Worksheet) -> dict[str, int]:
    """Register every style with openpyxl and give its id by name."""
    ids: dict[str, int] = {}
    for name, look in _looks().items():
        cell = scratch.cell(row=1, column=len(ids) + 1)
        for attribute, value in look.items():
            setattr(cell, attribute, value)
        ids[name] = cell.style_id
    return ids


def _looks() -> dict[str, dict[str, object]]:
    """Describe every style by name, as attributes of a cell."""
    line = Side(style="thin", color="B8C2CC")
    ink = Font(name="Calibri", size=11)
    bold = Font(name="Calibri", size=11, bold=True)
    formats = {
        Kind.INTEGER: "#,##0",
        Kind.DECIMAL: "#,##0.00####",
        Kind.MONEY: "#,##0.00",
        Kind.DATE: "yyyy-mm-dd",
        Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
        Kind.PERCENT: "0.0%",
    }
    looks: dict[str, dict[str, object]] = {kind.value: {"font": ink} for kind in Kind}
    looks |= {f"total-{kind.value}": {"font": bold, "border": Border(top=line)} for kind in Kind}
    for kind, number_format in formats.items():
        looks[kind.value]["number_format"] = number_format
        looks[f"total-{kind.value}"]["number_format"] = number_format
    looks["guarded"] = {"font": ink, "quotePrefix": True}
    fill = PatternFill("solid", fgColor="1F3A5F")
    looks["header"] = {
        "font": Font(name="Calibri", size=11, bold=True, color="FFFFFF"),
        "fill": fill,
        "alignment": Alignment(vertical="center", wrap_text=True),
        "quotePrefix": True,
    }
    looks["title"] = {"font": Font(name="Calibri", size=18, bold=True), "quotePrefix": True}
    looks["label"] = {"font": bold, "quotePrefix": True}
    looks["note"] = {"font": Font(name="Calibri", size=10, italic=True, color="5B6770"), "quotePrefix": True}
    tones = {"good": ("1E6B3A", "DDF3E4"), "warn": ("7A4B00", "FFF0CF"), "bad": ("8A1C1C", "FBDDDD")}
    for tone, (color, ground) in tones.items():
        looks[tone] = {
            "font": Font(name="Calibri", size=11, bold=True, color=color),
            "fill": PatternFill("solid", fgColor=ground),
        }
    return looks


def _lay_out(page: Worksheet, sheet: Sheet, rows: int) -> None:
    page.freeze_panes = "A2"
    page.auto_filter.ref = table_range(sheet, rows)
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = "1:1"
    for number, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[column_letter(number)].width = column.width


def _draw_all(page: Worksheet, book: openpyxl.Workbook, drawn: tuple[Drawn, ...]) -> None:
    page.sheet_view.showGridLines = False
    for letter, width in zip("ABCDE", (32, 14, 14, 14, 14), strict=True):
        page.column_dimensions[letter].width = width
    for each in drawn:
        page.add_chart(_chart(book[each.cells.sheet], each), f"{column_letter(LEFT_OF_CHARTS)}{each.at}")


def _chart(page: Worksheet, drawn: Drawn) -> BarChart | LineChart | ScatterChart:
    cells = drawn.cells
    chart: BarChart | LineChart | ScatterChart
    if drawn.kind is ChartKind.STEP:
        chart = ScatterChart(scatterStyle="lineMarker")
    elif drawn.kind is ChartKind.LINE:
        chart = LineChart()
    else:
        chart = BarChart(barDir="bar" if drawn.across else "col", gapWidth=60)
        if drawn.across:
            chart.x_axis.scaling.orientation = "maxMin"  # the first row at the top
        if drawn.kind is ChartKind.STACKED:
            chart.grouping, chart.overlap = "stacked", 100
    categories = Reference(page, drawn.categories, cells.top + 1, drawn.categories, cells.bottom)
    for place, column in enumerate(drawn.series):
        values = Reference(page, column, cells.top, column, cells.bottom)
        chart.series.append(_series(values, categories, drawn.kind, place))
    if drawn.kind is not ChartKind.STEP:
        chart.set_categories(categories)
    chart.title, chart.width, chart.height = printable(drawn.title), 22, 11
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.legend = Legend(legendPos="b")
    return chart


def _series(values: Reference, categories: Reference, kind: ChartKind, place: int) -> Series:
    ink = _INKS[place]
    series: Series = SeriesFactory(values, categories if kind is ChartKind.STEP else None, title_from_data=True)
    if kind in {ChartKind.STEP, ChartKind.LINE}:
        line = LineProperties(solidFill=ink, prstDash=_DASHES[place], w=28_000)
        series.graphicalProperties = GraphicalProperties(ln=line)
        series.marker, series.smooth = Marker(symbol="none"), False
        return series
    look = GraphicalProperties(solidFill=ink)
    if pattern := _PATTERNS[place]:
        fill = PatternFillProperties(prst=pattern, fgClr=_color(ink), bgClr=_color("FFFFFF"))
        look = GraphicalProperties(pattFill=fill, ln=LineProperties(solidFill=ink, w=9_000))
    series.graphicalProperties, series.invertIfNegative = look, False
    return series


def _color(rgb: str) -> ColorChoice:
    (choice := ColorChoice()).RGB = rgb
    return choice
