"""Each of the ten license models through what it takes, the position and compliance; devices as holders."""

from datetime import date
from typing import Any

import pytest

from governance.compliance.checks import over_assigned, over_consumed
from governance.compliance.facts import Facts
from governance.entitlements.models import Consumption, MetricLine
from governance.entitlements.rules import LicenseModel, Overage, OwnDevice, VmCores
from governance.inventory.rules import DeviceKind, Machine, taken_by
from governance.inventory.service import RegisterDevice, register_device, retire_device
from governance.kernel.errors import BadInput, Code
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.metrics.position import PositionQuery, position
from governance.seats.lease_queries import terms_of
from governance.seats.models import Denial, Lease
from governance.seats.over import line_position
from governance.seats.service import AcquireLease, AssignSeats, acquire_lease, assign_seats, release_lease
from governance.seats.service.device_moves import MoveDevice, move_device
from governance.seats.service.devices import AssignDevices, assign_devices, preview_devices
from tests.estate import Estate, License
from tests.governance.seats.ground import occupied, open_desk, rows

M = LicenseModel
PEOPLE = frozenset({M.NAMED_USER, M.SITE, M.ENTERPRISE, M.OTHER})
DEVICES = frozenset({M.DEVICE, M.NODE_LOCKED, M.CORE})
UNLIMITED = frozenset({M.SITE, M.ENTERPRISE})


def test_what_a_device_takes_of_each_model() -> None:
    ids = TimeOrderedIds()
    host = Machine(ids.new(), "esx", DeviceKind.HOST, 12)
    guest = Machine(ids.new(), "vm", DeviceKind.VM, 4, host)
    table = [
        (host, M.DEVICE, 0, VmCores.OWN, ("esx", 1)), (host, M.CORE, 16, VmCores.OWN, ("esx", 16)),
        (host, M.CORE, 8, VmCores.OWN, ("esx", 12)), (guest, M.CORE, 8, VmCores.OWN, ("vm", 8)),
        (guest, M.CORE, 8, VmCores.HOST, ("esx", 12)), (guest, M.NODE_LOCKED, 0, VmCores.HOST, ("vm", 1)),
    ]  # fmt: skip
    for machine, model, least, vms, (by, quantity) in table:
        taken = taken_by(machine, model, least, vms)
        assert (taken.by.code, taken.quantity) == (by, quantity)


async def registered(estate: Estate, code: str, who: str = "ada", **values: Any) -> Any:
    asked = {"kind": DeviceKind.WORKSTATION, **values}
    new = RegisterDevice(code, code, person_id=estate.people[who], unit_id=estate.units["sales"], **asked)
    return await estate.office.perform(estate.actor("admin"), lambda w: register_device(w, new))


