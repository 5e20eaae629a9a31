"""The seat of a device goes on within a full line, and nobody who waits for one has it in between."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.entitlements.rules import LicenseModel
from governance.inventory.rules import DeviceKind
from governance.inventory.service import RegisterDevice, register_device
from governance.kernel.errors import BadInput, Code
from governance.kernel.work import Office
from governance.seats.errors import SeatRefused
from governance.seats.leases.lease import Acquire, Said
from governance.seats.ledger.port import Lend
from governance.seats.models import Denial, Lease, LeaseRoom, LeaseWait
from governance.seats.service import release_lease
from governance.seats.service.desk import SeatDesk
from governance.seats.service.device_moves import MoveDevice, move_device
from governance.seats.service.devices import AssignDevices, assign_devices
from tests.estate import Estate, License
from tests.governance.seats.ground import claim, occupied, open_desk, rows


async def registered(estate: Estate, code: str, who: str, **values: Any) -> Any:
    asked = {"kind": DeviceKind.WORKSTATION, **values}
    new = RegisterDevice(code, code, person_id=estate.people[who], unit_id=estate.units["sales"], **asked)
    return (await estate.office.perform(estate.actor("admin"), lambda work: register_device(work, new))).id


async def stands_in_line(desk: SeatDesk, estate: Estate, owned: License, pool: str, client: str) -> None:
    wants = Acquire(client, uuid.uuid4(), waits=timedelta(days=1))
    ask = Lend(owned.pools[pool], owned.line_id, wants, estate.people["cleo"])
    told = await desk.ledger.submit(claim(estate, ask, act="lease:acquire"))
    assert told.lent[0].said is Said.WAITING


async def live(office: Office, estate: Estate) -> list[tuple[str, Any, Any]]:
    return [
        (each.client, each.pool_id, each.person_id)
        for each in await rows(office, estate, Lease, Lease.freed_at.is_(None))
    ]


async def test_a_seat_goes_on_to_a_pool_a_device_and_a_keeper_past_everybody_who_waits(
    office: Office, estate: Estate
) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    owned = await estate.license("cad", quantity=1, model=LicenseModel.DEVICE, pools={"main": 1, "other": 1})
    main, other = owned.pools["main"], owned.pools["other"]
    laptop, desktop = await registered(estate, "L1", "ada"), await registered(estate, "D1", "ben")
    async with open_desk(office) as desk:
        await assign_devices(desk, admin, AssignDevices(main, (laptop,)))
        for pool in ("main", "other"):
            await stands_in_line(desk, estate, owned, pool, f"waits in {pool}")
        for asked, then in (
            (MoveDevice(laptop, main, other), ("device:L1", other, ada)),
            (MoveDevice(laptop, other, other, desktop), ("device:D1", other, ben)),
            (MoveDevice(desktop, other, main, laptop), ("device:L1", main, ada)),
        ):
            await move_device(desk, admin, asked)
            assert await live(office, estate) == [then], asked
        with pytest.raises(BadInput, match="as it is"):
            await move_device(desk, admin, MoveDevice(laptop, main))
        await registered(estate, "L1", "ben")
        moved = await move_device(desk, admin, MoveDevice(laptop, main))
        assert await live(office, estate) == [("device:L1", main, ben)]
        assert [each.ended_at for each in await rows(office, estate, LeaseWait)] == [None, None]
        assert await occupied(office, estate, owned.line_id) == 1
        await release_lease(desk, admin, moved.id)
    assert [who for who, *_ in await live(office, estate)] == ["waits in main"], "given back, it is for who waits"


async def test_what_cannot_go_on_stays_where_it_is_whatever_the_line_has_done_by_then(
    office: Office, estate: Estate
) -> None:
    admin, counted = estate.actor("admin"), []
    owned = await estate.license("db", quantity=24, model=LicenseModel.CORE, pools={"main": 24, "other": 12})
    main, other = owned.pools["main"], owned.pools["other"]
    kind = DeviceKind.HOST
    small, large, beside = [
        await registered(estate, f"esx-{cores}", "ada", kind=kind, cores=cores) for cores in (8, 24, 16)
    ]
    async with open_desk(office) as desk:

        async def standing() -> list[Any]:
            rooms = [(each.held, each.fence, each.waiting) for each in await rows(office, estate, LeaseRoom)]
            return [await live(office, estate), rooms, await occupied(office, estate, owned.line_id)]

        for each in await assign_devices(desk, admin, AssignDevices(main, (small, beside))):
            assert each.reasons == ()
        await stands_in_line(desk, estate, owned, "main", "waits")
        before = await standing()
        asked = MoveDevice(small, main, main, large)
        for wrong, code in (
            (asked, Code.LIMIT_REACHED),
            (replace(asked, device_id=beside, to_pool_id=other, to_device_id=None), Code.LIMIT_REACHED),
            (replace(asked, to_device_id=beside), Code.ALREADY_SEATED),
        ):
            with pytest.raises(SeatRefused) as told:
                await move_device(desk, admin, wrong)
            assert [reason.code for reason in told.value.reasons()] == [code], wrong
            assert await standing() == before, wrong
            counted.append(sum(each.count for each in await rows(office, estate, Denial)))
        assert counted == [1, 2, 3], "each refusal is kept"
        moved = await move_device(desk, admin, MoveDevice(small, main, other))
        standing_now = {(client, pool) for client, pool, _ in await live(office, estate)}
    assert (moved.quantity, standing_now) == (8, {("device:esx-16", main), ("device:esx-8", other)})
