"""The rights of today: whether an actor could still come in as they did, and with which grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.errors import SignInAgain
from governance.directory.models import Person, PolicyRevision, ServiceAccount, Session, Tenant, Token
from governance.directory.queries import grants_of, policy_revision
from governance.directory.rules import EVERYONE, PersonStatus, session_holds, token_holds
from policies.access.actions import Action
from policies.access.parties import Actor, Grant, Standing


class TodaysRights:
    """Looks rights up in the transaction that acts on them."""

    async def revision(self, session: AsyncSession, tenant_id: UUID) -> int:
        """Give the number of the tenant's rights; on PostgreSQL nobody raises it until this transaction ends.

        On SQLite a writing transaction is alone anyway.
        """
        query = select(PolicyRevision.revision).where(PolicyRevision.tenant_id == tenant_id)
        return (await session.execute(query.with_for_update(read=True))).scalar_one_or_none() or 0

    async def today(self, session: AsyncSession, actor: Actor, now: datetime) -> Actor:
        """Give the actor as they could come in now. Raises SignInAgain for one who could not."""
        standing = actor.standing
        if standing is None:
            return actor
        revision = await policy_revision(session, actor.tenant_id)
        tenant = select(Tenant.suspended_at).where(Tenant.id == actor.tenant_id)
        if (await session.execute(tenant)).scalar_one_or_none() is not None:
            raise SignInAgain
        authenticated_at, actions = actor.authenticated_at, actor.token_actions
        if standing.session_id is not None:
            authenticated_at = await _of_session(session, actor, standing.session_id, now)
        if standing.token_id is not None:
            actions = await _of_token(session, actor, standing.token_id, now)
        return Actor(
            actor.tenant_id, actor.principal, actor.person_id, await held_by(session, actor, now), actions,
            authenticated_at, Standing(revision, standing.session_id, standing.token_id),
        )  # fmt: skip


async def held_by(session: AsyncSession, actor: Actor, now: datetime) -> frozenset[Grant]:
    """Give the grants of a principal at `now`. Raises SignInAgain for a leaver or an ended service account."""
    tenant_id = actor.tenant_id
    if actor.person_id is not None:
        person = select(Person.status).where(Person.tenant_id == tenant_id, Person.id == actor.person_id)
        if (await session.execute(person)).scalar_one_or_none() in {None, PersonStatus.LEFT}:
            raise SignInAgain
        return EVERYBODY | await grants_of(session, tenant_id, now, person_id=actor.person_id, service_account_id=None)
    account_id = UUID(actor.principal.partition(":")[2])
    account = select(ServiceAccount.ended_at).where(
        ServiceAccount.tenant_id == tenant_id, ServiceAccount.id == account_id
    )
    row = (await session.execute(account)).one_or_none()
    if row is None or (row.ended_at is not None and row.ended_at <= now):
        raise SignInAgain
    return await grants_of(session, tenant_id, now, person_id=None, service_account_id=account_id)


EVERYBODY = frozenset({EVERYONE})


async def _of_session(session: AsyncSession, actor: Actor, session_id: UUID, now: datetime) -> datetime:
    """Give when the session's person last proved who they are. Raises SignInAgain when it does not hold."""
    query = select(Session.last_seen_at, Session.ends_at, Session.ended_at, Session.authenticated_at)
    row = (
        await session.execute(query.where(Session.tenant_id == actor.tenant_id, Session.id == session_id))
    ).one_or_none()
    if row is None or not session_holds(
        last_seen_at=row.last_seen_at, ends_at=row.ends_at, ended_at=row.ended_at, now=now
    ):
        raise SignInAgain
    proved: datetime = row.authenticated_at
    return proved


async def _of_token(session: AsyncSession, actor: Actor, token_id: UUID, now: datetime) -> frozenset[Action] | None:
    """Give the acts that the token is good for. Raises SignInAgain when it does not hold."""
    query = select(Token.expires_at, Token.revoked_at, Token.actions)
    row = (await session.execute(query.where(Token.tenant_id == actor.tenant_id, Token.id == token_id))).one_or_none()
    if row is None or not token_holds(expires_at=row.expires_at, revoked_at=row.revoked_at, now=now):
        raise SignInAgain
    return acts_of(row.actions)


def acts_of(names: list[str] | None) -> frozenset[Action] | None:
    """Read a token's acts; one that this version no longer knows narrows further, it never widens."""
    if names is None:
        return None
    return frozenset(Action(name) for name in names if name in Action._value2member_map_)
