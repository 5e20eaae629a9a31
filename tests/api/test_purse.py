"""Whoever asks for much waits; whoever asks for little never notices."""

from datetime import timedelta

import pytest

from api.purse import Purses
from governance.kernel.errors import Unavailable


def test_a_purse_that_is_empty_says_when_to_come_again_and_fills_with_time(clock):
    purses = Purses(clock, burst=100, per_second=10)
    purses.charge("ada", 100)
    with pytest.raises(Unavailable) as no:
        purses.charge("ada", 50)
    assert no.value.retry_after_s == 6
    purses.charge("ben", 100)
    clock.advance(timedelta(seconds=5))
    purses.charge("ada", 50)


def test_a_refused_operation_costs_nothing_and_time_fills_no_purse_above_its_brim(clock):
    purses = Purses(clock, burst=100, per_second=10)
    for _ in range(3):
        with pytest.raises(Unavailable):
            purses.charge("ada", 101)
    clock.advance(timedelta(days=1))
    purses.charge("ada", 100)
    with pytest.raises(Unavailable):
        purses.charge("ada", 1)
