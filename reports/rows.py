"""Streams the rows of a table as the XML of a worksheet, a few hundred at a time."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from reports.cells import (
    CELL_CHARACTERS,
    DAY,
    EPOCH,
    EPOCH_INSTANT,
    EXACT_DIGITS,
    TONES,
    Kind,
    Row,
    Value,
    as_number,
    column_letter,
    kind_of,
    text_cell,
    value_cell,
)
from reports.tables import Column, Sheet

MAX_ROWS = 1_048_000  # Excel has 1,048,576; header, totals and note want some

_BATCH = 500
_EXACT_BOUND = 10**EXACT_DIGITS
_EPOCH_ORDINAL = EPOCH.toordinal()

# Text that needs no escape but that of &, < and >, no guard and no cut: nearly all of it.
_PLAIN = re.compile("[^=+@\x00-\x1f_\ud800-\udfff\ufffe\uffff-](?:[^\x00-\x1f_\ud800-\udfff\ufffe\uffff]|_(?!x))*")

Writer = Callable[[int, Value], str]


def column_writer(letter: str, kind: Kind, styles: Mapping[str, int]) -> Writer:
    """A function (row number, value) → cell for one column: `value_cell`, with a short way for what is usual."""

    def slowly(row: int, value: Value) -> str:
        return value_cell(f"{letter}{row}", value, kind, styles)

    opening, head = f'<c r="{letter}', f'" s="{styles[kind.value]}"'
    match kind:
        case Kind.TEXT:
            return _text_writer(opening, head, slowly)
        case Kind.INTEGER:
            return _integer_writer(opening, head, slowly)
        case Kind.DECIMAL | Kind.MONEY:
            return _decimal_writer(opening, head, slowly)
        case Kind.DATE:
            return _date_writer(opening, head, slowly)
        case Kind.INSTANT:
            return _instant_writer(opening, head, slowly)
        case Kind.STATUS:
            words = {word: text_cell("?", word, styles[tone]) for word, tone in TONES.items()}
            return _status_writer(opening, words, slowly)
        case Kind.PERCENT:
            return slowly


def _text_writer(opening: str, head: str, slowly: Writer) -> Writer:
    def write(row: int, value: Value) -> str:
        if type(value) is str and len(value) <= CELL_CHARACTERS and _PLAIN.fullmatch(value):
            if "&" in value or "<" in value or ">" in value:
                value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return f'{opening}{row}{head} t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
        return slowly(row, value)

    return write


def _integer_writer(opening: str, head: str, slowly: Writer) -> Writer:
    def write(row: int, value: Value) -> str:
        if type(value) is int and -_EXACT_BOUND < value < _EXACT_BOUND:
            return f"{opening}{row}{head}><v>{value}</v></c>"
        return slowly(row, value)

    return write


def _decimal_writer(opening: str, head: str, slowly: Writer) -> Writer:
    def write(row: int, value: Value) -> str:
        if type(value) is Decimal and len(said := str(value)) <= EXACT_DIGITS and "E" not in said and value.is_finite():
            return f"{opening}{row}{head}><v>{said}</v></c>"
        return slowly(row, value)

    return write


def _date_writer(opening: str, head: str, slowly: Writer) -> Writer:
    def write(row: int, value: Value) -> str:
        if type(value) is date and (number := value.toordinal() - _EPOCH_ORDINAL) > 60:
            return f"{opening}{row}{head}><v>{number}</v></c>"
        return slowly(row, value)

    return write


def _instant_writer(opening: str, head: str, slowly: Writer) -> Writer:
    def write(row: int, value: Value) -> str:
        if type(value) is datetime and value.tzinfo is not None:
            return f"{opening}{row}{head}><v>{(value - EPOCH_INSTANT) / DAY!r}</v></c>"
        return slowly(row, value)

    return write


def _status_writer(opening: str, words: Mapping[str, str], slowly: Writer) -> Writer:
    tails = {word: cell.removeprefix('<c r="?') for word, cell in words.items()}

    def write(row: int, value: Value) -> str:
        tail = tails.get(value) if isinstance(value, str) else None
        return slowly(row, value) if tail is None else f"{opening}{row}{tail}"

    return write


async def batches(
    sheet: Sheet, styles: Mapping[str, int], totals: dict[str, Decimal]
) -> AsyncIterator[tuple[bytes, int]]:
    """The header, then rows of XML with the count so far; sums `totals` on the way."""
    letters = [column_letter(number) for number in range(1, len(sheet.columns) + 1)]
    plan = [
        (column.key, column_writer(letter, column.kind, styles))
        for column, letter in zip(sheet.columns, letters, strict=True)
    ]
    headers = (
        text_cell(f"{letter}1", header_of(column), styles["header"])
        for column, letter in zip(sheet.columns, letters, strict=True)
    )
    pending = ['<row r="1" ht="30" customHeight="1">', *headers, "</row>"]
    count = 0
    async for row in _each(sheet.rows):
        count += 1
        if count > MAX_ROWS:
            raise ValueError(f"sheet {sheet.title!r} has more than {MAX_ROWS} rows")
        number = count + 1
        pending.append(f'<row r="{number}">')
        pending.extend(write(number, row[key]) for key, write in plan)
        pending.append("</row>")
        for key in totals:
            totals[key] += as_number(row[key])
        if count % _BATCH == 0:
            yield "".join(pending).encode(), count
            pending.clear()
    yield "".join(pending).encode(), count


async def _each(rows: Iterable[Row] | AsyncIterable[Row]) -> AsyncIterator[Row]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


def closing(sheet: Sheet, styles: Mapping[str, int], rows: int, totals: Mapping[str, Decimal]) -> bytes:
    xml: list[str] = []
    number = rows + 2
    if sheet.totals:
        xml.append(f'<row r="{number}">')
        labeled = False
        for place, column in enumerate(sheet.columns, start=1):
            address = f"{column_letter(place)}{number}"
            if column.key in totals:
                xml.append(value_cell(address, totals[column.key], column.kind, styles, "total-"))
            elif not labeled:
                xml.append(text_cell(address, sheet.total_label, styles["total-text"]))
                labeled = True
        xml.append("</row>")
        number += 1
    if sheet.note:
        xml.append(f'<row r="{number + 1}">{text_cell(f"A{number + 1}", sheet.note, styles["note"])}</row>')
    return "".join(xml).encode()


def cover_cells(title: str, facts: Iterable[tuple[str, Value]], styles: Mapping[str, int]) -> bytes:
    """The cells of the cover: its title, then a label and a value a row."""
    xml = [f'<row r="1" ht="28" customHeight="1">{text_cell("A1", title, styles["title"])}</row>']
    for number, (label, value) in enumerate(facts, start=3):
        kind = kind_of(value)
        said = f"{label} (UTC)" if kind is Kind.INSTANT else label
        cells = text_cell(f"A{number}", said, styles["label"]) + value_cell(f"B{number}", value, kind, styles)
        xml.append(f'<row r="{number}">{cells}</row>')
    return "".join(xml).encode()


def header_of(column: Column) -> str:
    return f"{column.title} (UTC)" if column.kind is Kind.INSTANT else column.title
