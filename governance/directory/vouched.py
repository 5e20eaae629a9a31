"""Every SELECT about who vouches for whom: providers, their groups and roles, identities, and sessions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.models import (
    Account,
    ExternalIdentity,
    GroupMapping,
    IdentityProvider,
    Person,
    Session,
    Tenant,
    VouchedSession,
)
from governance.directory.queries import PERSON_PLACED, at_work
from governance.directory.rules import IDLE_TIMEOUT
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

OF_THE_TENANT = Placed()


def visible_providers(work: Work, action: Action = Action.IDENTITY_READ) -> Select[IdentityProvider]:
    """Give the providers of the tenant, ended ones too: all, or none."""
    return select(IdentityProvider).where(
        IdentityProvider.tenant_id == work.tenant_id, work.reach(action, OF_THE_TENANT)
    )


def visible_mappings(work: Work, action: Action = Action.IDENTITY_READ) -> Select[GroupMapping]:
    """Give which groups give which roles, ended ones too: all, or none."""
    return select(GroupMapping).where(GroupMapping.tenant_id == work.tenant_id, work.reach(action, OF_THE_TENANT))


def visible_identities(work: Work, action: Action = Action.IDENTITY_READ) -> Select[ExternalIdentity]:
    """Give the identities of the people within reach."""
    return (
        select(ExternalIdentity)
        .join(Person, and_(Person.tenant_id == ExternalIdentity.tenant_id, Person.id == ExternalIdentity.person_id))
        .where(ExternalIdentity.tenant_id == work.tenant_id, work.reach(action, PERSON_PLACED))
    )


def every_own_session(work: Work) -> Select[Session]:
    """Give one's own sessions, ended ones too."""
    return (
        select(Session)
        .join(Account, and_(Account.tenant_id == Session.tenant_id, Account.id == Session.account_id))
        .where(Session.tenant_id == work.tenant_id, Account.person_id == work.actor.person_id)
    )


def own_sessions(work: Work) -> Select[Session]:
    """Give one's own sessions that still stand."""
    now = work.now()
    return every_own_session(work).where(
        Session.ended_at.is_(None), Session.ends_at > now, Session.last_seen_at > now - IDLE_TIMEOUT
    )


async def provider(work: Work, provider_id: UUID, *, lock: bool = False) -> IdentityProvider:
    """Give one provider within reach that has not ended, locked for a change if asked. Raises NotFound."""
    query = visible_providers(work).where(IdentityProvider.id == provider_id, IdentityProvider.ended_at.is_(None))
    if lock:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("identity provider", str(provider_id))
    return row


async def live_mappings(session: AsyncSession, tenant_id: UUID, provider_id: UUID) -> Sequence[GroupMapping]:
    """Give the mappings of a provider that hold."""
    query = select(GroupMapping).where(
        GroupMapping.tenant_id == tenant_id,
        GroupMapping.provider_id == provider_id,
        GroupMapping.ended_at.is_(None),
    )
    return (await session.execute(query.order_by(GroupMapping.created_at, GroupMapping.id))).scalars().all()


async def provider_at_the_door(session: AsyncSession, provider_id: UUID) -> IdentityProvider | None:
    """Give a provider that somebody wants to come in by, whoever's it is; None where there is none, or it ended."""
    query = select(IdentityProvider).where(
        IdentityProvider.id == provider_id, IdentityProvider.ended_at.is_(None), at_work(IdentityProvider.tenant_id)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def providers_at_the_door(session: AsyncSession, slug: str | None) -> Sequence[IdentityProvider]:
    """Give the ways into the tenant of that short name; without one, into the only tenant of an installation."""
    tenants = select(Tenant.id).where(Tenant.slug == slug) if slug else select(Tenant.id).limit(2)
    found = (await session.execute(tenants)).scalars().all()
    if len(found) != 1:
        return ()
    query = select(IdentityProvider).where(
        IdentityProvider.tenant_id == found[0], IdentityProvider.ended_at.is_(None), at_work(IdentityProvider.tenant_id)
    )
    return (await session.execute(query.order_by(IdentityProvider.name))).scalars().all()


async def vouched_by(session: AsyncSession, tenant_id: UUID, session_id: UUID) -> VouchedSession | None:
    """Give how a session was opened by a provider; None where it was by password."""
    query = select(VouchedSession).where(VouchedSession.tenant_id == tenant_id, VouchedSession.session_id == session_id)
    return (await session.execute(query)).scalar_one_or_none()


async def identity_of(session: AsyncSession, tenant_id: UUID, issuer: str, subject: str) -> ExternalIdentity | None:
    """Give who a provider means by a subject."""
    query = select(ExternalIdentity).where(
        ExternalIdentity.tenant_id == tenant_id,
        ExternalIdentity.issuer == issuer,
        ExternalIdentity.subject == subject,
    )
    return (await session.execute(query)).scalar_one_or_none()


def sessions_of_identity(tenant_id: UUID, identity_id: UUID, provider_session: str | None) -> Select[UUID]:
    """Give the sessions that an identity opened, or the one that the provider calls so."""
    query = select(VouchedSession.session_id).where(
        VouchedSession.tenant_id == tenant_id, VouchedSession.identity_id == identity_id
    )
    return query if provider_session is None else query.where(VouchedSession.provider_session == provider_session)
