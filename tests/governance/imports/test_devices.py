"""Devices come in from a table: tried, registered, changed cell by cell, retired; a bad row says what would be right."""

from governance.imports.rules import FileFormat
from governance.inventory.models import Device
from governance.inventory.rules import DeviceKind
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.files import every, run_of
from tests.governance.imports.tables import file_of, problems_of, report_of

DEVICE = {
    "Serial number": "L1", "name": "", "type": "portable", "cores": "", "host": "", "owner": "ada@halden.example",
    "unit": "", "region": "", "retired": "",
}  # fmt: skip
HOST = {"Serial number": "esx-1", "type": "host", "cores": "16", "owner": "ben@halden.example", "region": "FR"}
GUEST = HOST | {"Serial number": "vm-1", "type": "vm", "cores": "4", "host": "esx-1", "unit": "sales"}


async def test_devices_are_imported_tried_changed_and_retired_row_by_row(office: Office, estate: Estate) -> None:
    admin, found = estate.actor("admin"), dict[int, list[tuple[str, str, str]]]()

    async def taken(*rows: dict[str, str], trial: bool = False, columns: dict[str, str] = DEVICE) -> list[str]:
        run = await run_of(office, admin, FileFormat.DEVICES, file_of(columns, *rows), dry_run=trial)
        found.update(await problems_of(office, estate, run))
        return [outcome for _, outcome in await report_of(office, estate, run)]

    bad = {"Serial number": "L2", "owner": "nobody@halden.example"}, GUEST | {"Serial number": "vm-2", "host": "esx-9"}
    rows = ({}, HOST, GUEST, *bad, {"Serial number": "L3", "cores": "-2"})
    said = ["CREATED"] * 3 + ["REFUSED"] * 3
    assert await taken(*rows, trial=True) == said
    assert await every(office, admin, Device) == []
    assert await taken(*rows) == said
    assert [found[row][0][:2] for row in (5, 6, 7)] == [
        ("owner", "nobody@halden.example"), ("host", "esx-9"), ("cores", "-2")
    ]  # fmt: skip
    by_code = {row.code: row for row in await every(office, admin, Device)}
    laptop, guest = by_code["L1"], by_code["vm-1"]
    assert (laptop.name, laptop.kind, laptop.cores, laptop.person_id) == (
        "L1", DeviceKind.PORTABLE, 1, estate.people["ada"],
    )  # fmt: skip
    assert (guest.host_id, guest.region, guest.unit_id) == (by_code["esx-1"].id, "FR", estate.units["sales"])
    only = {name: DEVICE[name] for name in ("Serial number", "owner", "retired")}
    owner = {"owner": "cleo@halden.example"}
    changed = ({}, {"Serial number": "vm-1"} | owner, {"Serial number": "esx-1", "retired": "yes"})
    assert await taken(*changed, columns=only) == ["UNCHANGED", "CHANGED", "CHANGED"]
    again = (*changed[:2], {"Serial number": "esx-1", "retired": "yes"}, {"Serial number": "esx-1"})
    assert await taken(*again, columns=only) == ["UNCHANGED", "UNCHANGED", "UNCHANGED", "REFUSED"]
    by_code = {row.code: row for row in await every(office, admin, Device)}
    guest, host = by_code["vm-1"], by_code["esx-1"]
    assert (guest.person_id, guest.cores, guest.host_id) == (estate.people["cleo"], 4, host.id)
    assert (host.retired_at is not None, sorted(by_code)) == (True, ["L1", "esx-1", "vm-1"])
