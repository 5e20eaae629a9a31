"""Under whose rights work in the background acts: the asker's of this moment, never those of the day they asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.models import Person, ServiceAccount, Tenant
from governance.directory.queries import grants_of, policy_revision
from governance.directory.rules import EVERYONE, PersonStatus
from governance.runs.errors import PrincipalGone
from policies.access.actions import Action
from policies.access.parties import Actor, Grant, Role, ScopeKind, Standing

SYSTEM_GRANTS = frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)})


def system_actor(tenant_id: UUID, name: str) -> Actor:
    """Give Lictor itself as an actor of one tenant: `system:<name>`, for reactions and sweeps."""
    return Actor(tenant_id, f"system:{name}", grants=SYSTEM_GRANTS)


def bare_actor(tenant_id: UUID, principal: str) -> Actor:
    """Give a principal without any grant: enough to be named in the trail, not to do anything."""
    kind, _, name = principal.partition(":")
    return Actor(tenant_id, principal, person_id=UUID(name) if kind == "person" else None)


async def actor_of(
    session: AsyncSession, tenant_id: UUID, principal: str, now: datetime, narrowed: frozenset[Action] | None = None
) -> Actor:
    """Give a principal with the grants it has now. Raises PrincipalGone for a leaver or an ended service account."""
    kind, _, name = principal.partition(":")
    if kind == "system":
        return system_actor(tenant_id, name)
    key = UUID(name)
    tenant = select(Tenant.suspended_at).where(Tenant.id == tenant_id)
    if (await session.execute(tenant)).scalar_one_or_none() is not None:
        raise PrincipalGone(principal)
    standing = Standing(await policy_revision(session, tenant_id))
    if kind == "person":
        person = await session.get(Person, (tenant_id, key))
        if person is None or person.status is PersonStatus.LEFT:
            raise PrincipalGone(principal)
        grants = await grants_of(session, tenant_id, now, person_id=key, service_account_id=None)
        return Actor(tenant_id, principal, key, grants | {EVERYONE}, narrowed, standing=standing)
    account = await session.get(ServiceAccount, (tenant_id, key))
    if account is None or (account.ended_at is not None and account.ended_at <= now):
        raise PrincipalGone(principal)
    grants = await grants_of(session, tenant_id, now, person_id=None, service_account_id=key)
    return Actor(tenant_id, principal, None, grants, narrowed, standing=standing)
