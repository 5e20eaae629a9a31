"""Who moves long work on PostgreSQL: Procrastinate's queue, joined to each transaction, and any number of workers.

The rows of `run` and `outbox_event` are the truth; a job carries ids only and finds nothing to do when it comes twice.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from uuid import UUID

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.database import Database
from governance.kernel.work import Office
from governance.runs.duties import Duties, Sweep
from governance.runs.movers import InProcessMover, answer_due, lane, move_in_process, until_stopped
from governance.runs.moving import move_run
from governance.runs.outbox import dispatch_event
from governance.runs.queries import due_runs
from governance.runs.service import RUN_TASK
from governance.runs.sweeping import run_due_sweeps

SCHEMA = "jobs"
EVENT_TASK = "react"
AT_ONCE = 2  # of each kind, so that long runs never keep events waiting
STALLED_AFTER_S = 30


class ProcrastinateMover:
    """Puts a job into the caller's own transaction: it exists if and only if that commits, and starts right after."""

    def __init__(self, url: str) -> None:
        self.app = job_app(url)

    async def enqueue(self, session: AsyncSession, task: str, tenant_id: UUID, row_id: UUID) -> None:
        connection = await (await session.connection()).get_raw_connection()
        job = self.app.configure_task(
            task, queue=task, queueing_lock=f"{task}:{row_id}", connection=connection.driver_connection
        )
        await job.defer_async(tenant_id=str(tenant_id), row_id=str(row_id))

    def wake(self) -> None:
        """Nothing to do: the queue itself notifies the workers at commit."""


def job_app(url: str) -> App:
    """Give Procrastinate on its own connections, as lictor_system, in its own schema."""
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return App(
        connector=PsycopgConnector(
            conninfo=conninfo,
            kwargs={"options": f"-c role=lictor_system -c search_path={SCHEMA},public"},
            min_size=1,
            max_size=2 * AT_ONCE + 4,
        )
    )


async def move_by_queue(office: Office, duties: Duties, *, worker: str, stop: asyncio.Event) -> None:
    """Work off the queue until `stop` is set: runs, events, sweeps, and what a dead worker or lost wake-up left."""
    app = job_app(office.database.url)

    @app.task(name=RUN_TASK, queue=RUN_TASK)
    async def run(tenant_id: str, row_id: str) -> None:
        await move_run(office, UUID(tenant_id), UUID(row_id), duties, worker)

    @app.task(name=EVENT_TASK, queue=EVENT_TASK)
    async def react(tenant_id: str, row_id: str) -> None:
        await dispatch_event(office, UUID(tenant_id), UUID(row_id), duties)

    async def sweeps() -> bool:
        await run_due_sweeps(office, (*duties.sweeps, *_own_sweeps(app)), worker)
        return False

    def worked_off(queue: str) -> Awaitable[None]:
        return app.run_worker_async(
            queues=[queue], concurrency=AT_ONCE, name=f"{worker}:{queue}", install_signal_handlers=False,
            shutdown_graceful_timeout=0, delete_jobs="always", fetch_job_polling_interval=1.0,
        )  # fmt: skip

    async def events() -> bool:
        """Answer what no job tells of: events of the ledger's batches, and those that failed before."""
        return await answer_due(office, duties)

    loops = (lane(InProcessMover(), step) for step in (events, sweeps))
    async with app.open_async():
        await until_stopped(stop, worked_off(RUN_TASK), worked_off(EVENT_TASK), *loops)


def _own_sweeps(app: App) -> tuple[Sweep, ...]:
    async def left(office: Office) -> None:
        await find_left(app, office)

    async def stalled(_office: Office) -> None:
        await retry_stalled(app)

    return (Sweep("jobs-left", 2, left), Sweep("jobs-stalled", 10, stalled))


async def find_left(app: App, office: Office) -> None:
    """Put into the queue the runs that are due and have no waiting job: retries, dead workers, lost wake-ups."""
    async with office.database.system_read() as session:
        due = await due_runs(session, office.clock.now(), most=200)
    for tenant_id, row_id in due:
        job = app.configure_task(RUN_TASK, queue=RUN_TASK, queueing_lock=f"{RUN_TASK}:{row_id}")
        with contextlib.suppress(AlreadyEnqueued):
            await job.defer_async(tenant_id=str(tenant_id), row_id=str(row_id))


async def retry_stalled(app: App) -> None:
    """Free the jobs of workers that died: Procrastinate itself never does."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
        try:
            await app.job_manager.retry_job(job)
        except (AlreadyEnqueued, UniqueViolation):  # its row waits in the queue again already
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


def mover_for(database: Database) -> InProcessMover | ProcrastinateMover:
    """Give the mover that belongs to a database."""
    return InProcessMover() if database.kind == "sqlite" else ProcrastinateMover(database.url)


async def move(office: Office, duties: Duties, *, worker: str, stop: asyncio.Event) -> None:
    """Work in the background until `stop` is set, as the office's mover needs it. Open runs are given back."""
    if isinstance(office.mover, InProcessMover):
        await move_in_process(office, office.mover, duties, worker=worker, stop=stop)
    else:
        await move_by_queue(office, duties, worker=worker, stop=stop)
