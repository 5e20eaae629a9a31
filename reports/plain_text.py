"""Writes the rows of a report as CSV that no spreadsheet takes for a formula, and as JSON a line."""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from reports.files import replacing
from reports.manifest import Manifest, canonical, plain
from reports.rows import header_of
from reports.tables import Column, Sheet
from reports.workbook import Row, Value

BATCH = 500
BYTE_ORDER_MARK = "\ufeff".encode()  # without it Excel reads UTF-8 as the code page of the day
_FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
_A_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_STAMP = (1980, 1, 1, 0, 0, 0)


class Cover(Protocol):
    """What is known once all rows were written: the manifest, and the cover made of it."""

    def manifest(self) -> Manifest: ...

    def rows(self) -> Iterable[tuple[str, Value]]: ...


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would calculate; a plain number, negative ones too, is left alone."""
    if (text[:1] in _FORMULA_STARTS or text.lstrip()[:1] in _FORMULA_STARTS) and text.strip():
        return text if _A_NUMBER.fullmatch(text) else f"'{text}"
    return text


def said(value: Value) -> str:
    """Give a value as CSV text: numbers plain, days in ISO 8601, instants in UTC with a Z, text guarded."""
    if value is None:
        return ""
    if isinstance(value, bool | int | Decimal | date):
        return str(plain(value)) if not isinstance(value, bool) else str(value).lower()
    return guarded(value)


async def csv_lines(sheet: Sheet) -> AsyncIterator[bytes]:
    """Give a sheet as CSV (RFC 4180, UTF-8) some hundred rows at a time, its header first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([guarded(header_of(column)) for column in sheet.columns])
    keys = [column.key for column in sheet.columns]
    count = 0
    async for row in _each(sheet.rows):
        writer.writerow([said(row[key]) for key in keys])
        count += 1
        if count % BATCH == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


async def save_csv(path: Path, sheet: Sheet) -> None:
    """Write one sheet as one file."""
    with replacing(path) as file:
        file.write(BYTE_ORDER_MARK)
        async for batch in csv_lines(sheet):
            file.write(batch)


async def save_csv_zip(path: Path, cover: Cover, named: Sequence[tuple[str, Sheet]]) -> None:
    """Write each sheet as a file of a zip, then the cover and the manifest, which know what was written."""
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, sheet in named:
            with package.open(_entry(f"{name}.csv"), "w", force_zip64=True) as part:
                part.write(BYTE_ORDER_MARK)
                async for batch in csv_lines(sheet):
                    part.write(batch)
        rows: list[Row] = [{"label": label, "value": value} for label, value in cover.rows()]
        page = Sheet("cover", (Column("label", "label"), Column("value", "value")), rows)
        lines = [batch async for batch in csv_lines(page)]
        package.writestr(_entry("cover.csv"), BYTE_ORDER_MARK + b"".join(lines))
        package.writestr(_entry("manifest.json"), cover.manifest().to_json())


async def save_jsonl(path: Path, cover: Cover, named: Sequence[tuple[str, Sheet]]) -> None:
    """Write `{"row":…,"sheet":…}` a line, each row in the very form that is hashed; the last line is the manifest."""
    with replacing(path) as file:
        for name, sheet in named:
            tail = f',"sheet":"{name}"}}\n'.encode()
            async for row in _each(sheet.rows):
                file.write(b'{"row":' + canonical(row) + tail)
        file.write(b'{"manifest":' + cover.manifest().to_json() + b"}\n")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


async def _each(rows: Iterable[Row] | AsyncIterable[Row]) -> AsyncIterator[Row]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row
