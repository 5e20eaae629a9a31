"""Every SELECT of the inventory: devices and installations within reach, and the rights to what is installed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import aliased

from governance.directory.queries import ownership
from governance.entitlements.entitling import entitles
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_LOT, known, there
from governance.entitlements.rules import Expiry
from governance.inventory.models import Device, Installation
from governance.inventory.rules import Machine, Right
from governance.kernel.due import holds_at
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

DEVICE_PLACED = Placed(unit=Device.unit_id, region=Device.region, people=(Device.person_id,))
DEVICE_OF_INSTALLATION = and_(Device.tenant_id == Installation.tenant_id, Device.id == Installation.device_id)


def visible_devices(work: Work, action: Action = Action.SEAT_READ) -> Select[Device]:
    """Give the devices within reach: by their own unit and region, or kept by oneself."""
    return select(Device).where(Device.tenant_id == work.tenant_id, work.reach(action, DEVICE_PLACED))


def visible_installations(work: Work, action: Action = Action.SEAT_READ) -> Select[Installation]:
    """Give what was seen installed on devices within reach, gone or not."""
    within = visible_devices(work, action).with_only_columns(Device.id)
    return select(Installation).where(Installation.tenant_id == work.tenant_id, Installation.device_id.in_(within))


async def device(work: Work, device_id: UUID) -> Device:
    """Give one device within reach. Raises NotFound."""
    row = (await work.session.execute(visible_devices(work).where(Device.id == device_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("device", str(device_id))
    return row


async def devices_by_code(work: Work, codes: Iterable[str]) -> dict[str, Device]:
    """Give the devices within reach that have these codes, retired ones too."""
    query = visible_devices(work).where(Device.code.in_(sorted(set(codes))))
    return {row.code: row for row in (await work.session.execute(query)).scalars()}


async def device_ownership(work: Work, row: Device) -> Ownership:
    """Say whose a device is: its unit and region, and who keeps it."""
    return await ownership(work, unit_id=row.unit_id, region=row.region, people=(row.person_id,))


async def machines(work: Work, rows: Sequence[Device]) -> dict[UUID, Machine]:
    """Give devices as lines count them, each virtual one with its host, whatever the reach of that."""
    host = aliased(Device)
    ids = [row.host_id for row in rows if row.host_id is not None]
    query = select(host).where(host.tenant_id == work.tenant_id, host.id.in_(ids))
    hosts = {row.id: _machine(row) for row in (await work.session.execute(query)).scalars()}
    return {row.id: _machine(row, hosts.get(row.host_id) if row.host_id else None) for row in rows}


def _machine(row: Device, host: Machine | None = None) -> Machine:
    return Machine(row.id, row.code, row.kind, row.cores, host)


async def rights_to(work: Work, product_ids: Iterable[UUID], at: datetime) -> dict[UUID, list[Right]]:
    """Give the rights that the tenant has to each product: what is in force, and what is kept for good."""
    query = (
        select(Entitlement.product_id, Lot, MetricLine.expiry)
        .join(MetricLine, LINE_OF_LOT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Lot.tenant_id == work.tenant_id, Entitlement.product_id.in_(set(product_ids)), known(Lot, None),
            there(MetricLine, None), entitles(at, None),
        )
    )  # fmt: skip
    found: dict[UUID, list[Right]] = {}
    for product_id, lot, expiry in await work.session.execute(query):
        in_force = holds_at(lot.start, lot.end, at)
        kept = lot.last_day if expiry is Expiry.MAINTAIN and not in_force else None
        found.setdefault(product_id, []).append(Right(in_force, kept))
    return found
