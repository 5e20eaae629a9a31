"""Supply shrinks while several processes assign: nobody loses a seat, and nobody gets one that is no longer there."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

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

SHRINKS = {8: 30, 14: 20, 18: 10}  # so many acknowledged: so many seats from now on
TRIES = 48


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


async def test_a_shrink_amid_the_race_stops_the_next_grant_and_revokes_nobody(
    office: Office, estate: Estate, database_url: str
) -> None:
    now = replace(office, clock=SystemClock())
    license_ = await estate.license(
        quantity=40, pools={"main": None}, first_day=date(2020, 1, 1), last_day=date(2090, 1, 1)
    )
    people = await _crowd(estate, TRIES)
    told: dict[str, Any] = {}
    shrinks: dict[int, asyncio.Task[datetime]] = {}
    turn = asyncio.Lock()

    async def shrink(quantity: int) -> datetime:
        async with turn:
            return await _shrunk(now, estate, license_, quantity)

    def hear(person: str, seat: Any) -> bool:
        told[person] = seat
        if (quantity := SHRINKS.get(len(told))) is not None:
            shrinks[quantity] = asyncio.create_task(shrink(quantity))
        return True

    await run_children("tests.exams.race", race_for(estate, database_url, (license_,), people, 2, 4, 0), hear)
    at = {quantity: await done for quantity, done in shrinks.items()}
    async with office.database.read(estate.tenant_id) as session:
        seats = (await session.execute(select(Assignment.id, Assignment.started_at, Assignment.released_at))).all()
        rooms = {room.id: room for room in (await session.execute(select(Room))).scalars()}
    assert {str(seat.id) for seat in seats} == {seat for seat in told.values() if seat is not None}
    assert all(seat.released_at is None for seat in seats)
    line = rooms[license_.line_id]
    assert (line.occupied, line.ceiling, line.over_since is not None) == (len(seats), 10, len(seats) > 10)
    for quantity, since in at.items():
        before = sum(1 for seat in seats if seat.started_at <= since)
        assert len(seats) <= max(quantity, before), f"seats were given out beyond the {quantity} that were left"
