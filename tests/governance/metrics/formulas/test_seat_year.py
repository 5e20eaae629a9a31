"""What a seat costs a year, checked by hand; a change of nothing is none."""

from decimal import Decimal

import pytest

from governance.metrics.formulas.seat_year import change_percent, seat_year


def test_terms_of_any_length_compare() -> None:
    assert seat_year(684_000_000 * 10, 10, 365) == 684_000_000
    assert seat_year(57_000_000 * 10, 10, 31) == round(57_000_000 * 365 / 31)
    assert seat_year(366, 1, 366) == 365, "a leap year is not dearer"
    assert seat_year(5, 2, 365) == 2, "half to even"
    for seats, days in ((0, 365), (3, 0)):
        with pytest.raises(ValueError, match="no price a year"):
            seat_year(1, seats, days)


def test_change_is_exact_and_of_nothing_none() -> None:
    assert change_percent(100, 103) == Decimal("3.0")
    assert change_percent(3, 2) == Decimal("-33.3")
    assert change_percent(0, 5) is None
    assert change_percent(2_000, 2_001) == Decimal("0.0"), "0.05 is rounded to even"
