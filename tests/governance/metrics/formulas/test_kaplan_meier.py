import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_times

from governance.metrics.formulas.kaplan_meier import Survival, kaplan_meier, kaplan_meier_of_histogram
from tests.real_data import published, real_rows

histories = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60)


def fitted(observations):
    oracle = KaplanMeierFitter()
    oracle.fit([duration for duration, _ in observations], [observed for _, observed in observations])
    return oracle


@given(histories)
def test_the_curve_equals_lifelines(observations):
    ours = kaplan_meier(observations)
    theirs = fitted(observations)
    assert ours.n == len(observations)
    assert ours.events == sum(observed for _, observed in observations)
    assert ours.censored == ours.n - ours.events
    for step in ours.steps:
        assert step.survival == pytest.approx(float(theirs.predict(step.time)), abs=1e-9)
        row = theirs.event_table.loc[step.time]
        assert (step.at_risk, step.events, step.censored) == (row.at_risk, row.observed, row.censored)


@given(histories)
def test_the_pointwise_interval_equals_lifelines_where_it_is_defined(observations):
    ours = kaplan_meier(observations)
    band = fitted(observations).confidence_interval_
    for step in ours.steps:
        if step.lower is not None:
            low, high = band.loc[step.time]
            assert step.lower == pytest.approx(low, abs=1e-9)
            assert step.upper == pytest.approx(high, abs=1e-9)
            assert 0 <= step.lower <= step.survival <= step.upper <= 1
        else:
            assert step.survival in {0.0, 1.0}


@given(histories)
def test_quantiles_are_the_first_time_the_curve_and_its_band_reach_them(observations):
    ours = kaplan_meier(observations)
    for quantile in (ours.lower_quartile, ours.median, ours.upper_quartile):
        left = 1 - quantile.share + 1e-12
        reached = [step.time for step in ours.steps if step.survival <= left]
        assert quantile.time == (reached[0] if reached else None)
        if quantile.lower is not None and quantile.time is not None:
            assert quantile.lower <= quantile.time
        if quantile.upper is not None:
            assert quantile.time is not None
            assert quantile.time <= quantile.upper


@given(histories)
def test_a_histogram_gives_the_same_estimate_as_single_histories(observations):
    histogram: dict[float, tuple[int, int]] = {}
    for duration, observed in observations:
        events, censored = histogram.get(duration, (0, 0))
        histogram[duration] = (events + observed, censored + (not observed))
    assert kaplan_meier_of_histogram(histogram) == kaplan_meier(observations)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 50))
def test_without_censoring_the_share_is_a_plain_count(durations, day):
    share = kaplan_meier([(duration, True) for duration in durations]).share_within(day)
    assert share is not None
    assert share.value == pytest.approx(sum(duration <= day for duration in durations) / len(durations))


def test_a_share_beyond_the_follow_up_is_unknown_not_zero():
    survival = kaplan_meier([(3, True), (10, False)])
    assert survival.share_within(11) is None
    assert survival.share_within(10).value == pytest.approx(0.5)
    assert survival.share_within(2).value == 0
    assert survival.share_within(-1) is None


def test_nobody_followed_gives_no_figure():
    survival = kaplan_meier([])
    assert survival == kaplan_meier_of_histogram({5: (0, 0)})
    assert (survival.n, survival.steps, survival.median.time) == (0, (), None)
    assert survival.share_within(0) is None


def test_seats_never_used_leave_the_median_open():
    survival = kaplan_meier([(30, False)] * 9 + [(2, True)])
    assert survival.median.time is None
    assert survival.share_within(2).value == pytest.approx(0.1)


def test_an_exact_half_is_reached_in_spite_of_rounding():
    # Of 24 seats 12 are used: the product of fractions is 0.5000000000000001.
    survival = kaplan_meier([(day, True) for day in range(1, 13)] + [(90, False)] * 12)
    assert survival.steps[11].survival > 0.5
    assert survival.median.time == 12


@pytest.mark.parametrize("duration", [-1, math.nan, math.inf])
def test_an_impossible_duration_is_refused(duration):
    with pytest.raises(ValueError, match="duration"):
        kaplan_meier([(duration, True)])


def test_impossible_counts_and_confidences_are_refused():
    with pytest.raises(ValueError, match="counts"):
        kaplan_meier_of_histogram({1: (-1, 0)})
    with pytest.raises(ValueError, match="confidence"):
        kaplan_meier([(1, True)], confidence=1)


