"""Lots, pools and allocations: dated supply, corrections that supersede, shrinking that is looked at first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from governance.agreements.rules import ChangeReason
from governance.audit.models import Entry
from governance.entitlements import queries, service
from governance.entitlements.errors import PreviewNeeded
from governance.entitlements.models import Allocation, Lot
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, Term
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, occupy, pooled, room, signed


async def events(estate: Estate, name: str) -> list[OutboxEvent]:
    async with estate.office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(OutboxEvent).where(OutboxEvent.name == name))).scalars())


async def versions(estate: Estate, lot_key: UUID) -> list[Lot]:
    async with estate.office.reading(estate.actor("admin")) as work:
        query = queries.visible_lots(work, all_versions=True).where(Lot.lot_key == lot_key)
        return list((await work.session.execute(query.order_by(Lot.recorded_at))).scalars())


async def test_a_lot_and_its_allocations_give_rooms_their_ceilings(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    assert (await room(estate, s.line_id)).ceiling == 0
    bought_lot = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    await allocated(estate, bought_lot.lot_key, pool.id, 4)
    line_room, pool_room = await room(estate, s.line_id), await room(estate, pool.id)
    assert (line_room.ceiling, pool_room.ceiling) == (10, 4)
    assert pool_room.changes_at == bought_lot.end == datetime(2026, 12, 31, 23, tzinfo=UTC)


async def test_an_unlimited_lot_is_unlimited_and_an_ended_one_counts_nothing(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    past = {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    await bought(estate, lot(s.line_id, None, cost_basis=CostBasis.FLAT, **past))
    assert (await room(estate, s.line_id)).ceiling == 0
    await bought(estate, lot(s.line_id, None, cost_basis=CostBasis.FLAT))
    assert (await room(estate, s.line_id)).ceiling is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": None}, "cost_basis"),
        ({"last_day": date(2025, 12, 31)}, "last_day"),
        ({"last_day": None}, "last_day"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "ZZZ"}, "currency"),
        ({"unit_price": -1}, "unit_price"),
        ({"unit_price": 10**16}, "unit_price"),
        ({"included": ()}, "included"),
        ({"included": ("XX",)}, "included"),
        ({"included": "DE"}, "included"),
        ({"included": ("DE",), "excluded": ("DE",)}, "excluded"),
        ({"pack_size": 0}, "pack_size"),
        ({"po_number": "x" * 81}, "po_number"),
        ({"cost_basis": "PER_DAY"}, "cost_basis"),
        ({"renewal_of": uuid4()}, "renewal_of"),
        ({"carries_allocations": True}, "carries_allocations"),
        ({"reason": ChangeReason.OTHER}, "reason_text"),
    ],
)
async def test_a_lot_that_cannot_be_is_refused_by_field(
    office: Office, estate: Estate, changes: dict[str, Any], field: str
) -> None:
    s = await signed(estate)
    others = {name: value for name, value in changes.items() if name != "quantity"}
    with pytest.raises(BadInput) as no:
        await bought(estate, lot(s.line_id, changes.get("quantity", 10), **others))
    assert (no.value.field, bool(no.value.needs)) == (field, True)


async def test_a_perpetual_line_has_no_last_day(office: Office, estate: Estate) -> None:
    s = await signed(estate, term=Term.PERPETUAL)
    with pytest.raises(BadInput, match="PERPETUAL"):
        await bought(estate, lot(s.line_id))
    assert (await bought(estate, lot(s.line_id, last_day=None))).end is None


async def test_a_correction_supersedes_and_what_was_known_stays(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    then = clock.now()
    clock.advance(timedelta(days=1))
    command = service.CorrectLot(old.lot_key, old.id, {"quantity": 12}, ChangeReason.INCORRECT_INPUT)
    await office.perform(estate.actor("admin"), lambda w: service.correct_lot(w, command))
    first, second = await versions(estate, old.lot_key)
    assert (first.quantity, first.superseded_at, second.quantity, second.superseded_at) == (10, clock.now(), 12, None)
    assert (await room(estate, s.line_id)).ceiling == 12
    async with office.reading(estate.actor("admin")) as work:
        known = (await work.session.execute(queries.visible_lots(work, known_at=then))).scalars().all()
    assert [row.quantity for row in known] == [10]
    with pytest.raises(Conflict):
        await office.perform(estate.actor("admin"), lambda w: service.correct_lot(w, command))


async def test_two_corrections_at_one_instant_stay_in_order(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    row = await bought(estate, lot(s.line_id, 10))
    for quantity in (11, 12):
        command = service.CorrectLot(row.lot_key, row.id, {"quantity": quantity}, ChangeReason.REQUESTED)
        row = await office.perform(estate.actor("admin"), lambda w, c=command: service.correct_lot(w, c))
    assert [v.quantity for v in await versions(estate, row.lot_key)] == [10, 11, 12]


async def test_allocations_that_span_their_lot_follow_its_days_and_others_keep_theirs(
    office: Office, estate: Estate
) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    await allocated(estate, old.lot_key, pool.id, 4)
    await allocated(estate, old.lot_key, pool.id, 1, last_day=date(2026, 6, 30))
    changes = {"last_day": date(2027, 3, 31)}
    command = service.CorrectLot(old.lot_key, old.id, changes, ChangeReason.INCORRECT_INPUT)
    new = await office.perform(estate.actor("admin"), lambda w: service.correct_lot(w, command))
    async with office.reading(estate.actor("admin")) as work:
        rows = (await work.session.execute(queries.visible_allocations(work))).scalars().all()
    ends = {row.quantity: row.end for row in rows}
    assert ends == {4: new.end, 1: datetime(2026, 6, 30, 22, tzinfo=UTC)}


async def test_shrinking_below_use_needs_its_preview_revokes_nobody_and_tells(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    allocation = await allocated(estate, old.lot_key, pool.id, 4)
    await occupy(estate, pool.id, s.line_id, seats=3)
    admin = estate.actor("admin")
    command = service.ChangeAllocation(allocation.id, 2, ChangeReason.REQUESTED, from_day=date(2026, 3, 2))
    with pytest.raises(PreviewNeeded) as no:
        await office.perform(admin, lambda w: service.change_allocation(w, command))
    assert no.value.over == 1
    async with office.reading(admin) as work:
        preview = await service.preview_change_allocation(work, command)
    effect = preview.rooms[0]
    assert (effect.before, effect.after, effect.occupied, effect.over) == (4, 2, 3, 1)
    with_token = service.ChangeAllocation(
        allocation.id, 2, ChangeReason.REQUESTED, from_day=date(2026, 3, 2), token=preview.token
    )
    await occupy(estate, pool.id, seats=4)
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda w: service.change_allocation(w, with_token))
    await occupy(estate, pool.id, seats=3)
    await office.perform(admin, lambda w: service.change_allocation(w, with_token))
    after = await room(estate, pool.id)
    assert (after.ceiling, after.occupied, after.over_since) == (2, 3, clock.now())
    told = await events(estate, "PoolOverAllocated")
    assert [(e.subject_id, e.facts["over"]) for e in told] == [(pool.id, 1)]
    assert len(await events(estate, "LineOverAllocated")) == 0
    with pytest.raises(Conflict):
        await office.perform(admin, lambda w: service.change_allocation(w, with_token))


async def test_a_change_from_a_day_on_leaves_the_days_before_as_they_were(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    row = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    allocation = await allocated(estate, row.lot_key, pool.id, 4)
    command = service.ChangeAllocation(allocation.id, 7, ChangeReason.REQUESTED, from_day=date(2026, 4, 1))
    await office.perform(estate.actor("admin"), lambda w: service.change_allocation(w, command))
    turn = datetime(2026, 3, 31, 22, tzinfo=UTC)
    async with office.reading(estate.actor("admin")) as work:
        rows = (await work.session.execute(queries.visible_allocations(work))).scalars().all()
    assert {(r.quantity, r.start, r.end) for r in rows} == {(4, row.start, turn), (7, turn, row.end)}
    assert (await room(estate, pool.id)).changes_at == turn


async def test_more_may_be_allocated_than_there_is_and_pools_keep_their_ceilings(
    office: Office, estate: Estate
) -> None:
    s = await signed(estate)
    row = await bought(estate, lot(s.line_id, 10))
    pools = [await pooled(estate, s.line_id, code) for code in ("one", "two")]
    for pool in pools:
        await allocated(estate, row.lot_key, pool.id, 8)
    ceilings = [(await room(estate, room_id)).ceiling for room_id in (pools[0].id, pools[1].id, s.line_id)]
    assert ceilings == [8, 8, 10]


async def test_an_allocation_fits_its_lot(office: Office, estate: Estate) -> None:
    s, other = await signed(estate), await signed(estate, "jira")
    row = await bought(estate, lot(s.line_id, 10))
    pool, foreign = await pooled(estate, s.line_id), await pooled(estate, other.line_id)
    for pool_id, quantity, days, field in (
        (foreign.id, 1, {}, "pool_id"),
        (pool.id, None, {}, "quantity"),
        (pool.id, 0, {}, "quantity"),
        (pool.id, 1, {"last_day": date(2027, 1, 1)}, "last_day"),
        (pool.id, 1, {"first_day": date(2025, 12, 31)}, "first_day"),
        (pool.id, 1, {"first_day": date(2026, 5, 2), "last_day": date(2026, 5, 1)}, "last_day"),
    ):
        with pytest.raises(BadInput) as no:
            await allocated(estate, row.lot_key, pool_id, quantity, **days)
        assert no.value.field == field


async def test_a_renewal_adds_a_lot_and_carries_the_pools_on(office: Office, estate: Estate, clock: HandClock) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    await allocated(estate, old.lot_key, pool.id, 6)
    await occupy(estate, pool.id, s.line_id, seats=5)
    renewal = lot(
        s.line_id, 12, first_day=date(2027, 1, 1), last_day=date(2027, 12, 31), renewal_of=old.lot_key,
        reason=ChangeReason.RENEWAL, carries_allocations=True,
    )  # fmt: skip
    new = await bought(estate, renewal)
    assert (await room(estate, pool.id)).ceiling == 6
    clock.set(new.start)
    async with office.writing(estate.actor("admin")) as work:
        await service.open_pool(work, service.NewPool(s.line_id, "extra", "extra", estate.units["it"]))
    assert [((await room(estate, i)).ceiling, (await room(estate, i)).occupied) for i in (pool.id, s.line_id)] == [
        (6, 5),
        (12, 5),
    ]
    async with office.database.read(estate.tenant_id) as session:
        entry = (await session.execute(select(Entry).where(Entry.subject_id == new.lot_key))).scalar_one()
    assert entry.after is not None
    assert entry.after["gap_days"] == 0


async def test_a_pool_is_closed_by_its_preview_and_takes_no_more_seats(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    row = await bought(estate, lot(s.line_id, 10))
    pool, admin = await pooled(estate, s.line_id), estate.actor("admin")
    await allocated(estate, row.lot_key, pool.id, 4)
    await occupy(estate, pool.id, s.line_id, seats=2)
    bare = service.ClosePool(pool.id, 1, ChangeReason.REQUESTED)
    with pytest.raises(PreviewNeeded):
        await office.perform(admin, lambda w: service.close_pool(w, bare))
    async with office.reading(admin) as work:
        preview = await service.preview_close_pool(work, bare)
    command = service.ClosePool(pool.id, 1, ChangeReason.REQUESTED, token=preview.token)
    await office.perform(admin, lambda w: service.close_pool(w, command))
    closed = await room(estate, pool.id)
    assert (closed.ceiling, closed.occupied, closed.over_since is not None) == (0, 2, True)
    assert (await room(estate, s.line_id)).ceiling == 10
    with pytest.raises(WrongState):
        await allocated(estate, row.lot_key, pool.id, 1)
    with pytest.raises(WrongState):
        await office.perform(admin, lambda w: service.close_pool(w, command))


async def test_ones_own_units_licenses_can_be_changed_and_no_others(office: Office, estate: Estate) -> None:
    corporate, own = await signed(estate, "corp"), await signed(estate, "own", unit="sales")
    owner = estate.actor("ada", role=Role.LICENSE_OWNER, unit="sales")
    await office.perform(owner, lambda w: service.buy_lot(w, lot(own.line_id)))
    with pytest.raises(NotFound):
        await office.perform(owner, lambda w: service.buy_lot(w, lot(corporate.line_id)))
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda w: service.buy_lot(w, lot(own.line_id)))


async def test_another_tenants_line_lot_and_pool_are_not_there(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    row, pool = await bought(estate, lot(s.line_id)), await pooled(estate, s.line_id)
    stranger = (await Estate.raised(office, "Twin Group")).actor("admin")
    correction = service.CorrectLot(row.lot_key, row.id, {"quantity": 1}, ChangeReason.REQUESTED)
    for verb in (
        lambda w: service.buy_lot(w, lot(s.line_id)),
        lambda w: service.correct_lot(w, correction),
        lambda w: service.allocate(w, service.NewAllocation(row.lot_key, pool.id, 1)),
        lambda w: service.close_pool(w, service.ClosePool(pool.id, 1, ChangeReason.REQUESTED)),
    ):
        with pytest.raises(NotFound):
            await office.perform(stranger, verb)


async def test_a_grant_checks_its_lines_and_who_answers(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    foreign_tier = (await estate.license("other", product_id=await estate.product("foreign"))).line_id
    line = service.NewLine("named", LicenseModel.NAMED_USER, Term.SUBSCRIPTION)
    for lines, field in (
        ((), "lines"),
        ((line, line), "lines.1.code"),
        (
            (service.NewLine("x", LicenseModel.NAMED_USER, Term.SUBSCRIPTION, invitation_days=0),),
            "lines.0.invitation_days",
        ),
        ((service.NewLine("x", "SEATS", Term.SUBSCRIPTION),), "lines.0.model"),  # type: ignore[arg-type]
        ((service.NewLine("x", LicenseModel.NAMED_USER, Term.SUBSCRIPTION, overage="LET"),), "lines.0.overage"),  # type: ignore[arg-type]
    ):
        grant = service.NewEntitlement(s.agreement_id, s.product_id, "new", "New", estate.units["sales"], lines)
        with pytest.raises(BadInput) as no:
            await office.perform(estate.actor("admin"), lambda w, g=grant: service.grant_entitlement(w, g))
        assert no.value.field == field
    unknown = service.NewLine("x", LicenseModel.NAMED_USER, Term.SUBSCRIPTION, tier_id=foreign_tier)
    grant = service.NewEntitlement(s.agreement_id, s.product_id, "new", "New", estate.units["sales"], (unknown,))
    with pytest.raises(NotFound):
        await office.perform(estate.actor("admin"), lambda w: service.grant_entitlement(w, grant))


async def test_who_answers_for_a_license_is_corrected_under_its_version(office: Office, estate: Estate) -> None:
    s = await signed(estate, overage=Overage.ALLOW_AND_FLAG)
    command = service.CorrectEntitlement(s.entitlement_id, 1, {"owner_id": estate.people["cleo"]})
    row = await office.perform(estate.actor("admin"), lambda w: service.correct_entitlement(w, command))
    assert (row.owner_id, row.version) == (estate.people["cleo"], 2)
    with pytest.raises(Conflict):
        await office.perform(estate.actor("admin"), lambda w: service.correct_entitlement(w, command))


@pytest.mark.parametrize(
    ("zone", "last_day", "end"),
    [
        ("Pacific/Kiritimati", date(2026, 12, 31), datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("Pacific/Pago_Pago", date(2026, 12, 31), datetime(2027, 1, 1, 11, tzinfo=UTC)),
        ("Europe/Zurich", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Zurich", date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
async def test_a_lot_ends_with_its_last_day_in_its_own_zone(
    office: Office, estate: Estate, zone: str, last_day: date, end: datetime
) -> None:
    s = await signed(estate)
    row = await bought(estate, lot(s.line_id, zone=zone, last_day=last_day))
    pool = await pooled(estate, s.line_id)
    allocation: Allocation = await allocated(estate, row.lot_key, pool.id, 1)
    assert (row.end, allocation.end, (await room(estate, pool.id)).changes_at) == (end, end, end)
