"""Seats of a lot go from pool to pool and region to region: what one loses the other has, on every day."""

import random
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from governance.audit.models import Entry
from governance.entitlements.errors import PreviewNeeded
from governance.entitlements.models import Allocation, Lot, Pool, Room
from governance.entitlements.service import (
    MoveAllocation,
    Share,
    SplitLot,
    move_allocation,
    preview_move_allocation,
    preview_split_lot,
    split_lot,
)
from governance.entitlements.supply import supply_of_pools
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, BusinessError, Conflict, NotFound, Refused, WrongState
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from tests.estate import Estate, License
from tests.governance.seats.ground import rows

POOLS = {"emea": 50, "amer": 30, "apac": 20}


async def moved(office: Office, estate: Estate, command: MoveAllocation, who: str = "admin") -> Allocation:
    async with office.reading(estate.actor(who)) as work:
        token = (await preview_move_allocation(work, command)).token
    given = {**command.__dict__, "token": token}
    return await office.perform(estate.actor(who), lambda work: move_allocation(work, MoveAllocation(**given)))


async def split(office: Office, estate: Estate, command: SplitLot) -> tuple[Allocation, ...]:
    async with office.reading(estate.actor("admin")) as work:
        token = (await preview_split_lot(work, command)).token
    given = {**command.__dict__, "token": token}
    return await office.perform(estate.actor("admin"), lambda work: split_lot(work, SplitLot(**given)))


async def shares(office: Office, estate: Estate, license_: License, on: date | None = None) -> dict[str, int]:
    """Give what each pool has at an instant, and hold that no seat is lost or added."""
    at = office.clock.now() if on is None else office.clock.now().replace(year=on.year, month=on.month, day=on.day)
    async with office.database.read(estate.tenant_id) as session:
        found = dict((await session.execute(supply_of_pools(estate.tenant_id, at))).tuples().all())
    assert sum(found.values()) == 100  # type: ignore[arg-type]
    return {code: found.get(pool_id, 0) for code, pool_id in license_.pools.items()}  # type: ignore[misc]


async def allocation(office: Office, estate: Estate, pool_id: UUID) -> Allocation:
    found = await rows(office, estate, Allocation, Allocation.pool_id == pool_id, Allocation.superseded_at.is_(None))
    return next(row for row in found if row.end is None or row.end > office.clock.now() >= row.start)


async def test_seats_move_between_pools_from_a_day_on_and_before_it_nothing_changes(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=100, pools=POOLS)  # type: ignore[arg-type]
    emea, amer = license_.pools["emea"], license_.pools["amer"]
    row = await allocation(office, estate, emea)
    day = date(2026, 7, 1)
    command = MoveAllocation(row.id, amer, 15, from_day=day)
    with pytest.raises(PreviewNeeded):
        await office.perform(estate.actor("admin"), lambda work: move_allocation(work, command))
    got = await moved(office, estate, command)
    assert (got.pool_id, got.quantity, got.end) == (amer, 15, row.end)
    assert await shares(office, estate, license_) == POOLS
    assert await shares(office, estate, license_, day) == {"emea": 35, "amer": 45, "apac": 20}
    told = {e.subject_id: (e.before, e.after) for e in await rows(office, estate, Entry, Entry.act == "pool:allocate")}
    assert told[emea][0] == {"quantity": 50}
    assert told[emea][1]["quantity"] == 35
    assert told[amer][1]["quantity"] == 15
    with pytest.raises(Conflict):
        await moved(office, estate, command)
    clock.advance(timedelta(days=1))
    now = await allocation(office, estate, emea)
    await moved(office, estate, MoveAllocation(now.id, license_.pools["apac"], 50))
    assert await shares(office, estate, license_) == {"emea": 0, "amer": 30, "apac": 70}
    rooms = {room.id: room.ceiling for room in await rows(office, estate, Room)}
    assert (rooms[emea], rooms[license_.line_id]) == (0, 100)
    await _refused(office, estate, license_, await allocation(office, estate, amer))


