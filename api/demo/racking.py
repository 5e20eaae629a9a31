"""What Halden Group's machines hold: cores of a database on hosts, and a perpetual tool whose maintenance has ended."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from governance.agreements.rules import Payment
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.service import NewProduct, NewVendor, add_product, add_vendor
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import Expiry, LicenseModel, Term
from governance.entitlements.service.allocations import NewAllocation, allocate
from governance.entitlements.service.grant import NewEntitlement, NewLine, grant_entitlement
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.entitlements.service.pools import NewPool, open_pool
from governance.inventory.rules import DeviceKind
from governance.inventory.service import (
    RecordInstallations,
    RegisterDevice,
    Seen,
    record_installations,
    register_device,
)
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.seats.service.devices import AssignDevices, assign_devices

ZONE = "Europe/Zurich"
BOUGHT_BEFORE, MAINTAINED = timedelta(days=420), timedelta(days=364)
CORES, CORE_PRICE, LEAST = 96, 47_500_000, 16
HOSTS = (("esx-01", 32), ("esx-02", 32), ("esx-03", 12))
TOOL_SEATS, TOOL_PRICE, WORKSTATIONS = 6, 1_990_000_000, 4


def plan_devices(life: Life) -> None:
    """Put on the agenda both purchases, more than a year ago, and the machines that hold them since."""
    life.plan(life.until - BOUGHT_BEFORE, partial(_buy, life))


async def _buy(life: Life) -> None:
    pools, hosts, desks = await life.desk.office.perform(life.company.admin, partial(_bought, life))
    for pool_id, devices in zip(pools, (hosts, desks), strict=True):
        await assign_devices(life.desk, life.company.admin, AssignDevices(pool_id, devices))


async def _bought(life: Life, work: Work) -> tuple[tuple[UUID, ...], tuple[UUID, ...], tuple[UUID, ...]]:
    first = day_of(work.now(), ZONE)
    cores = NewLine(
        "cores", LicenseModel.CORE, Term.PERPETUAL, measure="cores", least_cores=LEAST, expiry=Expiry.MAINTAIN
    )
    tool = NewLine("nodes", LicenseModel.NODE_LOCKED, Term.TRUE_UP, expiry=Expiry.MAINTAIN)
    database, _ = await _granted(
        life, work, ("Oracle", "oracle-db", "ORA-77120"), first, cores, CORES, CORE_PRICE, None
    )
    node, product_id = await _granted(
        life, work, ("MathWorks", "matlab", "MW-3108"), first, tool, TOOL_SEATS, TOOL_PRICE, first + MAINTAINED
    )
    keepers = _keepers(life)
    hosts = [await _device(life, work, code, keepers[0], DeviceKind.HOST, count) for code, count in HOSTS]
    desks = []
    for number, keeper in enumerate(keepers[1 : WORKSTATIONS + 1], start=1):
        device_id = await _device(life, work, f"ws-{410 + number}", keeper, DeviceKind.WORKSTATION, 8)
        newer = number == WORKSTATIONS
        seen = Seen(product_id, "26.2" if newer else "25.1", first + MAINTAINED + timedelta(days=30 if newer else -200))
        await record_installations(work, RecordInstallations(device_id, "inventory.agent", (seen,)))
        desks.append(device_id)
    return (database, node), tuple(hosts), tuple(desks)


async def _granted(
    life: Life, work: Work, called: tuple[str, str, str], first: date, line: NewLine, quantity: int, price: int,
    last: date | None,
) -> tuple[UUID, UUID]:  # fmt: skip
    """Sign, buy, and set all of it aside; give the pool and the product."""
    vendor_name, code, number = called
    unit_id = life.company.units["engineering"]
    vendor = await add_vendor(work, NewVendor(vendor_name))
    product = await add_product(work, NewProduct(vendor.id, code, vendor_name))
    agreement = await sign_agreement(
        work,
        NewAgreement(number, vendor_name, vendor.id, unit_id, "USD", ZONE, first, last, notice_days=30,
                     payment=Payment.PAID),
    )  # fmt: skip
    granted = await grant_entitlement(
        work, NewEntitlement(agreement.id, product.id, code, vendor_name, unit_id, (line,))
    )
    found = select(MetricLine.id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == granted.id)
    line_id = (await work.session.execute(found)).scalar_one()
    lot = await buy_lot(work, NewLot(line_id, quantity, first, last, ZONE, "USD", price, po_number=f"PO-{number}"))
    pool = await open_pool(work, NewPool(line_id, "machines", f"Machines, {code}", unit_id))
    await allocate(work, NewAllocation(lot.lot_key, pool.id, quantity))
    return pool.id, product.id


async def _device(life: Life, work: Work, code: str, keeper: UUID, kind: DeviceKind, cores: int) -> UUID:
    unit_id = life.company.units["engineering"]
    row = await register_device(work, RegisterDevice(code, code.upper(), kind, keeper, unit_id, cores))
    return row.id


def _keepers(life: Life) -> list[UUID]:
    """Name engineers who were there already and still are."""
    day = (life.until - BOUGHT_BEFORE).date()
    there = sorted(
        each.external_id
        for each in life.company.people.values()
        if each.unit == "eng-emea" and each.external_id in life.company.ids and each.joined <= day
        and each.left is None
    )  # fmt: skip
    return [life.company.ids[name] for name in there[: WORKSTATIONS + 1]]
