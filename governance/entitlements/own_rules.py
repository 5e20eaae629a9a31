"""What holds for one license alone: at which use alerts are raised, when ends are told, how it is renewed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from governance.entitlements.rules import RenewalBasis
from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.kernel.work import Work


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


async def renewal_basis_of(work: Work, entitlement_id: UUID) -> RenewalBasis | None:
    """Give from when a renewal of a license holds unless it says so itself; None where nothing was said."""
    query = select(LicenseRules.renewal_basis).where(
        LicenseRules.tenant_id == work.tenant_id, LicenseRules.entitlement_id == entitlement_id
    )
    return (await work.session.execute(query)).scalar_one_or_none()
