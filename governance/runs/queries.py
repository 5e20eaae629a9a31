"""Every SELECT of long work: what somebody may see of it, and what waits to be moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.queries import at_work
from governance.kernel.database import Word
from governance.kernel.errors import NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Placed, Work
from governance.runs.models import Run
from governance.runs.rules import EVENT_ATTEMPTS, RunState
from policies.access.actions import Action


def visible_runs(work: Work) -> Select[Run]:
    """Give the runs within reach: a tenant-wide reader sees all of them, everybody else those they asked for."""
    own = Run.principal == work.actor.principal if work.gate.may(work.actor, Action.RUN_READ) else false()
    return select(Run).where(Run.tenant_id == work.tenant_id, or_(work.reach(Action.RUN_READ, Placed()), own))


async def run(work: Work, run_id: UUID) -> Run:
    """Give one run within reach. Raises NotFound."""
    row = (await work.session.execute(visible_runs(work).where(Run.id == run_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("run", str(run_id))
    return row


def takeable(now: datetime) -> ColumnElement[bool]:
    """Say which runs a worker may take now: those that wait (and are not pausing), those whose worker fell silent.

    Those of a suspended tenant wait until it goes on.
    """
    waits = and_(Run.state == RunState.WAITING, or_(Run.lease_until.is_(None), Run.lease_until <= now))
    return and_(or_(waits, and_(Run.state == RunState.RUNNING, Run.lease_until <= now)), at_work(Run.tenant_id))


async def due_runs(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Give (tenant, run) of what may be taken now, oldest first, of every tenant."""
    rows = await session.execute(
        select(Run.tenant_id, Run.id).where(takeable(now)).order_by(Run.created_at).limit(most)
    )
    return [(tenant, run_id) for tenant, run_id in rows]


def answerable(now: datetime) -> ColumnElement[bool]:
    """Say which events wait for their answer now; after ten failures an event is dead and stays to be seen."""
    return and_(OutboxEvent.done_at.is_(None), OutboxEvent.available_at <= now, OutboxEvent.attempts < EVENT_ATTEMPTS)


async def due_events(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Give (tenant, event) of what waits for its answer now, oldest first, of every tenant."""
    rows = await session.execute(
        select(OutboxEvent.tenant_id, OutboxEvent.id)
        .where(answerable(now), at_work(OutboxEvent.tenant_id))
        .order_by(OutboxEvent.available_at, OutboxEvent.id)
        .limit(most)
    )
    return [(tenant, event_id) for tenant, event_id in rows]


def state_at(at: datetime | None) -> ColumnElement[Any]:
    """Give how a run stood at an instant after it was asked for: ended, else begun, else waiting."""
    if at is None:
        return Run.state.expression
    begun, waits = (literal(each, Word(RunState)) for each in (RunState.RUNNING, RunState.WAITING))
    return case((Run.ended_at <= at, Run.state), (Run.started_at <= at, begun), else_=waits)
