"""Money is whole micro-units of one currency: read exactly, added exactly, never mixed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.kernel.errors import BadInput
from governance.kernel.money import Money, parse_money

MICROS = st.integers(-(10**18), 10**18)


@given(MICROS)
def test_what_is_written_is_read_back(micros: int) -> None:
    amount = Money(micros, "EUR")
    assert parse_money(f"{amount.decimal():f}", "EUR") == amount


@given(MICROS, MICROS, st.integers(0, 10_000))
def test_sums_are_exact(one: int, other: int, count: int) -> None:
    a, b = Money(one, "EUR"), Money(other, "EUR")
    assert (a + b - b, a.times(count).micros) == (a, one * count)


def test_two_currencies_never_meet_in_a_sum() -> None:
    with pytest.raises(ValueError, match="do not add"):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize(("micros", "rate", "gives"), [(1, "0.5", 0), (3, "0.5", 2), (5, "0.5", 2), (10, "1.05", 10)])
def test_a_conversion_rounds_half_to_even(micros: int, rate: str, gives: int) -> None:
    assert Money(micros, "EUR").converted(Decimal(rate), "USD") == Money(gives, "USD")


@pytest.mark.parametrize("text", ["", "much", "1,5", "NaN", "Infinity", "0.0000001", "1e400", "1e999999999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_money(text, "EUR")
