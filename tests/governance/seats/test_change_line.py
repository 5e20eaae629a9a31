"""A line gets another tier or other rules: what that does is shown first, and only exactly that is done."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.catalog.models import Feature, ListPrice, Tier, TierFeature
from governance.directory.models import Person
from governance.entitlements.models import MetricLine, Room
from governance.entitlements.rules import Expiry, LicenseModel, Overage, Resets
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.inventory.rules import DeviceKind
from governance.kernel.errors import BadInput, Conflict, NotFound
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats.errors import LineChangeUnseen
from governance.seats.over import line_position, over_allocated
from governance.seats.rules import GiveUp
from governance.seats.service import AssignSeats, ChangeLine, assign_seats, change_line, preview_change_line
from governance.seats.service.change_line import LinePreview
from governance.seats.service.devices import AssignDevices, assign_devices
from governance.usage.models import UsageEvent
from policies.regions.policy import IndividualUsage, region_policy
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows
from tests.governance.seats.test_models import registered

FEATURES = {"E3": ("mail",), "E5": ("mail", "defender", "phone")}
PRICES = {"E3": 36_000_000, "E5": 57_000_000}


async def suite(office: Office, estate: Estate, **values: Any) -> tuple[License, dict[str, UUID]]:
    """Give a license of tier E5 whose features and prices the catalog knows, and the tiers by code."""
    product_id = await estate.product("m365")
    async with office.database.read(estate.tenant_id) as session:
        found = await session.execute(select(Tier.code, Tier.id).where(Tier.product_id == product_id))
        tiers = dict(found.tuples().all())
    features = {
        code: (await estate.add(Feature(**estate.key(), code=code, name=code.title()))).id for code in FEATURES["E5"]
    }
    for tier, granted in FEATURES.items():
        for code in granted:
            await estate.add(TierFeature(**estate.key(), tier_id=tiers[tier], feature_id=features[code]))
        price = {"currency": "USD", "micros": PRICES[tier], "recorded_at": office.clock.now()}
        await estate.add(ListPrice(**estate.key(), tier_id=tiers[tier], **price))
    return await estate.license(product_id=product_id, tier_id=tiers["E5"], **values), tiers


async def used(office: Office, estate: Estate, license_: License, who: str, feature: str, days_ago: int = 1) -> None:
    (line,) = await rows(office, estate, MetricLine, MetricLine.id == license_.line_id)
    async with office.database.read(estate.tenant_id) as session:
        product_id = (await session.execute(select(Tier.product_id).where(Tier.id == line.tier_id))).scalar_one()
    now = office.clock.now()
    await estate.add(
        UsageEvent(
            **estate.key(), source="m365", source_id=f"{who}-{feature}", type="feature.used", product_id=product_id,
            person_id=estate.people[who], occurred_at=now - timedelta(days=days_ago), recorded_at=now,
            data={"feature": feature},
        )
    )  # fmt: skip


async def test_a_downgrade_says_what_is_lost_and_by_whom_and_is_done_by_its_token(
    office: Office, estate: Estate
) -> None:
    license_, tiers = await suite(office, estate)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        asked = AssignSeats(license_.pools["main"], (estate.people["ada"], estate.people["ben"]))
        await assign_seats(desk, admin, asked)
    await used(office, estate, license_, "ada", "defender")
    await used(office, estate, license_, "ben", "phone", days_ago=91)
    await used(office, estate, license_, "cleo", "phone")
    down = ChangeLine(license_.line_id, 1, {"tier_id": tiers["E3"]})
    async with office.reading(admin) as work:
        seen = await preview_change_line(work, down)
    lost = {each.code: each for each in seen.lost}
    assert (seen.holders, sorted(lost), seen.gained, seen.limits) == (2, ["defender", "phone"], (), ())
    assert (lost["defender"].users, lost["phone"].users) == (None, 0), (
        "one is too few to count; who holds no seat is none"
    )
    (ada,) = await rows(office, estate, Person, Person.id == estate.people["ada"])
    may_be_named = region_policy(ada.country).individual_usage is IndividualUsage.ALLOWED
    assert [p.id for p in lost["defender"].named] == ([ada.id] if may_be_named else [])
    assert seen.cost is not None
    assert (seen.cost.currency, seen.cost.before, seen.cost.after) == ("USD", 114_000_000, 72_000_000)
    with pytest.raises(LineChangeUnseen):
        await office.perform(admin, lambda w: change_line(w, down))
    async with open_desk(office) as desk:
        await assign_seats(desk, admin, AssignSeats(license_.pools["main"], (estate.people["cleo"],)))
    token = ChangeLine(license_.line_id, 1, {"tier_id": tiers["E3"]}, seen.token)
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda w: change_line(w, token))
    async with office.reading(admin) as work:
        again = await preview_change_line(work, down)
    assert {each.code: each.users for each in again.lost} == {"defender": None, "phone": None}
    token = ChangeLine(license_.line_id, 1, {"tier_id": tiers["E3"]}, again.token)
    line = await office.perform(admin, lambda w: change_line(w, token))
    assert (line.tier_id, line.version) == (tiers["E3"], 2)
    (entry,) = await rows(office, estate, Entry, Entry.subject_id == license_.line_id)
    assert (entry.before, entry.after) == ({"tier_id": str(tiers["E5"])}, {"tier_id": str(tiers["E3"])})
    with pytest.raises(Conflict):
        await office.perform(admin, lambda w: change_line(w, token))


async def test_other_rules_move_the_limits_at_once_and_revoke_nobody(office: Office, estate: Estate) -> None:
    license_ = await estate.license(quantity=2, overage=Overage.TRUE_UP)
    admin, people = estate.actor("admin"), [estate.people[who] for who in ("ada", "ben", "cleo")]
    async with open_desk(office) as desk:
        await assign_seats(desk, admin, AssignSeats(license_.pools["main"], tuple(people)))
    changes: dict[str, Any] = {"overage": Overage.ALLOW_TO_PERCENT, "overage_percent": "150"}

    async def done(version: int, changes: dict[str, Any]) -> Any:
        ask = ChangeLine(license_.line_id, version, changes)
        async with office.reading(admin) as work:
            seen = await preview_change_line(work, ask)
        ask = ChangeLine(license_.line_id, version, changes, seen.token)
        await office.perform(admin, lambda w: change_line(w, ask))
        (room,) = await rows(office, estate, Room, Room.id == license_.line_id)
        return seen, room

    seen, room = await done(1, changes)
    assert [(each.before, each.after, each.occupied) for each in seen.limits] == [(None, 3, 3)] * 2
    assert (room.ceiling, room.supply, room.over_since) == (3, 2, None)
    assert room.flagged_since is not None
    seen, room = await done(2, {"overage": Overage.BLOCK, "expiry": Expiry.GRACE, "grace_days": 30})
    assert [(each.before, each.after) for each in seen.limits] == [(3, 2)] * 2
    assert (room.ceiling, room.percent, room.occupied, room.flagged_since) == (2, None, 3, None)
    assert room.over_since is not None, "nobody is revoked; being over is marked"
    async with office.reading(admin) as work:
        found = await over_allocated(work, license_.pools["main"])
    assert (found.over, found.since, found.due_at) == (1, room.over_since, room.over_since + timedelta(days=30))
    assert [each.why for each in found.suggested] == [GiveUp.NEVER_USED]
    async with office.reading(admin) as work:
        (line,) = (await work.session.execute(select(MetricLine).where(MetricLine.id == license_.line_id))).scalars()
        weighed = [await line_position(work, line, at) for at in (None, work.now(), work.now() - timedelta(days=1))]
    assert [(each.taken, each.balance) for each in weighed] == [(3, -1), (3, -1), (0, 2)]
    with pytest.raises(BadInput, match="grace_days"):
        await done(3, {"grace_days": 0})
    with pytest.raises(BadInput, match="already so"):
        await done(3, {"overage": Overage.BLOCK})
    with pytest.raises(NotFound):
        async with office.reading(estate.actor("ada")) as work:
            await preview_change_line(work, ChangeLine(license_.line_id, 3, changes))


async def test_a_meter_that_begins_anew_each_month_reads_otherwise_at_once_and_cores_once_assigned_anew(
    office: Office, estate: Estate
) -> None:
    meter = await estate.license("meter", model=LicenseModel.METERED, quantity=100)
    admin, today = estate.actor("admin"), office.clock.now().date()
    days = (date(2026, 1, 15), today)
    readings = RecordConsumption(meter.line_id, "bill", tuple(NewReading(70, day) for day in days))
    await office.perform(admin, lambda work: record_consumption(work, readings))

    async def seen(line_id: UUID, changes: dict[str, Any]) -> LinePreview:
        async with office.reading(admin) as work:
            return await preview_change_line(work, ChangeLine(line_id, 1, changes))

    monthly = {"resets": Resets.MONTH, "measure": "GB"}
    found = await seen(meter.line_id, monthly)
    assert found.counting is not None
    sides = [
        (each.measure, each.since, each.position.balance) for each in (found.counting.before, found.counting.after)
    ]
    assert sides == [(None, date(2026, 1, 1), -40), ("GB", today.replace(day=1), 30)]
    ask = ChangeLine(meter.line_id, 1, monthly, found.token)
    line = await office.perform(admin, lambda work: change_line(work, ask))
    async with office.reading(admin) as work:
        assert (await line_position(work, line)).balance == 30
    cores = await estate.license("cores", model=LicenseModel.CORE, quantity=16)
    host = await registered(estate, "db-1", kind=DeviceKind.HOST, cores=2)
    async with open_desk(office) as desk:
        await assign_devices(desk, admin, AssignDevices(cores.pools["main"], (host.id,)))
    least = await seen(cores.line_id, {"least_cores": 8})
    assert least.counting is not None
    assert [(each.code, each.before, each.after) for each in least.counting.devices] == [("db-1", 2, 8)]
    assert [each.position.balance for each in (least.counting.before, least.counting.after)] == [14, 8]
    assert (await seen(cores.line_id, {"overage": Overage.TRUE_UP})).counting is None
    with pytest.raises(BadInput, match="only METERED"):
        await seen(cores.line_id, {"resets": Resets.MONTH})
