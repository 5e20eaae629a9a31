"""Prices in bands: every part shown, nothing lost, cliffs told, and a wrong row named."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.catalog.band_text import bands_text, read_bands
from governance.catalog.bands import (
    CostBasis,
    Part,
    Price,
    bands_after,
    cheaper_more,
    check_price,
    checked_bands,
    marginal,
    next_band,
    price_for,
)
from governance.kernel.errors import BadInput

BANDS = [[1, 10], [11, 8], [101, 5]]
QUANTITIES = st.integers(0, 400)
PRICES = st.integers(0, 10**12)
STARTS = st.lists(st.integers(2, 300), max_size=6, unique=True).map(lambda found: [1, *sorted(found)])


@st.composite
def banded(draw: st.DrawFn, basis: CostBasis) -> Price:
    bands = [[first, draw(PRICES)] for first in draw(STARTS)]
    return Price(basis, bands[0][1], 1, bands)


def cost(price: Price, quantity: int) -> int:
    return price_for(price, quantity).total


def test_volume_prices_all_units_at_the_band_reached_and_graduated_each_at_its_own() -> None:
    volume, graduated = (Price(basis, 10, 1, BANDS) for basis in (CostBasis.VOLUME, CostBasis.GRADUATED))
    assert [cost(volume, n) for n in (0, 1, 10, 11, 100, 101)] == [0, 10, 100, 88, 800, 505]
    assert [cost(graduated, n) for n in (0, 1, 10, 11, 100, 101)] == [0, 10, 100, 108, 820, 825]
    assert price_for(graduated, 101).parts == (Part(10, 10, 1, 10), Part(90, 8, 11, 100), Part(1, 5, 101, None))
    assert price_for(volume, 40).parts == (Part(40, 8, 11, 100),)
    assert [marginal(graduated, n) for n in (0, 9, 10, 100)] == [10, 10, 8, 5]


def test_the_next_band_is_told_and_that_more_can_cost_less() -> None:
    volume, graduated = (Price(basis, 10, 1, BANDS) for basis in (CostBasis.VOLUME, CostBasis.GRADUATED))
    step = next_band(volume, 9)
    assert step is not None
    assert (step.more, step.quantity, step.unit_price, step.total, step.extra) == (2, 11, 8, 88, -2)
    assert cheaper_more(volume, 9) == step
    assert cheaper_more(volume, 8) is None
    more = cheaper_more(volume, 70)
    assert more is not None
    assert (more.more, more.total, more.extra) == (31, 505, -55)
    assert next_band(volume, 101) is None
    assert cheaper_more(graduated, 70) is None
    step = next_band(graduated, 9)
    assert step is not None
    assert (step.more, step.extra) == (2, 18)
    pack = next_band(Price(CostBasis.PACK, 50, 25), 41)
    assert pack is not None
    assert (pack.more, pack.extra) == (9, 0), "what fills a broken pack is paid already"
    assert [next_band(Price(CostBasis.PACK, 50, 25), 50), next_band(Price(CostBasis.FLAT, 50), None)] == [None, None]


@settings(max_examples=150, deadline=None)
@given(banded(CostBasis.GRADUATED), QUANTITIES, QUANTITIES)
def test_graduated_never_falls_and_its_parts_are_whole(price: Price, one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert cost(price, fewer) <= cost(price, more)
    assert cost(price, fewer + 1) - cost(price, fewer) == marginal(price, fewer)
    assert sum(part.units for part in price_for(price, more).parts) == more
    assert cheaper_more(price, more) is None


@settings(max_examples=150, deadline=None)
@given(banded(CostBasis.VOLUME), QUANTITIES)
def test_no_band_start_beyond_costs_less_than_what_is_told(price: Price, quantity: int) -> None:
    told = cheaper_more(price, quantity)
    least = min([cost(price, quantity), *(cost(price, first) for first, _ in price.bands if first > quantity)])
    assert (cost(price, quantity) if told is None else told.total) == least
    assert sum(part.units for part in price_for(price, quantity).parts) == quantity


@settings(max_examples=150, deadline=None)
@given(banded(CostBasis.GRADUATED), st.integers(0, 400), QUANTITIES)
def test_bands_go_on_counting_after_what_was_bought_before(price: Price, before: int, more: int) -> None:
    left = bands_after(price.bands, before)
    assert checked_bands(left, "bands") == left
    rest = Price(CostBasis.GRADUATED, left[0][1], 1, left)
    assert cost(price, before) + cost(rest, more) == cost(price, before + more)
    volume, after = (Price(CostBasis.VOLUME, each[0][1], 1, each) for each in (price.bands, left))
    if more:
        assert cost(after, more) * (before + more) == cost(volume, before + more) * more, "at the band that all reach"


@settings(max_examples=100, deadline=None)
@given(PRICES, QUANTITIES, st.integers(1, 30))
def test_one_band_is_a_price_a_seat(unit: int, quantity: int, size: int) -> None:
    expected = cost(Price(CostBasis.PER_SEAT, unit), quantity)
    for basis in (CostBasis.VOLUME, CostBasis.GRADUATED):
        assert cost(Price(basis, unit, 1, [[1, unit]]), quantity) == expected
    assert cost(Price(CostBasis.PACK, unit, size), quantity * size) == expected


def rows(*said: tuple[Any, Any, Any]) -> list[dict[str, Any]]:
    return [{"first": first, "last": last, "unit_price": price} for first, last, price in said]


@pytest.mark.parametrize(
    ("said", "field", "needs"),
    [
        (rows((2, None, 5)), "bands.0.first", "1, because"),
        (rows((1, 10, 5), (12, None, 4)), "bands.1.first", "11: the band before ends at 10, there would be a gap"),
        (rows((1, 10, 5), (10, None, 4)), "bands.1.first", "11: the band before ends at 10, they would overlap"),
        (rows((1, None, 5), (20, None, 4), (15, None, 3)), "bands.2.first", "more than 20"),
        (rows((1, None, 5), (20, 19, 4)), "bands.1.last", "20 or more"),
        (rows((1, None, 5), (20, 30, 4)), "bands.1.last", "nothing, because the last band has no end"),
        (rows((1, None, -5)), "bands.0.unit_price", "an amount from 0 to 1000000000"),
        (rows((1, None, 5), (True, None, 4)), "bands.1.first", "a whole number from 1"),
        ([7], "bands.0", "a band"),
        ("1:5", "bands", "a list of at most 100 bands"),
        ([[n, 1] for n in range(1, 102)], "bands", "a list of at most 100 bands"),
    ],
)
def test_a_wrong_band_is_named_with_what_would_be_right(said: Any, field: str, needs: str) -> None:
    with pytest.raises(BadInput) as wrong:
        checked_bands(said, "bands")
    assert wrong.value.field == field
    assert wrong.value.needs.startswith(needs)


def test_bands_and_basis_belong_together() -> None:
    assert checked_bands(rows((1, 10, 5), (11, None, 4)), "bands") == [[1, 5], [11, 4]]
    assert checked_bands([[1, 5], [11, 4]], "bands") == [[1, 5], [11, 4]]
    for price, quantity, field in (
        (Price(CostBasis.VOLUME, 5), 3, "bands"),
        (Price(CostBasis.PER_SEAT, 5, 1, [[1, 5]]), 3, "bands"),
        (Price(CostBasis.GRADUATED, 6, 1, [[1, 5]]), 3, "unit_price"),
        (Price(CostBasis.GRADUATED, 5, 1, [[1, 5]]), None, "cost_basis"),
    ):
        with pytest.raises(BadInput) as wrong:
            check_price(price, quantity)
        assert wrong.value.field == field


def test_bands_are_read_as_people_write_them_and_written_so_that_they_read_again() -> None:
    said = "1-100: 57.00\n101 – 500 = 52.5;501+: 48"
    kept = [[1, 57_000_000], [101, 52_500_000], [501, 48_000_000]]
    assert read_bands(said) == kept
    assert bands_text(kept) == "1-100: 57.00; 101-500: 52.50; 501: 48.00"
    assert read_bands(bands_text(kept, "\n")) == kept
    assert (read_bands(" \n "), bands_text([])) == ([], "")
    for text, field in (
        ("1-100: 57; 102: 52", "bands.1.first"),
        ("1: 57; from 101: 52", "bands.1"),
        ("1: 57; 101: -52", "bands.1.unit_price"),
        ("1: 1.23456789", "bands.0.unit_price"),
    ):
        with pytest.raises(BadInput) as wrong:
            read_bands(text)
        assert wrong.value.field == field
