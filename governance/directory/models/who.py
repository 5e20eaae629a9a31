"""Who is who: tenants, the dated org tree, people and their placements, accounts, tokens, sessions and grants."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.directory.rules import LinkPurpose, PersonStatus, UnitKind
from governance.kernel.database import GlobalRow, Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from policies.access.parties import Role, ScopeKind


class Tenant(GlobalRow):
    """The isolation boundary and its settings. While it is suspended nobody comes in and nothing is sent."""

    __tablename__ = "tenant"
    __table_args__ = ({"info": {"eraser": "SELECT, DELETE"}},)

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    zone: Mapped[str] = mapped_column(String(60))
    locale: Mapped[str] = mapped_column(String(10), default="en")
    fiscal_year_start: Mapped[int] = mapped_column(Integer, default=1)
    small_group: Mapped[int] = mapped_column(Integer, default=5)
    stale_after_days: Mapped[int] = mapped_column(Integer, default=7)
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]


class OrgUnit(TenantRow, Versioned):
    """A node of the org tree: company, division, department, cost center. `code` is its natural key."""

    __tablename__ = "org_unit"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[UnitKind] = mapped_column(Word(UnitKind))
    region: Mapped[str] = mapped_column(String(10), default="001")


class UnitPlacement(TenantRow):
    """Where a unit hung in the tree, from when until when (half-open), and when we learned it."""

    __tablename__ = "unit_placement"

    unit_id: Mapped[UUID] = ref("org_unit")
    parent_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class UnitClosure(TenantRow):
    """Today's tree, flattened: `unit` lies below (or is) `ancestor`. Rebuilt by the verbs that move units."""

    __tablename__ = "unit_closure"
    __table_args__ = (UniqueConstraint("tenant_id", "ancestor_id", "unit_id"),)

    ancestor_id: Mapped[UUID] = ref("org_unit", index=False)
    unit_id: Mapped[UUID] = ref("org_unit")
    depth: Mapped[int] = mapped_column(Integer)


class Person(TenantRow, Versioned):
    """A person as the directory knows them. `external_id` (the source's own id) is the natural key."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("tenant_id", "external_id"),
        Index("ix_person_mail", "tenant_id", "mail_key"),
        Index("ix_person_name", "tenant_id", "name", "id"),
    )

    external_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    mail: Mapped[str] = mapped_column(String(254))
    mail_key: Mapped[str] = mapped_column(String(254))
    status: Mapped[PersonStatus] = mapped_column(Word(PersonStatus), default=PersonStatus.ACTIVE)
    unit_id: Mapped[UUID] = ref("org_unit")
    manager_id: Mapped[UUID | None] = ref("person", nullable=True)
    country: Mapped[str] = mapped_column(String(10))
    locale: Mapped[str | None] = mapped_column(String(10))
    contract_end: Mapped[date | None] = mapped_column(Date)
    left_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]


class PersonPlacement(TenantRow):
    """Which unit and country a person belonged to, from when until when, and when we learned it."""

    __tablename__ = "person_placement"

    person_id: Mapped[UUID] = ref("person")
    unit_id: Mapped[UUID] = ref("org_unit")
    country: Mapped[str] = mapped_column(String(10))
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]


class ServiceAccount(TenantRow):
    """A machine identity; it signs in by tokens only."""

    __tablename__ = "service_account"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(120))
    unit_id: Mapped[UUID] = ref("org_unit")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RoleGrant(TenantRow):
    """A role given to a principal at a unit (its subtree), a region, or the tenant; dated, with reason.

    `group_id` is the group that holds it, read beside the row; who is in that group holds the role.
    """

    __tablename__ = "role_grant"
    group_id: ClassVar[Any]

    person_id: Mapped[UUID | None] = ref("person", nullable=True)
    service_account_id: Mapped[UUID | None] = ref("service_account", nullable=True)
    role: Mapped[Role] = mapped_column(Word(Role))
    scope: Mapped[ScopeKind] = mapped_column(Word(ScopeKind))
    unit_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    region: Mapped[str | None] = mapped_column(String(10))
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(400))
    granted_by: Mapped[str] = mapped_column(String(80))


class Account(TenantRow, Versioned):
    """A local sign-in of a person. Only the argon2 hash of the password is kept."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("tenant_id", "login"), UniqueConstraint("tenant_id", "person_id"))

    person_id: Mapped[UUID] = ref("person", index=False)
    login: Mapped[str] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]


class Session(TenantRow):
    """A signed-in browser. The cookie's value is kept only as a hash."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_secret", "secret_hash", unique=True),)

    account_id: Mapped[UUID] = ref("account")
    secret_hash: Mapped[str] = mapped_column(String(64))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    authenticated_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Token(TenantRow):
    """An API token of a person or service account: prefix to recognize it by, hash, narrowing acts, expiry."""

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_secret", "secret_hash", unique=True),)

    name: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[UUID | None] = ref("person", nullable=True)
    service_account_id: Mapped[UUID | None] = ref("service_account", nullable=True)
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64))
    actions: Mapped[list[Any] | None] = mapped_column(Json())
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignedLink(TenantRow):
    """A one-purpose, single-use link for a holder without a login."""

    __tablename__ = "signed_link"
    __table_args__ = (Index("ix_signed_link_secret", "secret_hash", unique=True),)

    person_id: Mapped[UUID] = ref("person")
    purpose: Mapped[LinkPurpose] = mapped_column(Word(LinkPurpose))
    subject_id: Mapped[UUID]
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PolicyRevision(TenantRow):
    """The number that every change of rights raises; compared in the transaction that acts on a right."""

    __tablename__ = "policy_revision"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    revision: Mapped[int]
