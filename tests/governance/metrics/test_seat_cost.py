"""Cost a seat by period on every basis, and of seats nobody has, never used or dormant: parts that sum to the price."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.agreements.rules import ChangeReason
from governance.entitlements.queries import lot as lot_of
from governance.entitlements.rules import CostBasis, Term, lot_cost
from governance.entitlements.service import CorrectLot, correct_lot
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.metrics.formulas.seat_period import Periods, seat_periods
from governance.metrics.seat_cost import SeatCostQuery, SeatCosts, seat_costs
from governance.metrics.seat_cost_rules import CostBy, Withheld
from governance.metrics.small_groups import none_or_enough
from governance.metrics.told_apart import told_among
from governance.usage import service as usage
from tests.estate import Estate, License
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.held import crowd, held, smallest
from tests.governance.metrics.rated import rated

M = 1_000_000
YEAR = {"first_day": date(2026, 1, 1), "last_day": date(2026, 12, 31)}


async def told(estate: Estate, who: str = "admin", **asked: Any) -> SeatCosts:
    async with estate.office.reading(estate.actor(who)) as work:
        return await seat_costs(work, SeatCostQuery(**asked))


def test_a_seat_by_day_month_year_and_term_is_rounded_once() -> None:
    assert seat_periods(3_650 * M, 10, 365) == Periods(1 * M, round(365 * M / 12), 365 * M, 365 * M)
    assert seat_periods(1_000, 7, 366) == Periods(0, 12, 142, 143)
    assert seat_periods(1_000, 3, None) == Periods(None, None, None, 333)
    assert (seat_periods(1_000, None, 365), seat_periods(0, 0, 365)) == (None, None)


@pytest.fixture
async def house(estate: Estate, clock: HandClock) -> License:
    """Ten seats at 1 a day in volume bands, eight of them in a pool; two never used, one dormant, two new, one in use."""
    line = await signed(estate)
    bands = {"cost_basis": CostBasis.VOLUME, "bands": [[1, 400 * M], [10, 365 * M]], "unit_price": 400 * M}
    row = await bought(estate, lot(line.line_id, 10, **bands, **YEAR))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 8)
    license_ = License(line.agreement_id, line.entitlement_id, line.line_id, row.id, row.lot_key, {"main": pool.id})
    now, names = clock.now(), await crowd(estate, 6)
    clock.advance(timedelta(days=100))
    for name, days, used in zip(names, (100, 99, 99, 5, 5, 90), (None, None, 95, None, None, 3), strict=True):
        first = None if used is None else clock.now() - timedelta(days=used)
        await held(estate, license_, name, started_at=clock.now() - timedelta(days=days), first_use_at=first)
    assert now < clock.now()
    return license_


async def test_idle_seats_are_told_apart_with_their_cost(office: Office, estate: Estate, house: License) -> None:
    await smallest(estate, 1)
    [row] = (await told(estate)).rows
    assert (row.id, row.purchased, row.occupied, row.unassigned) == (house.entitlement_id, 10, 6, 4)
    assert (row.never_used, row.dormant, row.dormant_withheld) == (2, None, Withheld.UNSEEN), "no source told of it"
    [cost] = row.costs
    assert cost.per_seat == Periods(1 * M, round(365 * M / 12), 365 * M, 365 * M), "volume: all at the band reached"
    assert (cost.total.term, cost.unassigned, cost.dormant) == (3_650 * M, seat_periods(1_460 * M, 1, 365), None)
    assert cost.never_used is not None
    assert (cost.never_used.day, cost.never_used.year) == (2 * M, 730 * M)
    event = {
        "specversion": "1.0", "id": "1", "source": "/signin", "type": "lictor.seat.used",
        "time": (office.clock.now() - timedelta(days=1)).isoformat(),
        "data": {"person": "ada", "product": "product-m365"},
    }  # fmt: skip
    await office.perform(estate.actor("admin"), lambda work: usage.ingest(work, [event]))
    [row] = (await told(estate)).rows
    assert (row.dormant, row.dormant_withheld) == (1, None)
    assert row.costs[0].dormant == seat_periods(365 * M, 1, 365)
    by_unit = (await told(estate, by=CostBy.UNIT)).rows
    assert {each.id: (each.purchased, each.unassigned, each.costs[0].total.term) for each in by_unit} == {
        estate.units["sales"]: (8, 2, 2_920 * M), estate.units["halden"]: (2, 2, 730 * M),
    }  # fmt: skip
    [by_lot] = (await told(estate, by=CostBy.LOT)).rows
    assert (by_lot.withheld, by_lot.never_used, by_lot.costs[0].unassigned) == (Withheld.BY_LOT, None, None)


async def test_few_are_kept_back_and_what_was_learned_later_was_not_known(
    office: Office, estate: Estate, clock: HandClock, house: License
) -> None:
    [row] = (await told(estate)).rows
    assert (row.never_used, row.withheld, row.costs[0].never_used) == (None, Withheld.SMALL, None)
    assert (row.unassigned, row.costs[0].unassigned is not None) == (4, True), "accounting facts never are"
    then = clock.now()
    clock.advance(timedelta(days=1))
    for product in ("late", "flat"):
        line = await signed(estate, product, term=Term.PERPETUAL if product == "flat" else Term.SUBSCRIPTION)
        days = {"first_day": date(2026, 1, 1), "last_day": None if product == "flat" else date(2026, 12, 31)}
        price = {"cost_basis": CostBasis.FLAT, "currency": "CHF", "unit_price": 90 * M}
        await bought(estate, lot(line.line_id, None if product == "late" else 9, **days, **price))
    dearer = {"bands": [[1, 800 * M]], "unit_price": 800 * M}
    async with office.reading(estate.actor("admin")) as work:
        version = (await lot_of(work, house.lot_key)).id
    fix = CorrectLot(house.lot_key, version, dearer, ChangeReason.INCORRECT_INPUT)
    await office.perform(estate.actor("admin"), lambda work: correct_lot(work, fix))
    [before] = (await told(estate, known_at=then)).rows
    assert before.costs[0].total.term == 3_650 * M, "as known then, to the millionth"
    await rated(office, (then - timedelta(days=3)).date(), USD="1.0000", CHF="0.5000")
    now = await told(estate)
    rows = {each.name: each for each in now.rows}
    assert (rows["LATE"].purchased, rows["LATE"].costs[0].per_seat) == (None, None)
    assert rows["LATE"].costs[0].unlimited == 90 * M
    assert rows["FLAT"].costs[0].per_seat == Periods(None, None, None, 10 * M)
    assert now.whole is not None
    assert {each.currency: each.total.term + each.unlimited for each in now.whole.costs} == {
        "USD": 8_000 * M, "CHF": 180 * M,
    }  # fmt: skip
    assert now.converted(90 * M, "CHF").converted == now.converted(180 * M, "USD").converted
    with pytest.raises(BadInput):
        await told(estate, as_of=clock.now() + timedelta(days=1))
    assert (await told(estate, "ada")).rows == ()


@pytest.mark.parametrize("by", list(CostBy))
async def test_the_parts_sum_to_the_price_of_the_lots(office: Office, estate: Estate, by: CostBy) -> None:
    line = await signed(estate)
    prices: tuple[dict[str, Any], ...] = (
        {"unit_price": 1_000_003}, {"cost_basis": CostBasis.PACK, "pack_size": 3, "unit_price": 1_000_001},
        {"cost_basis": CostBasis.GRADUATED, "unit_price": 7, "bands": [[1, 7], [4, 5]]},
    )  # fmt: skip
    lots = [await bought(estate, lot(line.line_id, 7, po_number=str(n), **YEAR, **price))
            for n, price in enumerate(prices)]  # fmt: skip
    for code, unit in (("one", "sales"), ("two", "finance")):
        pool = await pooled(estate, line.line_id, code, unit)
        for row in lots[:2]:
            await allocated(estate, row.lot_key, pool.id, 4 if code == "one" else 2)
    found = await told(estate, by=by)
    due = sum(lot_cost(row) for row in lots)
    assert sum(cost.total.term for row in found.rows for cost in row.costs) == due
    assert sum(row.purchased or 0 for row in found.rows) == 21
    assert found.whole is not None
    assert found.whole.costs[0].total.term == due


PARTS = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 30))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.integers(0, 30), PARTS, max_size=8), st.integers(1, 6))
def test_no_subtraction_tells_of_few(groups: dict[int, tuple[int, int, int]], k: int) -> None:
    shown = told_among(groups, k, above=True)
    hidden = [parts for key, parts in groups.items() if key not in shown]
    for key in shown:
        assert all(none_or_enough(part, k) for part in groups[key])
    if any(sum(groups[key]) for key in shown):
        assert all(none_or_enough(sum(column), k) for column in zip(*hidden, strict=True))
    assert told_among(groups, k, above=False) == frozenset()
