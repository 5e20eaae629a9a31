"""What a period consumed beyond its supply is found, in its unit; what nobody recorded, or what reset, is not."""

from datetime import date
from typing import Any

from governance.compliance.checks.over_consumed import CHECK
from governance.entitlements.models import Consumption, MetricLine
from governance.entitlements.rules import LicenseModel, Resets
from governance.kernel.clock import HandClock
from tests.estate import Estate, License


async def read(estate: Estate, of: License, quantity: int, day: date, subject: str = "") -> None:
    now = estate.office.clock.now()
    await estate.add(
        Consumption(**estate.key(), line_id=of.line_id, subject=subject, source="bill", quantity=quantity,
                    first_day=day, last_day=day, recorded_at=now, recorded_by="tests")
    )  # fmt: skip


async def test_each_measured_model_is_judged_by_its_own_counting(judge: Any, estate: Estate, clock: HandClock) -> None:
    this, last = clock.now().date(), date(2026, 1, 5)
    meter = await estate.license("meter", quantity=100, model=LicenseModel.METERED)
    monthly = await estate.license("monthly", quantity=100, model=LicenseModel.METERED)
    disk = await estate.license("disk", quantity=100, model=LicenseModel.CAPACITY)
    silent = await estate.license("silent", quantity=0, model=LicenseModel.METERED)
    async with estate.office.database.write(estate.tenant_id) as session:
        row = await session.get_one(MetricLine, (estate.tenant_id, monthly.line_id))
        row.resets, row.measure = Resets.MONTH, "calls"
    for line in (meter, monthly, disk):
        await read(estate, line, 80, last, "a")
        await read(estate, line, 90, this, "a")
    found = await judge.ask(CHECK)
    assert [(each["subject_id"], each["has"]) for each in found] == [(meter.line_id, "170 units consumed")]
    await read(estate, disk, 20, this, "b")
    await read(estate, monthly, 11, this, "b")
    found = {each["subject_id"]: (each["has"], each["needs"]) for each in await judge.ask(CHECK)}
    assert found[monthly.line_id] == ("101 calls consumed", "at most 100 calls (supply in force)")
    assert found[disk.line_id][0] == "110 units consumed"
    assert silent.line_id not in found
