"""Alerts in the order in which they were raised or rose, by the events that told of it: for whoever watches."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, select

from governance.alerts.models import Alert
from governance.alerts.queries import visible_alerts
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Work

RAISED = "AlertRaised"
SHORTLY_MS = 150_000
"""How long an event may take from its id to its commit: a statement and a pause of its transaction, clocks apart."""


def shortly_before(event_id: UUID) -> UUID:
    """Give the least id that an event may have which comes to light after this one: its first 48 bits are time."""
    return UUID(int=max(0, event_id.int - (SHORTLY_MS << 80)))


async def latest_event(work: Work) -> UUID:
    """Give the id of the tenant's newest event of any name; the least of all ids where there is none."""
    query = select(OutboxEvent.id).where(OutboxEvent.tenant_id == work.tenant_id).order_by(OutboxEvent.id.desc())
    return (await work.session.execute(query.limit(1))).scalar_one_or_none() or UUID(int=0)


async def raised_within(work: Work, least: UUID) -> Sequence[UUID]:
    """Give the events from that id on that told of an alert, whoever may see it."""
    query = select(OutboxEvent.id).where(
        OutboxEvent.tenant_id == work.tenant_id, OutboxEvent.id >= least, OutboxEvent.name == RAISED
    )
    return (await work.session.execute(query)).scalars().all()


async def raised_after(work: Work, least: UUID, seen: Collection[UUID], most: int) -> Sequence[tuple[UUID, Alert]]:
    """Give the alerts within reach that were raised or rose from that event on, but those seen, the earliest first."""
    query = (
        visible_alerts(work)
        .join(OutboxEvent, and_(OutboxEvent.tenant_id == Alert.tenant_id, OutboxEvent.subject_id == Alert.id))
        .where(OutboxEvent.name == RAISED, OutboxEvent.id >= least, OutboxEvent.id.not_in(sorted(seen)))
        .with_only_columns(OutboxEvent.id, Alert, maintain_column_froms=True)
        .order_by(OutboxEvent.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in await work.session.execute(query)]
