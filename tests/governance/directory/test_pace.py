"""An address that fails often rests, whoever it tried to be; what is kept of it is a keyed hash."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from governance.directory.errors import TooManyTries
from governance.directory.models import DoorPace
from governance.directory.service import check_pace, count_failure
from governance.kernel.clock import HandClock
from governance.kernel.work import Office

HERE = "198.51.100.7"


async def fail(office: Office, address: str, times: int) -> None:
    for _ in range(times):
        await count_failure(office, address)


async def test_after_fifty_failures_an_address_rests_and_longer_each_time(office: Office, clock: HandClock) -> None:
    await fail(office, HERE, 49)
    await check_pace(office, HERE)
    for minutes in (1, 2, 4):
        await fail(office, HERE, 1)
        with pytest.raises(TooManyTries) as rests:
            await check_pace(office, HERE)
        assert rests.value.retry_after_s == minutes * 60
        await check_pace(office, "198.51.100.8")
        clock.advance(timedelta(minutes=minutes))
        await check_pace(office, HERE)
        await fail(office, HERE, 49)


async def test_an_hour_without_failure_is_forgotten(office: Office, clock: HandClock) -> None:
    await fail(office, HERE, 49)
    clock.advance(timedelta(hours=1, seconds=1))
    await fail(office, HERE, 49)
    await check_pace(office, HERE)


async def test_failures_side_by_side_are_all_counted(office: Office) -> None:
    await asyncio.gather(*(count_failure(office, HERE) for _ in range(10)))
    async with office.database.system_read() as session:
        assert (await session.execute(select(DoorPace.failures))).scalars().all() == [10]


async def test_a_network_of_version_six_is_one_and_a_mapped_address_is_its_own(office: Office) -> None:
    for address in ("2001:db8::1", "2001:db8::ffff:2", "::ffff:198.51.100.7", HERE):
        await count_failure(office, address)
    async with office.database.system_read() as session:
        kept = (await session.execute(text("SELECT address_hash, failures FROM door_pace"))).all()
    assert [row[1] for row in kept] == [2, 2]
    assert HERE not in str(kept)


async def test_who_cannot_be_told_apart_is_never_slowed_down(office: Office) -> None:
    for _ in range(60):
        await count_failure(office, None)
    await check_pace(office, None)
