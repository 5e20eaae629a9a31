"""Writes the workbook people asked for: a cover, then tables with frozen headers, filters, totals and charts.

The only file that knows openpyxl. openpyxl makes everything but the rows: styles, widths, filters, charts, the package
around them. The rows are streamed as XML into the zip under the style ids that openpyxl registered, for small sheets
as for large ones: memory stays flat, and there is one way to be right. Two saves of one input are the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports.cells import Kind as Kind
from reports.cells import Row as Row
from reports.cells import Value as Value
from reports.cells import column_letter, kind_of, printable, text_cell, value_cell
from reports.files import replacing
from reports.rows import MAX_ROWS as MAX_ROWS
from reports.rows import batches, closing
from reports.tables import Chart as Chart
from reports.tables import ChartKind as ChartKind
from reports.tables import Column as Column
from reports.tables import Sheet as Sheet
from reports.tables import Written as Written
from reports.tables import check, table_range

_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_FILTER = re.compile(rb'(<autoFilter ref=")[^"]*')
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_SHEET_DATA = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


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

    async def save(self, path: Path) -> tuple[Written, ...]:
        """Write to a temporary file beside `path`, then put it in its place at once; on failure nothing is left.

        Raises ValueError for more than MAX_ROWS rows, a naive instant, a duplicate or unknown column key.
        """
        for sheet in self.sheets:
            check(sheet)
        with replacing(path) as file:
            return await self._write(file)

    async def _write(self, file: io.BufferedRandom) -> tuple[Written, ...]:
        titles = _sheet_titles((self.cover_title, *(sheet.title for sheet in self.sheets)))
        before = _Skeleton(self, titles, [0] * len(self.sheets))
        written: list[Written] = []
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for index, sheet in enumerate(self.sheets):
                head, tail = before.frame(index + 2)
                with package.open(_entry(f"xl/worksheets/sheet{index + 2}.xml"), "w") as part:
                    part.write(head)
                    rows, totals = 0, dict.fromkeys(sheet.totals, Decimal(0))
                    async for batch, count in batches(sheet, before.styles, totals):
                        part.write(batch)
                        rows = count
                    part.write(closing(sheet, before.styles, rows, totals))
                    part.write(_FILTER.sub(rb"\g<1>" + table_range(sheet, rows).encode(), tail))
                written.append(Written(titles[index + 1], rows, totals))
            after = _Skeleton(self, titles, [one.rows for one in written])
            head, tail = after.frame(1)
            package.writestr(
                _entry("xl/worksheets/sheet1.xml"), head + _cover(self.title, self.cover(), after.styles) + tail
            )
            for name, content in after.others():
                package.writestr(_entry(name), content)
        return tuple(written)


def _entry(name: str) -> zipfile.ZipInfo:
    """A part of the package that does not say when it was written."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


class _Skeleton:
    """The package as openpyxl makes it, without rows; `counts` are the rows that each table will have."""

    def __init__(self, workbook: Workbook, titles: tuple[str, ...], counts: list[int]) -> None:
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
        for sheet, title, rows in zip(workbook.sheets, titles[1:], counts, strict=True):
            _lay_out(book.create_sheet(title), sheet, rows)
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
    places = {column.key: number for number, column in enumerate(sheet.columns, start=1)}
    for column in sheet.columns:
        page.column_dimensions[column_letter(places[column.key])].width = column.width
    for number, chart in enumerate(sheet.charts):
        drawing = BarChart() if chart.kind is ChartKind.BAR else LineChart()
        drawing.title = chart.title
        drawing.width, drawing.height = 20, 10
        drawing.x_axis.delete = drawing.y_axis.delete = False
        last = max(rows, 1) + 1
        for key in chart.series:
            drawing.add_data(Reference(page, places[key], 1, places[key], last), titles_from_data=True)
        drawing.set_categories(Reference(page, places[chart.categories], 2, places[chart.categories], last))
        page.add_chart(drawing, f"{column_letter(len(sheet.columns) + 2)}{2 + number * 22}")


def _sheet_titles(wanted: Iterable[str]) -> tuple[str, ...]:
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


def _cover(title: str, facts: Iterable[tuple[str, Value]], styles: Mapping[str, int]) -> bytes:
    xml = [f'<row r="1" ht="28" customHeight="1">{text_cell("A1", title, styles["title"])}</row>']
    for number, (label, value) in enumerate(facts, start=3):
        kind = kind_of(value)
        said = f"{label} (UTC)" if kind is Kind.INSTANT else label
        cells = text_cell(f"A{number}", said, styles["label"]) + value_cell(f"B{number}", value, kind, styles)
        xml.append(f'<row r="{number}">{cells}</row>')
    return "".join(xml).encode()
