"""Turns values into spreadsheet cells that say exactly what was meant, and can never become a formula."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from xml.sax.saxutils import escape

Value = str | int | bool | Decimal | date | datetime | None
Row = Mapping[str, Value]

CELL_CHARACTERS = 32_767
EXACT_DIGITS = 15  # a spreadsheet rounds the rest away without a word
_ROUNDED = Context(prec=EXACT_DIGITS)
EPOCH = date(1899, 12, 30)
EPOCH_INSTANT = datetime(1899, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
_FIRST_EXACT_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EXCEL_ESCAPE = re.compile("_(x[0-9A-Fa-f]{4}_)")
_FORMULA_STARTS = "=+-@\t\r\n"


class Kind(StrEnum):
    """How a column's values are written. PERCENT takes percent (80 is 80 %), INSTANT an aware datetime."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    INSTANT = "instant"
    PERCENT = "percent"
    STATUS = "status"


SUMMABLE = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})

TONES = {
    **dict.fromkeys(("COMPLIANT", "ACTIVE", "RESOLVED", "DONE", "IN_FORCE"), "good"),
    **dict.fromkeys(("PARTIAL", "UNKNOWN", "WARN", "HIGH", "OPEN", "GRACE", "SUSPENDED", "RECLAIM_PENDING"), "warn"),
    **dict.fromkeys(("NON_COMPLIANT", "CRITICAL", "EXPIRED", "FAILED", "OVER_ALLOCATED"), "bad"),
}


def column_letter(number: int) -> str:
    """The name a spreadsheet gives to a column: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def kind_of(value: Value) -> Kind:
    """The kind that fits a value standing alone."""
    match value:
        case bool() | str() | None:
            return Kind.TEXT
        case datetime():
            return Kind.INSTANT
        case date():
            return Kind.DATE
        case int():
            return Kind.INTEGER
        case _:
            return Kind.DECIMAL


def value_cell(address: str, value: Value, kind: Kind, styles: Mapping[str, int], look: str = "") -> str:
    """The cell as XML, nothing for None. `look` is a prefix of the style names, such as "total-".

    A number of more than 15 digits becomes text, since a spreadsheet would change it; a percent is rounded to 15.
    Raises ValueError for a naive instant and for what is no number in a number column.
    """
    if value is None:
        return ""
    number = _as_stored(address, value, kind)
    if number is not None:
        return f'<c r="{address}" s="{styles[look + kind.value]}"><v>{number}</v></c>'
    text = f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)
    if text[:1] in _FORMULA_STARTS:
        return text_cell(address, text, styles["guarded"])
    name = TONES.get(text, kind.value) if kind is Kind.STATUS else f"{look}text"
    return text_cell(address, text, styles[name])


def text_cell(address: str, text: str, style: int) -> str:
    """A cell that is text whatever it says: inline strings are never calculated."""
    if len(text) > CELL_CHARACTERS:
        text = text[: CELL_CHARACTERS - 1] + "…"
    body = escape(_EXCEL_ESCAPE.sub(r"_x005F_\1", printable(text)), {"\r": "&#13;"})
    return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{body}</t></is></c>'


def printable(text: str) -> str:
    """The text without what XML cannot carry."""
    return _NOT_XML.sub("\ufffd", text)


def as_number(value: Value) -> Decimal:
    """A value as an exact number, None as 0. Raises ValueError for anything else."""
    if value is None:
        return Decimal(0)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int):
        return Decimal(value)
    raise ValueError(f"{value!r} is no finite whole or decimal number")


def _as_stored(address: str, value: Value, kind: Kind) -> str | None:
    """The number that a spreadsheet stores for the value; None where it is to be written as text."""
    if kind is Kind.INSTANT and isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{address}: an instant needs a time zone, {value.isoformat()} has none")
        return repr((value - EPOCH_INSTANT) / DAY)
    if kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return str((value - EPOCH).days) if value >= _FIRST_EXACT_DAY else None
    if kind is Kind.PERCENT:
        return f"{_ROUNDED.divide(as_number(value), Decimal(100)):f}"
    if kind in SUMMABLE:
        exact = as_number(value)
        return f"{exact:f}" if len(exact.as_tuple().digits) <= EXACT_DIGITS else None
    return None
