"""What Halden Group lends: floating seats of an engineering tool, who holds them, borrowed them, or found none."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.agreements.rules import Payment
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.service import NewProduct, NewVendor, add_product, add_vendor
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import LicenseModel, Term
from governance.entitlements.service.allocations import NewAllocation, allocate
from governance.entitlements.service.grant import NewEntitlement, NewLine, grant_entitlement
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.entitlements.service.pools import NewPool, open_pool
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.seats.errors import SeatRefused
from governance.seats.service import AcquireLease, SetLeaseTerms, acquire_lease, borrow_lease, set_lease_terms

ZONE, SEATS, PRICE = "Europe/Zurich", 24, 2_150_000_000
BOUGHT_BEFORE, YEAR = timedelta(days=210), timedelta(days=364)
LENT_BEFORE, BETWEEN = timedelta(minutes=150), timedelta(minutes=4)
HOLDERS, BORROWERS, FOR_RELEASES = 19, 4, 3


@dataclass
class _Lent:
    """What the steps of the last hours share: the pool, and how many have come."""

    pool_id: UUID | None = None
    leases: list[UUID] = field(default_factory=list)


def plan_leases(life: Life) -> None:
    """Put on the agenda the purchase, months ago, and today's checkouts: until no seat is left but those kept."""
    lent = _Lent()
    life.plan(life.until - BOUGHT_BEFORE, partial(_buy, life, lent))
    at = life.until - LENT_BEFORE
    for number in range(HOLDERS + 2):
        life.plan(at, partial(_acquire, life, lent, number))
        at += BETWEEN
    life.plan(at, partial(_borrow, life, lent))


async def _buy(life: Life, lent: _Lent) -> None:
    lent.pool_id = await life.desk.office.perform(life.company.admin, partial(_bought, life))


async def _bought(life: Life, work: Work) -> UUID:
    """Sign, buy and set the seats aside for engineering, some of them for its release engineers alone."""
    unit_id, first = life.company.units["engineering"], day_of(work.now(), ZONE)
    days = (first, first + YEAR)
    vendor = await add_vendor(work, NewVendor("Altair"))
    product = await add_product(work, NewProduct(vendor.id, "hyperworks", "HyperWorks"))
    agreement = await sign_agreement(
        work,
        NewAgreement("ALT-20931", "HyperWorks", vendor.id, unit_id, "USD", ZONE, *days, notice_days=60,
                     payment=Payment.PAID),
    )  # fmt: skip
    line = NewLine("floating", LicenseModel.CONCURRENT_USER, Term.SUBSCRIPTION)
    granted = await grant_entitlement(
        work, NewEntitlement(agreement.id, product.id, "hyperworks", "HyperWorks", unit_id, (line,))
    )
    found = select(MetricLine.id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == granted.id)
    line_id = (await work.session.execute(found)).scalar_one()
    lot = await buy_lot(work, NewLot(line_id, SEATS, *days, ZONE, "USD", PRICE, po_number="PO-90417"))
    pool = await open_pool(work, NewPool(line_id, "floating", "Floating, engineering", unit_id))
    await allocate(work, NewAllocation(lot.lot_key, pool.id, SEATS))
    kept = {"releases": FOR_RELEASES}
    await set_lease_terms(work, SetLeaseTerms(pool.id, 43_200, 600, 300, borrow_days=14, borrowable=6, reserved=kept))
    return pool.id


async def _acquire(life: Life, lent: _Lent, number: int) -> None:
    """Let the next engineer ask: the first ones get seats, one waits in line, the last one is refused."""
    assert lent.pool_id is not None
    person_id, client = _engineer(life, number)
    many, waits = (3 if number == 0 else 1), (43_200 if number == HOLDERS else None)
    asked = AcquireLease(lent.pool_id, person_id, client, many, waits_s=waits)
    try:
        got = await acquire_lease(life.desk, life.company.admin, asked)
    except SeatRefused:
        return
    if got.lease is not None:
        lent.leases.append(got.lease.id)


async def _borrow(life: Life, lent: _Lent) -> None:
    """Let some take their seats along for a week."""
    until = day_of(life.until, ZONE) + timedelta(days=7)
    for number, lease_id in enumerate(lent.leases[1 : BORROWERS + 1], start=2):
        await borrow_lease(life.desk, life.company.admin, lease_id, number, until)


def _engineer(life: Life, number: int) -> tuple[UUID, str]:
    """Name the next of those who work in engineering today, and the workstation."""
    today = life.until.date()
    there = sorted(
        each.external_id
        for each in life.company.people.values()
        if each.unit == "eng-emea" and each.external_id in life.company.ids and each.joined <= today
        and (each.left is None or each.left > today)
    )  # fmt: skip
    chosen = there[number * 3 % len(there)]
    return life.company.ids[chosen], f"{chosen}@ws-{100 + number}"
