"""Roles for some hours: who asked, who decided, and the grant it became."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from governance.directory.models.who import RoleGrant
from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from policies.access.parties import Role, ScopeKind

OPEN = text("ended_at IS NULL")


class Elevation(TenantRow, Versioned):
    """A wish of a person for a role for some hours. Undecided at `expires_at`, it is over; approved, it is a grant.

    `grant_end` is the end of that grant, read beside the row: by the clock, or earlier where it was taken back.
    """

    __tablename__ = "elevation"
    __table_args__ = (
        CheckConstraint("hours BETWEEN 1 AND 168", name="hours"),
        Index("ix_elevation_open", "tenant_id", "expires_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_elevation_asked", "tenant_id", "asked_at", "id"),
    )
    grant_end: ClassVar[Any]

    person_id: Mapped[UUID] = ref("person")
    role: Mapped[Role] = mapped_column(Word(Role))
    scope: Mapped[ScopeKind] = mapped_column(Word(ScopeKind))
    unit_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    region: Mapped[str | None] = mapped_column(String(10))
    hours: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(400))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    approved: Mapped[bool | None] = mapped_column(Boolean)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(400))
    grant_id: Mapped[UUID | None] = ref("role_grant", nullable=True)
    ended_at: Mapped[datetime | None]


Elevation.grant_end = column_property(
    select(RoleGrant.end)
    .where(RoleGrant.tenant_id == Elevation.tenant_id, RoleGrant.id == Elevation.grant_id)
    .correlate_except(RoleGrant)
    .scalar_subquery(),
    expire_on_flush=False,  # whoever changes it says so; a row that is given away is not asked again
)
