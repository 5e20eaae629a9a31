"""Measured lines: recorded as said, corrected when said again, weighed against what is in force, held by nobody."""

from datetime import date

import pytest

from governance.audit.models import Entry
from governance.entitlements import queries, service
from governance.entitlements.models import Consumption
from governance.entitlements.positions import lots_used, position_of_line
from governance.entitlements.rules import LicenseModel, LinePosition, RenewalBasis
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Office
from governance.seats.service import AssignSeats, assign_seats
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.seats.ground import open_desk, rows


async def recorded(estate: Estate, line_id: object, *readings: service.NewReading, source: str = "billing") -> None:
    command = service.RecordConsumption(line_id, source, readings)  # type: ignore[arg-type]
    await estate.office.perform(estate.actor("admin"), lambda w: service.record_consumption(w, command))


async def position(estate: Estate, line_id: object, who: str = "admin") -> LinePosition:
    async with estate.office.reading(estate.actor(who)) as work:
        line, _ = await queries.line(work, line_id)  # type: ignore[arg-type]
        return await position_of_line(work, line, work.now())


async def test_a_meter_from_its_first_reading_to_its_overage(office: Office, estate: Estate) -> None:
    s = await signed(estate, model=LicenseModel.METERED)
    first = await bought(estate, lot(s.line_id, 100, priority=1))
    second = await bought(estate, lot(s.line_id, 50))
    assert await position(estate, s.line_id) == LinePosition(150, None, None)
    reading = service.NewReading
    await recorded(estate, s.line_id, reading(60, date(2026, 1, 1), date(2026, 1, 31)), reading(70, date(2026, 2, 1)))
    before = office.clock.now()
    await recorded(estate, s.line_id, reading(60, date(2026, 1, 1), date(2026, 1, 31)))
    assert len(await rows(office, estate, Consumption)) == 2, "the same said again is nothing new"
    await recorded(estate, s.line_id, reading(120, date(2026, 2, 1)))
    await recorded(estate, s.line_id, reading(5, date(2025, 12, 31)), source="of the term before")
    found = await position(estate, s.line_id)
    assert (found.entitled, found.taken, found.balance, found.over) == (150, 180, -30, 30)
    async with office.reading(estate.actor("admin")) as work:
        line, _ = await queries.line(work, s.line_id)
        uses, beyond = await lots_used(work, line, work.now())
        as_known = await position_of_line(work, line, work.now(), before)
    assert [(use.lot_key, use.used) for use in uses] == [(second.lot_key, 50), (first.lot_key, 100)]
    assert (beyond, as_known.taken) == (30, 130)
    told = await rows(office, estate, Entry, Entry.subject_type == "metric_line", Entry.act == "entitlement:correct")
    assert [entry.after["readings"] for entry in told] == [2, 1, 1]
    with pytest.raises(NotFound):
        await position(estate, s.line_id, "outsider" if "outsider" in estate.people else "ben")
    await nobody_holds_it(office, estate, s.line_id, second.lot_key)


async def nobody_holds_it(office: Office, estate: Estate, line_id: object, lot_key: object) -> None:
    pool = await pooled(estate, line_id)  # type: ignore[arg-type]
    await allocated(estate, lot_key, pool.id, 5)  # type: ignore[arg-type]
    async with open_desk(office) as desk:
        asked = AssignSeats(pool.id, (estate.people["ada"],))
        (no,) = (await assign_seats(desk, estate.actor("admin"), asked)).denied
    assert [(reason.has, reason.needs) for reason in no.reasons] == [("METERED", "a line of which people hold seats")]


async def test_people_hold_seats_of_a_named_line_and_a_renewal_may_begin_by_its_basis(estate: Estate) -> None:
    s = await signed(estate)
    with pytest.raises(BadInput, match="METERED"):
        await recorded(estate, s.line_id, service.NewReading(1, date(2026, 1, 1)))
    old = await bought(estate, lot(s.line_id))
    basis = RenewalBasis.FROM_EXPIRY
    days = {"first_day": None, "last_day": date(2027, 12, 31), "renewal_of": old.lot_key}
    new = await bought(estate, lot(s.line_id, renewal_basis=basis, **days))
    assert new.first_day == date(2027, 1, 1)
    with pytest.raises(BadInput, match="renewal_of"):
        await bought(estate, lot(s.line_id, renewal_basis=basis, first_day=None))
    with pytest.raises(BadInput, match="first_day"):
        await bought(estate, lot(s.line_id, renewal_basis=basis, renewal_of=old.lot_key))
    with pytest.raises(BadInput, match="first_day"):
        await bought(estate, lot(s.line_id, first_day=None))
