"""The European Central Bank's euro reference rates: a row a day, a column a currency, units of it for one euro.

Source: ecb.europa.eu, `eurofxref-hist.csv` (every day since 1999, newest first) and `eurofxref.csv` (the latest day,
its date written as "30 October 2026"). A currency outside its life says N/A; weekends and TARGET holidays have no row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from governance.imports.formats.columns import Column, find_columns
from governance.imports.rules import Issue, IssueCode
from governance.imports.sheet import Row, Value

COLUMNS = (
    Column("day", "the day of the rates: 2026-10-30 or 30 October 2026", ("date",), required=True),
    Column("a currency", "units of it for one euro, such as 1.0389; N/A where there is none", ("USD", "JPY", "…")),
)
FIRST_DAY = date(1999, 1, 4)
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_SPOKEN = re.compile(r"(\d{1,2}) ([A-Za-z]+) (\d{4})", re.ASCII)
_RATE = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class RateHeaders:
    """Which header holds the day, which are currencies, and which nobody knows."""

    day: str
    currencies: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass
class DayRates:
    """A row as read: its day and the exact decimal text of each currency, or what is wrong with it."""

    number: int
    day: date | None = None
    rates: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        return not any(issue.rejects for issue in self.issues)


def read_headers(headers: Sequence[str]) -> RateHeaders:
    """Find the day; every header of three capitals is a currency. Raises ColumnMissing, ColumnTwice."""
    found = find_columns(COLUMNS[:1], headers)
    currencies = tuple(header for header in found.unknown if _CURRENCY.fullmatch(header))
    return RateHeaders(found.headers["day"], currencies, tuple(h for h in found.unknown if h not in currencies))


def read_day(row: Row, headers: RateHeaders, today: date) -> DayRates:
    """Read one row; every problem of it is found at once."""
    read = DayRates(row.number)
    for known in row.issues:
        if known.spoils:
            read.issues.append(Issue(row.number, known.column, IssueCode.ROW_DAMAGED, known.message))
    read.day = _day(read, headers.day, row.values.get(headers.day), today)
    for currency in headers.currencies:
        text = _text(row.values.get(currency))
        if text in {"", "N/A"}:
            continue
        if not _RATE.fullmatch(text) or not Decimal(text):
            said = f"{text[:40]!r} cannot be used; needs a number above zero such as 1.0389, or N/A."
            read.issues.append(Issue(row.number, currency, IssueCode.BAD_VALUE, said))
        else:
            read.rates[currency] = text
    return read


def _day(read: DayRates, header: str, given: Value, today: date) -> date | None:
    if given is None:
        read.issues.append(Issue(read.number, header, IssueCode.MISSING_VALUE, "The cell is empty; needs a day."))
        return None
    day = _read_day(given)
    if day is None or not FIRST_DAY <= day <= today:
        needs = f"a day from {FIRST_DAY} to today, such as 2026-10-30 or 30 October 2026"
        said = f"{_text(given)[:40]!r} cannot be used; needs {needs}."
        read.issues.append(Issue(read.number, header, IssueCode.BAD_VALUE, said))
        return None
    return day


def _read_day(given: Value) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    text = _text(given)
    spoken = _SPOKEN.fullmatch(text)
    try:
        if spoken:
            return date(int(spoken[3]), MONTHS.index(spoken[2].lower()) + 1, int(spoken[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(given: Value) -> str:
    return "" if given is None else str(given).strip()
