"""Carries a run out at the terminal, with its progress shown, or watches it where another process took it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from api.cli.ground import Ground, err
from api.duties import duties_of
from api.worker import worker_name
from governance.kernel.errors import BadInput, NotFound
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.rules import ENDED, RunState

LOOK_EVERY_S = 0.2


def progress_bar() -> Progress:
    """Give a bar on standard error: answers alone go to standard output."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, transient=True,
    )  # fmt: skip


async def carried_out(on: Ground, row: Run) -> Mapping[str, Any]:
    """Carry a run out here, or watch it where another process took it. Raises BadInput when it failed."""
    duties = duties_of(on.desk, on.settings)
    with progress_bar() as bar:
        task = bar.add_task("waiting", total=None)
        while True:
            moving = asyncio.create_task(move_run(on.office, row.tenant_id, row.id, duties, worker_name()))
            try:
                while not moving.done():
                    await asyncio.wait({moving}, timeout=LOOK_EVERY_S)
                    with suppress(NotFound):
                        now = await _look(on, row.id)
                        bar.update(task, description=now.step or "working", completed=now.rows_done, total=now.rows_all)
            finally:  # interrupted: the run is given back before the office closes
                moving.cancel()
                await asyncio.gather(moving, return_exceptions=True)
            moving.result()
            now = await _look(on, row.id)
            if now.state in ENDED:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    if now.state is not RunState.DONE:
        raise BadInput("run", now.state.value, now.error or "nothing to stand in its way")
    return now.outcome or {}


async def _look(on: Ground, run_id: UUID) -> Run:
    async with on.office.reading(on.actor) as work:
        row = await work.session.get(Run, (work.tenant_id, run_id))
    if row is None:
        raise NotFound("run", str(run_id))
    return row
