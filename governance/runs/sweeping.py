"""Regular looks for what time alone brings about: each due sweep in one process at a time, on both databases."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from governance.kernel.work import Office
from governance.runs.duties import Sweep
from governance.runs.models import SweepTurn

log = logging.getLogger("lictor.sweeps")
LONGEST_S = 120
HOLD = timedelta(seconds=LONGEST_S + 30)  # longer than a sweep may take, so that two never run at once
NAMES = UUID("6f0c1f4e-6a5b-5c0d-9b7e-1d2c3b4a5f60")


async def run_due_sweeps(office: Office, sweeps: tuple[Sweep, ...], worker: str) -> int:
    """Run every sweep that is due and nobody runs; answer how many ran. A failing sweep is told and due again."""
    ran = 0
    for sweep in sweeps:
        if await _take(office, sweep, worker):
            error = await _run(office, sweep)
            await _put_back(office, sweep, worker, error)
            ran += 1
    return ran


async def _take(office: Office, sweep: Sweep, worker: str) -> bool:
    """Take the turn by one conditional update of its row: that is exact on both databases."""
    now, key = office.clock.now(), uuid5(NAMES, sweep.name)
    async with office.database.system_read() as session:
        turn = await session.get(SweepTurn, key)
    if turn is None:
        await _lay_out(office, sweep, key)
    elif turn.next_at > now or (turn.held_until is not None and turn.held_until > now):
        return False
    async with office.database.system_write() as session:
        taken = await session.execute(
            update(SweepTurn)
            .where(
                SweepTurn.id == key,
                SweepTurn.next_at <= now,
                or_(SweepTurn.held_until.is_(None), SweepTurn.held_until <= now),
            )
            .values(held_until=now + HOLD, worker=worker)
            .returning(SweepTurn.id)
            .execution_options(synchronize_session=False)
        )
        return taken.scalar_one_or_none() is not None


async def _lay_out(office: Office, sweep: Sweep, key: UUID) -> None:
    try:
        async with office.database.system_write() as session:
            if (await session.execute(select(SweepTurn.id).where(SweepTurn.id == key))).first() is None:
                session.add(SweepTurn(id=key, name=sweep.name, next_at=office.clock.now()))
    except IntegrityError:
        log.debug("another process laid out the turn of %s", sweep.name)


async def _run(office: Office, sweep: Sweep) -> str | None:
    try:
        async with asyncio.timeout(LONGEST_S):
            await sweep.verb(office)
    except Exception:
        correlation = uuid4()
        log.exception("sweep %s failed, correlation id %s", sweep.name, correlation)
        return f"Unexpected error. Correlation id {correlation}."
    return None


async def _put_back(office: Office, sweep: Sweep, worker: str, error: str | None) -> None:
    next_at = office.clock.now() + timedelta(seconds=sweep.every_s)
    async with office.database.system_write() as session:
        await session.execute(
            update(SweepTurn)
            .where(SweepTurn.id == uuid5(NAMES, sweep.name), SweepTurn.worker == worker)
            .values(held_until=None, next_at=next_at, last_error=error)
            .execution_options(synchronize_session=False)
        )
