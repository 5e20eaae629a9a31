"""Months and fiscal quarters, each a span of days with a name; the running one ends with the day it is told on."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from governance.kernel.errors import BadInput

MOST_PERIODS = 36
MONTHS_BACK = 11
QUARTER = 3


class PeriodKind(StrEnum):
    MONTH = "MONTH"
    FISCAL_QUARTER = "FISCAL_QUARTER"


@dataclass(frozen=True, order=True)
class Period:
    """A span of days, both inclusive. `whole` is false of one that was still running, or was asked for in part."""

    first: date
    last: date
    name: str
    whole: bool = True


def periods(kind: PeriodKind, first_day: date | None, last_day: date, year_start: int) -> tuple[Period, ...]:
    """Cut the days from `first_day` to `last_day` into periods of the fiscal year that starts with month `year_start`.

    Without a first day they begin with the whole period that holds the day eleven months back. Raises BadInput for days
    in the wrong order, or more than 36 periods.
    """
    first = first_day or _months_on(last_day.replace(day=1), -MONTHS_BACK)
    if first > last_day:
        raise BadInput("first_day", first.isoformat(), f"{last_day.isoformat()} or earlier")
    step = 1 if kind is PeriodKind.MONTH else QUARTER
    begin = first.replace(day=1)
    if kind is PeriodKind.FISCAL_QUARTER:
        begin = _months_on(begin, -((begin.month - year_start) % QUARTER))
    first = begin if first_day is None else first
    found: list[Period] = []
    while begin <= last_day:
        end = _months_on(begin, step) - timedelta(days=1)
        cut = Period(max(begin, first), min(end, last_day), _name(kind, begin, year_start))
        found.append(Period(cut.first, cut.last, cut.name, whole=(cut.first, cut.last) == (begin, end)))
        begin = end + timedelta(days=1)
    if len(found) > MOST_PERIODS:
        raise BadInput("first_day", first.isoformat(), f"a day that gives at most {MOST_PERIODS} periods")
    return tuple(found)


def _name(kind: PeriodKind, begin: date, year_start: int) -> str:
    """Name a month as 2026-03, a quarter as `quarter_name` does."""
    return f"{begin:%Y-%m}" if kind is PeriodKind.MONTH else quarter_name(begin, year_start)


def fiscal_quarter(day: date, year_start: int, back: int = 0) -> Period:
    """Give the whole fiscal quarter that holds a day, or the one so many quarters before it."""
    month = day.replace(day=1)
    begin = _months_on(month, -((month.month - year_start) % QUARTER) - QUARTER * back)
    return Period(begin, _months_on(begin, QUARTER) - timedelta(days=1), quarter_name(begin, year_start))


def fiscal_year(day: date, year_start: int, back: int = 0) -> Period:
    """Give the whole fiscal year that holds a day, or the one so many years before it, named by the year it ends in."""
    month = day.replace(day=1)
    begin = _months_on(month, -((month.month - year_start) % 12) - 12 * back)
    last = _months_on(begin, 12) - timedelta(days=1)
    return Period(begin, last, f"FY{last.year}")


def quarter_name(begin: date, year_start: int) -> str:
    """Name the fiscal quarter that begins on a day by the year its fiscal year ends in, as FY2026-Q1."""
    since = (begin.month - year_start) % 12
    ends = _months_on(begin, 11 - since).year
    return f"FY{ends}-Q{since // QUARTER + 1}"


def _months_on(first_of_month: date, months: int) -> date:
    count = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
