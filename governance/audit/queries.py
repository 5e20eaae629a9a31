"""Every SELECT of the trail: entries within reach, the story of one object, and how long the trail is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select

from governance.audit.models import Entry
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action


def visible_entries(
    work: Work,
    *,
    subject_type: str | None = None,
    subject_id: UUID | None = None,
    act: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Entry]:
    """Give the trail's entries; the trail lies in no unit, so only a right over the whole tenant reaches it."""
    query = select(Entry).where(Entry.tenant_id == work.tenant_id, work.reach(Action.AUDIT_READ, Placed()))
    if subject_type is not None:
        query = query.where(Entry.subject_type == subject_type)
    if subject_id is not None:
        query = query.where(Entry.subject_id == subject_id)
    if act is not None:
        query = query.where(Entry.act == act)
    if actor is not None:
        query = query.where(Entry.actor == actor)
    if since is not None:
        query = query.where(Entry.recorded_at >= since)
    if until is not None:
        query = query.where(Entry.recorded_at < until)
    return query


async def entry(work: Work, entry_id: UUID) -> Entry:
    """Give one entry within reach. Raises NotFound."""
    row = (await work.session.execute(visible_entries(work).where(Entry.id == entry_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("entry", str(entry_id))
    return row


async def head(work: Work) -> tuple[int, datetime | None]:
    """Give how many entries the tenant's trail holds and when the last was written: what every footer names."""
    query = select(func.count(), func.max(Entry.recorded_at)).where(Entry.tenant_id == work.tenant_id)
    row = (await work.session.execute(query)).one()
    return int(row[0]), row[1]
