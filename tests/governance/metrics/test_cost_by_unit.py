"""Cost by unit: occupied, unused, given to nobody, by period; it sums to the lots' price exactly, in two currencies."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from governance.entitlements.rules import CostBasis, Term
from governance.kernel.clock import HandClock
from governance.kernel.money import Money
from governance.kernel.work import Office
from governance.metrics.cost_by_unit import CostByUnit, CostQuery, CostRow, Split, cost_by_unit, summed
from governance.metrics.cost_rollup import by_unit
from governance.metrics.periods import PeriodKind
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.entitlements.signed import Signed, allocated, bought, lot, pooled, signed
from tests.governance.metrics.held import held
from tests.governance.metrics.rated import rated

JANUARY_1, YEAR_END = date(2026, 1, 1), datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
AFTER = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def told(estate: Estate, actor: Any = None, **asked: Any) -> CostByUnit:
    async with estate.office.reading(actor or estate.actor("admin")) as work:
        return await cost_by_unit(work, CostQuery(**asked))


def native(rows: Iterable[CostRow]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.cost.total
    return sums


async def year_of(estate: Estate, quantity: int = 10, **changes: Any) -> License:
    """Buy a year's lot of ten seats and give 4 of them to sales."""
    line = await signed(estate)
    row = await bought(estate, lot(line.line_id, quantity, **changes))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 4)
    return license_of(line, row, pool.id)


def license_of(line: Signed, row: Any, pool_id: UUID) -> License:
    return License(line.agreement_id, line.entitlement_id, line.line_id, row.id, row.lot_key, {"main": pool_id})


async def test_a_month_is_split_by_the_seats_at_its_end(office: Office, estate: Estate, clock: HandClock) -> None:
    main = await year_of(estate, unit_price=36_500_000)
    for who in ("ada", "ben", "cleo"):
        await held(estate, main, who)
    clock.set(datetime(2026, 5, 4, 9, tzinfo=UTC))
    found = await told(estate, as_of=datetime(2026, 4, 30, 21, tzinfo=UTC), first_day=date(2026, 4, 1))
    rows = {row.unit_id: row for row in found.rows}
    sales, halden = estate.units["sales"], estate.units["halden"]
    assert {(row.period.name, row.period.whole, row.vendor, row.currency) for row in found.rows} == {
        ("2026-04", True, "Vendor of product-m365", "USD")
    }
    assert {unit: row.cost for unit, row in rows.items()} == {
        sales: Split(occupied=9_000_000, unused=3_000_000),  # 365 a year = 1 a day, 30 days, 3 and 1 of 10 seats
        halden: Split(unallocated=18_000_000),
    }
    assert rows[sales].converted == rows[sales].cost


@pytest.mark.parametrize(
    ("basis", "quantity", "price", "due"),
    [
        (CostBasis.PER_SEAT, 7, 1_000_003, 7_000_021),
        (CostBasis.PACK, 10, 1_000_001, 4_000_004),
        (CostBasis.FLAT, 7, 999_999_999_989, 999_999_999_989),
        (CostBasis.FLAT, None, 1_000_000_007, 1_000_000_007),
    ],
)
async def test_a_lots_parts_sum_to_its_price_to_the_millionth(
    office: Office, estate: Estate, clock: HandClock, basis: CostBasis, quantity: int | None, price: int, due: int
) -> None:
    line = await signed(estate)
    row = await bought(estate, lot(line.line_id, quantity, cost_basis=basis, unit_price=price, pack_size=3))
    for code, count, unit, who in (("one", 2, "sales", "ada"), ("two", 3, "finance", "ben")):
        pool = await pooled(estate, line.line_id, code, unit)
        await allocated(estate, row.lot_key, pool.id, count if quantity else None)
        await held(estate, license_of(line, row, pool.id), who)
    clock.set(AFTER)
    for kind in PeriodKind:
        found = await told(estate, as_of=YEAR_END - timedelta(hours=2), first_day=JANUARY_1, period=kind)
        assert len(found.periods) == (12 if kind is PeriodKind.MONTH else 4)
        assert native(found.rows) == {"USD": due}
        assert found.reconciled.told == found.reconciled.due == (Money(due, "USD"),)
        assert (found.reconciled.agrees, found.reconciled.lots, found.reconciled.partly) == (True, 1, 0)


