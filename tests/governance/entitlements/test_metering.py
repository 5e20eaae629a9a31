"""Periods of a meter, what bursts and what is beyond; figures of seats that no unit is added to; rights kept for good."""

from datetime import date, timedelta

import pytest

from governance.compliance.checks import expired_in_use, over_assigned
from governance.compliance.facts import Facts
from governance.entitlements import queries, service
from governance.entitlements.models import MetricLine
from governance.entitlements.positions import use_by_period
from governance.entitlements.rules import (
    Consumed,
    Expiry,
    LicenseModel,
    Metered,
    Overage,
    Period,
    Resets,
    begins,
    used_of,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.metrics.licenses import license_overview, license_row
from governance.metrics.measures import Measures
from governance.metrics.position import PositionQuery, position
from governance.seats.over import over_allocated
from governance.seats.service import AssignSeats, assign_seats
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.seats.ground import open_desk

DAY = date(2026, 3, 15)


def test_a_month_begins_on_its_first_day_and_a_term_with_its_lots() -> None:
    lots = [Metered(date(2025, 7, 1), date(2025, 12, 31)), Metered(date(2026, 2, 1), None)]
    table = {
        (Resets.MONTH, DAY): date(2026, 3, 1), (Resets.TERM, DAY): date(2026, 2, 1),
        (Resets.TERM, date(2026, 1, 10)): date(2026, 1, 1), (Resets.TERM, date(2025, 12, 31)): date(2025, 7, 1),
        (Resets.TERM, date(2025, 1, 1)): date(2025, 1, 1),
    }  # fmt: skip
    for (resets, day), first in table.items():
        assert begins(resets, lots, day) == Period(first, day)


def test_what_bursts_and_what_is_beyond_follow_the_mode() -> None:
    table = [
        (Overage.BLOCK, None, (100, 0, 30)), (Overage.ALLOW_TO_PERCENT, "110", (100, 10, 20)),
        (Overage.ALLOW_TO_PERCENT, "150", (100, 30, 0)), (Overage.ALLOW_AND_FLAG, None, (100, 30, 0)),
        (Overage.TRUE_UP, None, (100, 30, 0)),
    ]  # fmt: skip
    for mode, percent, parts in table:
        use = used_of(100, Consumed(130, 130), mode, percent)
        assert (use.within, use.burst, use.beyond) == parts, mode
    assert used_of(None, Consumed(7, 9), Overage.BLOCK, None).within == 9
    assert used_of(100, Consumed(None, None), Overage.BLOCK, None).beyond is None, "nobody said, which is no overuse"


async def figures(estate: Estate) -> tuple[Measures, object]:
    async with estate.office.reading(estate.actor("admin")) as work:
        told = await position(work, PositionQuery())
        row = license_row((await work.session.execute(license_overview(work))).one())
        assert told.totals is not None
        return told.totals, row


async def test_units_are_never_added_to_seats(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    burst = service.NewLine(
        "burst", LicenseModel.METERED, "SUBSCRIPTION", overage=Overage.ALLOW_TO_PERCENT, overage_percent="120",  # type: ignore[arg-type]
        measure="API calls", resets=Resets.MONTH,
    )  # fmt: skip
    line = await office.perform(estate.actor("admin"), lambda w: service.add_line(w, s.entitlement_id, burst))
    await bought(estate, lot(s.line_id, 10))
    meter = await bought(estate, lot(line.id, 1_000))
    pool = await pooled(estate, line.id)
    await allocated(estate, meter.lot_key, pool.id, 400)
    today = office.clock.now().date()
    readings = tuple(
        service.NewReading(quantity, today.replace(day=1) - timedelta(days=back))
        for quantity, back in ((1_300, 0), (700, 1), (9, 40))
    )
    told = service.RecordConsumption(line.id, "billing", readings)
    await office.perform(estate.actor("admin"), lambda w: service.record_consumption(w, told))
    seats, row = await figures(estate)
    assert (seats.purchased, seats.balance, seats.unallocated, seats.overage) == (10, 10, 10, 0)
    assert (row.purchased, row.allocated) == (10, 0)  # type: ignore[attr-defined]
    (use,) = seats.measured
    assert (use.measure, use.use.entitled, use.use.taken) == ("API calls", 1_000, 1_300)
    assert (use.use.within, use.use.burst, use.use.beyond) == (1_000, 200, 100)
    async with office.reading(estate.actor("admin")) as work:
        found, _ = await queries.line(work, line.id)
        periods = await use_by_period(work, found, work.now())
    assert [each.taken for _, each in periods[:2]] == [1_300, 700]
    for wrong, field in (
        ({"measure": "GB"}, "measure"), ({"resets": Resets.MONTH}, "resets"), ({"least_cores": 8}, "least_cores"),
    ):  # fmt: skip
        bad = service.NewLine("x", LicenseModel.NAMED_USER, "SUBSCRIPTION", **wrong)  # type: ignore[arg-type]
        with pytest.raises(BadInput, match=field):
            await office.perform(estate.actor("admin"), lambda w, bad=bad: service.add_line(w, s.entitlement_id, bad))


async def test_who_keeps_a_right_for_good_is_not_over(office: Office, estate: Estate, clock: HandClock) -> None:
    s = await signed(estate, expiry=Expiry.MAINTAIN)
    old = await bought(estate, lot(s.line_id, 2))
    pool = await pooled(estate, s.line_id)
    await allocated(estate, old.lot_key, pool.id, 2)
    people = ("ada", "ben")
    async with open_desk(office) as desk:
        await assign_seats(desk, estate.actor("admin"), AssignSeats(pool.id, tuple(estate.people[p] for p in people)))
        clock.at += timedelta(days=400)
        asked = AssignSeats(pool.id, (estate.people["cleo"],))
        (no,) = (await assign_seats(desk, estate.actor("admin"), asked)).denied
    assert no.reasons[0].code == "NOT_IN_FORCE", "nobody new is seated"
    seats, _ = await figures(estate)
    assert (seats.purchased, seats.occupied, seats.overage, seats.cost[0].micros) == (2, 2, 0, 0)
    async with office.reading(estate.actor("admin")) as work:
        assert (await over_allocated(work, pool.id)).over == 0
        facts = Facts(estate.tenant_id, work.now(), work.now())
        for check in (expired_in_use, over_assigned):
            assert (await work.session.execute(check.violations(facts))).all() == []
        row, _ = await queries.line(work, s.line_id)
    async with office.database.write(estate.tenant_id) as session:
        (await session.get_one(MetricLine, (estate.tenant_id, row.id))).expiry = Expiry.RESTRICT
    seats, _ = await figures(estate)
    assert (seats.purchased, seats.overage) == (0, 2), "where nothing is kept they are"
