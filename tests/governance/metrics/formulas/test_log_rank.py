"""Log-rank: the published remission trial, lifelines over random histories, and what can tell nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from governance.metrics.formulas.log_rank import histogram_of, log_rank

# Freireich et al. 1963 (Gehan 1965): weeks of remission, + is censored; chi-square 16.79, expected 19.25 and 10.75.
TREATED = [(6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0),
           (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]  # fmt: skip
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

waits = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


def counted(pairs):
    return histogram_of((float(time), bool(seen)) for time, seen in pairs)


def test_the_remission_trial_comes_out_as_published():
    found = log_rank(counted(TREATED), counted([(time, 1) for time in PLACEBO]))
    assert found.n == (21, 21)
    assert (found.observed, round(found.expected, 2)) == (9, 19.25)
    assert round(found.chi_square, 2) == 16.79
    assert found.p_slower == pytest.approx(found.p / 2)


@settings(max_examples=150, deadline=None)
@given(waits, waits)
def test_it_equals_lifelines(first, second):
    ours = log_rank(counted(first), counted(second))
    theirs = None
    if ours is not None:
        theirs = logrank_test(
            [t for t, _ in first], [t for t, _ in second], [seen for _, seen in first], [seen for _, seen in second]
        )
        assert ours.chi_square == pytest.approx(theirs.test_statistic, abs=1e-8)
        assert ours.p == pytest.approx(theirs.p_value, abs=1e-8)


@given(waits, waits)
def test_which_group_comes_first_does_not_change_the_answer(first, second):
    one, other = log_rank(counted(first), counted(second)), log_rank(counted(second), counted(first))
    assert (one is None) is (other is None)
    if one is not None:
        assert one.chi_square == pytest.approx(other.chi_square)
        assert one.p_slower == pytest.approx(1 - other.p_slower)


def test_groups_without_an_event_tell_nothing():
    assert log_rank(counted([(3, 0)]), counted([(4, 0)])) is None
    assert log_rank({}, {}) is None


@pytest.mark.parametrize("bad", [{-1.0: (1, 0)}, {1.0: (-1, 0)}, {float("nan"): (1, 0)}])
def test_what_is_no_duration_is_refused(bad):
    with pytest.raises(ValueError, match="duration"):
        log_rank(bad, {1.0: (1, 0)})