async def test_days_are_those_of_the_lots_zone_and_a_term_that_begins_inside_counts_its_own(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    line = await signed(estate)
    days = {"first_day": date(2026, 1, 30), "last_day": date(2026, 2, 8), "zone": "Pacific/Auckland"}
    await bought(estate, lot(line.line_id, 1, unit_price=10_000_000, **days))
    found = await told(estate, first_day=JANUARY_1)
    assert [(row.period.name, row.cost.unallocated) for row in found.rows] == [
        ("2026-01", 2_000_000),
        ("2026-02", 8_000_000),
    ]


async def test_what_never_ends_is_a_cost_of_its_first_day(office: Office, estate: Estate) -> None:
    line = await signed(estate, term=Term.PERPETUAL)
    await bought(estate, lot(line.line_id, 2, unit_price=5_000_000, last_day=None))
    found = await told(estate, first_day=JANUARY_1)
    assert [(row.period.name, row.cost.total) for row in found.rows] == [("2026-01", 10_000_000)]


async def test_a_pool_given_more_than_there_is_pays_no_more_than_the_price(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await estate.license("over", quantity=10, pools={"one": 8, "two": 8})
    clock.set(AFTER)
    found = await told(estate, as_of=YEAR_END - timedelta(hours=2), first_day=JANUARY_1)
    assert found.reconciled.agrees
    assert all(row.cost.unallocated == 0 for row in found.rows)
    assert native(found.rows) == {money.currency: money.micros for money in found.reconciled.due}


async def test_each_period_has_the_rate_of_its_last_day_and_a_missing_one_leaves_no_total(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    line = await signed(estate)
    days = {"first_day": JANUARY_1, "last_day": date(2026, 2, 28), "currency": "CHF"}
    await bought(estate, lot(line.line_id, 1, unit_price=59_000_000, **days))
    await rated(office, date(2026, 2, 27), USD="2", CHF="1")
    found = await told(estate, first_day=JANUARY_1)
    january, february = found.rows
    assert (january.converted, found.missing, summed(found.rows)) == (None, ("CHF",), None)
    assert february.converted == Split(unallocated=56_000_000)
    assert february.rates.known["CHF"].day == date(2026, 2, 27)
    await rated(office, date(2026, 1, 30), USD="3", CHF="1")
    whole = summed((await told(estate, first_day=JANUARY_1)).rows)
    assert whole == Split(unallocated=31 * 3_000_000 + 28 * 2_000_000)


async def test_units_are_rolled_up_by_todays_tree(office: Office, estate: Estate) -> None:
    await year_of(estate)
    async with office.reading(estate.actor("admin")) as work:
        found = await cost_by_unit(work, CostQuery(first_day=JANUARY_1))
        units = {each.unit_id: each for each in await by_unit(work, found.rows)}
    root, sales = units[estate.units["halden"]], units[estate.units["sales"]]
    assert (root.depth, sales.depth) == (0, 1)
    assert root.whole == summed(found.rows)
    assert sales.whole == sales.own
    assert root.own is not None
    assert sales.own is not None
    assert root.whole == root.own + sales.own
    assert next(iter(units)) == estate.units["halden"]


async def test_who_sees_a_unit_sees_its_part_alone_and_nothing_of_the_rest(office: Office, estate: Estate) -> None:
    await year_of(estate)
    await estate.grant("ada", Role.LICENSE_OWNER, unit="sales")
    found = await told(estate, estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales"), first_day=JANUARY_1)
    assert {row.unit_id for row in found.rows} == {estate.units["sales"]}
    assert (found.reconciled.lots, found.reconciled.partly, found.reconciled.due) == (0, 1, ())
    assert not found.scope.everything
