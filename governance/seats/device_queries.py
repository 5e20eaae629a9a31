"""Every SELECT of what devices hold: leases that nobody needs to renew, under a client's name of their own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import visible_pools
from governance.entitlements.rules import OwnDevice
from governance.inventory.models import Device
from governance.inventory.rules import HELD_BY_DEVICES, DeviceKind
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.seats.lease_queries import lent_at, visible_leases
from governance.seats.models import Lease

PREFIX = "device:"


def client_of(code: str) -> str:
    """Give the name under which a device holds what it holds."""
    return f"{PREFIX}{code}"


def code_of(client: str) -> str | None:
    """Give the code of the device that a holding is of; None for the clients of people."""
    return client.removeprefix(PREFIX) if client.startswith(PREFIX) else None


def of_devices() -> ColumnElement[bool]:
    """Say of Lease whether a device holds it."""
    return Lease.client.startswith(PREFIX, autoescape=True)


async def held_by(work: Work, codes: Collection[str]) -> Sequence[Lease]:
    """Give what the devices of these codes hold within reach, the oldest first."""
    clients = sorted(client_of(code) for code in codes)
    query = visible_leases(work).where(Lease.client.in_(clients), Lease.freed_at.is_(None))
    return (await work.session.execute(query.order_by(Lease.granted_at, Lease.id))).scalars().all()


async def own_devices(work: Work, line_id: UUID, person_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give of each person their device that holds a seat of the line, where it counts for both."""
    line = await work.session.get(MetricLine, (work.tenant_id, line_id))
    if line is None or line.own_device is not OwnDevice.ONCE:
        return {}
    query = (
        select(Lease.person_id, Lease.client)
        .where(
            Lease.tenant_id == work.tenant_id, Lease.line_id == line_id, Lease.person_id.in_(person_ids),
            Lease.freed_at.is_(None), of_devices(),
        )
        .order_by(Lease.granted_at.desc(), Lease.id)
    )  # fmt: skip
    return {person_id: client.removeprefix(PREFIX) for person_id, client in await work.session.execute(query)}


def second_device(device: Any, as_of: datetime) -> ColumnElement[bool]:
    """Say of a device whether a second-use right can speak of it: the first portable one its keeper has.

    A third device is a third one.
    """
    other = aliased(Device)
    before = or_(
        other.recorded_at < device.recorded_at, and_(other.recorded_at == device.recorded_at, other.id < device.id)
    )
    earlier = select(other.id).where(
        other.tenant_id == device.tenant_id, other.person_id == device.person_id, other.kind == DeviceKind.PORTABLE,
        or_(other.retired_at.is_(None), other.retired_at > as_of), before,
    )  # fmt: skip
    return and_(device.kind == DeviceKind.PORTABLE, ~earlier.correlate(device).exists())


def first_device(device: Any) -> ColumnElement[bool]:
    """Say of a device whether it can be the one whose seat a second one goes along with."""
    return cast(ColumnElement[bool], device.kind != DeviceKind.PORTABLE)


async def other_device(work: Work, line_id: UUID, row: Device, leaving: UUID | None = None) -> str | None:
    """Give the code of the keeper's own device that holds a seat of the line, for their second, portable one.

    `leaving` is a seat that it will hold no more.
    """
    second = aliased(Device)
    query = (
        select(Device.code)
        .join(second, (second.tenant_id == Device.tenant_id) & (second.person_id == Device.person_id))
        .join(Lease, (Lease.tenant_id == Device.tenant_id) & (Lease.client == PREFIX + Device.code))
        .where(
            Device.tenant_id == work.tenant_id, second.id == row.id, second_device(second, work.now()),
            Device.id != second.id, first_device(Device), Lease.line_id == line_id, Lease.freed_at.is_(None),
            *(() if leaving is None else (Lease.id != leaving,)),
        )
        .order_by(Device.code)
        .limit(1)
    )  # fmt: skip
    return (await work.session.execute(query)).scalar_one_or_none()


async def cores_held(work: Work, line_ids: Collection[UUID], as_of: datetime) -> dict[UUID, dict[str, int]]:
    """Give of each line how much each device held at an instant, by the device's code. Of every reach."""
    query = select(Lease.line_id, Lease.client, Lease.quantity).where(
        Lease.tenant_id == work.tenant_id, Lease.line_id.in_(line_ids), lent_at(as_of), of_devices()
    )
    found: dict[UUID, dict[str, int]] = {}
    for line_id, client, quantity in await work.session.execute(query):
        found.setdefault(line_id, {})[client.removeprefix(PREFIX)] = quantity
    return found


async def pool_line(pool_id: UUID, work: Work) -> UUID:
    """Give the line of a pool within reach. Raises NotFound."""
    query = visible_pools(work).where(Pool.id == pool_id).with_only_columns(Pool.line_id)
    line_id = (await work.session.execute(query)).scalar_one_or_none()
    if line_id is None:
        raise NotFound("pool", str(pool_id))
    return line_id


async def pools_for_devices(work: Work, product_id: UUID) -> Sequence[Pool]:
    """Give the open pools of a product within reach whose lines count devices."""
    query = visible_pools(work).where(
        MetricLine.model.in_(HELD_BY_DEVICES), Pool.closed_at.is_(None), Entitlement.product_id == product_id
    )
    return (await work.session.execute(query.order_by(Pool.name, Pool.id))).scalars().all()
