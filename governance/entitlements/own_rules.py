"""What holds for one license alone, asked of purchases: from when its renewal holds unless that says so itself."""

from uuid import UUID

from sqlalchemy import select

from governance.entitlements.models import LicenseRules
from governance.entitlements.rules import RenewalBasis
from governance.kernel.work import Work


async def renewal_basis_of(work: Work, entitlement_id: UUID) -> RenewalBasis | None:
    """Give from when a renewal of a license holds; None where nothing was said."""
    query = select(LicenseRules.renewal_basis).where(
        LicenseRules.tenant_id == work.tenant_id, LicenseRules.entitlement_id == entitlement_id
    )
    return (await work.session.execute(query)).scalar_one_or_none()
