"""Coming in by a provider: whom it means, the roles its groups give until the session's end, and a session."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from governance.directory import vouched
from governance.directory.errors import NotVouchedFor, Why
from governance.directory.models import (
    Account,
    ExternalIdentity,
    IdentityProvider,
    Person,
    Session,
    SpentProof,
    VouchedSession,
)
from governance.directory.rules import ABSOLUTE_TIMEOUT, PersonStatus, same_mail
from governance.directory.service.actors import operator
from governance.directory.service.coming_in import open_session
from governance.directory.service.grants import raise_revision
from governance.directory.service.group_roles import bring_roles_up_to_date
from governance.directory.service.people import PersonFacts, upsert_person
from governance.directory.service.providers import new_identity
from governance.directory.service.sessions import SignedIn, note_proof
from governance.kernel.database.insert import insert_new
from governance.kernel.errors import BusinessError
from governance.kernel.work import Change, Office, Work

SPENT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Vouched:
    """What a provider said of somebody, after its signature and every claim was checked. `at`: when they proved it."""

    subject: str
    name: str = ""
    mail: str = ""
    mail_verified: bool = False
    groups: frozenset[str] = frozenset()
    matches: str | None = None
    at: datetime | None = None
    provider_session: str | None = None


async def arrive(office: Office, provider: IdentityProvider, said: Vouched) -> tuple[Session, str]:
    """Open a session for whom the provider means and give its cookie's value. Raises NotVouchedFor.

    Issuer and subject identify. A newcomer enters the directory where the provider may bring people in; a mail address
    that somebody has already links nobody, it keeps the newcomer out until an admin links them.
    """
    try:
        return await _arrive(office, provider, said)
    except IntegrityError:  # two browsers of one newcomer: the second finds what the first left
        return await _arrive(office, provider, said)


async def prove_by(office: Office, provider: IdentityProvider, signed_in: SignedIn, said: Vouched) -> SignedIn:
    """Keep that the session's person proved again who they are, with their provider. Raises NotVouchedFor."""
    if said.at is None:
        raise NotVouchedFor(Why.AUTH_TIME)
    async with office.writing(signed_in.actor) as work:
        found = await vouched.identity_of(work.session, work.tenant_id, provider.issuer, said.subject)
        if found is None or found.person_id != signed_in.person.id:
            raise NotVouchedFor(Why.OTHER_PERSON)
        return await note_proof(work, signed_in, said.at)


async def spend_proof(office: Office, tenant_id: UUID, proof: str) -> bool:
    """Let a proof pass once; False for one that passed before. Those of yesterday are forgotten."""
    async with office.writing(operator(tenant_id, "sign-in")) as work:
        told = hashlib.sha256(proof.encode()).hexdigest()
        row = {"tenant_id": tenant_id, "id": work.new_id(), "proof_hash": told, "spent_at": work.now()}
        fresh = await insert_new(work.session, SpentProof, [row])
        old = SpentProof.spent_at < work.now() - SPENT_FOR
        await work.session.execute(delete(SpentProof).where(SpentProof.tenant_id == tenant_id, old))
    return bool(fresh)


async def note_refusal(office: Office, provider: IdentityProvider, why: Why, reference: UUID) -> None:
    """Keep in the trail that a provider's word was not taken, and why; `reference` is what the person was told."""
    async with office.writing(operator(provider.tenant_id, "sign-in")) as work:
        about = {"why": why, "reference": reference}
        await work.record(Change("identity:refuse", "identity_provider", provider.id, after=about))


async def end_vouched_sessions(
    office: Office, provider: IdentityProvider, subject: str | None, provider_session: str | None
) -> int:
    """End the sessions of a subject, or the one that the provider calls so, because it says so; tells how many."""
    async with office.writing(operator(provider.tenant_id, "sign-in")) as work:
        query = (
            select(Session)
            .join(
                VouchedSession,
                (VouchedSession.tenant_id == Session.tenant_id) & (VouchedSession.session_id == Session.id),
            )
            .join(
                ExternalIdentity,
                (ExternalIdentity.tenant_id == VouchedSession.tenant_id)
                & (ExternalIdentity.id == VouchedSession.identity_id),
            )
            .where(
                Session.tenant_id == work.tenant_id,
                Session.ended_at.is_(None),
                VouchedSession.provider_id == provider.id,
            )
        )
        if subject is not None:
            query = query.where(ExternalIdentity.subject == subject)
        if provider_session is not None:
            query = query.where(VouchedSession.provider_session == provider_session)
        rows = (await work.session.execute(query)).scalars().all()
        for row in rows:
            row.ended_at = work.now()
            about = {"session_id": row.id, "by": "provider"}
            await work.record(Change("session:end", "account", row.account_id, after=about))
        if rows:
            await work.session.flush()
            await raise_revision(work)
    return len(rows)


