"""Who works on a run: taken by one worker at a time under a rising fence, renewed, given back, ended once."""

import asyncio
import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.work import Change, Office
from governance.runs.desk import RunDesk
from governance.runs.errors import LeaseLost
from governance.runs.models import Run
from governance.runs.principals import bare_actor
from governance.runs.queries import takeable
from governance.runs.rules import LEASE, RENEW_EVERY_S, RunState, pause_after
from policies.access.actions import Action

log = logging.getLogger("lictor.runs")


async def claim_run(office: Office, tenant_id: UUID, run_id: UUID, worker: str) -> RunDesk | None:
    """Take a run that waits or whose worker fell silent; None when somebody else has it, or it has ended."""
    now = office.clock.now()
    async with office.database.write(tenant_id) as session:
        query = select(Run).where(Run.tenant_id == tenant_id, Run.id == run_id, takeable(now))
        row = (await session.execute(query.with_for_update(key_share=True, skip_locked=True))).scalar_one_or_none()
        if row is None:
            return None
        row.state, row.worker, row.lease_until = RunState.RUNNING, worker, now + LEASE
        row.started_at = row.started_at or now
        row.fence += 1
        row.attempts += 1
        await session.flush()
    return RunDesk(
        office, tenant_id, run_id, row.fence, row.kind, row.asked, row.principal,
        narrowed=None if row.narrowed is None else frozenset(a for a in Action if a.value in row.narrowed),
        resume_at=row.resume_at, attempt=row.attempts,
    )  # fmt: skip


async def keep_lease(desk: RunDesk) -> None:
    """Renew the lease for as long as the worker lives, however long one step takes. Raises LeaseLost."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            async with desk.office.database.write(desk.tenant_id) as session:
                await _renew(session, desk)
        except SQLAlchemyError:
            log.warning("lease of run %s not renewed", desk.run_id, exc_info=True)


async def _renew(session: AsyncSession, desk: RunDesk) -> None:
    mine = select(Run.fence).where(Run.tenant_id == desk.tenant_id, Run.id == desk.run_id)
    free = await session.execute(mine.with_for_update(key_share=True, skip_locked=True))
    if free.scalar_one_or_none() is None:
        return  # our own transaction holds the row: nobody can take the run meanwhile
    renewed = await session.execute(
        _held(desk).values(lease_until=desk.office.clock.now() + LEASE).returning(Run.fence)
    )
    if renewed.scalar_one_or_none() is None:
        raise LeaseLost(desk.run_id, desk.fence)


async def end_run(
    desk: RunDesk, state: RunState, *, outcome: dict[str, Any] | None = None, error: str | None = None
) -> None:
    """End a run under its fence, with its entry in the trail and its event. Raises LeaseLost."""
    actor = bare_actor(desk.tenant_id, desk.principal)
    async with desk.office.writing(actor, desk.run_id) as work:
        ended = await work.session.execute(
            _held(desk)
            .values(
                state=state, ended_at=work.now(), lease_until=None, outcome=outcome, error=error and error[:400],
            )
            .returning(Run.fence)
        )  # fmt: skip
        if ended.scalar_one_or_none() is None:
            raise LeaseLost(desk.run_id, desk.fence)
        after = {"state": state, "attempt": desk.attempt, "outcome": outcome, "error": error}
        await work.record(Change("run:end", "run", desk.run_id, {"state": RunState.RUNNING}, after))
        await work.emit("RunEnded", desk.run_id, kind=desk.kind.value, state=state.value)


async def give_back(desk: RunDesk, error: str | None = None, *, pausing: bool) -> None:
    """Let the run wait again: at once when this worker stops, after a growing pause when it failed."""
    pause = desk.office.clock.now() + pause_after(desk.attempt) if pausing else None
    values: dict[str, Any] = {"state": RunState.WAITING, "lease_until": pause, "worker": None}
    if error is not None:
        values["error"] = error[:400]
    if not pausing:
        values["attempts"] = Run.attempts - 1
    async with desk.office.database.write(desk.tenant_id) as session:
        await session.execute(_held(desk).values(**values))


def _held(desk: RunDesk) -> Any:
    return (
        update(Run)
        .where(
            Run.tenant_id == desk.tenant_id,
            Run.id == desk.run_id,
            Run.fence == desk.fence,
            Run.state == RunState.RUNNING,
        )
        .execution_options(synchronize_session=False)
    )
