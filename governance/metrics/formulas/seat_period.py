"""seat_day = cost / (seats × days), seat_year = 365 × that, seat_month = a twelfth of a year, seat_term = cost / seats.

`days` are counted with both ends, leap days too. What has no end has a price a term only: its use is not used up by
days. Each figure is rounded half to even once, at the millionth, from the exact one; none is made from another.
"""

from dataclasses import dataclass
from fractions import Fraction

YEAR_DAYS = 365
MONTHS = 12


@dataclass(frozen=True)
class Periods:
    """Micro-units a day, month, year and term; None where there is no end, so that no day has a part of it."""

    day: int | None
    month: int | None
    year: int | None
    term: int


def periods_of(daily: Fraction | None, term: Fraction) -> Periods:
    """Round a cost a day and a cost a term to what is told."""
    if daily is None:
        return Periods(None, None, None, round(term))
    return Periods(round(daily), round(daily * YEAR_DAYS / MONTHS), round(daily * YEAR_DAYS), round(term))


def seat_periods(cost: int, seats: int | None, days: int | None) -> Periods | None:
    """Give what one seat costs by period; None of an unlimited number, and of no seats."""
    if not seats:
        return None
    return periods_of(None if days is None else Fraction(cost, seats * days), Fraction(cost, seats))
