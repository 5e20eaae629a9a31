"""What Halden Group meters: warehouse credits of a term, and a hybrid license that spills from seats to a meter."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.agreements.rules import Payment
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.service import NewProduct, NewVendor, add_product, add_vendor
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import LicenseModel, Overage, Resets, Term
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.entitlements.service.allocations import NewAllocation, allocate
from governance.entitlements.service.grant import NewEntitlement, NewLine, grant_entitlement
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.entitlements.service.pools import NewPool, open_pool
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.seats.service import (
    AcquireLease,
    SeatInLicense,
    SetLeaseTerms,
    Way,
    acquire_lease,
    seat_in_license,
    set_lease_terms,
)

ZONE = "Europe/Zurich"
BOUGHT_BEFORE, YEAR = timedelta(days=200), timedelta(days=364)
CREDITS, CREDIT_PRICE = 18_500, 2_600_000
NAMED, FLOATING, CHARACTERS = 5, 2, 20_000_000
BEYOND = 3
SPILLED_BEFORE, LENT_FOR_S = timedelta(minutes=40), 43_200
TRANSLATORS = NAMED + FLOATING + BEYOND
WAREHOUSES = (("finance_wh", 70), ("marketing_wh", 110), ("science_wh", 170))


@dataclass
class _Metered:
    """What the steps share: the lines by code, and the hybrid license."""

    lines: dict[str, UUID] = field(default_factory=dict)
    license_id: UUID | None = None


def plan_meters(life: Life) -> None:
    """Put on the agenda both purchases, what each week and month consumed since, and who spilled over where."""
    metered = _Metered()
    at = life.until - BOUGHT_BEFORE
    life.plan(at, partial(_buy, life, metered))
    week = 0
    while (at := at + timedelta(days=7)) < life.until:
        life.plan(at, partial(_credits, life, metered, at.date(), week))
        week += 1
    at = life.until - BOUGHT_BEFORE
    month = at.date().replace(day=1)
    while (month := (month + timedelta(days=31)).replace(day=1)) < life.until.date():
        life.plan(life.until - (life.until.date() - month), partial(_characters, life, metered, month))
    life.plan(life.until - SPILLED_BEFORE, partial(_spill, life, metered))


async def _buy(life: Life, metered: _Metered) -> None:
    await life.desk.office.perform(life.company.admin, partial(_bought, life, metered))


async def _bought(life: Life, metered: _Metered, work: Work) -> None:
    """Sign both, and set the seats of the hybrid one aside; what is metered nobody holds."""
    first = day_of(work.now(), ZONE)
    unit_id = life.company.units["engineering"]
    metered_credits = NewLine(
        "credits", LicenseModel.METERED, Term.SUBSCRIPTION, overage=Overage.TRUE_UP, measure="credits"
    )  # fmt: skip
    await _granted(life, work, metered, ("Snowflake", "snowflake", "SNO-5512", unit_id), first, (metered_credits,))
    await _lot(work, metered, "credits", CREDITS, first, CREDIT_PRICE)
    lines = (
        NewLine("named", LicenseModel.NAMED_USER, Term.SUBSCRIPTION, spill_order=1),
        NewLine("floating", LicenseModel.CONCURRENT_USER, Term.SUBSCRIPTION, spill_order=2),
        NewLine("characters", LicenseModel.METERED, Term.SUBSCRIPTION, overage=Overage.ALLOW_TO_PERCENT,
                overage_percent="120", spill_order=3, measure="characters", resets=Resets.MONTH),
    )  # fmt: skip
    metered.license_id = await _granted(life, work, metered, ("DeepL", "deepl-pro", "DPL-1189", unit_id), first, lines)
    for code, quantity, price in (("named", NAMED, 299_000_000), ("floating", FLOATING, 540_000_000)):
        lot_key = await _lot(work, metered, code, quantity, first, price)
        pool = await open_pool(work, NewPool(metered.lines[code], code, f"Translation, {code}", unit_id))
        await allocate(work, NewAllocation(lot_key, pool.id, quantity))
        if code == "floating":
            await set_lease_terms(work, SetLeaseTerms(pool.id, LENT_FOR_S))
    await _lot(work, metered, "characters", CHARACTERS, first, 20)


async def _granted(
    life: Life, work: Work, metered: _Metered, called: tuple[str, str, str, UUID], first: date,
    lines: tuple[NewLine, ...],
) -> UUID:  # fmt: skip
    name, code, number, unit_id = called
    vendor = await add_vendor(work, NewVendor(name))
    product = await add_product(work, NewProduct(vendor.id, code, name))
    agreement = await sign_agreement(
        work,
        NewAgreement(number, name, vendor.id, unit_id, "EUR", ZONE, first, first + YEAR, notice_days=60,
                     payment=Payment.PAID),
    )  # fmt: skip
    granted = await grant_entitlement(work, NewEntitlement(agreement.id, product.id, code, name, unit_id, lines))
    found = select(MetricLine).where(MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == granted.id)
    metered.lines |= {line.code: line.id for line in (await work.session.execute(found)).scalars()}
    return granted.id


async def _lot(work: Work, metered: _Metered, code: str, quantity: int, first: date, price: int) -> UUID:
    lot = await buy_lot(
        work, NewLot(metered.lines[code], quantity, first, first + YEAR, ZONE, "EUR", price, po_number=f"PO-{code}")
    )
    return lot.lot_key


async def _credits(life: Life, metered: _Metered, day: date, week: int) -> None:
    """Let each warehouse burn its credits of a week, more of them as the year goes on."""
    first = day - timedelta(days=7)
    readings = tuple(
        NewReading(units + week * 6 + life.rng.randint(0, 20), first, day - timedelta(days=1), subject)
        for subject, units in WAREHOUSES
    )
    command = RecordConsumption(metered.lines["credits"], "snowflake.metering", readings)
    await life.desk.office.perform(life.company.admin, lambda work: record_consumption(work, command))


async def _characters(life: Life, metered: _Metered, month: date) -> None:
    """Record what the month before translated beyond all seats: the last one bursts."""
    last = month - timedelta(days=1)
    newest = (life.until.date() - month).days < 31
    units = CHARACTERS * 11 // 10 if newest else CHARACTERS * life.rng.randint(40, 85) // 100
    reading = NewReading(units, last.replace(day=1), last)
    command = RecordConsumption(metered.lines["characters"], "deepl.usage", (reading,))
    await life.desk.office.perform(life.company.admin, lambda work: record_consumption(work, command))


async def _spill(life: Life, metered: _Metered) -> None:
    """Let more translators come than there are seats: named first, then floating, the rest by the meter."""
    assert metered.license_id is not None
    today = life.until.date()
    there = sorted(
        each.external_id
        for each in life.company.people.values()
        if each.unit == "eng-emea" and each.external_id in life.company.ids and each.joined <= today
        and (each.left is None or each.left > today)
    )[1::2][:TRANSLATORS]  # fmt: skip
    names = {life.company.ids[name]: name for name in there}
    asked = SeatInLicense(metered.license_id, tuple(names))
    for each in await seat_in_license(life.desk, life.company.admin, asked):
        if each.way is Way.LEASE and each.pool_id is not None:
            lend = AcquireLease(each.pool_id, each.person_id, f"{names[each.person_id]}@browser")
            await acquire_lease(life.desk, life.company.admin, lend)
