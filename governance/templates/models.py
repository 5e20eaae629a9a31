"""Licenses made from templates: by which version, with which overrides; and the lines and ladders of one license."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.entitlements.rules import RenewalBasis
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned


class TemplateInstance(TenantRow, Versioned):
    """A license and the template it is held to: the version that was applied last, the one before, the overrides.

    `overrides` is a partial template: what is otherwise here on purpose. `region` says whose variant holds.
    """

    __tablename__ = "template_instance"
    __table_args__ = (UniqueConstraint("tenant_id", "entitlement_id"),)

    entitlement_id: Mapped[UUID] = ref("entitlement", index=False)
    template: Mapped[str] = mapped_column(String(60))
    version_id: Mapped[UUID] = ref("policy_version")
    former_id: Mapped[UUID | None] = ref("policy_version", nullable=True)
    region: Mapped[str] = mapped_column(String(10))
    overrides: Mapped[dict[str, Any]] = mapped_column(Json())
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(String(80))


class LicenseRules(TenantRow, Versioned):
    """What holds for one license otherwise than for the tenant: use lines, ladders, how it is renewed.

    `use`: percents by name; ladders: days_before, days_after, then_every. None: as the tenant has it.
    """

    __tablename__ = "license_rules"
    __table_args__ = (UniqueConstraint("tenant_id", "entitlement_id"),)

    entitlement_id: Mapped[UUID] = ref("entitlement", index=False)
    use: Mapped[dict[str, Any] | None] = mapped_column(Json())
    expiry_ladder: Mapped[dict[str, Any] | None] = mapped_column(Json())
    notice_ladder: Mapped[dict[str, Any] | None] = mapped_column(Json())
    renewal_basis: Mapped[RenewalBasis | None] = mapped_column(Word(RenewalBasis))
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(80))
