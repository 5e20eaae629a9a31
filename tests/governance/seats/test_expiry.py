"""When all supply has ended: who keeps a seat, who loses it, and as of which instant, whenever the sweep comes by."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from governance.entitlements.models import MetricLine
from governance.entitlements.rules import Expiry
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason
from governance.seats.service import AssignSeats, assign_seats, lapse_due
from governance.seats.service.expire import expire_due
from tests.estate import Estate
from tests.governance.seats.ground import occupied, open_desk, rows

LAST = date(2026, 3, 28)
ENDS = datetime(2026, 3, 28, 23, tzinfo=UTC)
GRACE_ENDS = ENDS + timedelta(hours=47)  # two days, of which one has 23 hours


async def test_supply_that_changed_with_time_is_told_of_once_whoever_meets_it_first(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    swept, claimed = [await estate.license(code, last_day=LAST) for code in ("swept", "claimed")]
    clock.at = ENDS
    async with open_desk(office) as desk:
        for who in ("ada", "ben"):
            asked = AssignSeats(claimed.pools["main"], (estate.people[who],))
            assert len((await assign_seats(desk, estate.actor("admin"), asked)).denied) == 1
        for _ in range(2):
            await lapse_due(desk, estate.tenant_id)
    told = [each.subject_id for each in await rows(office, estate, OutboxEvent, OutboxEvent.name == "SupplyChanged")]
    assert sorted(told) == sorted([swept.line_id, claimed.line_id])


async def test_holders_lose_what_ended_as_of_its_instant_and_once(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    modes = {Expiry.RESTRICT: 0, Expiry.REVOKE: 0, Expiry.GRACE: 2, Expiry.MAINTAIN: 0}
    licenses = {mode: await estate.license(mode.value.lower(), last_day=LAST) for mode in modes}
    async with office.database.write(estate.tenant_id) as session:
        for mode, days in modes.items():
            line = update(MetricLine).where(MetricLine.id == licenses[mode].line_id)
            await session.execute(line.values(expiry=mode, grace_days=days))
    async with open_desk(office) as desk:
        for license_ in licenses.values():
            asked = AssignSeats(license_.pools["main"], (estate.people["ada"], estate.people["ben"]))
            assert len((await assign_seats(desk, estate.actor("admin"), asked)).seated) == 2
        clock.at = ENDS - timedelta(microseconds=1)
        assert await expire_due(desk, estate.tenant_id) == 0
        clock.at = ENDS + timedelta(hours=3)
        await lapse_due(desk, estate.tenant_id)
        assert [await expire_due(desk, estate.tenant_id) for _ in range(2)] == [2, 0]
        clock.at = GRACE_ENDS - timedelta(microseconds=1)
        assert await expire_due(desk, estate.tenant_id) == 0
        asked = AssignSeats(licenses[Expiry.GRACE].pools["main"], (estate.people["cleo"],))
        (no,) = (await assign_seats(desk, estate.actor("admin"), asked)).denied
        assert no.reasons[0].code.value == "NOT_IN_FORCE"
        clock.at = GRACE_ENDS
        assert await expire_due(desk, estate.tenant_id) == 2
    seats = await rows(office, estate, Assignment)
    for mode, ended in {Expiry.REVOKE: ENDS, Expiry.GRACE: GRACE_ENDS}.items():
        lost = {(s.released_at, s.release_reason) for s in seats if s.line_id == licenses[mode].line_id}
        assert lost == {(ended, ReleaseReason.LICENSE_EXPIRED)}
        assert await occupied(office, estate, licenses[mode].line_id) == 0
    for mode in (Expiry.RESTRICT, Expiry.MAINTAIN):
        assert {s.released_at for s in seats if s.line_id == licenses[mode].line_id} == {None}
    assert len(await rows(office, estate, OutboxEvent, OutboxEvent.name == "SeatReleased")) == 4
