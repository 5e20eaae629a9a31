"""Signing in and out: one answer for every failure, a lock after five, an end when idle and an end for good."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, select, update

from governance.directory.errors import SignInAgain, SignInFailed
from governance.directory.models import Account, HalfSignIn, Person, Session, Tenant, VouchedSession
from governance.directory.queries import grants_of, revision_of
from governance.directory.rules import EVERYONE, SEEN_EVERY, PersonStatus, same_mail, session_holds
from governance.directory.service.accounts import attempt, password_matches
from governance.directory.service.coming_in import at_the_door, clear_failures, come_half_way, open_session
from governance.directory.service.grants import raise_revision
from governance.directory.service.second_factor import code_passes, has_second_factor
from governance.directory.service.secrets import hashed
from governance.kernel.work import Change, Office, Work
from policies.access.parties import Actor, Standing


@dataclass(frozen=True)
class SignedIn:
    """Who a session's cookie belongs to, with the token that its forms must carry."""

    actor: Actor
    person: Person
    csrf: str
    tenant: Tenant
    session_id: UUID
    account_id: UUID
    by_provider: bool = False


@dataclass(frozen=True)
class _Found:
    tenant_id: UUID
    account_id: UUID
    password_hash: str


async def sign_in(
    office: Office, tenant_slug: str | None, login: str, password: str
) -> tuple[Session | HalfSignIn, str]:
    """Open a session and give its cookie's value, the only time that it is known; half a sign-in where a code is due.

    Without a slug the login must be the only one of its name in the installation. Raises SignInFailed, alike and after
    the same computing for a wrong password, a missing or locked account, and a leaver.
    """
    found = await _account(office, tenant_slug, login)
    if not await _proved(office, found, password):
        raise SignInFailed
    assert found is not None
    async with office.writing(at_the_door(found.tenant_id)) as work:
        if await has_second_factor(work, found.account_id):
            return await come_half_way(work, found.account_id)
        return await open_session(work, found.account_id)


async def prove_again(office: Office, signed_in: SignedIn, password: str, code: str = "") -> SignedIn:
    """Prove once more who one is, before an act that asks for it; with a code where a second factor is enrolled.

    Raises SignInFailed, counted like a sign-in.
    """
    tenant_id = signed_in.tenant.id
    async with office.database.read(tenant_id) as session:
        row = await session.get(Account, (tenant_id, signed_in.account_id))
    found = None if row is None else _Found(tenant_id, row.id, row.password_hash)
    if not await _proved(office, found, password):
        raise SignInFailed
    async with office.writing(signed_in.actor) as work:
        account_id = signed_in.account_id
        passed = not await has_second_factor(work, account_id) or await code_passes(work, account_id, code)
        proved = await note_proof(work, signed_in) if passed else None
    if proved is None:
        raise SignInFailed
    return proved


async def note_proof(work: Work, signed_in: SignedIn, at: datetime | None = None) -> SignedIn:
    """Keep that the session's person has proven who they are, now or at an instant that a provider vouches for."""
    proved_at = at or work.now()
    await clear_failures(work, signed_in.account_id)
    await work.session.execute(
        update(Session)
        .where(Session.tenant_id == work.tenant_id, Session.id == signed_in.session_id)
        .values(authenticated_at=proved_at)
    )
    about = {"session_id": signed_in.session_id}
    await work.record(Change("session:prove_again", "account", signed_in.account_id, after=about))
    return replace(signed_in, actor=replace(signed_in.actor, authenticated_at=proved_at))


async def sign_out(office: Office, signed_in: SignedIn) -> None:
    """End the session; its cookie opens nothing from this commit on."""
    async with office.writing(signed_in.actor) as work:
        await work.session.execute(
            update(Session)
            .where(Session.tenant_id == work.tenant_id, Session.id == signed_in.session_id, Session.ended_at.is_(None))
            .values(ended_at=work.now())
        )
        await raise_revision(work)
        about = {"session_id": signed_in.session_id}
        await work.record(Change("session:end", "account", signed_in.account_id, after=about))


async def actor_of_session(office: Office, cookie: str) -> SignedIn:
    """Say who a session's cookie belongs to, with today's grants. Raises SignInAgain when it does not hold."""
    now = office.clock.now()
    async with office.database.system_read() as session:
        row = (await session.execute(_session_of(hashed(cookie)))).one_or_none()
        if row is None:
            raise SignInAgain
        held, account, person, tenant, revision, provider_id = row
        if person.status is PersonStatus.LEFT or not session_holds(
            last_seen_at=held.last_seen_at, ends_at=held.ends_at, ended_at=held.ended_at, now=now
        ):
            raise SignInAgain
        grants = await grants_of(session, tenant.id, now, person_id=person.id, service_account_id=None)
    if held.last_seen_at + SEEN_EVERY <= now:
        await _seen(office, held, now)
    actor = Actor(
        tenant.id, f"person:{person.id}", person_id=person.id, grants=grants | {EVERYONE},
        authenticated_at=held.authenticated_at, standing=Standing(revision, session_id=held.id),
    )  # fmt: skip
    return SignedIn(actor, person, held.csrf, tenant, held.id, account.id, provider_id is not None)


async def _account(office: Office, tenant_slug: str | None, login: str) -> _Found | None:
    """Find the one account of that login; None when there is none, or more than one."""
    query = (
        select(Account)
        .join(Tenant, Tenant.id == Account.tenant_id)
        .join(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(Account.login == same_mail(login), Person.status != PersonStatus.LEFT, Tenant.suspended_at.is_(None))
        .limit(2)
    )
    if tenant_slug:
        query = query.where(Tenant.slug == tenant_slug.strip().lower())
    async with office.database.system_read() as session:
        rows = (await session.execute(query)).scalars().all()
    return _Found(rows[0].tenant_id, rows[0].id, rows[0].password_hash) if len(rows) == 1 else None


async def _proved(office: Office, found: _Found | None, password: str) -> bool:
    """Count the try, then compare; a locked or missing account takes the same computing and answers no."""
    may = False
    if found is not None:
        async with office.writing(at_the_door(found.tenant_id)) as work:
            may = await attempt(work, found.account_id)
    matches = await password_matches(password, found.password_hash if found is not None else None)
    return may and matches


async def _seen(office: Office, held: Session, now: datetime) -> None:
    async with office.database.write(held.tenant_id) as session:
        await session.execute(
            update(Session)
            .where(Session.tenant_id == held.tenant_id, Session.id == held.id, Session.last_seen_at < now)
            .values(last_seen_at=now)
        )


def _session_of(secret_hash: str) -> Select[Session, Account, Person, Tenant, int, UUID | None]:
    return (
        select(Session, Account, Person, Tenant, revision_of(Session.tenant_id), VouchedSession.provider_id)
        .join(Account, and_(Account.tenant_id == Session.tenant_id, Account.id == Session.account_id))
        .join(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .join(Tenant, Tenant.id == Session.tenant_id)
        .outerjoin(
            VouchedSession,
            and_(VouchedSession.tenant_id == Session.tenant_id, VouchedSession.session_id == Session.id),
        )
        .where(Session.secret_hash == secret_hash, Tenant.suspended_at.is_(None))
    )
