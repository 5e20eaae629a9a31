"""Other houses that vouch for people: providers, their groups and our roles, identities by (issuer, subject)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from policies.access.parties import Role, ScopeKind


class IdentityProvider(TenantRow, Versioned):
    """An OpenID Connect provider that a tenant trusts. Its client secret is kept sealed.

    `joins`: whoever it vouches for enters the directory, in `unit_id` and `country`. `match_claim` names a claim that
    carries the person's `external_id` in the directory, where the tenant vouches that nobody can choose their own.
    """

    __tablename__ = "identity_provider"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(200))
    secret_sealed: Mapped[str | None] = mapped_column(String(1000))
    scopes: Mapped[list[Any]] = mapped_column(Json())
    groups_claim: Mapped[str] = mapped_column(String(80), default="groups")
    match_claim: Mapped[str | None] = mapped_column(String(80))
    joins: Mapped[bool] = mapped_column(Boolean, default=False)
    unit_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    country: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class GroupMapping(TenantRow):
    """A role for whoever a provider says to be in a group, as long as it says so at each sign-in."""

    __tablename__ = "group_mapping"

    provider_id: Mapped[UUID] = ref("identity_provider")
    group_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(Word(Role))
    scope: Mapped[ScopeKind] = mapped_column(Word(ScopeKind))
    unit_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    region: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(400))
    made_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class MappedGrant(TenantRow):
    """Which grant of a role a mapping gave to whom: its source, and how it is found when the group is gone."""

    __tablename__ = "mapped_grant"

    grant_id: Mapped[UUID] = ref("role_grant")
    mapping_id: Mapped[UUID] = ref("group_mapping")
    person_id: Mapped[UUID] = ref("person")


class ExternalIdentity(TenantRow):
    """Who a provider means by a subject. Issuer and subject identify; a mail address never does."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("tenant_id", "issuer", "subject"),)

    provider_id: Mapped[UUID] = ref("identity_provider")
    person_id: Mapped[UUID] = ref("person")
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    linked_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]


class VouchedSession(TenantRow):
    """By which provider and identity a session was opened; `provider_session` is the provider's own name for it."""

    __tablename__ = "vouched_session"
    __table_args__ = (UniqueConstraint("tenant_id", "session_id"),)

    session_id: Mapped[UUID] = ref("session", index=False)
    provider_id: Mapped[UUID] = ref("identity_provider")
    identity_id: Mapped[UUID] = ref("external_identity")
    provider_session: Mapped[str | None] = mapped_column(String(255))


class SpentProof(TenantRow):
    """What passes once and was passed: a sign-in's state, a logout's name; a hash, until it is too old anyway."""

    __tablename__ = "spent_proof"
    __table_args__ = (
        UniqueConstraint("tenant_id", "proof_hash"),
        Index("ix_spent_proof_spent_at", "tenant_id", "spent_at"),
    )

    proof_hash: Mapped[str] = mapped_column(String(64))
    spent_at: Mapped[datetime]