def lung(**filters: str) -> Survival:
    rows = real_rows("survival/rdatasets_survival_lung.csv")
    kept = [row for row in rows if all(row[column] == value for column, value in filters.items())]
    return kaplan_meier([(float(row["time"]), row["status"] == "2") for row in kept])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("figure", "sex", "ecog", "n", "events"),
    [
        ("km-lung-ecog-10", "1", "0", 36, 28),
        ("km-lung-ecog-11", "1", "1", 71, 54),
        ("km-lung-ecog-13", "1", "3", 1, 1),
        ("km-lung-ecog-20", "2", "0", 27, 9),
        ("km-lung-ecog-22", "2", "2", 21, 16),
    ],
)
def test_lung_medians_equal_the_published_ones(figure, sex, ecog, n, events):
    survival = lung(sex=sex, **{"ph.ecog": ecog})
    assert (survival.n, survival.events) == (n, events)
    assert survival.median.time == float(published(figure)["published_value"])


@pytest.mark.real_data
@pytest.mark.parametrize(("figure", "sex", "n"), [("km-lung-obs1", "1", 138), ("km-lung-obs2", "2", 90)])
def test_lung_events_equal_the_published_ones(figure, sex, n):
    survival = lung(sex=sex)
    assert (survival.n, survival.events) == (n, int(published(figure)["published_value"]))


@pytest.mark.real_data
@pytest.mark.parametrize("day", ["182.5", "365", "547.5", "730"])
def test_ovarian_survival_equals_the_published_one(day):
    rows = real_rows("survival/rdatasets_survival_ovarian.csv")
    survival = kaplan_meier([(float(row["futime"]), row["fustat"] == "1") for row in rows if row["resid.ds"] == "1"])
    figure = published(f"km-ovarian-1-{day}")
    share = survival.share_within(float(day))
    assert 1 - share.value == pytest.approx(float(figure["published_value"]), abs=float(figure["tolerance"]))


@pytest.mark.real_data
@pytest.mark.parametrize("week", ["6", "7", "10", "13", "16", "22", "23"])
def test_remission_under_6mp_equals_the_published_one(week):
    rows = real_rows("survival/rdatasets_KMsurv_drug6mp.csv")
    survival = kaplan_meier([(float(row["t2"]), row["relapse"] == "1") for row in rows])
    figure = published(f"km-6mp-{week}")
    share = survival.share_within(float(week))
    assert 1 - share.value == pytest.approx(float(figure["published_value"]), abs=float(figure["tolerance"]))


@pytest.mark.real_data
def test_remission_medians_equal_the_published_ones():
    rows = real_rows("survival/rdatasets_KMsurv_drug6mp.csv")
    treated = kaplan_meier([(float(row["t2"]), row["relapse"] == "1") for row in rows])
    placebo = kaplan_meier([(float(row["t1"]), True) for row in rows])
    medians = f"{treated.median.time:.0f} / {placebo.median.time:.0f}"
    assert medians == published("km-6mp-med")["published_value"]


@pytest.mark.real_data
def test_leukemia_events_equal_the_published_ones():
    rows = real_rows("survival/rdatasets_survival_leukemia.csv")
    arms = [
        kaplan_meier([(float(row["time"]), row["status"] == "1") for row in rows if row["x"] == arm])
        for arm in ("Maintained", "Nonmaintained")
    ]
    assert " / ".join(str(arm.events) for arm in arms) == published("km-aml-03")["published_value"]


@pytest.mark.real_data
def test_the_median_of_waltons_mice_equals_the_published_one():
    rows = real_rows("survival/lifelines_waltons_dataset.csv")
    survival = kaplan_meier([(float(row["T"]), row["E"] == "1") for row in rows])
    assert survival.median.time == float(published("km-waltons-med")["published_value"])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "time", "event", "seen"),
    [
        ("lifelines_waltons_dataset.csv", "T", "E", "1"),
        ("rdatasets_survival_lung.csv", "time", "status", "2"),
        ("rdatasets_survival_veteran.csv", "time", "status", "1"),
        ("lifelines_gbsg2.csv", "time", "cens", "1"),
        ("rdatasets_KMsurv_kidtran.csv", "time", "delta", "1"),
    ],
)
def test_quartiles_and_their_intervals_equal_lifelines_on_real_sets(name, time, event, seen):
    rows = real_rows(f"survival/{name}")
    observations = [(float(row[time]), row[event] == seen) for row in rows]
    ours = kaplan_meier(observations)
    theirs = fitted(observations)
    band = theirs.confidence_interval_
    for quantile in (ours.lower_quartile, ours.median, ours.upper_quartile):
        left = 1 - quantile.share
        limits = qth_survival_times(left, band).iloc[0]
        expected = (qth_survival_times(left, theirs.survival_function_), *limits)
        found = (quantile.time, quantile.lower, quantile.upper)
        assert [math.inf if value is None else value for value in found] == list(expected)
