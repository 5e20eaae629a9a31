"""Worker processes on both databases: killed with SIGKILL, their runs are finished once by another."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from governance.audit.models import Entry
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.migrations.jobs import lay_jobs
from governance.migrations.upgrade import opened
from governance.runs.queueing import find_left, job_app, move, mover_for, retry_stalled
from governance.runs.rules import LEASE, RunKind, RunState
from governance.runs.service import RunRequest, request_run
from tests.estate import Estate
from tests.governance.runs.worker_child import Duties, two_parts

CHILD = Path(__file__).with_name("worker_child.py")
ROOT = Path(__file__).parents[3]
PATIENCE_S = 60
Start = Callable[[str, int], Awaitable[Process]]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has no queue


@pytest.fixture
async def queued(office: Office) -> Office:
    """Give the office with the mover of its database, and the queue laid where it has one."""
    if office.database.kind == "postgresql":
        async with opened(office.database.url) as connection:
            await lay_jobs(connection)
    office.mover = mover_for(office.database)
    return office


async def heard(child: Process, what: bytes) -> None:
    assert child.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await child.stdout.readline() == what


@pytest.fixture
async def start(queued: Office) -> AsyncIterator[Start]:
    children: list[Process] = []

    async def one(name: str, ahead_s: int) -> Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable, str(CHILD), queued.database.url, name, str(ahead_s), stdout=PIPE, cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        children.append(child)
        await heard(child, b"READY\n")
        return child

    yield one
    for child in children:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def ask(office: Office, estate: Estate, **asked: Any) -> Any:
    async def verb(work: Work) -> Any:
        return (await request_run(work, RunRequest(RunKind.SCAN, asked))).id

    return await office.perform(estate.actor("admin"), verb)


async def ended(runs: Any, run_id: Any) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        while (row := await runs.row(run_id)).ended_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # another process does it: there is nothing here to wait on
    return row


async def test_a_killed_workers_run_is_finished_once_by_another(
    queued: Office, estate: Estate, runs: Any, start: Start
) -> None:
    run_id = await ask(queued, estate, hang=True)
    first = await start("first", 0)
    await heard(first, b"HANGS\n")
    first.send_signal(signal.SIGKILL)
    await first.wait()
    others = [await start(name, int(LEASE.total_seconds()) + 1) for name in ("second", "third")]
    row = await ended(runs, run_id)
    for other in others:
        other.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        assert [await other.wait() for other in others] == [0, 0]
    assert (row.state, row.attempts, row.outcome) == (RunState.DONE, 2, {"parts": 2})
    assert row.worker in {"second", "third"}
    async with queued.database.read(estate.tenant_id) as session:
        parts = await session.execute(select(Entry.after).where(Entry.act == "scan:run"))
        ends = await session.execute(select(Entry.id).where(Entry.act == "run:end"))
        events = await session.execute(select(OutboxEvent.name))
    assert sorted(part["part"] for (part,) in parts) == [1, 2]
    assert (len(ends.all()), events.scalars().all()) == (1, ["RunEnded"])


async def test_a_worker_that_is_told_to_stop_gives_its_run_back(
    queued: Office, estate: Estate, runs: Any, start: Start
) -> None:
    run_id = await ask(queued, estate, hang=True)
    first = await start("first", 0)
    await heard(first, b"HANGS\n")
    first.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_S):
        assert await first.wait() == 0
    row = await runs.row(run_id)
    assert (row.state, row.attempts, row.resume_at) == (RunState.WAITING, 0, {"part": 1})


async def test_a_run_starts_after_the_commit_of_who_asked(queued: Office, estate: Estate, runs: Any) -> None:
    stop = asyncio.Event()
    mover = asyncio.create_task(move(queued, Duties({RunKind.SCAN: two_parts}), worker="here", stop=stop))
    row = await ended(runs, await ask(queued, estate))
    stop.set()
    await mover
    assert row.state is RunState.DONE


@on_postgresql
async def test_a_job_exists_only_if_its_transaction_commits(queued: Office, estate: Estate) -> None:
    async def break_off(work: Work) -> None:
        await request_run(work, RunRequest(RunKind.SCAN, {}))
        raise OSError

    with pytest.raises(OSError):
        await queued.perform(estate.actor("admin"), break_off)
    run_id = await ask(queued, estate)
    async with queued.database.system_read() as session:
        jobs = (await session.execute(text("SELECT task_name, args->>'row_id' FROM jobs.procrastinate_jobs"))).all()
    assert [tuple(job) for job in jobs] == [("run", str(run_id))]


@on_postgresql
async def test_a_dead_workers_job_is_freed_and_a_run_without_a_job_gets_one(queued: Office, estate: Estate) -> None:
    async def jobs() -> list[tuple[str, str]]:
        async with queued.database.system_read() as session:
            found = await session.execute(text("SELECT args->>'row_id', status::text FROM jobs.procrastinate_jobs"))
            return sorted((row_id, status) for row_id, status in found)

    run_id = str(await ask(queued, estate))
    async with queued.database.system_write() as session:
        await session.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'doing'"))
    async with job_app(queued.database.url).open_async() as app:
        await find_left(app, queued)
        assert await jobs() == [(run_id, "doing"), (run_id, "todo")]
        await find_left(app, queued)
        await retry_stalled(app)
        assert await jobs() == [(run_id, "todo")]
        async with queued.database.system_write() as session:
            await session.execute(text("UPDATE jobs.procrastinate_jobs SET status = 'doing'"))
        await retry_stalled(app)
        assert await jobs() == [(run_id, "todo")]


async def test_an_event_that_no_job_tells_of_is_answered(queued: Office, estate: Estate) -> None:
    answered, stop = asyncio.Event(), asyncio.Event()

    async def answer(work: Work, event: OutboxEvent) -> None:
        answered.set()

    now = queued.clock.now()
    await estate.add(
        OutboxEvent(**estate.key(), name="SeatAssigned", facts={}, recorded_at=now, available_at=now, attempts=0)
    )
    mover = asyncio.create_task(move(queued, Duties(reactions={"SeatAssigned": (answer,)}), worker="here", stop=stop))
    async with asyncio.timeout(PATIENCE_S):
        await answered.wait()
    stop.set()
    await mover
