"""Providers that a tenant trusts to vouch for its people, the roles their groups give, and identities by hand."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from governance.audit.entries import difference
from governance.directory import queries, vouched
from governance.directory.models import (
    ExternalIdentity,
    GroupMapping,
    IdentityProvider,
    MappedGrant,
    RoleGrant,
    Session,
    VouchedSession,
)
from governance.directory.provider_rules import checked_facts, checked_issuer
from governance.directory.service.grants import check_grant, end_grant, place_of, raise_revision
from governance.kernel.errors import BadInput, Conflict, NotFound, WrongState
from governance.kernel.sealed import seal
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership, Role, ScopeKind

USUAL_SCOPES = ("openid", "profile", "email")
PURPOSE = "client secret of an identity provider"


@dataclass(frozen=True)
class NewProvider:
    """A provider as its own administration registered us: issuer, client id and secret, and what we ask of it."""

    name: str
    issuer: str
    client_id: str
    client_secret: str | None = None
    scopes: tuple[str, ...] = USUAL_SCOPES
    groups_claim: str = "groups"
    match_claim: str | None = None
    joins: bool = False
    unit_id: UUID | None = None
    country: str | None = None


@dataclass(frozen=True)
class ChangeProvider:
    """What is new of a provider; its issuer stays, for identities are known by it. `client_secret` None keeps it."""

    provider_id: UUID
    expected_version: int
    name: str
    client_id: str
    scopes: tuple[str, ...]
    groups_claim: str
    client_secret: str | None = None
    match_claim: str | None = None
    joins: bool = False
    unit_id: UUID | None = None
    country: str | None = None


@dataclass(frozen=True)
class NewMapping:
    provider_id: UUID
    group_name: str
    role: Role
    scope: ScopeKind
    reason: str
    unit_id: UUID | None = None
    region: str | None = None


@dataclass(frozen=True)
class NewIdentity:
    provider_id: UUID
    person_id: UUID
    subject: str


async def add_provider(work: Work, command: NewProvider) -> IdentityProvider:
    """Trust a provider from now on. Raises Refused, BadInput, NotFound (unit)."""
    work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), f"identity provider {command.name}")
    issuer, values = checked_issuer(command.issuer), await _checked(work, command)
    row = IdentityProvider(
        tenant_id=work.tenant_id, id=work.new_id(), issuer=issuer, created_at=work.now(), ended_at=None, **values
    )
    row.secret_sealed = _sealed(work, row.id, command.client_secret)
    await add_single(work, row, field="name", has=row.name)
    after = {"issuer": issuer, **values, "secret": row.secret_sealed is not None}
    await work.record(Change("identity:add_provider", "identity_provider", row.id, after=after))
    return row


async def change_provider(work: Work, command: ChangeProvider) -> IdentityProvider:
    """Change what is asked of a provider. Raises NotFound, Refused, BadInput, Conflict."""
    row = await vouched.provider(work, command.provider_id, lock=True)
    work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), f"identity provider {row.name}")
    if row.version != command.expected_version:
        raise Conflict("identity provider", str(command.expected_version), str(row.version))
    values = await _checked(work, command)
    if values["name"] != row.name:
        await _name_is_free(work, values["name"])
    before, after = difference(row, values)
    for name, value in after.items():
        setattr(row, name, value)
    if command.client_secret:
        row.secret_sealed = _sealed(work, row.id, command.client_secret)
        after["secret"] = "another"  # noqa: S105 - that it changed, not what it is
    row.version += 1
    await work.session.flush()
    await work.record(Change("identity:change_provider", "identity_provider", row.id, before=before, after=after))
    return row


async def end_provider(work: Work, provider_id: UUID, reason: str) -> IdentityProvider:
    """Trust a provider no more: its mappings, the roles they gave and the sessions it opened end at once.

    Raises NotFound, Refused.
    """
    row = await vouched.provider(work, provider_id, lock=True)
    work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), f"identity provider {row.name}")
    row.ended_at = work.now()
    row.version += 1
    for mapping in await vouched.live_mappings(work.session, work.tenant_id, row.id):
        await _end_mapping(work, mapping, reason)
    opened = select(VouchedSession.session_id).where(
        VouchedSession.tenant_id == work.tenant_id, VouchedSession.provider_id == row.id
    )
    await work.session.execute(
        update(Session)
        .where(Session.tenant_id == work.tenant_id, Session.id.in_(opened), Session.ended_at.is_(None))
        .values(ended_at=work.now())
        .execution_options(synchronize_session=False)
    )
    await raise_revision(work)
    await work.record(
        Change("identity:end_provider", "identity_provider", row.id, after={"ended_at": row.ended_at}, reason=reason)
    )
    return row


async def map_group(work: Work, command: NewMapping) -> GroupMapping:
    """Let a provider's group give a role. Who maps it must be able to grant that role there.

    Raises NotFound, Refused, BadInput.
    """
    provider = await vouched.provider(work, command.provider_id)
    work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), f"identity provider {provider.name}")
    group = command.group_name.strip()
    if not 0 < len(group) <= 200:
        raise BadInput("group_name", command.group_name, "1 to 200 characters, as the provider names the group")
    check_grant(command.scope, command.unit_id, command.region, command.reason)
    whose = await place_of(work, command.unit_id, command.region)
    work.permit(Action.ACCESS_GRANT, whose, f"role {command.role}")
    row = GroupMapping(
        tenant_id=work.tenant_id, id=work.new_id(), provider_id=provider.id, group_name=group, role=command.role,
        scope=command.scope, unit_id=command.unit_id, region=command.region, reason=command.reason.strip(),
        made_by=work.actor.principal, created_at=work.now(), ended_at=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("identity:map_group", "group_mapping", row.id, after=described(row), reason=row.reason))
    return row


async def end_mapping(work: Work, mapping_id: UUID, reason: str) -> GroupMapping:
    """Let a group give its role no more; what it gave ends at once. Raises NotFound, Refused, WrongState."""
    query = vouched.visible_mappings(work).where(GroupMapping.id == mapping_id).with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("group mapping", str(mapping_id))
    work.permit(Action.IDENTITY_EDIT, Ownership(work.tenant_id), f"group {row.group_name}")
    if row.ended_at is not None:
        raise WrongState("group mapping", "ENDED", "end")
    await _end_mapping(work, row, reason)
    return row


async def link_identity(work: Work, command: NewIdentity) -> ExternalIdentity:
    """Say by hand whom a provider means by a subject. Raises NotFound, Refused, BadInput where it means somebody."""
    provider = await vouched.provider(work, command.provider_id)
    person = await queries.person(work, command.person_id)
    whose = await queries.ownership(work, unit_id=person.unit_id, region=person.country)
    work.permit(Action.IDENTITY_EDIT, whose, f"identity of person {person.id}")
    subject = command.subject.strip()
    if not 0 < len(subject) <= 255:
        raise BadInput("subject", command.subject, "1 to 255 characters, the provider's `sub`")
    row = new_identity(work, provider, person.id, subject)
    await add_single(work, row, field="subject", has=subject)
    after = {"person_id": person.id, "provider_id": provider.id}
    await work.record(Change("identity:link", "external_identity", row.id, after=after))
    return row


async def unlink_identity(work: Work, identity_id: UUID, reason: str) -> ExternalIdentity:
    """Let a provider's subject mean nobody; its sessions end at once. Raises NotFound, Refused."""
    query = vouched.visible_identities(work).where(ExternalIdentity.id == identity_id)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("identity", str(identity_id))
    person = await queries.person(work, row.person_id)
    whose = await queries.ownership(work, unit_id=person.unit_id, region=person.country)
    work.permit(Action.IDENTITY_EDIT, whose, f"identity of person {person.id}")
    opened = vouched.sessions_of_identity(work.tenant_id, row.id, None)
    await work.session.execute(
        update(Session)
        .where(Session.tenant_id == work.tenant_id, Session.id.in_(opened), Session.ended_at.is_(None))
        .values(ended_at=work.now())
        .execution_options(synchronize_session=False)
    )
    for kind, column in ((VouchedSession, VouchedSession.identity_id), (ExternalIdentity, ExternalIdentity.id)):
        await work.session.execute(delete(kind).where(kind.tenant_id == work.tenant_id, column == row.id))
    await raise_revision(work)
    before = {"person_id": row.person_id, "provider_id": row.provider_id}
    await work.record(Change("identity:unlink", "external_identity", row.id, before=before, reason=reason))
    return row


