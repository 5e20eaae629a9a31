"""Answers what happened: each event once, in the transaction of its answer; failures wait, ten of them are the end."""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.kernel.errors import BusinessError
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.runs.duties import Duties, Errand
from governance.runs.principals import system_actor
from governance.runs.queries import answerable
from governance.runs.rules import EVENT_ATTEMPTS, pause_after

log = logging.getLogger("lictor.outbox")
ERRAND_HOLD = timedelta(seconds=60)


async def dispatch_event(office: Office, tenant_id: UUID, event_id: UUID, duties: Duties) -> bool:
    """Answer one event; False when somebody else has, or it is not due. Never raises for what an answer did.

    Errands come first, outside the transaction and at least once; then every reaction and `done_at` in one.
    """
    try:
        return await _answer(office, tenant_id, event_id, duties)
    except BusinessError as no:
        await _failed(office, tenant_id, event_id, no.message())
    except Exception:
        correlation = uuid4()
        log.exception("event %s not answered, correlation id %s", event_id, correlation)
        await _failed(office, tenant_id, event_id, f"Unexpected error. Correlation id {correlation}.")
    return True


async def _answer(office: Office, tenant_id: UUID, event_id: UUID, duties: Duties) -> bool:
    actor = system_actor(tenant_id, "reactions")
    held = await _held_for_errands(office, tenant_id, event_id, duties)
    if held is not None:
        for answer in duties.reactions[held.name]:
            if isinstance(answer, Errand):
                await answer.verb(office, actor, held)
    async with office.writing(actor, event_id) as work:
        event = await _locked(work.session, tenant_id, event_id, due=None if held else office)
        if event is None:
            return False
        for answer in duties.reactions.get(event.name, ()):
            if not isinstance(answer, Errand):
                await answer(work, event)
        event.done_at = work.now()
        event.last_error = None
    return True


async def _held_for_errands(office: Office, tenant_id: UUID, event_id: UUID, duties: Duties) -> OutboxEvent | None:
    """Put an event that has errands out of the others' sight for a minute; None when it has none, or is not due."""
    if not any(isinstance(answer, Errand) for answers in duties.reactions.values() for answer in answers):
        return None
    async with office.database.write(tenant_id) as session:
        event = await _locked(session, tenant_id, event_id, due=office)
        if event is None or not any(isinstance(a, Errand) for a in duties.reactions.get(event.name, ())):
            return None
        event.available_at = office.clock.now() + ERRAND_HOLD
    return event


async def _locked(session: AsyncSession, tenant_id: UUID, event_id: UUID, due: Office | None) -> OutboxEvent | None:
    waits = answerable(due.clock.now()) if due is not None else OutboxEvent.done_at.is_(None)
    query = select(OutboxEvent).where(OutboxEvent.tenant_id == tenant_id, OutboxEvent.id == event_id, waits)
    return (await session.execute(query.with_for_update(key_share=True, skip_locked=True))).scalar_one_or_none()


async def _failed(office: Office, tenant_id: UUID, event_id: UUID, error: str) -> None:
    async with office.database.write(tenant_id) as session:
        event = await session.get(OutboxEvent, (tenant_id, event_id), with_for_update={"key_share": True})
        if event is None or event.done_at is not None:
            return
        event.attempts += 1
        event.last_error = error[:400]
        event.available_at = office.clock.now() + pause_after(event.attempts)
        dead = event.attempts >= EVENT_ATTEMPTS
    if dead:
        log.error("event %s (%s) is dead after %s attempts", event_id, event.name, EVENT_ATTEMPTS)