async def test_ten_models_are_taken_shown_and_judged_each_by_its_own_counting(office: Office, estate: Estate) -> None:
    admin, people = estate.actor("admin"), tuple(estate.people[who] for who in ("ada", "ben"))
    hosts = [(await registered(estate, f"host-{n}", kind=DeviceKind.HOST, cores=8)).id for n in range(2)]
    licenses: dict[LicenseModel, License] = {}
    for model in M:
        quantity = None if model in UNLIMITED else 10 if model is M.CORE else 1
        licenses[model] = await estate.license(
            model.value.lower(), quantity=quantity, model=model, overage=Overage.ALLOW_AND_FLAG
        )
    async with open_desk(office) as desk:
        for model, owned in licenses.items():
            pool_id = owned.pools["main"]
            if model in PEOPLE:
                assert len((await assign_seats(desk, admin, AssignSeats(pool_id, people))).seated) == 2
            elif model in DEVICES:
                told = await assign_devices(desk, admin, AssignDevices(pool_id, tuple(hosts)))
                assert [each.reasons for each in told] == [(), ()]
            elif model is M.CONCURRENT_USER:
                for person_id in people:
                    await acquire_lease(desk, admin, AcquireLease(pool_id, person_id, str(person_id)))
            else:
                day = date(2026, 1, 5)
                await estate.add(Consumption(
                    **estate.key(), line_id=owned.line_id, subject="", source="bill", quantity=2, first_day=day,
                    last_day=day, recorded_at=office.clock.now(), recorded_by="tests",
                ))  # fmt: skip
    async with office.reading(admin) as work:
        told = {row.group[0].name: row.measures for row in (await position(work, PositionQuery())).rows}
        facts = Facts(estate.tenant_id, work.now(), work.now())
        found = {check.CHECK.id: {row.subject_id for row in (await work.session.execute(check.violations(facts))).all()}
                 for check in (over_assigned, over_consumed)}  # fmt: skip
        weighed = {}
        for model, owned in licenses.items():
            line = await work.session.get_one(MetricLine, (work.tenant_id, owned.line_id))
            weighed[model] = (await line_position(work, line)).taken
    for model, owned in licenses.items():
        seats = told[next(name for name in told if name.casefold() == model.value.casefold())]
        taken = 16 if model is M.CORE else 2
        assert weighed[model] == taken, model
        if model in {M.METERED, M.CAPACITY, M.CORE}:
            assert (seats.purchased, seats.occupied, seats.measured[0].use.taken) == (0, 0, taken), model
        else:
            bought = None if model in UNLIMITED else 1
            assert (seats.purchased, seats.occupied, seats.overage) == (bought, 2, 0 if bought is None else 1), model
        assert (owned.line_id in found["over-assigned"]) == (model not in UNLIMITED | {M.METERED, M.CAPACITY}), model
        assert (owned.line_id in found["over-consumed"]) == (model in {M.METERED, M.CAPACITY}), model


async def test_a_device_takes_one_seat_until_it_is_released_and_its_keeper_is_counted_once(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    owned = await estate.license("cad", quantity=2, model=M.DEVICE, pools={"main": 2, "other": 1})
    main, other = owned.pools["main"], owned.pools["other"]
    laptop, desktop, third = [
        (await registered(estate, code, who)).id for code, who in (("L1", "ada"), ("D1", "ben"), ("D2", "cleo"))
    ]
    async with open_desk(office) as desk:

        async def given(*ids: Any, pool: Any = main) -> list[Any]:
            return list(await assign_devices(desk, admin, AssignDevices(pool, ids)))

        (first,) = await given(laptop)
        (again,) = await given(laptop)
        assert again.lease.id == first.lease.id, "asked again, it is the same seat"
        assert (await given(laptop, pool=other))[0].reasons[0].code is Code.ALREADY_SEATED
        (no,) = (await assign_seats(desk, admin, AssignSeats(main, (estate.people["ada"],)))).denied
        assert [reason.code for reason in no.reasons] == [Code.COVERED_ALREADY]
        async with office.database.write(estate.tenant_id) as session:
            (await session.get_one(MetricLine, (estate.tenant_id, owned.line_id))).own_device = OwnDevice.TWICE
        assert len((await assign_seats(desk, admin, AssignSeats(main, (estate.people["ada"],)))).seated) == 1
        assert await occupied(office, estate, owned.line_id) == 2
        async with office.reading(admin) as work:
            (seen,) = await preview_devices(work, AssignDevices(main, (third,)))
            assert (await terms_of(work, main)).term_s is None  # type: ignore[union-attr]
        full = (await given(desktop))[0].reasons
        assert {seen.reasons[0].code, full[0].code} == {Code.LIMIT_REACHED}
        assert [each.person_id for each in await rows(office, estate, Denial)][-1] == estate.people["ben"]
        moved = await move_device(desk, admin, MoveDevice(laptop, main, other))
        assert (moved.pool_id, await occupied(office, estate, owned.line_id)) == (other, 2)
        await release_lease(desk, admin, moved.id)
        await office.perform(admin, lambda w: retire_device(w, laptop))
        assert (await given(laptop))[0].reasons[0].code is Code.WRONG_STATE
        assert (await given(desktop))[0].lease is not None
        named = await estate.license("office", model=M.NAMED_USER)
        with pytest.raises(BadInput, match="NODE_LOCKED"):
            await given(desktop, pool=named.pools["main"])
    live = [each for each in await rows(office, estate, Lease) if each.freed_at is None]
    assert [(each.client, each.expires_at) for each in live] == [("device:D1", None)]
