"""Reads one uploaded file in a process of its own, which may crash, starve or be killed without harm to anybody else.

It stands alone (standard library and calamine only), so that it starts fast and holds no secret: it knows a path and
limits, and writes one JSON value a line to standard output: facts, headers, rows, and at last "end" or "refused".
"""

import csv
import datetime as dt
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import python_calamine

_CHUNK = 1 << 20
_RATIO_MATTERS_FROM = 1 << 20
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_MAGIC = {
    b"%PDF": "it is a PDF",
    b"\x89PNG": "it is a picture",
    b"\xff\xd8\xff": "it is a picture",
    b"GIF8": "it is a picture",
    b"\x7fELF": "it is a program",
    b"\x1f\x8b": "it is a gzip archive",
    b"\xd0\xcf\x11\xe0": "it is an old Excel file (.xls) or is protected by a password",
    b"{\\rtf": "it is a text document",
    b"<?xml": "it is XML",
    b"<!DOC": "it is a web page",
    b"<html": "it is a web page",
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

Numbered = tuple[int, list[Any], bool]  # row number as a spreadsheet shows it, cells, whether a NUL was taken out


class No(Exception):
    """A refusal by the name of its noun in sheet_errors.py, with its facts."""

    def __init__(self, kind: str, **facts: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.facts = facts


def confine(limits: dict[str, int]) -> None:
    """Bound this process: address space, CPU seconds, no files written, no core dumped."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def messages(path: Path, limits: dict[str, int]) -> Iterator[list[Any]]:
    """What the file says, message by message. Raises No."""
    size = path.stat().st_size
    if size > limits["bytes"]:
        raise No("FileTooLarge", what="bytes", has=size, limit=limits["bytes"])
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        check_package(path, limits)
        facts, rows = workbook_rows(path, limits)
    else:
        facts, rows = text_rows(path, start, limits)
    yield ["facts", facts]
    yield from table(rows, limits)


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
        while chunk := part.read(_CHUNK):
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
    return facts, ((top + 1 + index, [*skipped, *map(plain, cells)], False) for index, cells in enumerate(grid))


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


def text_rows(path: Path, start: bytes, limits: dict[str, int]) -> tuple[dict[str, Any], Iterator[Numbered]]:
    """CSV in whatever encoding and with whatever delimiter; what was assumed is said in the facts."""
    for magic, reason in _MAGIC.items():
        if start.lower().startswith(magic.lower()):
            raise No("NotASpreadsheet", reason=reason)
    encoding, assumed = encoding_of(path, start)
    csv.field_size_limit(limits["cell_characters"])
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(1 << 16)
    check_text(sample)
    delimiter = delimiter_of(sample)
    facts = {"kind": "csv", "encoding": encoding, "encoding_assumed": assumed, "delimiter": _DELIMITERS[delimiter]}
    return facts, records(path, encoding, delimiter, limits)


def encoding_of(path: Path, start: bytes) -> tuple[str, bool]:
    """The encoding by its mark, else UTF-8 if every byte fits, else cp1252 as an assumption."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return checked_encoding(path, "utf-16"), False
    if fits(path, "utf-8-sig"):
        return "utf-8-sig", False
    if fits(path, "cp1252"):
        return "cp1252", True
    raise No(
        "NotASpreadsheet",
        reason="its bytes are text in neither UTF-8, UTF-16 nor Windows-1252",
        remedy="Save it as CSV UTF-8 and upload that.",
    )


def checked_encoding(path: Path, encoding: str) -> str:
    if not fits(path, encoding):
        raise No("NotASpreadsheet", reason=f"it begins as {encoding} but goes on otherwise")
    return encoding


def fits(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as text:
            while text.read(_CHUNK):
                pass
    except UnicodeError:
        return False
    return True


def check_text(sample: str) -> None:
    strange = sum(character < " " and character not in "\t\r\n\f" for character in sample)
    if strange * 100 > len(sample):
        raise No("NotASpreadsheet", reason="it is binary data, not text")


def delimiter_of(sample: str) -> str:
    """The delimiter under which the first rows agree on the largest number of columns; a comma in doubt."""

    def agreement(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 20) if row]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0), width

    return max(_DELIMITERS, key=agreement)


def records(path: Path, encoding: str, delimiter: str, limits: dict[str, int]) -> Iterator[Numbered]:
    with path.open(encoding=encoding, newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                if "field limit" in str(broken):
                    raise No("CellTooLong", row=number, limit=limits["cell_characters"]) from broken
                raise No("MalformedRow", row=number, reason=str(broken)) from broken
            has_nul = any("\0" in cell for cell in cells)
            if has_nul:
                cells = [cell.replace("\0", "") for cell in cells]
            yield number, [cell if cell.strip() else None for cell in cells], has_nul


def table(rows: Iterator[Numbered], limits: dict[str, int]) -> Iterator[list[Any]]:
    """Headers from the first row that is not empty, then every row below that is not empty."""
    full = ((number, cells, nul) for number, cells, nul in rows if any(cell is not None for cell in cells))
    first = next(full, None)
    if first is None:
        raise No("HeaderMissing", row=1)
    number, cells, nul = first
    if nul:
        raise No("MalformedRow", row=number, reason="the header holds a NUL character")
    check_row(first, limits)
    headers = [None if cell is None else " ".join(str(cell).split()) for cell in cells]
    while headers[-1] is None:
        headers.pop()
    check_headers(headers)
    yield ["headers", headers]
    count = 0
    for count, row in enumerate(full, start=1):
        if count > limits["rows"]:
            raise No("TooManyRows", limit=limits["rows"])
        check_row(row, limits)
        yield ["row", row[0], *fitted(row, headers)]
    yield ["end", count]


def check_headers(headers: list[str | None]) -> None:
    seen: dict[str, int] = {}
    for index, header in enumerate(headers):
        if header is None:
            continue
        first = seen.setdefault(header.casefold(), index)
        if first != index:
            raise No("DuplicateHeader", header=header, first=letter(first), second=letter(index))


def check_row(row: Numbered, limits: dict[str, int]) -> None:
    number, cells, _ = row
    if len(cells) > limits["columns"]:
        raise No("TooManyColumns", row=number, has=len(cells), limit=limits["columns"])
    if sum(len(cell) for cell in cells if isinstance(cell, str)) > limits["row_characters"]:
        raise No("CellTooLong", row=number, limit=limits["row_characters"])


def fitted(row: Numbered, headers: list[str | None]) -> tuple[list[Any], list[str]]:
    """The cells as many as there are headers, and what had to be said about it."""
    number, cells, has_nul = row
    issues = ["NUL_REMOVED"] if has_nul else []
    for index, cell in enumerate(cells):
        if cell is not None and index < len(headers) and headers[index] is None:
            raise No("HeaderMissing", row=number, column=letter(index))
    if any(cell is not None for cell in cells[len(headers) :]):
        issues.append("TOO_MANY_CELLS")
    elif len(cells) < len(headers):
        issues.append("TOO_FEW_CELLS")
    width = len(headers)
    return list(islice(chain(cells, [None] * width), width)), issues


def letter(index: int) -> str:
    """The name a spreadsheet gives to a column: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def main(path: str, limits: str) -> None:
    """Write the messages; the last one is "end" or "refused", else the parent knows that we died."""
    bounds = json.loads(limits)
    confine(bounds)
    out = sys.stdout
    try:
        for message in messages(Path(path), bounds):
            out.write(json.dumps(message, ensure_ascii=False) + "\n")
    except No as no:
        out.write(json.dumps(["refused", no.kind, no.facts]) + "\n")
    except MemoryError:
        out.write(json.dumps(["refused", "SheetTooHeavy", {"limit": "memory"}]) + "\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
