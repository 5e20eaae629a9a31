"""Every SELECT of notices: what is visible of them, what is due, and who would be written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.granted import through_groups
from governance.directory.models import GroupMember, Person, RoleGrant, Tenant
from governance.directory.queries import at_work
from governance.directory.rules import PersonStatus
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.notices.models import Notice
from governance.notices.rules import DeliveryState
from policies.access.actions import Action
from policies.access.parties import Role, ScopeKind

NOTICE_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(Notice.person_id,))


@dataclass(frozen=True)
class Due:
    """A notice whose try has come, the person as they are today, and the tenant's language."""

    notice: Notice
    person: Person
    tenant_locale: str


def visible_notices(work: Work, states: Sequence[DeliveryState] = ()) -> Select[Notice]:
    """Give the notices within reach, those given up included; `states` narrows them."""
    query = (
        select(Notice)
        .join(Person, (Person.tenant_id == Notice.tenant_id) & (Person.id == Notice.person_id))
        .where(Notice.tenant_id == work.tenant_id, work.reach(Action.NOTICE_READ, NOTICE_PLACED))
    )
    return query.where(Notice.state.in_(states)) if states else query


async def notice(work: Work, notice_id: UUID) -> Notice:
    """Give one notice within reach. Raises NotFound."""
    row = (await work.session.execute(visible_notices(work).where(Notice.id == notice_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("notice", str(notice_id))
    return row


async def notice_by_key(work: Work, dedupe_key: str) -> Notice | None:
    """Give the notice that exists under this key."""
    query = select(Notice).where(Notice.tenant_id == work.tenant_id, Notice.dedupe_key == dedupe_key)
    return (await work.session.execute(query)).scalar_one_or_none()


async def people_with_role(work: Work, role: Role) -> Sequence[UUID]:
    """Name the people who hold a role for the whole tenant at this instant, by a group too, and have not left."""
    now = work.now()
    holding = (
        RoleGrant.tenant_id == work.tenant_id,
        RoleGrant.role == role,
        RoleGrant.scope == ScopeKind.TENANT,
        RoleGrant.start <= now,
        or_(RoleGrant.end.is_(None), RoleGrant.end > now),
    )
    themselves = select(RoleGrant.person_id).where(*holding, RoleGrant.person_id.is_not(None))
    members = through_groups(select(GroupMember.person_id).where(*holding), now)
    query = (
        select(Person.id)
        .where(
            Person.tenant_id == work.tenant_id,
            Person.status != PersonStatus.LEFT,
            or_(Person.id.in_(themselves), Person.id.in_(members)),
        )
        .order_by(Person.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def due_notices(session: AsyncSession, now: datetime, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Give tenant and id of the notices whose try has come, of all tenants at work, oldest first."""
    query = (
        select(Notice.tenant_id, Notice.id)
        .where(Notice.state == DeliveryState.WAITING, Notice.next_try_at <= now, at_work(Notice.tenant_id))
        .order_by(Notice.next_try_at, Notice.id)
        .limit(most)
    )
    return [(tenant_id, notice_id) for tenant_id, notice_id in (await session.execute(query)).all()]


async def due(work: Work, notice_id: UUID) -> Due | None:
    """Give a waiting notice with the person as they are today; None where another process has it."""
    query = (
        select(Notice, Person, Tenant.locale)
        .join(Person, (Person.tenant_id == Notice.tenant_id) & (Person.id == Notice.person_id))
        .join(Tenant, Tenant.id == Notice.tenant_id)
        .where(
            Notice.tenant_id == work.tenant_id,
            Notice.id == notice_id,
            Notice.state == DeliveryState.WAITING,
            Notice.next_try_at <= work.now(),
        )
        .with_for_update(of=Notice, skip_locked=True, key_share=True)
    )
    row = (await work.session.execute(query)).one_or_none()
    return None if row is None else Due(*row)