async def _refused(office: Office, estate: Estate, license_: License, row: Allocation) -> None:
    other = await estate.license("other", quantity=1)
    apac = license_.pools["apac"]
    for command, no in (
        (MoveAllocation(row.id, row.pool_id, 1), BadInput),
        (MoveAllocation(row.id, other.pools["main"], 1), BadInput),
        (MoveAllocation(row.id, apac, (row.quantity or 0) + 1), BadInput),
        (MoveAllocation(row.id, apac, 0), BadInput),
        (MoveAllocation(row.id, apac, 1, from_day=date(2027, 1, 1)), BadInput),
        (MoveAllocation(row.id, UUID(int=1), 1), NotFound),
        (SplitLot(license_.lot_key, (Share(apac, 99),)), BadInput),
        (SplitLot(license_.lot_key, (Share(apac, 50), Share(apac, 50))), BadInput),
        (SplitLot(license_.lot_key, (Share(other.pools["main"], 100),)), BadInput),
        (SplitLot(license_.lot_key, ()), BadInput),
    ):
        with pytest.raises(no):
            await (moved if isinstance(command, MoveAllocation) else split)(office, estate, command)  # type: ignore[operator]
    with pytest.raises(Refused):
        await moved(office, estate, MoveAllocation(row.id, apac, 1), "auditor")
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Pool).where(Pool.id == apac).values(closed_at=office.clock.now()))
    with pytest.raises(WrongState):
        await moved(office, estate, MoveAllocation(row.id, apac, 1))


async def test_a_lot_is_split_by_region_and_a_split_over_moved_facts_is_refused(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license(quantity=100, pools={"emea": 50, "amer": 30, "apac": 20})
    emea, amer, apac = (license_.pools[code] for code in ("emea", "amer", "apac"))
    command = SplitLot(license_.lot_key, (Share(emea, 25), Share(amer, 75)))
    async with office.reading(estate.actor("admin")) as work:
        preview = await preview_split_lot(work, command)
    effects = {room.room_id: (room.before, room.after) for room in preview.rooms}
    assert effects == {emea: (50, 25), amer: (30, 75), apac: (20, 0)}
    clock.advance(timedelta(minutes=1))
    await moved(office, estate, MoveAllocation((await allocation(office, estate, apac)).id, emea, 1))
    sealed = SplitLot(**{**command.__dict__, "token": preview.token})
    with pytest.raises(PreviewStale):
        await office.perform(estate.actor("admin"), lambda work: split_lot(work, sealed))
    assert len(await split(office, estate, command)) == 2
    assert await shares(office, estate, license_) == {"emea": 25, "amer": 75, "apac": 0}
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Lot).where(Lot.lot_key == license_.lot_key).values(quantity=None, cost_basis="FLAT")
        )
    with pytest.raises(BadInput, match="unlimited"):
        await split(office, estate, command)


async def test_however_seats_are_moved_and_split_none_is_lost_or_added(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    rng = random.Random(31)
    license_ = await estate.license(quantity=100, pools=POOLS)  # type: ignore[arg-type]
    done = 0
    for _ in range(14):
        clock.advance(timedelta(hours=1))
        day = rng.choice((None, date(2026, 5, 1), date(2026, 9, 1)))
        try:
            if rng.random() < 0.3:
                cut = sorted(rng.sample(range(101), 2))
                parts = (cut[0], cut[1] - cut[0], 100 - cut[1])
                wanted = tuple(Share(p, n) for p, n in zip(license_.pools.values(), parts, strict=True))
                await split(office, estate, SplitLot(license_.lot_key, wanted, from_day=day))
            else:
                standing = await rows(office, estate, Allocation, Allocation.superseded_at.is_(None))
                row, to = rng.choice(standing), rng.choice(tuple(license_.pools.values()))
                await moved(office, estate, MoveAllocation(row.id, to, rng.randint(1, 30), from_day=day))
            done += 1
        except BusinessError:
            continue
        for month in (6, 10, 12):
            await shares(office, estate, license_, date(2026, month, 2))
        await shares(office, estate, license_)
    assert done >= 5
