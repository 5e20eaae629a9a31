"""Renewal rate, gross and net retention: the published examples, the cap contract by contract, the empty cohort."""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest

from governance.metrics.formulas.grr import gross_retention
from governance.metrics.formulas.nrr import Waterfall, net_retention
from governance.metrics.formulas.renewal_rate import renewal_rate
from tests.real_data import published, real_rows


def test_the_published_net_retentions_come_out() -> None:
    for figure, waterfall in (
        ("nrr-1", Waterfall(100_000, 15_000, 5_000, 8_000)),
        ("nrr-2", Waterfall(200_000, 20_000, 4_000, 6_000)),
    ):
        assert waterfall.rate is not None
        assert waterfall.rate * 100 == Fraction(published(figure)["published_value"])


def test_the_known_churn_of_the_telco_customers_comes_out() -> None:
    rows = real_rows("churn/ibm_telco_customer_churn.csv")
    pairs = [(1, 0 if row["Churn"] == "Yes" else 1) for row in rows]
    due, churned = map(int, re.findall(r"\d+", published("churn-telco-1")["published_value"]))

    assert (len(pairs), sum(kept == 0 for _, kept in pairs)) == (due, churned)
    assert renewal_rate(pairs) == 1 - Fraction(churned, due)


def test_growth_of_one_contract_never_hides_the_churn_of_another() -> None:
    contracts = [(100, 0), (100, 300)]

    assert gross_retention(contracts) == Fraction(1, 2)
    assert renewal_rate(contracts) == Fraction(1, 2)
    assert net_retention(contracts) == Waterfall(200, 200, 0, 100)


def test_who_came_after_the_opening_is_not_of_the_cohort() -> None:
    assert net_retention([(100, 90), (0, 500)]) == Waterfall(100, 0, 10, 0)
    assert gross_retention([(100, 90), (0, 500)]) == Fraction(9, 10)


def test_an_empty_cohort_has_no_rate() -> None:
    assert renewal_rate([]) is None
    assert gross_retention([]) is None
    assert net_retention([]).rate is None


@pytest.mark.parametrize("formula", [renewal_rate, gross_retention, net_retention])
def test_negative_amounts_are_named(formula: Callable[[Iterable[tuple[int, int]]], object]) -> None:
    with pytest.raises(ValueError, match="≥ 0"):
        formula([(1, -1)])
