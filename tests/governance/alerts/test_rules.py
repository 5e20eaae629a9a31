"""Which level holds, and whose lines a pool is measured by."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.alerts.rules import Place, PoolUse, drawn_lines, lines_of, use_level
from policies.thresholds.threshold import InvalidLines, Level, default_thresholds

LINES = default_thresholds().use
PRODUCT, POOL, UNIT, COMPANY = uuid4(), uuid4(), uuid4(), uuid4()
PLACE = Place((UNIT, COMPANY), ("DE", "155", "150", "001"))


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


def test_nearer_lines_override_inherited_ones() -> None:
    content = {
        "use": {"warn": 70},
        "overrides": [
            {"origin": "UNIT", "id": str(UNIT), "warn": 50},
            {"origin": "UNIT", "id": str(COMPANY), "warn": 55, "high": "85.5"},
            {"origin": "REGION", "id": "150", "critical": 95},
            {"origin": "POOL", "id": str(POOL), "warn": 60, "clear_below": 10},
            {"origin": "PRODUCT", "id": str(PRODUCT), "warn": 65},
        ],
    }
    drawn = drawn_lines(content)
    lines = lines_of(use(1, 1), PLACE, drawn)
    assert (lines.warn, lines.high, lines.critical, lines.clear_below) == (
        Decimal(50),
        Decimal("85.5"),
        Decimal(95),
        Decimal(10),
    )
    elsewhere = lines_of(PoolUse(uuid4(), "x", "y", uuid4(), uuid4(), "US", 1, 1), Place((), ("US", "001")), drawn)
    assert (elsewhere.warn, elsewhere.high) == (Decimal(70), Decimal(90))


@pytest.mark.parametrize(
    "content",
    [
        {"overrides": [{"origin": "POOL", "id": "no id", "warn": 1}]},
        {"overrides": [{"origin": "TENANT", "id": "x", "warn": 1}]},
        {"overrides": [{"origin": "NOBODY", "id": str(UUID(int=1))}]},
        {"overrides": [{"warn": 1}]},
        {"overrides": [{"origin": "POOL", "id": str(UUID(int=1)), "warn": "much"}]},
    ],
)
def test_lines_that_cannot_be_read_are_named(content: dict[str, object]) -> None:
    with pytest.raises(InvalidLines):
        drawn_lines(content)
