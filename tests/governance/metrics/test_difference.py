"""What was learned between two reports of one instant is listed, and explains their totals."""

from datetime import date, timedelta

import pytest

from governance.agreements.rules import ChangeReason
from governance.entitlements import service
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.metrics.difference import Difference, FactKind, explain_difference
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.held import held

DAY = timedelta(days=1)


async def test_each_fact_learned_between_two_reports_is_listed_with_before_and_after(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    s = await signed(estate)
    old = await bought(estate, lot(s.line_id, 10))
    pool = await pooled(estate, s.line_id)
    allocation = await allocated(estate, old.lot_key, pool.id, 4)
    license_ = License(s.agreement_id, s.entitlement_id, s.line_id, old.id, old.lot_key, {"main": pool.id})
    await held(estate, license_, "ada")
    clock.advance(DAY)
    as_of = known1 = clock.now()
    clock.advance(DAY)
    admin = estate.actor("admin")
    row = old
    for quantity in (11, 12):
        correction = service.CorrectLot(old.lot_key, row.id, {"quantity": quantity}, ChangeReason.INCORRECT_INPUT)
        row = await office.perform(admin, lambda w, c=correction: service.correct_lot(w, c))
        clock.advance(DAY)
    change = service.ChangeAllocation(allocation.id, 6, ChangeReason.INCORRECT_INPUT)
    await office.perform(admin, lambda w: service.change_allocation(w, change))
    late = await held(estate, license_, "ben", started_at=as_of - timedelta(hours=1), recorded_at=clock.now())
    await bought(estate, lot(s.line_id, 5, first_day=date(2026, 6, 1)))
    clock.advance(DAY)

    async def explained(who: str = "admin", role: Role | None = None, unit: str | None = None) -> Difference:
        async with office.reading(estate.actor(who, role=role, unit=unit)) as work:
            return await explain_difference(work, as_of, known1, clock.now())

    answer = await explained()
    lots = [f for f in answer.facts if f.kind is FactKind.LOT]
    assert [(f.subject_id, f.before and f.before["quantity"], f.after and f.after["quantity"]) for f in lots] == [
        (old.lot_key, 10, 12)
    ]
    shares = [f for f in answer.facts if f.kind is FactKind.ALLOCATION]
    assert {(f.before and f.before["quantity"], f.after and f.after["quantity"]) for f in shares} == {
        (4, None),
        (None, 6),
    }
    seats = [f for f in answer.facts if f.kind is FactKind.SEAT]
    assert [(f.subject_id, f.before, f.after) for f in seats] == [(late.id, {"occupied": 0}, {"occupied": 1})]
    assert answer.complete
    assert answer.before is not None
    assert answer.after is not None
    assert (answer.before.purchased, answer.after.purchased) == (10, 12)
    assert (answer.before.occupied, answer.after.occupied) == (1, 2)
    assert [f.learned_at for f in answer.facts] == sorted(f.learned_at for f in answer.facts)
    assert (await explained("cleo", Role.LICENSE_OWNER, "finance")).facts == ()


async def test_moments_in_the_wrong_order_are_refused(office: Office, estate: Estate, clock: HandClock) -> None:
    now = clock.now()
    async with office.reading(estate.actor("admin")) as work:
        with pytest.raises(BadInput) as no:
            await explain_difference(work, now, now, now - DAY)
    assert no.value.field == "known_at2"
