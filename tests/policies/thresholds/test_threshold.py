from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.thresholds.threshold import (
    InvalidLines,
    Level,
    Lines,
    Origin,
    Override,
    default_thresholds,
    level_of,
    lines_for,
    percent_used,
    thresholds,
)

DEFAULTS = default_thresholds()
LINES = DEFAULTS.use
percents = st.decimals(0, 250, places=3)
levels = st.sampled_from([None, *Level])


def test_the_defaults_are_those_of_the_domain_rules():
    assert (LINES.warn, LINES.high, LINES.critical, LINES.clear_below) == (80, 90, 100, 5)
    assert DEFAULTS.expiry.days_before == (120, 90, 60, 30, 14, 7, 1, 0)
    assert DEFAULTS.expiry.days_after == (1,)
    assert DEFAULTS.lease_seconds == 600


@pytest.mark.parametrize("limit", [0, None])
def test_percent_of_nothing_and_of_unlimited_is_no_percent_and_no_level(limit):
    assert percent_used(7, limit) is None
    assert level_of(None, Level.CRITICAL, LINES) is None


@pytest.mark.parametrize(
    ("used", "limit", "level"),
    [(799, 1000, None), (800, 1000, Level.WARN), (7, 8, Level.WARN), (9, 10, Level.HIGH), (2, 2, Level.CRITICAL)],
)
def test_a_level_is_raised_exactly_at_its_line(used, limit, level):
    assert level_of(percent_used(used, limit), None, LINES) is level


@pytest.mark.parametrize(
    ("percent", "current", "level"),
    [
        ("99.999", Level.CRITICAL, Level.CRITICAL),
        ("95", Level.CRITICAL, Level.CRITICAL),
        ("94.999", Level.CRITICAL, Level.HIGH),
        ("84.999", Level.HIGH, Level.WARN),
        ("75", Level.WARN, Level.WARN),
        ("74.999", Level.WARN, None),
        ("76", Level.CRITICAL, Level.WARN),
    ],
)
def test_a_level_clears_five_points_below_its_line(percent, current, level):
    assert level_of(Decimal(percent), current, LINES) is level


def test_an_alert_is_armed_again_once_it_cleared():
    level = None
    seen = []
    for percent in (79, 80, 76, 80, 74, 79, 80):
        level = level_of(Decimal(percent), level, LINES)
        seen.append(level)
    assert seen == [None, Level.WARN, Level.WARN, Level.WARN, None, None, Level.WARN]


@given(percents, levels)
def test_a_crossed_line_is_always_raised(percent, current):
    now = level_of(percent, current, LINES)
    for level in Level:
        if percent >= LINES.line(level):
            assert now is not None
            assert now >= level


@given(percents, levels)
def test_a_level_never_rises_without_crossing_its_line(percent, current):
    now = level_of(percent, current, LINES)
    if now is not None and (current is None or now > current):
        assert percent >= LINES.line(now)


@given(percents, levels)
def test_asking_twice_changes_nothing(percent, current):
    now = level_of(percent, current, LINES)
    assert level_of(percent, now, LINES) is now


@given(percents, percents, levels)
def test_more_use_is_never_a_lower_level(one, other, current):
    lower, higher = sorted((one, other))
    assert (level_of(lower, current, LINES) or 0) <= (level_of(higher, current, LINES) or 0)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_the_line_is_met_by_whole_numbers_not_by_rounding(used, limit):
    raised = level_of(percent_used(used, limit), None, LINES)
    assert (raised is not None) == (used * 100 >= 80 * limit)


def test_lines_are_inherited_and_the_nearest_origin_wins():
    drawn = [
        Override(Origin.UNIT, warn=Decimal(50)),
        Override(Origin.TENANT, warn=Decimal(60), high=Decimal(70)),
        Override(Origin.POOL, high=Decimal(75), clear_below=Decimal(2)),
    ]
    assert lines_for(drawn) == Lines(Decimal(50), Decimal(75), Decimal(100), Decimal(2))
    assert lines_for(reversed(drawn)) == lines_for(drawn)
    assert lines_for([]) == LINES


@pytest.mark.parametrize(
    ("field", "percent"), [("warn", 90), ("warn", 0), ("high", 80), ("high", 100), ("critical", 85)]
)
def test_lines_out_of_order_are_refused(field, percent):
    with pytest.raises(InvalidLines):
        lines_for([Override(Origin.TENANT, **{field: Decimal(percent)})])


def test_clearing_below_zero_is_refused():
    with pytest.raises(InvalidLines, match="clear_below"):
        replace(LINES, clear_below=Decimal(80))


@pytest.mark.parametrize(
    ("days_left", "rung"),
    [(200, None), (120, 120), (119, 120), (90, 90), (8, 14), (7, 7), (1, 1), (0, 0), (-1, -1), (-7, -1), (-8, -8)],
)
def test_an_expiry_is_announced_rung_by_rung_and_then_weekly(days_left, rung):
    assert DEFAULTS.expiry.rung(days_left) == rung


def test_after_the_ladder_the_reminder_comes_weekly():
    assert {DEFAULTS.expiry.rung(-day) for day in range(8, 30)} == {-8, -15, -22, -29}


@given(st.integers(-3000, 300))
def test_no_rung_is_announced_early_and_none_is_taken_back(days_left):
    rung = DEFAULTS.expiry.rung(days_left)
    tomorrow = DEFAULTS.expiry.rung(days_left - 1)
    if rung is not None:
        assert rung >= days_left
        assert tomorrow <= rung


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("expiry", "days_before", [30, 60]),
        ("expiry", "days_before", []),
        ("expiry", "days_after", [0]),
        ("expiry", "then_every", 0),
        ("idle", "suspect_days", 100),
        ("use", "warn", 91),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(part, field, value):
    document = {
        "use": {"warn": 80, "high": 90, "critical": 100, "clear_below": 5},
        "expiry": {"days_before": [30, 0], "days_after": [1], "then_every": 7},
        "idle": {"suspect_days": 30, "candidate_days": 60, "reclaim_days": 90, "activation_grace_days": 30},
        "lease": {"seconds": 600},
        "slowdown": {
            "recent_days": 42, "baseline_days": 365, "least_seats": 12, "least_used": 8, "raise_below": 0.01,
            "high_below": 0.001, "clear_above": 0.05,
        },
    }  # fmt: skip
    thresholds(document)
    document[part][field] = value
    with pytest.raises(InvalidLines):
        thresholds(document)
