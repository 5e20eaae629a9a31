"""What a doctor looks at: schema, rights, counters, queues, feeds, mail; each with what is, and what would help."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.opening import open_office
from api.settings import Settings
from governance import migrations
from governance.audit.models import Entry, Unsealed
from governance.directory.models import Tenant
from governance.entitlements.models import MetricLine, Room
from governance.entitlements.rules import RoomKind
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.notices.rules import DeliveryState
from governance.runs.models import Run
from governance.runs.rules import RunState
from governance.seats.models import Assignment, Lease
from governance.seats.rules import SeatState
from governance.usage.models import Feed

LATE = timedelta(minutes=5)
Finding = dict[str, Any]


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, in the order in which one thing rests on another."""
    findings = [await _schema(settings)]
    if not findings[0]["well"]:
        return findings
    async with open_office(settings) as office, office.database.system_read() as session:
        findings += [finding async for finding in _look(office, session)]
    findings.append(
        _said(
            "mail", "set up" if settings.smtp_url else "not set up", well=settings.smtp_url is not None,
            remedy="Set LICTOR_SMTP_URL; until then notices wait, untried.",
        )
    )  # fmt: skip
    return findings


async def _look(office: Office, session: AsyncSession) -> AsyncIterator[Finding]:
    now = office.clock.now()
    if office.database.kind == "postgresql":
        query = text("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'lictor_%' AND (rolsuper OR rolbypassrls)")
        strong = int((await session.execute(query)).scalar_one())
        yield _said("row-level security", f"{strong} of Lictor's roles pass it by", well=strong == 0,
                    remedy="Take SUPERUSER and BYPASSRLS from lictor_app, lictor_ledger, lictor_system.")  # fmt: skip
    drifted = await _drift(session)
    yield _said("seat counters", f"{drifted} pools differ from their rows", well=drifted == 0,
                remedy="Report this as a bug with the output of `lictor doctor --json`.")  # fmt: skip
    late = await _count(session, OutboxEvent.done_at.is_(None), OutboxEvent.available_at < now - LATE)
    yield _said("events", f"{late} wait for more than 5 minutes", well=late == 0,
                remedy="Start a server or `lictor worker`; see their last_error.")  # fmt: skip
    failed = await _count(session, Run.state == RunState.FAILED, Run.created_at > now - timedelta(days=1))
    yield _said("runs", f"{failed} failed within a day", well=failed == 0, remedy="Open the runs; each says why.")
    unsealed = await _count(session, Unsealed.id == Entry.id, Entry.recorded_at < now - LATE)
    yield _said("trail", f"{unsealed} entries wait for their seal for more than 5 minutes", well=unsealed == 0,
                remedy="Start a server or `lictor worker`; `lictor trail verify` names what breaks it.")  # fmt: skip
    dead = await _count(session, Notice.state == DeliveryState.DEAD)
    yield _said("notices", f"{dead} were given up", well=dead == 0, remedy="Look at the notices' last errors.")
    stale = await _count(
        session, Feed.last_heard_at < now - timedelta(days=7)
    )  # the tenants' own limits judge figures; this is only a hint
    yield _said(
        "feeds", f"{stale} were not heard for a week", well=stale == 0, remedy="Mend the senders of /v1/events."
    )
    tenants = int((await session.execute(select(func.count()).select_from(Tenant))).scalar_one())
    yield _said("tenants", str(tenants), well=tenants > 0, remedy="Run `lictor tenant create`.")


async def _schema(settings: Settings) -> Finding:
    found = await migrations.check(settings.database)
    return _said("schema", "; ".join(found) or "as expected", well=not found, remedy="Run `lictor db upgrade`.")


async def _drift(session: AsyncSession) -> int:
    """Count pools whose counter is not the number of unreleased seats that occupy them, and of seats lent."""
    held = (
        select(func.count())
        .select_from(Assignment)
        .join(MetricLine, and_(MetricLine.tenant_id == Assignment.tenant_id, MetricLine.id == Assignment.line_id))
        .where(
            Assignment.tenant_id == Room.tenant_id,
            Assignment.pool_id == Room.id,
            Assignment.released_at.is_(None),
            or_(Assignment.state != SeatState.SUSPENDED, MetricLine.suspended_occupies),
        )
        .correlate(Room)
        .scalar_subquery()
    )
    lent = (
        select(func.coalesce(func.sum(Lease.quantity), 0))
        .where(Lease.tenant_id == Room.tenant_id, Lease.pool_id == Room.id, Lease.freed_at.is_(None))
        .correlate(Room)
        .scalar_subquery()
    )
    query = select(func.count()).where(and_(Room.kind == RoomKind.POOL, Room.occupied != held + lent))
    return int((await session.execute(query)).scalar_one())


async def _count(session: AsyncSession, *which: Any) -> int:
    return int((await session.execute(select(func.count()).where(*which))).scalar_one())


def _said(what: str, has: str, *, well: bool, remedy: str) -> Finding:
    return {"what": what, "has": has, "well": well, "remedy": "" if well else remedy}
