"""A last usable day is usable to its end in its own zone, whatever the clocks do that night."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.kernel.due import day_of, days_until, end_after, holds_at, start_of, zone
from governance.kernel.errors import BadInput

ZONES = (
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Asia/Tokyo",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/Sao_Paulo",
)
DAYS = st.dates(date(2000, 1, 2), date(2100, 1, 1))


@given(day=DAYS, name=st.sampled_from(ZONES))
def test_a_day_begins_on_itself_and_the_instant_before_it_is_the_day_before(day: date, name: str) -> None:
    start = start_of(day, name)
    assert day_of(start, name) == day
    assert day_of(start - timedelta(microseconds=1), name) == day - timedelta(days=1)


@given(day=DAYS, name=st.sampled_from(ZONES))
def test_the_last_usable_day_is_usable_to_its_end_and_no_longer(day: date, name: str) -> None:
    start, end = start_of(day, name), end_after(day, name)
    assert end is not None
    assert holds_at(start, end, start)
    assert holds_at(start, end, end - timedelta(microseconds=1))
    assert not holds_at(start, end, end)
    assert days_until(day, end - timedelta(microseconds=1), name) == 0
    assert days_until(day, end, name) == -1


def test_a_perpetual_one_never_ends() -> None:
    assert end_after(None, "UTC") is None
    assert holds_at(datetime(2020, 1, 1, tzinfo=UTC), None, datetime(2199, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)], ids=str
)
def test_a_day_is_as_long_as_its_clocks_say(day: date, hours: int) -> None:
    end = end_after(day, "Europe/Zurich")
    assert end is not None
    assert end - start_of(day, "Europe/Zurich") == timedelta(hours=hours)


def test_a_midnight_that_is_skipped_is_the_first_instant_after_it() -> None:
    assert start_of(date(2018, 11, 4), "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd"])
def test_a_zone_that_is_none_is_bad_input(name: str) -> None:
    with pytest.raises(BadInput):
        zone(name)
