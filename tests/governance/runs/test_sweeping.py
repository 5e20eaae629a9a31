"""Regular looks: due at their time, in one process at a time, and a failing one is told and comes again."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.runs.duties import Sweep
from governance.runs.models import SweepTurn
from governance.runs.sweeping import HOLD, run_due_sweeps


async def test_a_sweep_runs_when_it_is_due_and_not_before(office: Office, clock: HandClock) -> None:
    looked: list[int] = []

    async def look(_office: Office) -> None:
        looked.append(1)

    sweeps = (Sweep("idle", 60, look),)
    assert await run_due_sweeps(office, sweeps, "w1") == 1
    clock.advance(timedelta(seconds=59))
    assert await run_due_sweeps(office, sweeps, "w2") == 0
    clock.advance(timedelta(seconds=1))
    assert await run_due_sweeps(office, sweeps, "w2") == 1
    assert len(looked) == 2


async def test_of_many_processes_one_runs_a_sweep(office: Office) -> None:
    inside, most, ran = 0, 0, 0

    async def look(_office: Office) -> None:
        nonlocal inside, most, ran
        inside += 1
        most, ran = max(most, inside), ran + 1
        await asyncio.sleep(0)
        inside -= 1

    sweeps = (Sweep("idle", 60, look),)
    counts = await asyncio.gather(*(run_due_sweeps(office, sweeps, f"w{n}") for n in range(6)))
    assert (sum(counts), most, ran) == (1, 1, 1)


async def test_a_failing_sweep_is_told_and_comes_again(office: Office, clock: HandClock) -> None:
    async def breaks(_office: Office) -> None:
        raise ZeroDivisionError("secret detail")

    sweeps = (Sweep("idle", 60, breaks),)
    assert await run_due_sweeps(office, sweeps, "w1") == 1
    async with office.database.system_read() as session:
        turn = (await session.execute(select(SweepTurn))).scalar_one()
    assert "Correlation id" in (turn.last_error or "")
    assert "secret" not in (turn.last_error or "")
    clock.advance(timedelta(seconds=60))
    assert await run_due_sweeps(office, sweeps, "w1") == 1


async def test_the_turn_of_a_process_that_died_passes_on(office: Office, clock: HandClock) -> None:
    async def dies(_office: Office) -> None:
        raise asyncio.CancelledError

    sweeps = (Sweep("idle", 60, dies),)
    try:
        await run_due_sweeps(office, sweeps, "w1")
    except asyncio.CancelledError:
        died = True
    assert died
    assert await run_due_sweeps(office, sweeps, "w2") == 0
    clock.advance(HOLD)

    async def look(_office: Office) -> None:
        return None

    assert await run_due_sweeps(office, (Sweep("idle", 60, look),), "w2") == 1
