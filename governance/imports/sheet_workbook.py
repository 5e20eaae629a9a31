"""Reads an XLSX workbook in the child: checks the package before any parser sees it, then gives its first sheet."""

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine
from defusedxml import ElementTree

from governance.imports.sheet_parts import CHUNK, Issues, No, Numbered, index_of

_RATIO_MATTERS_FROM = 1 << 20
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ERROR_CELL = re.compile(rb"""<c\b([^>]*\bt=["']e["'][^>]*)>""")
_EMPTY_FORMULA = re.compile(rb"<c\b([^>]*)><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")


def check_package(path: Path, limits: dict[str, int]) -> None:
    """Check an XLSX before any parser sees it: its directory first, then every byte it unpacks to."""
    try:
        with zipfile.ZipFile(path) as package:
            check_directory(package.infolist(), limits)
            for entry in package.infolist():
                check_entry(package, entry)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as broken:
        raise No("NotASpreadsheet", reason=f"the workbook is damaged or protected ({broken})") from broken
    except ValueError as broken:
        raise No("NotASpreadsheet", reason="the workbook's directory is damaged") from broken


def check_directory(entries: list[zipfile.ZipInfo], limits: dict[str, int]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > limits["entries"]:
        raise No("FileTooLarge", what="entries", has=len(entries), limit=limits["entries"])
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise No("NotASpreadsheet", reason="it is an archive, but not an .xlsx workbook")
    if len(set(names)) < len(names):
        raise No("NotASpreadsheet", reason="the workbook holds two parts of one name")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise No(
            "NotASpreadsheet",
            reason="it links to other workbooks",
            remedy="Break the links (Data, Edit Links), save and upload it again.",
        )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits["unpacked_bytes"]:
        raise No("FileTooLarge", what="unpacked bytes", has=unpacked, limit=limits["unpacked_bytes"])
    for entry in entries:
        ratio = entry.file_size // max(entry.compress_size, 1)
        if entry.file_size > _RATIO_MATTERS_FROM and ratio > limits["ratio"]:
            raise No("FileTooLarge", what="compression ratio", has=ratio, limit=limits["ratio"])


def check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack the part once, counting: its size and checksum must be those promised, and XML must declare nothing."""
    is_xml = entry.filename.endswith((".xml", ".rels", ".vml"))
    before = b""
    seen = 0
    with package.open(entry) as part:
        while chunk := part.read(CHUNK):
            seen += len(chunk)
            if is_xml and (_DOCTYPE.search(before + chunk) or (seen == len(chunk) and b"\0" in chunk[:64])):
                raise No("NotASpreadsheet", reason="it declares a document type or entities")
            before = chunk[-8:]
    if seen != entry.file_size:
        raise No("NotASpreadsheet", reason="a part is larger or smaller than the workbook's directory says")


def workbook_rows(path: Path, limits: dict[str, int]) -> tuple[dict[str, Any], Iterator[Numbered]]:
    """The first visible sheet. Formulas give the value last calculated; nothing is ever calculated here."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        visible = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible
            and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        if not visible:
            raise No("NotASpreadsheet", reason="it has no visible sheet")
        sheet = book.get_sheet_by_name(visible[0])
    except python_calamine.CalamineError as broken:
        raise No("NotASpreadsheet", reason=f"the workbook cannot be read ({str(broken)[:200]})") from broken
    facts = {"kind": "xlsx", "sheet": visible[0], "sheets": visible, "encoding": None, "delimiter": None}
    if sheet.start is None or sheet.end is None:
        return facts, iter(())
    (top, left), (bottom, right) = sheet.start, sheet.end
    if bottom - top > limits["rows"]:
        raise No("TooManyRows", limit=limits["rows"])
    if right >= limits["columns"]:
        raise No("TooManyColumns", row=top + 1, has=right + 1, limit=limits["columns"])
    skipped = [None] * left
    grid = sheet.to_python(skip_empty_area=True)
    lost = lost_values(path, book.sheet_names.index(visible[0]))
    return facts, (
        (number, [*skipped, *map(plain, cells)], lost.get(number, [])) for number, cells in enumerate(grid, top + 1)
    )


def lost_values(path: Path, position: int) -> dict[int, Issues]:
    """Cells that the reader gives as blank although they are not: errors such as #N/A, formulas never calculated."""
    lost: dict[int, Issues] = {}
    with zipfile.ZipFile(path) as package:
        try:
            part = part_of(package, position)
        except (KeyError, IndexError, StopIteration, ElementTree.ParseError):
            return lost
        rest = b""
        with package.open(part) as stream:
            while chunk := stream.read(CHUNK):
                text = rest + chunk
                for attributes, code in lost_cells(text):
                    if place := _PLACE.search(attributes):
                        issue = code, index_of(place[1].decode())
                        row = lost.setdefault(int(place[2]), [])
                        if issue not in row:
                            row.append(issue)
                # A cell cut by the chunk is looked at again whole; what was found ends before it.
                rest = text[max(text.rfind(b"</c>") + 4, len(text) - CHUNK) :]
    return lost


def lost_cells(text: bytes) -> Iterator[tuple[bytes, str]]:
    for found in _ERROR_CELL.finditer(text):
        yield found[1], "ERROR_VALUE"
    for found in _EMPTY_FORMULA.finditer(text):
        yield found[1], "FORMULA_WITHOUT_VALUE"


def part_of(package: zipfile.ZipFile, position: int) -> str:
    """The name of the part that holds the sheet at that position. Raises KeyError, IndexError, ParseError."""
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
    wanted = next(value for name, value in sheets[position].items() if name.endswith("}id"))
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    target = {link.get("Id"): link.get("Target") for link in links}[wanted] or ""
    name = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return package.getinfo(name).filename


def plain(cell: object) -> object:
    """A cell as JSON can carry it; dates are tagged, whole numbers lose their '.0'."""
    if cell == "":
        return None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    if isinstance(cell, dt.datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    return cell
