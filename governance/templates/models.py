"""Licenses made from templates: by which version, and with which overrides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.entitlements.models import LicenseRules
from governance.kernel.database import Json, TenantRow, ref
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


__all__ = ["LicenseRules", "TemplateInstance"]
