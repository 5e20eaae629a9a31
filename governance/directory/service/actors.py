"""Who acts without a session: the bearer of a token, and the installation's own operator."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from governance.directory.errors import SignInAgain
from governance.directory.models import Person, ServiceAccount, Token
from governance.directory.queries import at_work, grants_of, revision_of
from governance.directory.rules import EVERYONE, SEEN_EVERY, PersonStatus, token_holds
from governance.directory.service.rights import acts_of
from governance.directory.service.secrets import hashed
from governance.kernel.work import Office
from policies.access.actions import Action
from policies.access.parties import Actor, Grant, Role, ScopeKind, Standing


def operator(tenant_id: UUID, name: str = "operator") -> Actor:
    """Give the one who runs this installation, acting as an IT admin of a tenant from the machine's own terminal."""
    return Actor(tenant_id, f"system:{name}", grants=frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)}))


async def actor_of_token(office: Office, secret: str) -> Actor:
    """Say who a bearer token belongs to: its owner's grants of today, narrowed to the token's acts.

    Raises SignInAgain for one that is unknown, revoked, expired, or whose owner has left or ended.
    """
    now = office.clock.now()
    async with office.database.system_read() as session:
        row = (await session.execute(TOKEN, {"secret_hash": hashed(secret)})).one_or_none()
        if row is None:
            raise SignInAgain
        token, person, account, revision = row
        if not token_holds(expires_at=token.expires_at, revoked_at=token.revoked_at, now=now):
            raise SignInAgain
        standing = Standing(revision, token_id=token.id)
        actor = await _actor(session, token.tenant_id, person, account, now, acts_of(token.actions), standing)
    if token.last_used_at is None or token.last_used_at + SEEN_EVERY <= now:
        await _used(office, token, now)
    return actor


async def _actor(
    session: AsyncSession,
    tenant_id: UUID,
    person: Person | None,
    account: ServiceAccount | None,
    now: datetime,
    actions: frozenset[Action] | None,
    standing: Standing,
) -> Actor:
    if person is not None and person.status is not PersonStatus.LEFT:
        grants = await grants_of(session, tenant_id, now, person_id=person.id, service_account_id=None)
        return Actor(tenant_id, f"person:{person.id}", person.id, grants | {EVERYONE}, actions, standing=standing)
    if account is not None and (account.ended_at is None or now < account.ended_at):
        grants = await grants_of(session, tenant_id, now, person_id=None, service_account_id=account.id)
        return Actor(tenant_id, f"service:{account.id}", None, grants, actions, standing=standing)
    raise SignInAgain


async def _used(office: Office, token: Token, now: datetime) -> None:
    async with office.database.write(token.tenant_id) as session:
        await session.execute(
            update(Token).where(Token.tenant_id == token.tenant_id, Token.id == token.id).values(last_used_at=now)
        )


# Made once: every request asks this.
TOKEN = (
    select(Token, Person, ServiceAccount, revision_of(Token.tenant_id))
    .outerjoin(Person, and_(Person.tenant_id == Token.tenant_id, Person.id == Token.person_id))
    .outerjoin(
        ServiceAccount,
        and_(ServiceAccount.tenant_id == Token.tenant_id, ServiceAccount.id == Token.service_account_id),
    )
    .where(Token.secret_hash == bindparam("secret_hash"), at_work(Token.tenant_id))
)
