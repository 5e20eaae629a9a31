"""Takes a row of the table of devices: a new serial is registered, a known one takes what the row says, or retires."""

from typing import Any
from uuid import UUID

from governance.directory.models import Person
from governance.imports.formats.cells import Problem
from governance.imports.names import RowRefused
from governance.imports.rules import RowOutcome
from governance.imports.taking import Taking, Took, Values
from governance.inventory.models import Device
from governance.inventory.queries import devices_by_code
from governance.inventory.rules import DeviceKind
from governance.inventory.service import RegisterDevice, register_device, retire_device

HOST_NEEDED = "the serial of a HOST that is known, or stands in a row before"


def key_of_device(values: Values) -> str:
    """Give what a host and the machines on it share: the host's serial."""
    return str(values.get("host") or values["serial"])


async def take_device(taking: Taking, row: Values) -> Took:
    """Register or retire one device. Raises RowRefused and what these verbs raise."""
    work, serial = taking.work, row["serial"]
    there = (await devices_by_code(work, (serial,))).get(serial)
    if there is not None and there.retired_at is not None and row.get("retired"):
        return Took(RowOutcome.UNCHANGED, "device", there.id, there.version)
    was = None if there is None else there.version
    device = await register_device(work, RegisterDevice(serial, **await _told(taking, row, there)))
    if row.get("retired"):
        device = await retire_device(work, device.id)
    outcome = RowOutcome.CREATED if was is None else RowOutcome.CHANGED
    took = Took(RowOutcome.UNCHANGED if device.version == was else outcome, "device", device.id, device.version)
    if was is None:
        took.made.add("device", device.id, device.version)
    return took


async def _told(taking: Taking, row: Values, there: Device | None) -> dict[str, Any]:
    """Give a device's values as a row tells them; a blank cell leaves what is known, or is the default of a new one."""
    keeper_id = await taking.names.person(row["owner"], "owner")
    keeper = await taking.work.session.get_one(Person, (taking.work.tenant_id, keeper_id))
    unit_id = None if row.get("unit") is None else await taking.names.unit(row["unit"])
    host_id = await _host(taking, row)
    if there is None:
        return {
            "name": row.get("name") or row["serial"], "kind": DeviceKind(row.get("kind") or DeviceKind.WORKSTATION),
            "cores": row.get("cores") or 1, "host_id": host_id, "cluster": row.get("cluster"),
            "person_id": keeper.id, "unit_id": unit_id or keeper.unit_id, "region": row.get("region"),
        }  # fmt: skip
    kind, cores = row.get("kind"), row.get("cores")
    return {
        "name": row.get("name") or there.name, "kind": DeviceKind(kind) if kind else there.kind,
        "cores": there.cores if cores is None else cores, "host_id": host_id or there.host_id,
        "cluster": row.get("cluster") or there.cluster, "person_id": keeper.id, "unit_id": unit_id or there.unit_id,
        "region": row.get("region") or there.region,
    }  # fmt: skip


async def _host(taking: Taking, row: Values) -> UUID | None:
    """Find the host that a row names. Raises RowRefused."""
    if (code := row.get("host")) is None:
        return None
    found = (await devices_by_code(taking.work, (code,))).get(code)
    if found is None:
        raise RowRefused(Problem("host", code, HOST_NEEDED))
    return found.id
