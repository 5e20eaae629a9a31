"""Which line covers which tiers and products, by rank, suite and downgrade right: named SELECTs for checks.

`TierBook.covers` in SQL, for all lines at once. A *key* is the id of a tier, or of a product as such.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Select, and_, func, or_, select, union, union_all
from sqlalchemy.orm import aliased

from governance.catalog.models import Product, Tier, TierBond
from governance.catalog.rules import BondKind
from governance.catalog.shelf import bond_holds
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, there

PRODUCT_OF_TIER = and_(Product.tenant_id == Tier.tenant_id, Product.id == Tier.product_id)


def keys_of_lines(tenant_id: UUID, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give what each line is a right to: line_id, key, product_id, spoken (product and tier)."""
    return (
        select(
            MetricLine.id.label("line_id"),
            func.coalesce(MetricLine.tier_id, Entitlement.product_id).label("key"),
            Entitlement.product_id,
            (Product.name + func.coalesce(" " + Tier.code, "")).label("spoken"),
        )
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .where(MetricLine.tenant_id == tenant_id, there(MetricLine, known_at))
    )


def keys_covered(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give for each key that a line is a right to all that it covers, itself too: held, key, product_id (of `key`)."""
    line = keys_of_lines(tenant_id, known_at).cte("lines_for_covers")
    step = _steps(tenant_id, as_of, known_at)
    walked = select(line.c.key.label("held"), line.c.key.label("key")).distinct().cte("walked", recursive=True)
    further = select(walked.c.held, step.c.below).join(step, step.c.above == walked.c.key)
    walked = walked.union(further)
    product = _products(tenant_id)
    return select(walked.c.held, walked.c.key, product.c.product_id).join(product, product.c.key == walked.c.key)


def bases_required(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give every base of every add-on: tier_id, key, spoken (the base's product and tier)."""
    tier_of_base = aliased(Tier)
    product = aliased(Product)
    of_base = and_(product.tenant_id == TierBond.tenant_id,
                   or_(product.id == TierBond.product_id, product.id == tier_of_base.product_id))  # fmt: skip
    return (
        select(
            TierBond.tier_id,
            func.coalesce(TierBond.part_id, TierBond.product_id).label("key"),
            (product.name + func.coalesce(" " + tier_of_base.code, "")).label("spoken"),
        )
        .outerjoin(
            tier_of_base, and_(tier_of_base.tenant_id == TierBond.tenant_id, tier_of_base.id == TierBond.part_id)
        )
        .join(product, of_base)
        .where(
            TierBond.tenant_id == tenant_id, TierBond.kind == BondKind.REQUIRES, bond_holds(as_of, known_at)
        )
    )  # fmt: skip


def _steps(tenant_id: UUID, as_of: datetime, known_at: datetime) -> CTE:
    """Give what lies one step below a key: parts of a suite, lower ranks, the tiers of a contained product."""
    contains = (
        TierBond.tenant_id == tenant_id, TierBond.kind == BondKind.CONTAINS, bond_holds(as_of, known_at),
    )  # fmt: skip
    parts = select(TierBond.tier_id.label("above"), TierBond.part_id.label("below")).where(
        *contains, TierBond.part_id.is_not(None)
    )
    wholes = select(TierBond.tier_id, TierBond.product_id).where(*contains, TierBond.product_id.is_not(None))
    in_wholes = (
        select(TierBond.product_id, Tier.id)
        .join(Tier, and_(Tier.tenant_id == TierBond.tenant_id, Tier.product_id == TierBond.product_id))
        .where(*contains)
    )
    lower = aliased(Tier)
    ranks = (
        select(Tier.id, lower.id)
        .join(Product, PRODUCT_OF_TIER)
        .join(
            lower,
            and_(lower.tenant_id == Tier.tenant_id, lower.product_id == Tier.product_id, lower.rank < Tier.rank),
        )
        .where(Tier.tenant_id == tenant_id, Product.releases.is_(False))
    )
    return union(parts, wholes, in_wholes, ranks).cte("steps")


def _products(tenant_id: UUID) -> CTE:
    """Give of which product each key is."""
    return union_all(
        select(Tier.id.label("key"), Tier.product_id.label("product_id")).where(Tier.tenant_id == tenant_id),
        select(Product.id, Product.id).where(Product.tenant_id == tenant_id),
    ).cte("products_of_keys")
