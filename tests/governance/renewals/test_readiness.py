"""Readiness: facts from the figures, ways out that conserve seats and money, nothing that was not counted."""

from datetime import date

import pytest

from governance.catalog.bands import CostBasis, Price
from governance.kernel.work import Office
from governance.metrics.answers import moments
from governance.renewals.queries import endings, renewal
from governance.renewals.readiness import Readiness, readiness
from governance.renewals.readiness_rules import Choice, Priced, capped, needed, options_of
from tests.estate import Estate, License
from tests.governance.holding import seat

SEAT = Priced(Price(CostBasis.PER_SEAT, 12_000_000), 12)


def test_each_way_out_has_its_seats_and_money() -> None:
    same, fit, lapse = options_of(100, SEAT, 41, 0)
    assert (same.choice, same.quantity, same.yearly, same.change, same.uncovered) == (
        Choice.RENEW_SAME, 100, 1_200_000_000, 0, 0,
    )  # fmt: skip
    assert (fit.choice, fit.quantity, fit.yearly, fit.change) == (Choice.RIGHT_SIZE, 46, 552_000_000, -648_000_000)
    assert (lapse.quantity, lapse.yearly, lapse.change, lapse.uncovered) == (0, 0, -1_200_000_000, 41)


@pytest.mark.parametrize(
    ("occupied", "elsewhere", "seats"),
    [(0, 0, 0), (1, 0, 2), (10, 0, 11), (11, 0, 13), (10, 4, 7), (10, 40, 0), (10, None, 0)],
)
def test_what_is_needed_is_occupied_and_a_margin_less_what_others_supply(
    occupied: int, elsewhere: int | None, seats: int
) -> None:
    assert needed(occupied, elsewhere) == seats


def test_a_cap_says_what_a_seat_may_cost_and_a_cliff_what_is_cheaper() -> None:
    assert [capped(paid, cap) for paid, cap in ((100, "3.5"), (100, "0"), (101, "5"), (None, "5"), (1, None))] == [
        103, 100, 106, None, None,
    ]  # fmt: skip
    cliff = Priced(Price(CostBasis.VOLUME, 10_000_000, 1, [[1, 10_000_000], [50, 8_000_000]]), 12)
    fit = options_of(100, cliff, 41, 0)[1]
    assert (fit.quantity, fit.yearly) == (50, 400_000_000), "46 would do, but cost more than 50"


def test_broken_packs_are_paid_in_full_and_a_flat_price_is_not_sized() -> None:
    pack = Priced(Price(CostBasis.PACK, 50_000_000, 25), 12)
    assert [each.yearly for each in options_of(100, pack, 41, 0)] == [200_000_000, 100_000_000, 0]
    flat = Priced(Price(CostBasis.FLAT, 90_000_000), 6)
    assert [(each.choice, each.yearly) for each in options_of(None, flat, 41, 0)] == [
        (Choice.RENEW_SAME, 180_000_000), (Choice.LAPSE, 0),
    ]  # fmt: skip
    assert [each.choice for each in options_of(10, SEAT, None, 0)] == [Choice.RENEW_SAME, Choice.LAPSE]


async def told(office: Office, estate: Estate, license_: License) -> Readiness:
    async with office.reading(estate.actor("admin")) as work:
        lot, entitlement, agreement = await renewal(work, license_.lot_key)
        ends = (await endings(work, [(lot, agreement)]))[lot.lot_key]
        return await readiness(work, lot, entitlement, agreement, ends, moments(work, None, None))


async def test_the_facts_are_those_of_the_figures(office: Office, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=10, last_day=date(2026, 12, 31), unit_price=12_000_000)
    for who in ("ada", "ben", "cleo"):
        await seat(estate, owned, who)
    found = await told(office, estate, owned)
    assert (found.purchased, found.occupied, found.unassigned, found.unassigned_cost) == (10, 3, 7, 84_000_000)
    assert (found.paid, found.listed, found.observed, found.owner_here) == (12_000_000, None, None, True)
    assert (found.deadline_days, found.last_said) == (None, None)
    assert [each.quantity for each in found.options] == [10, 4, 0]
    nobody = await estate.license("crm", quantity=10, owner=None)
    assert not (await told(office, estate, nobody)).owner_here