def new_identity(work: Work, provider: IdentityProvider, person_id: UUID, subject: str) -> ExternalIdentity:
    """Give the row that says whom a provider means."""
    return ExternalIdentity(
        tenant_id=work.tenant_id, id=work.new_id(), provider_id=provider.id, person_id=person_id,
        issuer=provider.issuer, subject=subject, linked_by=work.actor.principal, created_at=work.now(),
        last_seen_at=None,
    )  # fmt: skip


def described(row: GroupMapping) -> dict[str, Any]:
    """Give a mapping as the trail keeps it."""
    return {
        "provider_id": row.provider_id, "group_name": row.group_name, "role": row.role, "scope": row.scope,
        "unit_id": row.unit_id, "region": row.region,
    }  # fmt: skip


async def _end_mapping(work: Work, row: GroupMapping, reason: str) -> None:
    row.ended_at = work.now()
    await work.session.flush()
    given = (
        select(RoleGrant.id)
        .join(MappedGrant, (MappedGrant.tenant_id == RoleGrant.tenant_id) & (MappedGrant.grant_id == RoleGrant.id))
        .where(MappedGrant.tenant_id == work.tenant_id, MappedGrant.mapping_id == row.id, RoleGrant.end > work.now())
    )
    for grant_id in (await work.session.execute(given)).scalars().all():
        await end_grant(work, grant_id, reason)
    await work.record(
        Change("identity:end_mapping", "group_mapping", row.id, after={"ended_at": row.ended_at}, reason=reason)
    )


async def _checked(work: Work, command: NewProvider | ChangeProvider) -> dict[str, Any]:
    """Give the values of a provider's row when they can be used. Raises BadInput, NotFound."""
    values = checked_facts(command, frozenset(work.office.regions.nodes))
    if command.unit_id is not None:
        await queries.visible_unit(work, command.unit_id)
    return values


async def _name_is_free(work: Work, name: str) -> None:
    query = select(IdentityProvider.id).where(
        IdentityProvider.tenant_id == work.tenant_id, IdentityProvider.name == name
    )
    if (await work.session.execute(query)).first() is not None:
        raise BadInput("name", name, "a value that is not taken yet")


def _sealed(work: Work, provider_id: UUID, secret: str | None) -> str | None:
    if not secret:
        return None
    if len(secret) > 500:
        raise BadInput("client_secret", "(not shown)", "at most 500 characters")
    return seal(work.office.secret, work.ids, purpose=PURPOSE, about=str(provider_id), text=secret)