async def _arrive(office: Office, provider: IdentityProvider, said: Vouched) -> tuple[Session, str]:
    async with office.writing(operator(provider.tenant_id, "sign-in")) as work:
        identity, person = await _whom(work, provider, said)
        if person.status is PersonStatus.LEFT:
            raise NotVouchedFor(Why.LEFT)
        identity.last_seen_at = work.now()
        await bring_roles_up_to_date(work, provider, person.id, said.groups, until=work.now() + ABSOLUTE_TIMEOUT)
        account_id = await _account(work, person.id)
        row, secret = await open_session(
            work, account_id, said.at or work.now() - ABSOLUTE_TIMEOUT, by=f"provider {provider.name}"
        )
        work.session.add(
            VouchedSession(
                tenant_id=work.tenant_id, id=work.new_id(), session_id=row.id, provider_id=provider.id,
                identity_id=identity.id, provider_session=said.provider_session,
            )
        )  # fmt: skip
        await work.session.flush()
    return row, secret


async def _whom(work: Work, provider: IdentityProvider, said: Vouched) -> tuple[ExternalIdentity, Person]:
    """Give whom the provider means: known by (issuer, subject), by the directory's own key, or new."""
    found = await vouched.identity_of(work.session, work.tenant_id, provider.issuer, said.subject)
    if found is not None:
        return found, await work.session.get_one(Person, (work.tenant_id, found.person_id))
    person = await _matched(work, said) or await _newcomer(work, provider, said)
    row = new_identity(work, provider, person.id, said.subject)
    work.session.add(row)
    await work.session.flush()
    after = {"person_id": person.id, "provider_id": provider.id}
    await work.record(Change("identity:link", "external_identity", row.id, after=after))
    return row, person


async def _matched(work: Work, said: Vouched) -> Person | None:
    """Give the person whose key in the directory the provider said, unless an identity of theirs is known already."""
    if said.matches is None:
        return None
    query = select(Person).where(Person.tenant_id == work.tenant_id, Person.external_id == said.matches)
    person = (await work.session.execute(query)).scalar_one_or_none()
    if person is None:
        return None
    known = select(ExternalIdentity.id).where(
        ExternalIdentity.tenant_id == work.tenant_id, ExternalIdentity.person_id == person.id
    )
    if (await work.session.execute(known)).first() is not None:
        raise NotVouchedFor(Why.OTHER_PERSON)
    return person


async def _newcomer(work: Work, provider: IdentityProvider, said: Vouched) -> Person:
    """Enter a newcomer into the directory. Raises NotVouchedFor."""
    if not provider.joins or provider.unit_id is None or provider.country is None:
        raise NotVouchedFor(Why.NOT_KNOWN)
    key = hashlib.sha256(f"{provider.issuer}\n{said.subject}".encode()).hexdigest()[:40]
    mail = said.mail.strip()
    if mail and await _mail_is_taken(work, mail):
        raise NotVouchedFor(Why.MAIL_TAKEN)
    if not mail or not said.mail_verified:
        mail = f"{key}@no-mail.invalid"
    facts = PersonFacts(
        external_id=f"sign-in:{key}", name=said.name.strip()[:200] or mail, mail=mail, unit_id=provider.unit_id,
        country=provider.country, source="sign-in",
    )  # fmt: skip
    try:
        return await upsert_person(work, facts)
    except BusinessError:
        raise NotVouchedFor(Why.PERSON) from None


async def _mail_is_taken(work: Work, mail: str) -> bool:
    query = select(Person.id).where(Person.tenant_id == work.tenant_id, Person.mail_key == same_mail(mail)).limit(1)
    return (await work.session.execute(query)).first() is not None


async def _account(work: Work, person_id: UUID) -> UUID:
    """Give a person's account; one that is made here has no password, so nobody signs in to it by one."""
    query = select(Account.id).where(Account.tenant_id == work.tenant_id, Account.person_id == person_id)
    known = (await work.session.execute(query)).scalar_one_or_none()
    if known is not None:
        return known
    row = Account(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=person_id, login=f"sign-in:{person_id}",
        password_hash="", failures=0, locked_until=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("account:create", "account", row.id, after={"person_id": person_id}))
    return row.id
