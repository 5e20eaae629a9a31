"""What is done to the catalog: vendors, products, tiers and features are added, and approvals are decided."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from governance.catalog import queries
from governance.catalog.models import Approval, Feature, Product, Tier, TierFeature, Vendor
from governance.catalog.rules import ApprovalStatus
from governance.kernel import given
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class NewVendor:
    name: str


@dataclass(frozen=True)
class NewProduct:
    """`releases`: its tiers are releases; a newer one covers an older one by a downgrade right alone."""

    vendor_id: UUID
    code: str
    name: str
    releases: bool = False


@dataclass(frozen=True)
class NewTier:
    """A tier of higher `rank` covers those below it."""

    product_id: UUID
    code: str
    name: str
    rank: int


@dataclass(frozen=True)
class NewFeature:
    code: str
    name: str


@dataclass(frozen=True)
class FeatureGrant:
    tier_id: UUID
    feature_id: UUID


@dataclass(frozen=True)
class ApprovalDecision:
    """`until` is the last day on which the decision holds; None: until another one."""

    product_id: UUID
    status: ApprovalStatus
    reason: str
    until: date | None = None


async def add_vendor(work: Work, new: NewVendor) -> Vendor:
    """Add a vendor. Raises BadInput where the name is taken or unusable, Refused."""
    _permit(work)
    row = Vendor(tenant_id=work.tenant_id, id=work.new_id(), name=given.text(new.name, "name", most=200))
    await add_single(work, row, field="name", has=row.name)
    await _record(work, "vendor", row.id, {"name": row.name})
    return row


async def add_product(work: Work, new: NewProduct) -> Product:
    """Add a product of a vendor. Raises NotFound, BadInput where the code is taken, Refused."""
    vendor = await queries.vendor(work, new.vendor_id)
    _permit(work)
    row = Product(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        vendor_id=vendor.id,
        code=given.text(new.code, "code", most=120),
        name=given.text(new.name, "name", most=200),
        releases=given.flag(new.releases, "releases"),
        version=1,
    )
    await add_single(work, row, field="code", has=row.code)
    after = {"vendor_id": row.vendor_id, "code": row.code, "name": row.name}
    await _record(work, "product", row.id, after | ({"releases": True} if row.releases else {}))
    return row


async def add_tier(work: Work, new: NewTier) -> Tier:
    """Add a tier to a product. Raises NotFound, BadInput where the code is taken in this product, Refused."""
    product = await queries.product(work, new.product_id)
    _permit(work)
    row = Tier(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        product_id=product.id,
        code=given.text(new.code, "code", most=120),
        name=given.text(new.name, "name", most=200),
        rank=given.whole(new.rank, "rank", most=10_000),
    )
    await add_single(work, row, field="code", has=row.code)
    after = {"product_id": row.product_id, "code": row.code, "name": row.name, "rank": row.rank}
    await _record(work, "tier", row.id, after)
    return row


async def add_feature(work: Work, new: NewFeature) -> Feature:
    """Add a feature that tiers can grant. Raises BadInput where the code is taken, Refused."""
    _permit(work)
    row = Feature(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        code=given.text(new.code, "code", most=120),
        name=given.text(new.name, "name", most=300),
    )
    await add_single(work, row, field="code", has=row.code)
    await _record(work, "feature", row.id, {"code": row.code, "name": row.name})
    return row


async def grant_feature(work: Work, grant: FeatureGrant) -> TierFeature:
    """Let a tier grant a feature; once more changes nothing. Raises NotFound, Refused."""
    tier = await queries.tier(work, grant.tier_id)
    feature = await queries.feature(work, grant.feature_id)
    _permit(work)
    if (standing := await queries.granted(work, tier.id, feature.id)) is not None:
        if standing.retired_at is not None:
            standing.retired_at = None
            await work.session.flush()
            await _record(work, "tier", tier.id, {"feature": feature.code})
        return standing
    row = TierFeature(tenant_id=work.tenant_id, id=work.new_id(), tier_id=tier.id, feature_id=feature.id)
    await add_single(work, row, field="feature_id", has=feature.code)
    await _record(work, "tier", tier.id, {"feature": feature.code})
    return row


async def decide_approval(work: Work, decision: ApprovalDecision) -> Approval:
    """Decide whether a product may be used; earlier decisions stay readable. Raises NotFound, BadInput, Refused."""
    product = await queries.product(work, decision.product_id)
    _permit(work)
    before = await queries.approval_of(work, product.id)
    row = Approval(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        product_id=product.id,
        status=ApprovalStatus(decision.status),
        until=None if decision.until is None else given.day(decision.until, "until"),
        decided_by=work.actor.principal,
        reason=given.text(decision.reason, "reason", most=400),
        recorded_at=work.now(),
    )
    work.session.add(row)
    await work.session.flush()
    was = None if before is None else {"status": before.status, "until": before.until}
    now = {"status": row.status, "until": row.until}
    await work.record(Change("catalog:edit", "product", product.id, before=was, after=now, reason=row.reason))
    await work.emit("ApprovalDecided", product.id, status=row.status.value)
    return row


def _permit(work: Work) -> None:
    work.permit(Action.CATALOG_EDIT, Ownership(work.tenant_id), "catalog")


async def _record(work: Work, subject: str, row_id: UUID, after: dict[str, object]) -> None:
    await work.record(Change(Action.CATALOG_EDIT.value, subject, row_id, after=after))
