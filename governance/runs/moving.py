"""One run, moved from claim to end: its verb under a kept lease, and what becomes of every way it can stop."""

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

from governance.kernel.errors import BusinessError, Unavailable
from governance.kernel.work import Office
from governance.runs.claims import claim_run, end_run, give_back, keep_lease
from governance.runs.desk import RunDesk
from governance.runs.duties import Duties
from governance.runs.errors import Cancelled, LeaseLost
from governance.runs.rules import RUN_ATTEMPTS, RunState

log = logging.getLogger("lictor.runs")


async def move_run(office: Office, tenant_id: UUID, run_id: UUID, duties: Duties, worker: str) -> bool:
    """Take a run and bring it to its end; False when there was nothing to take. Never raises for what a verb did."""
    desk = await claim_run(office, tenant_id, run_id, worker)
    if desk is None:
        return False
    try:
        if desk.attempt > RUN_ATTEMPTS:
            await end_run(desk, RunState.FAILED, error=f"Its worker died {RUN_ATTEMPTS} times before the end.")
        else:
            await _try(desk, duties)
    except LeaseLost:
        log.warning("run %s was taken over; this worker's part was thrown away", run_id)
    except asyncio.CancelledError:
        await asyncio.shield(give_back(desk, pausing=False))
        raise
    return True


async def _try(desk: RunDesk, duties: Duties) -> None:
    """Run the verb. A no ends the run at once; what may pass (unavailable, a bug) is tried five times."""
    try:
        await desk.check()
        outcome = await _under_lease(desk, duties)
        await desk.gather_statistics()
    except Cancelled:
        await end_run(desk, RunState.CANCELLED)
    except LeaseLost:
        raise
    except Unavailable as no:
        await _again(desk, no.message())
    except BusinessError as no:
        await end_run(desk, RunState.FAILED, error=no.message())
    except Exception:
        correlation = uuid4()
        log.exception("run %s failed, correlation id %s", desk.run_id, correlation)
        await _again(desk, f"Unexpected error. Correlation id {correlation}.")
    else:
        await end_run(desk, RunState.DONE, outcome=outcome)


async def _again(desk: RunDesk, error: str) -> None:
    if desk.attempt >= RUN_ATTEMPTS:
        await end_run(desk, RunState.FAILED, error=f"{error} Tried {RUN_ATTEMPTS} times.")
    else:
        await give_back(desk, error, pausing=True)


async def _under_lease(desk: RunDesk, duties: Duties) -> dict[str, Any]:
    """Work while the lease is renewed beside it; a lost lease stops the work where it stands."""
    working = asyncio.ensure_future(duties.verbs[desk.kind](desk))
    keeping = asyncio.ensure_future(keep_lease(desk))
    try:
        await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            keeping.result()
        return await working
    finally:
        for task in (working, keeping):
            task.cancel()
        await asyncio.gather(working, keeping, return_exceptions=True)
