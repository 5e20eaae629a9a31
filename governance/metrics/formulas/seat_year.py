"""seat_year = cost × 365 / (seats × days), rounded half to even once: what one seat costs a year, whatever the term.

`days` are counted with both ends, leap days too, so that a year that has one is not dearer for it. Change in percent =
(new / old - 1) × 100, to one decimal, half to even; None of nothing.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

YEAR_DAYS = 365


def seat_year(cost: int, seats: int, days: int) -> int:
    """Give micro-units a seat and year. Raises ValueError for no seats or no days."""
    if seats <= 0 or days <= 0:
        raise ValueError(f"{seats} seats over {days} days have no price a year")
    return round(Fraction(cost * YEAR_DAYS, seats * days))


def change_percent(old: int, new: int) -> Decimal | None:
    """Give the change from old to new; None where the old one was nothing."""
    if old == 0:
        return None
    exact = Fraction((new - old) * 100, old)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
