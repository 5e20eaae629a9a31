"""A signed link: one holder, one purpose, one object, used once, without a login."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, select, update

from governance.directory.errors import LinkSpent, SignInAgain
from governance.directory.models import Person, SignedLink
from governance.directory.queries import at_work
from governance.directory.rules import EVERYONE, LINK_ACTIONS, LINK_VALID_FOR, LinkPurpose, PersonStatus
from governance.directory.service.secrets import hashed, new_secret
from governance.kernel.work import Change, Office, Work
from policies.access.parties import Actor


@dataclass(frozen=True)
class LinkBearer:
    """Who holds the link, as an actor who may do nothing but what it is for, and to what."""

    actor: Actor
    person: Person
    link_id: UUID
    purpose: LinkPurpose
    subject_id: UUID


async def make_link(
    work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID, valid_for: timedelta = LINK_VALID_FOR
) -> str:
    """Make a link's secret within the verb that invites (which has asked for the right); only its hash is kept."""
    secret = new_secret(work.ids)
    now = work.now()
    row = SignedLink(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=person_id, purpose=purpose, subject_id=subject_id,
        secret_hash=hashed(secret), created_at=now, expires_at=now + valid_for, used_at=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {"person_id": person_id, "purpose": purpose, "subject_id": subject_id, "expires_at": row.expires_at}
    await work.record(Change("link:create", "link", row.id, after=after))
    return secret


async def actor_of_link(office: Office, secret: str) -> LinkBearer:
    """Say whom a link speaks for. Raises SignInAgain when there is none, LinkSpent when it was used or is too old."""
    now = office.clock.now()
    query = (
        select(SignedLink, Person)
        .join(Person, and_(Person.tenant_id == SignedLink.tenant_id, Person.id == SignedLink.person_id))
        .where(SignedLink.secret_hash == hashed(secret), at_work(SignedLink.tenant_id))
    )
    async with office.database.system_read() as session:
        found = (await session.execute(query)).one_or_none()
    if found is None:
        raise SignInAgain
    link, person = found
    if link.used_at is not None or now >= link.expires_at or person.status is PersonStatus.LEFT:
        raise LinkSpent
    actor = Actor(link.tenant_id, f"person:{person.id}", person.id, frozenset({EVERYONE}), LINK_ACTIONS[link.purpose])
    return LinkBearer(actor, person, link.id, link.purpose, link.subject_id)


async def use_link(work: Work, bearer: LinkBearer) -> None:
    """Use the link up, in the transaction of the verb that it is for. Raises LinkSpent for a second use."""
    used = await work.session.execute(
        update(SignedLink)
        .where(
            SignedLink.tenant_id == work.tenant_id,
            SignedLink.id == bearer.link_id,
            SignedLink.used_at.is_(None),
            SignedLink.expires_at > work.now(),
        )
        .values(used_at=work.now())
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        raise LinkSpent
