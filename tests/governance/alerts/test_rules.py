"""Which level of use holds, before and after."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.alerts.rules import PoolUse, use_level
from policies.thresholds.threshold import Level, default_thresholds

LINES = default_thresholds().use
PRODUCT, POOL, UNIT = uuid4(), uuid4(), uuid4()


def use(occupied: int, supply: int | None) -> PoolUse:
    return PoolUse(POOL, "main", "m365", PRODUCT, UNIT, "DE", supply, occupied)


@pytest.mark.parametrize(
    ("occupied", "supply", "level"),
    [
        (79, 100, None),
        (80, 100, Level.WARN),
        (7999, 10000, None),
        (90, 100, Level.HIGH),
        (100, 100, Level.CRITICAL),
        (150, 100, Level.CRITICAL),
        (5, None, None),
        (0, 0, None),
        (1, 0, Level.CRITICAL),
    ],
)
def test_the_highest_line_reached_wins_and_nothing_has_no_percent(
    occupied: int, supply: int | None, level: Level | None
) -> None:
    assert use_level(use(occupied, supply), None, LINES) is level


@given(st.integers(0, 300), st.integers(1, 200), st.sampled_from([None, *Level]))
def test_evaluating_twice_changes_nothing(occupied: int, supply: int, current: Level | None) -> None:
    once = use_level(use(occupied, supply), current, LINES)
    assert use_level(use(occupied, supply), once, LINES) is once


def test_percent_is_cut_and_never_rounded_up_to_a_line() -> None:
    assert use(79999, 100000).facts()["percent"] == "79.9"
    assert use(5, None).facts()["percent"] is None
    assert use(5, 0).facts()["percent"] is None
