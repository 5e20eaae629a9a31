"""Parts sum to the whole, whatever the weights and however a term is cut into stretches."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.metrics.formulas.apportion import apportioned, spent

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)


def test_units_left_over_go_to_the_largest_remainders() -> None:
    assert apportioned(10, [1, 1, 1]) == (4, 3, 3)
    assert apportioned(100, [55, 27, 18]) == (55, 27, 18)
    assert apportioned(10, [6, 3, 1, 0]) == (6, 3, 1, 0)
    assert apportioned(7, [6, 3, 1]) == (4, 2, 1)  # 4.2, 2.1, 0.7
    assert apportioned(-10, [1, 1, 1]) == (-4, -3, -3)


@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_amount_and_miss_their_quota_by_less_than_one(amount: int, weights: list[int]) -> None:
    parts = apportioned(amount, weights)
    assert sum(parts) == amount
    assert all(abs(part * sum(weights) - amount * w) < sum(weights) for part, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_part_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        apportioned(1, weights)


@given(AMOUNTS, st.integers(1, 2000), st.lists(st.integers(1, 2000), max_size=12))
def test_stretches_that_follow_one_another_sum_to_the_amount(amount: int, days: int, cuts: list[int]) -> None:
    ends = sorted({0, days, *(cut for cut in cuts if cut < days)})
    assert sum(spent(amount, days, before + 1, end) for before, end in pairwise(ends)) == amount


def test_a_day_of_a_year() -> None:
    assert spent(365_000_000, 365, 1, 31) == 31_000_000
    assert [spent(1, 2, day, day) for day in (1, 2)] == [0, 1]  # half to even, then the rest
