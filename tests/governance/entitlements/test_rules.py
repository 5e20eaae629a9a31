"""The pure decisions on dated seats: what is in force, what it costs, what fits."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.entitlements.rules import (
    CostBasis,
    Given,
    Part,
    Supply,
    gap_days,
    lot_cost,
    seats_at,
    seats_of,
    within,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 100).map(lambda hours: START + timedelta(hours=hours))
PARTS = st.builds(Part, st.one_of(st.none(), st.integers(0, 50)), HOURS, st.one_of(st.none(), HOURS))


@settings(max_examples=200, deadline=None)
@given(PARTS, PARTS, HOURS)
def test_what_is_within_another_part_holds_when_both_do(part: Part, outer: Part, at: datetime) -> None:
    both = seats_at((part,), at) != 0 and seats_at((outer,), at) != 0
    inside = within(part, outer)
    if both:
        assert seats_at((inside,), at) == part.quantity
    elif outer.quantity != 0:
        assert seats_at((inside,), at) == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=6), HOURS)
def test_supply_is_the_sum_of_what_is_in_force_or_unlimited(parts: list[Part], at: datetime) -> None:
    holding = [p.quantity for p in parts if p.start <= at and (p.end is None or at < p.end)]
    expected = None if None in holding else sum(q for q in holding if q is not None)
    assert seats_at(parts, at) == expected == seats_of(holding)


def test_a_pools_supply_ends_with_its_lot() -> None:
    lot, pool = UUID(int=1), UUID(int=2)
    end = START + timedelta(days=1)
    supply = Supply({lot: Part(5, START, end)}, (Given(pool, lot, Part(3, START, None)),))
    just_before = end - timedelta(microseconds=1)
    assert (supply.pool_at(pool, just_before), supply.pool_at(pool, end)) == (3, 0)
    assert (supply.line_at(just_before), supply.line_at(end)) == (5, 0)
    assert supply.pool_at(UUID(int=9), START) == 0


@pytest.mark.parametrize(
    ("basis", "quantity", "pack", "cost"),
    [
        (CostBasis.PER_SEAT, 7, 1, 70),
        (CostBasis.PACK, 7, 5, 20),
        (CostBasis.PACK, 10, 5, 20),
        (CostBasis.PACK, 0, 5, 0),
        (CostBasis.FLAT, 7, 1, 10),
        (CostBasis.FLAT, None, 1, 10),
    ],
)
def test_a_lot_costs_by_its_basis_and_a_broken_pack_in_full(
    basis: CostBasis, quantity: int | None, pack: int, cost: int
) -> None:
    assert lot_cost(basis, 10, pack, quantity) == cost


def test_an_unlimited_lot_has_no_price_a_seat() -> None:
    with pytest.raises(ValueError, match="flat"):
        lot_cost(CostBasis.PER_SEAT, 10, 1, None)


def test_a_renewal_is_seamless_late_or_early() -> None:
    last = date(2026, 12, 31)
    assert gap_days(last, date(2027, 1, 1)) == 0
    assert gap_days(last, date(2027, 1, 11)) == 10
    assert gap_days(last, date(2026, 12, 1)) == -31
    assert gap_days(None, last) is None
