"""Reads the cells of tables that people fill in: texts, days, amounts, words; refused with what would be right."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from governance.catalog.band_text import read_bands
from governance.imports.formats.columns import Column
from governance.imports.sheet import Row, Value
from governance.kernel.errors import BadInput

DAY = "a day as 2026-12-31, or a date cell"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"(?P<before>[^\d\s.,+-]*)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<after>[^\d\s.,+-]*)", re.ASCII)
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN"})
SIGNS: Mapping[str, frozenset[str]] = {
    "$": _DOLLARS, "€": frozenset({"EUR"}), "£": frozenset({"GBP"}), "¥": frozenset({"JPY", "CNY"}),
    "Fr.": frozenset({"CHF"}), "₹": frozenset({"INR"}), "₩": frozenset({"KRW"}),
}  # fmt: skip
_YES = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}


class Unreadable(ValueError):
    """A cell that cannot be read; the text says what would be right."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a row: what it has and what it needs."""

    field: str
    has: str
    needs: str


@dataclass
class Cells:
    """A row as read, in values that can be kept as JSON; of a column that the file does not have, nothing."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_cells(columns: Sequence[Column], row: Row, headers: Mapping[str, str]) -> Cells:
    """Read one row; every problem of it is found at once. `headers` tells which header holds which column."""
    cells = Cells(row.number)
    for known in row.issues:
        if known.spoils:
            cells.problems.append(Problem(known.column or "row", "damaged", known.message))
    for column in columns:
        header = headers.get(column.name)
        if header is None:
            continue
        given = row.values.get(header)
        text = as_text(given)
        cells.values[column.name] = None
        if not text:
            if column.required:
                cells.problems.append(Problem(header, "nothing", column.meaning))
            continue
        assert column.read is not None
        try:
            cells.values[column.name] = column.read(given, text)
        except Unreadable as wrong:
            cells.problems.append(Problem(header, text[:80], str(wrong)))
    return cells


def as_text(given: Value) -> str:
    """Give a cell as text; a whole number from a workbook reads as one."""
    if given is None:
        return ""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given).strip()


def line(most: int) -> Callable[[Value, str], str]:
    """Give the reader of one line of text."""

    def read(given: Value, text: str) -> str:
        if isinstance(given, bool | date | datetime) or len(text) > most or not text.isprintable():
            raise Unreadable(f"one line of text of at most {most} characters")
        return text

    return read


def day(given: Value, text: str) -> str:
    """Read a day. A slashed one is refused: nobody knows whether its first number is the month."""
    if isinstance(given, datetime) and given.time() == datetime.min.time():
        return given.date().isoformat()
    if isinstance(given, date) and not isinstance(given, datetime):
        return given.isoformat()
    try:
        if not isinstance(given, str) or not _ISO.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        more = " (with slashes nobody can tell month and day apart)" if "/" in text else ""
        raise Unreadable(DAY + more) from None


def word(vocabulary: Iterable[str]) -> Callable[[Value, str], str]:
    """Give the reader of a word of a closed list; capitals, blanks and hyphens aside."""
    words = tuple(vocabulary)

    def read(_given: Value, text: str) -> str:
        said = re.sub(r"[\s-]+", "_", text).upper()
        if said not in words:
            raise Unreadable(f"one of {', '.join(words)}")
        return said

    return read


def yes(_given: Value, text: str) -> bool:
    said = _YES.get(text.casefold())
    if said is None:
        raise Unreadable("yes or no")
    return said


def whole(given: Value, text: str) -> int:
    """Read a whole number; one with a comma, a point or a sign is refused, never guessed."""
    if isinstance(given, bool) or not re.fullmatch(r"\d{1,10}", text, re.ASCII):
        raise Unreadable("a whole number such as 1200, without marks")
    return int(text)


def seats(given: Value, text: str) -> int | str:
    """Read a quantity: a whole number, or the word unlimited."""
    return "unlimited" if text.casefold() == "unlimited" else whole(given, text)


def regions(_given: Value, text: str) -> list[str]:
    return [code for code in re.split(r"[\s,;]+", text) if code]


def bands(_given: Value, text: str) -> list[list[int]]:
    """Read prices by bands; the wrong band is named."""
    try:
        return read_bands(text)
    except BadInput as wrong:
        _, _, place = wrong.field.partition(".")
        index, _, what = place.partition(".")
        which = f"band {int(index) + 1}" + (f", {what.replace('_', ' ')}" if what else "")
        raise Unreadable(f"{which}: {wrong.needs}" if index else wrong.needs) from None


def amount(given: Value, text: str) -> str:
    """Read an amount as `number` or `sign number`; `micros_of` judges the sign against the row's currency."""
    if isinstance(given, float) and not isinstance(given, bool):
        text = format(Decimal(repr(given)), "f")
    found = None if isinstance(given, bool | date | datetime) else _AMOUNT.fullmatch(text)
    if found is None or (found["before"] and found["after"]):
        raise Unreadable("an amount such as 12.58, without marks for thousands")
    return f"{found['before'] or found['after']} {found['number']}".strip()


def micros_of(said: str, currency: str) -> int:
    """Give an amount read before in micro-units. Raises Unreadable for a sign of another currency, or finer digits."""
    sign, _, number = said.rpartition(" ")
    if sign and sign.upper() != currency and currency not in SIGNS.get(sign, frozenset()):
        raise Unreadable(f"an amount in {currency}, the row's currency, such as {number}")
    value = Decimal(number) * 1_000_000
    if value != value.to_integral_value() or value > 10**15:
        raise Unreadable("an amount of at most six decimals, up to 1000000000")
    return int(value)
