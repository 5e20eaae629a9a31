"""Months and fiscal quarters: named, cut to the days asked for, and told whether they are whole."""

from datetime import date

import pytest

from governance.kernel.errors import BadInput
from governance.metrics.periods import PeriodKind, periods

MONTH, QUARTER = PeriodKind.MONTH, PeriodKind.FISCAL_QUARTER


def test_a_year_of_months_ends_with_the_running_one() -> None:
    found = periods(MONTH, None, date(2026, 3, 2), 1)
    assert [found[0].name, found[-1].name, len(found)] == ["2025-04", "2026-03", 12]
    assert (found[-1].last, found[-1].whole, found[-2].whole) == (date(2026, 3, 2), False, True)


def test_quarters_follow_the_fiscal_year_and_bear_the_year_it_ends_in() -> None:
    found = periods(QUARTER, date(2025, 7, 1), date(2026, 6, 30), 7)
    assert [(p.name, p.first) for p in found] == [
        ("FY2026-Q1", date(2025, 7, 1)), ("FY2026-Q2", date(2025, 10, 1)),
        ("FY2026-Q3", date(2026, 1, 1)), ("FY2026-Q4", date(2026, 4, 1)),
    ]  # fmt: skip
    (cut,) = periods(QUARTER, date(2026, 2, 10), date(2026, 3, 31), 1)
    assert (cut.name, cut.first, cut.whole) == ("FY2026-Q1", date(2026, 2, 10), False)
    assert periods(QUARTER, date(2026, 2, 10), date(2026, 2, 28), 12)[0].name == "FY2026-Q1"


def test_quarters_without_a_first_day_begin_with_a_whole_one() -> None:
    found = periods(QUARTER, None, date(2026, 11, 24), 1)
    assert [(p.name, p.whole) for p in found] == [
        ("FY2025-Q4", True), ("FY2026-Q1", True), ("FY2026-Q2", True), ("FY2026-Q3", True), ("FY2026-Q4", False),
    ]  # fmt: skip


def test_days_in_the_wrong_order_and_too_many_periods_are_refused() -> None:
    for first in (date(2026, 3, 3), date(2023, 3, 1)):
        with pytest.raises(BadInput, match="first_day"):
            periods(MONTH, first, date(2026, 3, 2), 1)
