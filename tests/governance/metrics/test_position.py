"""The position: signed, dated, known as of then, within reach, and equal to itself however it is grouped."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason, Side
from governance.entitlements import service
from governance.entitlements.rules import CostBasis
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput
from governance.kernel.money import Money
from governance.kernel.work import Office
from governance.metrics.cost_by_unit import CostQuery, cost_by_unit
from governance.metrics.position import Dimension, Position, PositionQuery, position
from governance.seats.rules import SeatState
from governance.usage import service as usage
from policies.access.actions import Action
from policies.access.parties import Actor, Role
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.holding import release, seat
from tests.governance.metrics.held import by_id, held
from tests.governance.seats.suites import suites

MARCH_2 = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def told(estate: Estate, *by: Dimension, actor: Actor | None = None, **moments: Any) -> Position:
    query = PositionQuery(by=by or (Dimension.LICENSE,), **moments)
    async with estate.office.reading(actor or estate.actor("admin")) as work:
        return await position(work, query)


def seats(measures: Any) -> tuple[Any, ...]:
    return (
        measures.purchased, measures.entitled, measures.allocated, measures.occupied, measures.balance, measures.percent
    )  # fmt: skip


async def test_a_license_is_told_with_a_signed_balance_and_its_cost(office: Office, estate: Estate) -> None:
    e5 = await estate.license("e5", quantity=5, pools={"main": 3, "it": 1})
    for who in ("ada", "ben", "cleo"):
        await held(estate, e5, who)
    await held(estate, e5, "admin", pool="it")
    answer = await told(estate)
    measures = by_id(answer.rows)[str(e5.entitlement_id)]
    assert seats(measures) == (5, 4, 4, 4, 1, Decimal("80.0"))
    assert (measures.unallocated, measures.overage, measures.cost) == (1, 0, (Money(5 * 57_000_000, "USD"),))
    assert answer.totals == measures
    assert (answer.scope.everything, answer.as_of, answer.known_at) == (True, MARCH_2, MARCH_2)
    assert answer.definition.label == "position/3"


async def test_more_seats_taken_than_bought_show_below_zero_and_are_not_clamped(office: Office, estate: Estate) -> None:
    small = await estate.license("small", quantity=1)
    for who in ("ada", "ben", "cleo"):
        await held(estate, small, who)
    measures = (await told(estate)).totals
    assert measures is not None
    assert (measures.balance, measures.overage, measures.percent) == (-2, 2, Decimal("300.0"))


async def test_what_is_granted_to_customers_is_no_position_and_no_cost_of_ours(office: Office, estate: Estate) -> None:
    ours = await estate.license("ours", quantity=5)
    inside, line = await estate.license("inside", quantity=7), await signed(estate, "sold")
    await bought(estate, lot(line.line_id, 70))
    async with office.database.write(estate.tenant_id) as session:
        provided = Agreement.id != ours.agreement_id
        await session.execute(update(Agreement).where(provided).values(side=Side.PROVIDED))
    assert set(by_id((await told(estate)).rows)) == {str(ours.entitlement_id), str(inside.entitlement_id)}
    async with office.reading(estate.actor("admin")) as work:
        assert {row.product for row in (await cost_by_unit(work, CostQuery())).rows} == {"PRODUCT-OF-OURS"}


async def test_more_allocated_than_bought_shows_signed(office: Office, estate: Estate) -> None:
    over = await estate.license("over", quantity=10, pools={"one": 8, "two": 8})
    answer = await told(estate, Dimension.POOL)
    rows = by_id(answer.rows)
    assert rows[None].purchased == -6
    assert {rows[str(i)].purchased for i in over.pools.values()} == {8}
    assert answer.totals is not None
    assert (answer.totals.purchased, answer.totals.allocated, answer.totals.entitled) == (10, 16, 10)
    assert answer.totals.unallocated == -6


async def test_unlimited_is_null_and_never_zero_percent(office: Office, estate: Estate) -> None:
    unlimited = await estate.license("all", quantity=None)
    await held(estate, unlimited, "ada")
    measures = (await told(estate)).totals
    assert measures is not None
    assert seats(measures) == (None, None, None, 1, None, None)
    assert (measures.overage, measures.cost) == (0, (Money(57_000_000, "USD"),))


async def test_when_all_has_expired_nothing_is_purchased_and_nothing_is_unlimited(
    office: Office, estate: Estate
) -> None:
    for code, quantity in (("old", 5), ("old-all", None)):
        gone = await estate.license(code, quantity=quantity, first_day=date(2025, 1, 1), last_day=date(2025, 12, 31))
        await held(estate, gone, "ada")
    measures = (await told(estate)).totals
    assert measures is not None
    assert seats(measures) == (0, 0, 0, 2, -2, None)


async def test_any_grouping_sums_to_the_same_totals(office: Office, estate: Estate) -> None:
    product = await estate.product("shared")
    for code, unit, pool_unit in (("a", "halden", "sales"), ("b", "sales", "sales-emea"), ("c", "it", "it")):
        lic = await estate.license(
            code, quantity=7, pools={"x": 3, "y": 6}, unit=unit, pool_unit=pool_unit, product_id=product
        )
        await held(estate, lic, "ada", pool="x")
        await held(estate, lic, "ben", pool="y")
    everything = (await told(estate)).totals
    assert everything is not None
    for by in (
        (Dimension.PRODUCT,), (Dimension.TIER,), (Dimension.REGION,), (Dimension.UNIT,), (Dimension.POOL,),
        (Dimension.UNIT, Dimension.LICENSE), (Dimension.PRODUCT, Dimension.REGION, Dimension.UNIT),
    ):  # fmt: skip
        answer = await told(estate, *by)
        assert answer.totals == everything
        for name in ("purchased", "allocated", "occupied", "balance"):
            assert sum(getattr(row.measures, name) for row in answer.rows) == getattr(everything, name), (by, name)
        assert sum(row.measures.cost[0].micros for row in answer.rows if row.measures.cost) == everything.cost[0].micros


async def test_a_correction_reproduces_the_report_of_then_to_the_row(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    allocation = await allocated(estate, old.lot_key, pool.id, 6)
    clock.advance(timedelta(hours=1))
    then = clock.now()
    before = [await told(estate, by) for by in Dimension]
    clock.advance(timedelta(days=10))
    admin = estate.actor("admin")
    correction = service.CorrectLot(old.lot_key, old.id, {"quantity": 20}, ChangeReason.INCORRECT_INPUT)
    await office.perform(admin, lambda w: service.correct_lot(w, correction))
    change = service.ChangeAllocation(allocation.id, 9, ChangeReason.INCORRECT_INPUT)
    await office.perform(admin, lambda w: service.change_allocation(w, change))
    other = await pooled(estate, s.line_id, "late", "it")
    await allocated(estate, old.lot_key, other.id, 2, first_day=date(2026, 1, 1))
    await signed(estate, "later")
    assert [await told(estate, by, as_of=then, known_at=then) for by in Dimension] == before
    now = (await told(estate, as_of=then)).totals
    assert now is not None
    assert (now.purchased, now.allocated) == (20, 11)


async def test_last_month_is_told_as_it_was(office: Office, estate: Estate, clock: HandClock) -> None:
    clock.set(datetime(2026, 1, 10, tzinfo=UTC))
    lic = await estate.license("e5", quantity=3)
    await held(estate, lic, "ada", released_at=datetime(2026, 2, 10, tzinfo=UTC))
    await held(estate, lic, "ben", started_at=datetime(2026, 2, 20, tzinfo=UTC))
    clock.set(MARCH_2)
    counts = [
        (await told(estate, as_of=datetime(2026, *day, tzinfo=UTC))).totals.occupied  # type: ignore[union-attr]
        for day in ((1, 31), (2, 15), (2, 28))
    ]
    assert counts == [1, 0, 1]
    late = await held(
        estate, lic, "cleo", started_at=datetime(2026, 1, 20, tzinfo=UTC), recorded_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert late.recorded_at > late.started_at
    end = datetime(2026, 1, 31, tzinfo=UTC)
    assert (await told(estate, as_of=end)).totals.occupied == 2  # type: ignore[union-attr]
    assert (await told(estate, as_of=end, known_at=end)).totals.occupied == 1  # type: ignore[union-attr]


async def test_an_invitation_that_ran_out_takes_no_seat_swept_or_not(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    lic = await estate.license("e5")
    await held(estate, lic, "ada", state=SeatState.INVITED, invitation_expires_at=MARCH_2 + timedelta(days=14))
    clock.advance(timedelta(days=14) - timedelta(microseconds=1))
    assert (await told(estate)).totals.occupied == 1  # type: ignore[union-attr]
    clock.advance(timedelta(microseconds=1))
    assert (await told(estate)).totals.occupied == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Pacific/Kiritimati", datetime(2026, 3, 29, 10, tzinfo=UTC)),
        ("Pacific/Pago_Pago", datetime(2026, 3, 30, 11, tzinfo=UTC)),
        ("Europe/Zurich", datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
)
async def test_a_lot_counts_to_the_last_microsecond_of_its_last_day(
    office: Office, estate: Estate, clock: HandClock, zone: str, end: datetime
) -> None:
    await estate.license("e5", quantity=3, last_day=date(2026, 3, 29), zone=zone)
    clock.set(end - timedelta(microseconds=1))
    assert (await told(estate)).totals.purchased == 3  # type: ignore[union-attr]
    clock.set(end)
    assert (await told(estate)).totals.purchased == 0  # type: ignore[union-attr]


async def test_a_renewal_adds_a_lot_and_the_seats_go_on(office: Office, estate: Estate, clock: HandClock) -> None:
    lic = await estate.license("e5", quantity=3)
    await held(estate, lic, "ada")
    renewal = lot(
        lic.line_id, 4, first_day=date(2027, 1, 1), last_day=date(2027, 12, 31), renewal_of=lic.lot_key,
        carries_allocations=True,
    )  # fmt: skip
    new = await bought(estate, renewal)
    assert (await told(estate)).totals.purchased == 3  # type: ignore[union-attr]
    clock.set(new.start)
    assert seats((await told(estate)).totals) == (4, 3, 3, 1, 3, Decimal("25.0"))


async def test_an_owners_totals_cover_their_own_rows_and_say_so(office: Office, estate: Estate) -> None:
    corporate = await estate.license("corp", quantity=10, unit="halden", pools={"main": 4}, pool_unit="sales-emea")
    foreign = await estate.license("foreign", quantity=5, unit="it", pool_unit="it")
    await held(estate, corporate, "ada")
    await held(estate, foreign, "ben")
    answer = await told(estate, actor=estate.actor("cleo", role=Role.LICENSE_OWNER, unit="sales"))
    assert (answer.scope.everything, answer.scope.units) == (False, ("Sales",))
    assert answer.totals is not None
    assert seats(answer.totals)[:5] == (4, 4, 4, 1, 3)
    assert [row.group[0].id for row in answer.rows] == [str(corporate.entitlement_id)]
    nothing = await told(estate, actor=estate.actor("ada"))
    assert (nothing.rows, nothing.totals.occupied if nothing.totals else None) == ((), 0)


async def test_an_unscoped_total_needs_its_own_right(office: Office, estate: Estate) -> None:
    await estate.license("e5")
    narrowed = replace(estate.actor("admin"), token_actions=frozenset({Action.POSITION_READ}))
    answer = await told(estate, actor=narrowed)
    assert (len(answer.rows), answer.totals) == (1, None)


async def test_no_other_tenants_seats_are_counted(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    lic = await other.license("theirs")
    await held(other, lic, "ada")
    assert (await told(estate)).rows == ()


async def test_what_was_observed_is_unknown_without_a_fresh_source(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    product = await estate.product("m365")
    lic = await estate.license("e5", product_id=product)
    await held(estate, lic, "ada", first_use_at=MARCH_2)
    await held(estate, lic, "ben")
    unknown = (await told(estate)).totals
    event = {
        "specversion": "1.0", "id": "1", "source": "/signin", "type": "lictor.seat.used", "time": MARCH_2.isoformat(),
        "data": {"person": "ada", "product": "m365"},
    }  # fmt: skip
    await office.perform(estate.actor("admin"), lambda w: usage.ingest(w, [event]))
    seen = await told(estate)
    clock.advance(timedelta(days=8))
    stale = await told(estate)
    assert unknown is not None
    assert (unknown.active, unknown.observed) == (1, None)
    assert seen.totals is not None
    assert (seen.totals.observed, [f.stale for f in seen.freshness]) == (1, [False])
    assert stale.totals is not None
    assert (stale.totals.observed, [f.stale for f in stale.freshness]) == (None, [True])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (PositionQuery(as_of=MARCH_2 + timedelta(seconds=1)), "as_of"),
        (PositionQuery(known_at=MARCH_2 + timedelta(seconds=1)), "known_at"),
        (PositionQuery(as_of=datetime(2026, 1, 1)), "as_of"),  # noqa: DTZ001 - the very mistake
        (PositionQuery(as_of=datetime(1999, 1, 1, tzinfo=UTC)), "as_of"),
        (PositionQuery(by=()), "by"),
        (PositionQuery(by=(Dimension.UNIT, Dimension.UNIT)), "by"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    office: Office, estate: Estate, query: PositionQuery, field: str
) -> None:
    with pytest.raises(BadInput) as no:
        async with office.reading(estate.actor("admin")) as work:
            await position(work, query)
    assert no.value.field == field


async def test_a_closed_pool_gives_its_seats_back_and_stays_while_somebody_sits_in_it(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    lic = await estate.license("e5", quantity=5, pools={"main": 3, "empty": 1})
    await held(estate, lic, "ada")
    clock.advance(timedelta(hours=1))
    then = clock.now()
    before = (await told(estate, Dimension.POOL)).rows
    clock.advance(timedelta(hours=1))
    admin = estate.actor("admin")
    for code in ("main", "empty"):
        bare = service.ClosePool(lic.pools[code], 1, ChangeReason.REQUESTED)
        async with office.reading(admin) as work:
            token = (await service.preview_close_pool(work, bare)).token
        command = replace(bare, token=token)
        await office.perform(admin, lambda w, c=command: service.close_pool(w, c))
    rows = by_id((await told(estate, Dimension.POOL)).rows)
    assert {group: (m.purchased, m.occupied) for group, m in rows.items()} == {
        None: (5, 0),
        str(lic.pools["main"]): (0, 1),
    }
    assert (await told(estate, Dimension.POOL, as_of=then, known_at=then)).rows == before


async def test_two_currencies_are_never_one_sum_and_parts_of_a_price_sum_to_it(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    packs = await bought(estate, lot(s.line_id, 10, cost_basis=CostBasis.PACK, pack_size=3, unit_price=1_000_001))
    await bought(estate, lot(s.line_id, 5, currency="CHF", unit_price=2_000_000))
    for code, quantity in (("one", 3), ("two", 4)):
        pool = await pooled(estate, s.line_id, code)
        await allocated(estate, packs.lot_key, pool.id, quantity)
    answer = await told(estate, Dimension.POOL)
    assert answer.totals is not None
    assert answer.totals.cost == (Money(10_000_000, "CHF"), Money(4_000_004, "USD"))
    dollars = [m.micros for row in answer.rows for m in row.measures.cost if m.currency == "USD"]
    assert sum(dollars) == 4_000_004


async def test_a_seat_that_a_suite_covers_stands_as_carried_by_the_suites_lot_and_all_sums_reconcile(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    made = await suites(estate, quantity=1, pools={"main": 1})
    low = await estate.license("office-std", product_id=made.products["office"], tier_id=made.tiers["Std"])
    twice = await estate.license("m365-e3-2", product_id=made.products["m365"], tier_id=made.tiers["E3"])
    for who in ("ada", "ben", "cleo"):
        await seat(estate, made.part, who)
    await seat(estate, made.suite, "ben", state=SeatState.INVITED)
    before = clock.now()
    clock.advance(timedelta(hours=1))
    e3 = await seat(estate, made.suite, "ada")
    await seat(estate, low, "ada")
    await seat(estate, made.suite, "cleo")
    clock.advance(timedelta(hours=1))
    await seat(estate, twice, "cleo")
    answer = await told(estate)
    rows = by_id(answer.rows)
    part = rows[str(made.part.entitlement_id)]
    assert (part.occupied, part.covered, part.needed, part.balance, part.matched) == (3, 2, 1, -2, 0)
    assert [(each.spoken, each.seats) for each in part.covered_by] == [("M365 E3 / m365-e3 (lot of 2026-01-01)", 2)]
    assert rows[str(low.entitlement_id)].covered == 1, "what lies below a covered part is covered too"
    assert rows[str(made.suite.entitlement_id)].covered == 0, "of two equal rights the one held first carries the other"
    assert rows[str(twice.entitlement_id)].covered == 1
    assert answer.totals is not None
    for by in ((Dimension.PRODUCT,), (Dimension.POOL,), (Dimension.UNIT, Dimension.REGION)):
        grouped = answer.grouped(*by)
        assert sum(row.measures.covered for row in grouped) == answer.totals.covered == 4
        assert sum(row.measures.needed for row in grouped) == answer.totals.needed == answer.totals.occupied - 4
    clock.advance(timedelta(hours=1))
    await release(estate, e3)
    assert by_id((await told(estate)).rows)[str(made.part.entitlement_id)].covered == 1
    then = by_id((await told(estate, as_of=before, known_at=before)).rows)
    assert then[str(made.part.entitlement_id)].covered == 0, "who is invited has no suite yet"
