"""The desk of one run: tells how far it is, holds its lease, sees a cancel, acts under rights read anew."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.work import Office, Work
from governance.runs.errors import Cancelled, LeaseLost
from governance.runs.models import Run
from governance.runs.principals import actor_of
from governance.runs.rules import LEASE, PROGRESS_EVERY_S, RunKind, RunState
from policies.access.actions import Action
from policies.access.parties import Actor

log = logging.getLogger("lictor.runs")
T = TypeVar("T")


@dataclass
class RunDesk:
    """What the verb of a run works with. A run may be repeated from its last `remember` after a crash:

    every step is either safe to repeat or committed in one `working()` together with its `remember`. `fence` is this
    worker's; everything written through the desk compares it in the same transaction and raises LeaseLost when another
    worker has taken over, Cancelled when somebody asked to stop.
    """

    office: Office
    tenant_id: UUID
    run_id: UUID
    fence: int
    kind: RunKind
    asked: Mapping[str, Any]
    principal: str
    narrowed: frozenset[Action] | None = None
    resume_at: dict[str, Any] | None = None
    attempt: int = 1
    _open: AsyncSession | None = field(default=None, repr=False)
    _told: tuple[str, float] | None = field(default=None, repr=False)

    async def progress(self, step: str, rows_done: int, rows_all: int | None = None) -> None:
        """Tell how far the run is. Written on a new step, at the end, and otherwise twice a second at most.

        Raises LeaseLost, Cancelled (only when it writes; `check` always looks).
        """
        now = asyncio.get_running_loop().time()
        if self._told is not None and rows_done != rows_all:
            told_step, told_at = self._told
            if step == told_step and now - told_at < PROGRESS_EVERY_S:
                return
        self._told = (step, now)
        await self._hold(step=step, rows_done=rows_done, rows_all=rows_all)
        if self._open is None:
            await self.gather_statistics(share=0.2)

    async def check(self) -> None:
        """Go on only while this worker holds the run and nobody asked to stop. Raises LeaseLost, Cancelled."""
        await self._hold()

    async def remember(self, resume_at: dict[str, Any]) -> None:
        """Keep where to go on after a crash; inside `working()` it is kept together with what was done there."""
        await self._hold(resume_at=resume_at)
        self.resume_at = resume_at

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Work]:
        """Open one transaction under the asker's rights of now, fenced: it commits only if the run is still ours.

        Raises LeaseLost, Cancelled, PrincipalGone.
        """
        actor = await self.actor()
        async with self.office.writing(actor, self.run_id) as work:
            await self._hold_in(work.session)
            self._open = work.session
            try:
                yield work
            finally:
                self._open = None

    @asynccontextmanager
    async def reading(self, *, steady: bool = False) -> AsyncIterator[Work]:
        """Open a desk that only reads, under the asker's rights of now; `steady`: all of one moment.

        Raises PrincipalGone.
        """
        actor = await self.actor()
        async with self.office.reading(actor, self.run_id, steady=steady) as work:
            yield work

    async def perform(self, verb: Callable[[Work], Awaitable[T]]) -> T:
        """Run one verb in one fenced transaction; a refusal leaves its trace, as at every door.

        Raises what the verb raises, LeaseLost, Cancelled, PrincipalGone.
        """

        async def fenced(work: Work) -> T:
            await self._hold_in(work.session)
            return await verb(work)

        return await self.office.perform(await self.actor(), fenced, self.run_id)

    async def actor(self) -> Actor:
        """Give the asker with the grants they have now. Raises PrincipalGone."""
        async with self.office.database.read(self.tenant_id) as session:
            return await actor_of(session, self.tenant_id, self.principal, self.office.clock.now(), self.narrowed)

    async def gather_statistics(self, share: float = 0.0) -> None:
        """Let the database plan by what this run has written, as `Database.gather_statistics`; a no stops nothing."""
        try:
            await self.office.database.gather_statistics(share)
        except DBAPIError as no:
            log.warning(
                "run %s: no statistics were gathered, the database will in its own time: %s", self.run_id, no.orig
            )

    async def _hold(self, **values: Any) -> None:
        if self._open is not None:
            await self._hold_in(self._open, **values)
            return
        async with self.office.database.write(self.tenant_id) as session:
            await self._hold_in(session, **values)

    async def _hold_in(self, session: AsyncSession, **values: Any) -> None:
        """Compare the fence and renew the lease in one statement of the caller's transaction."""
        held = await session.execute(
            update(Run)
            .where(
                Run.tenant_id == self.tenant_id,
                Run.id == self.run_id,
                Run.fence == self.fence,
                Run.state == RunState.RUNNING,
            )
            .values(lease_until=self.office.clock.now() + LEASE, **values)
            .returning(Run.cancel_asked)
            .execution_options(synchronize_session=False)
        )
        cancel_asked = held.scalar_one_or_none()
        if cancel_asked is None:
            raise LeaseLost(self.run_id, self.fence)
        if cancel_asked:
            raise Cancelled(self.run_id)
