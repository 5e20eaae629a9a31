"""Who moves long work. On SQLite: this process, woken after each commit; the rows are the truth."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.work import Office
from governance.runs.duties import Duties
from governance.runs.moving import move_run
from governance.runs.outbox import dispatch_event
from governance.runs.queries import due_events, due_runs
from governance.runs.sweeping import run_due_sweeps

log = logging.getLogger("lictor.runs")
POLL_S = 1.0
END_S = 5.0
RUNS_AT_ONCE = 2


class InProcessMover:
    """Wakes the loops that move work inside this process; what a lost wake-up left, they find within a second."""

    def __init__(self) -> None:
        self.signal = asyncio.Event()

    async def enqueue(self, session: AsyncSession, task: str, tenant_id: UUID, row_id: UUID) -> None:
        """Nothing to write: the row itself waits in its table."""

    def wake(self) -> None:
        signal, self.signal = self.signal, asyncio.Event()
        signal.set()


async def move_in_process(
    office: Office, mover: InProcessMover, duties: Duties, *, worker: str, stop: asyncio.Event
) -> None:
    """Move runs, events and sweeps beside each other until `stop` is set; open runs are then given back."""

    async def events() -> bool:
        return await answer_due(office, duties)

    async def runs() -> bool:
        async with office.database.system_read() as session:
            due = await due_runs(session, office.clock.now(), most=RUNS_AT_ONCE * 4)
        for tenant_id, run_id in due:
            if await move_run(office, tenant_id, run_id, duties, worker):
                return True
        return False

    async def sweeps() -> bool:
        await run_due_sweeps(office, duties.sweeps, worker)
        return False

    await until_stopped(stop, *(lane(mover, step) for step in (events, sweeps, *[runs] * RUNS_AT_ONCE)))


async def answer_due(office: Office, duties: Duties) -> bool:
    """Answer up to a hundred events that wait, in no order, so that several workers meet seldom; False if none did."""
    async with office.database.system_read() as session:
        due = list(await due_events(session, office.clock.now(), most=100))
    random.shuffle(due)
    answered = [await dispatch_event(office, tenant_id, event_id, duties) for tenant_id, event_id in due]
    return any(answered)


async def lane(mover: InProcessMover, step: Callable[[], Awaitable[bool]]) -> None:
    """Repeat a step for ever: at once while it finds work, else when woken or after a second. An error is told."""
    while True:
        signal = mover.signal
        try:
            found = await step()
        except Exception:
            log.exception("a mover's step failed; it goes on")
            found = False
        if not found:
            try:
                async with asyncio.timeout(POLL_S):
                    await signal.wait()
            except TimeoutError:
                continue


async def until_stopped(stop: asyncio.Event, *loops: Awaitable[None]) -> None:
    """Run loops beside each other until `stop` is set or one of them ends, then end them all and wait for them."""
    tasks = [asyncio.ensure_future(one) for one in (*loops, stop.wait())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)
    for task in done:
        task.result()


async def end_all(tasks: Collection[asyncio.Future[Any]], patience_s: float = END_S) -> None:
    """Cancel tasks and wait for their end; one that swallowed its cancelling is told again, each time it outlasts it.

    `patience_s` leaves what is being given back in the meantime the time for it.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience_s)
