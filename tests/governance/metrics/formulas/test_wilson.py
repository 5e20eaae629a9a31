import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from governance.metrics.formulas.wilson import wilson
from tests.real_data import published, real_rows


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_interval_equals_scipy(counts, confidence):
    successes, n = counts
    ours = wilson(successes, n, confidence)
    theirs = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert ours.lower == pytest.approx(theirs.low, abs=1e-9)
    assert ours.upper == pytest.approx(theirs.high, abs=1e-9)
    assert 0 <= ours.lower <= ours.value <= ours.upper <= 1


def test_a_share_of_nothing_is_no_share():
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_more_successes_than_tries_are_refused(successes, n):
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_certainty_is_no_confidence():
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=1.0)


@pytest.mark.real_data
@pytest.mark.parametrize(("figure", "arm"), [("ab-cc-d1ciA", "gate_30"), ("ab-cc-d1ciB", "gate_40")])
def test_the_interval_of_retained_players_equals_the_published_one(figure, arm):
    players = [row["retention_1"] == "True" for row in real_rows("ab_tests/cookie_cats.csv") if row["version"] == arm]
    row = published(figure)
    low, high = (float(value) for value in row["published_value"].split(" - "))
    ours = wilson(sum(players), len(players))
    assert ours.lower == pytest.approx(low, abs=float(row["tolerance"]))
    assert ours.upper == pytest.approx(high, abs=float(row["tolerance"]))
