"""Reads CSV in the child, in whatever encoding and with whatever delimiter, saying what it assumed."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from governance.imports.sheet_parts import CHUNK, Issues, No, Numbered

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
            while text.read(CHUNK):
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
            issues: Issues = [("NUL_REMOVED", index) for index, cell in enumerate(cells) if "\0" in cell]
            if issues:
                cells = [cell.replace("\0", "") for cell in cells]
            yield number, [cell if cell.strip() else None for cell in cells], issues
