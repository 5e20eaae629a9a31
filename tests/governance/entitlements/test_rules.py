"""The pure decisions on dated seats: what is in force, what it costs, what fits."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.catalog.bands import CostBasis, Price, price_for
from governance.entitlements.rules import (
    Expiry,
    Given,
    LicenseModel,
    LinePosition,
    LotStand,
    Overage,
    Part,
    Reading,
    RenewalBasis,
    Stock,
    Supply,
    check_expiry,
    check_overage,
    consumed,
    consumed_in_order,
    gap_days,
    loses_at,
    most_of,
    renewed_from,
    seats_at,
    seats_of,
    stand_of_lot,
    within,
)
from governance.kernel.errors import BadInput

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
    assert price_for(Price(basis, 10, pack), quantity).total == cost


def test_an_unlimited_lot_has_no_price_a_seat() -> None:
    with pytest.raises(ValueError, match="flat"):
        price_for(Price(CostBasis.PER_SEAT, 10), None)


def test_a_renewal_is_seamless_late_or_early() -> None:
    last = date(2026, 12, 31)
    assert gap_days(last, date(2027, 1, 1)) == 0
    assert gap_days(last, date(2027, 1, 11)) == 10
    assert gap_days(last, date(2026, 12, 1)) == -31
    assert gap_days(None, last) is None


@pytest.mark.parametrize(
    ("supply", "percent", "most"),
    [
        (3, "133.4", 4), (10, "110", 11), (9, "110", 9), (19, "110", 20), (7, "100", 7), (0, "150", 0), (5, None, 5),
        (None, "110", None), (29, "110.35", 32), (10**9, "100.01", 1_000_100_000),
    ],
)  # fmt: skip
def test_a_percentage_is_rounded_down_in_decimal(supply: int | None, percent: str | None, most: int | None) -> None:
    assert most_of(supply, percent) == most


@pytest.mark.parametrize("percent", [None, "99.99", "1000.01", "110.001", "a lot", "NaN", "Infinity"])
def test_a_percentage_that_cannot_be_is_told(percent: str | None) -> None:
    with pytest.raises(BadInput) as told:
        check_overage(Overage.ALLOW_TO_PERCENT, percent, path="lines.0.")
    assert told.value.field == "lines.0.overage_percent"


def test_only_the_mode_with_a_percentage_takes_one() -> None:
    assert check_overage(Overage.ALLOW_TO_PERCENT, "110.00") == "110"
    assert check_overage(Overage.TRUE_UP, None) is None
    with pytest.raises(BadInput):
        check_overage(Overage.BLOCK, "110")


def test_lots_are_consumed_by_priority_then_expiry_then_creation() -> None:
    def stock(number: int, quantity: int | None, priority: int, days: int | None, created: int) -> Stock:
        end = None if days is None else START + timedelta(days=days)
        return Stock(UUID(int=number), quantity, priority, end, START + timedelta(hours=created))

    stocks = [
        stock(1, None, 1, None, 0), stock(2, 5, 0, None, 0), stock(3, 5, 0, 30, 2), stock(4, 5, 0, 30, 1),
        stock(5, 5, 0, 60, 0),
    ]  # fmt: skip
    uses, beyond = consumed_in_order(stocks, 17)
    assert [(use.lot_key.int, use.used, use.left) for use in uses] == [
        (4, 5, 0), (3, 5, 0), (5, 5, 0), (2, 2, 3), (1, 0, None),
    ]  # fmt: skip
    assert beyond == 0
    uses, beyond = consumed_in_order(stocks[1:], 22)
    assert (sum(use.used for use in uses), beyond) == (20, 2)


def test_meters_add_up_and_levels_follow_each_subject() -> None:
    def reading(subject: str, quantity: int, day: int) -> Reading:
        return Reading(subject, quantity, date(2026, 1, day), date(2026, 1, day))

    readings = [reading("a", 8, 1), reading("b", 16, 2), reading("a", 4, 3), reading("b", 2, 4)]
    metered, level = consumed(LicenseModel.METERED, readings), consumed(LicenseModel.CORE, readings)
    assert (metered.now, level.now, level.peak) == (30, 6, 24)
    moved = [reading("a", 8, 1), reading("a", 0, 2), reading("b", 8, 2)]
    assert consumed(LicenseModel.CAPACITY, moved).peak == 8, "what moves within a day is not counted twice"
    nobody = consumed(LicenseModel.METERED, [])
    assert (nobody.now, nobody.peak) == (None, None)


def test_a_position_is_signed_and_what_nobody_knows_is_no_overuse() -> None:
    over, unknown, unlimited, nothing = (
        LinePosition(20, 30, 30), LinePosition(20, None, None), LinePosition(None, 30, 30), LinePosition(0, 3, 3),
    )  # fmt: skip
    assert (over.balance, over.over, str(over.percent)) == (-10, 10, "150.0")
    assert (unknown.balance, unknown.over, unknown.percent) == (None, None, None)
    assert (unlimited.balance, unlimited.over, unlimited.percent) == (None, 0, None)
    assert (nothing.balance, nothing.over, nothing.percent) == (-3, 3, None)


def test_days_of_grace_are_whole_days_of_the_lots_zone() -> None:
    last, zone = date(2026, 3, 28), "Europe/Zurich"
    ends = datetime(2026, 3, 28, 23, tzinfo=UTC)
    second = timedelta(seconds=1)

    def stand(at: datetime, grace: int = 1, day: date | None = last) -> LotStand:
        return stand_of_lot(START, day, zone, grace, at)

    assert (stand(START - second), stand(ends - second), stand(ends)) == (
        LotStand.COMING, LotStand.ACTIVE, LotStand.GRACE,
    )  # fmt: skip
    # The day of grace has 23 hours: clocks go forward in it.
    assert (stand(ends + timedelta(hours=23) - second), stand(ends + timedelta(hours=23))) == (
        LotStand.GRACE, LotStand.EXPIRED,
    )  # fmt: skip
    assert (stand(ends, 0), stand(ends, 9, None)) == (LotStand.EXPIRED, LotStand.ACTIVE)
    assert [loses_at(mode, last, zone, 1) for mode in Expiry] == [None, ends, ends + timedelta(hours=23), None]


def test_grace_has_days_and_other_modes_have_none() -> None:
    check_expiry(Expiry.GRACE, 30)
    check_expiry(Expiry.REVOKE, 0)
    for mode, days in ((Expiry.GRACE, 0), (Expiry.MAINTAIN, 3)):
        with pytest.raises(BadInput):
            check_expiry(mode, days)


def test_a_renewal_begins_by_its_basis() -> None:
    early, late, last = date(2026, 3, 1), date(2026, 4, 10), date(2026, 3, 31)
    seamless = date(2026, 4, 1)
    assert [renewed_from(basis, last, early) for basis in RenewalBasis] == [seamless, early, seamless]
    assert [renewed_from(basis, last, late) for basis in RenewalBasis] == [seamless, late, late]
    assert renewed_from(RenewalBasis.FROM_NOW, None, early) == early
    with pytest.raises(BadInput):
        renewed_from(RenewalBasis.FROM_EXPIRY, None, early)
