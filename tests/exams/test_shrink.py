"""Supply shrinks while several processes assign: nobody loses a seat, and nobody gets one that is no longer there."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from governance.agreements.rules import ChangeReason
from governance.entitlements.models import Lot, Room
from governance.entitlements.service.lots import CorrectLot, correct_lot, preview_correct_lot
from governance.kernel.clock import SystemClock
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats.models import Assignment
from tests.estate import Estate, License
from tests.exams.race import run_children
from tests.exams.test_race import _crowd, race_for


async def _shrunk(office: Office, estate: Estate, license_: License, quantity: int) -> datetime:
    """Correct the lot to a quantity, and give when that had been committed."""
    async with office.database.read(estate.tenant_id) as session:
        query = select(Lot.id).where(Lot.lot_key == license_.lot_key, Lot.superseded_at.is_(None))
        version = (await session.execute(query)).scalar_one()
    ask = CorrectLot(license_.lot_key, version, {"quantity": quantity}, ChangeReason.REQUESTED)
    while True:  # whom a preview leaves over moves with every seat: who shrinks looks again
        async with office.reading(estate.actor("admin")) as work:
            preview = await preview_correct_lot(work, ask)
        with contextlib.suppress(PreviewStale):
            async with office.writing(estate.actor("admin")) as work:
                await correct_lot(work, replace(ask, token=preview.token))
            break
    return datetime.now(UTC)


async def _race(
    office: Office, estate: Estate, url: str, *, seats: int, tries: int, shrinks: dict[int, int], **how: int
) -> None:
    """Race for a lot that shrinks meanwhile: after so many answers it has so many seats. `how`: as the race has it."""
    now = replace(office, clock=SystemClock())
    license_ = await estate.license(
        quantity=seats, pools={"main": None}, first_day=date(2020, 1, 1), last_day=date(2090, 1, 1)
    )
    people = await _crowd(estate, tries)
    told: dict[str, Any] = {}
    shrinking: dict[int, asyncio.Task[datetime]] = {}
    turn = asyncio.Lock()

    async def shrink(quantity: int) -> datetime:
        async with turn:
            return await _shrunk(now, estate, license_, quantity)

    def hear(person: str, seat: Any) -> bool:
        told[person] = seat
        if (quantity := shrinks.get(len(told))) is not None:
            shrinking[quantity] = asyncio.create_task(shrink(quantity))
        return True

    ran = await run_children("tests.exams.race", race_for(estate, url, (license_,), people, **how), hear)
    at = {quantity: await done for quantity, done in shrinking.items()}
    async with office.database.read(estate.tenant_id) as session:
        held = (await session.execute(select(Assignment.id, Assignment.started_at, Assignment.released_at))).all()
        rooms = {room.id: room for room in (await session.execute(select(Room))).scalars()}
    assert {str(seat.id) for seat in held} == {seat for seat in told.values() if seat is not None}
    assert all(seat.released_at is None for seat in held)
    line, last = rooms[license_.line_id], min(shrinks.values())
    assert (line.occupied, line.ceiling, line.over_since is not None) == (len(held), last, len(held) > last)
    beyond = {}
    for quantity, since in at.items():
        before = sum(1 for seat in held if seat.started_at <= since)
        beyond[quantity] = max(0, len(held) - max(quantity, before))
    print(
        f"\n{office.database.kind}: {seats} seats shrink to {', '.join(map(str, at))} amid {tries} tries, {ran}; {len(held)} "
        f"given, {sum(beyond.values())} beyond what was left, 0 lost"
    )
    assert not any(beyond.values()), f"seats were given out beyond what was left: {beyond}"
    assert len(held) >= last


async def test_a_shrink_amid_the_race_stops_the_next_grant_and_revokes_nobody(
    office: Office, estate: Estate, database_url: str
) -> None:
    race = {"processes": 2, "claimants": 4, "kills": 0}
    await _race(office, estate, database_url, seats=40, tries=48, shrinks={8: 30, 14: 20, 18: 10}, **race)


@pytest.mark.exam
async def test_a_shrink_at_full_budget(office: Office, estate: Estate, database_url: str) -> None:
    race, shrinks = {"processes": 4, "claimants": 64, "kills": 12}, {1_000: 6_000, 2_000: 4_500, 3_000: 4_000}
    await _race(office, estate, database_url, seats=8_000, tries=10_000, shrinks=shrinks, **race)
