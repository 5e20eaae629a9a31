"""How licenses stand that are held to templates: their lines, pools, seats in force, ladders and journeys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select

from governance.activation.models import ProductJourney
from governance.catalog.models import Product, Tier
from governance.directory.models import OrgUnit
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.queries import (
    ENTITLEMENT_OF_LINE,
    LINE_OF_LOT,
    LINE_OF_POOL,
    POOL_OF_ALLOCATION,
    known,
    there,
)
from governance.kernel.due import holds_at
from governance.kernel.work import Work
from governance.templates.models import LicenseRules


@dataclass
class License:
    """A license as it stands: its lines and pools by code, and what is in force at `at` of its seats.

    `at` is now, or the first day of its first purchase where that is to come.
    """

    row: Entitlement
    product: str
    at: datetime
    lines: dict[str, MetricLine] = field(default_factory=dict)
    tiers: dict[str, str | None] = field(default_factory=dict)
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    line_of: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    given: dict[str, list[Allocation]] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    rules: LicenseRules | None = None
    journey: ProductJourney | None = None


async def licenses(work: Work, entitlement_ids: Collection[UUID]) -> dict[UUID, License]:
    """Give these licenses as they stand, in as many SELECTs whether few or many. They were fetched within reach."""
    now = work.now()
    query = (
        select(Entitlement, Product.code)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .where(Entitlement.tenant_id == work.tenant_id, Entitlement.id.in_(set(entitlement_ids)))
        .execution_options(populate_existing=True)
    )
    found = {row.id: License(row, product, now) for row, product in (await work.session.execute(query)).all()}
    lines = await _lines(work, found)
    await _lots(work, found, lines)
    pools = await _pools(work, found, lines)
    await _given(work, found, pools)
    await _rules(work, found)
    await _journeys(work, found)
    return found


async def _lines(work: Work, found: Mapping[UUID, License]) -> dict[UUID, tuple[License, str]]:
    query = (
        select(MetricLine, Tier.code)
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .where(
            MetricLine.tenant_id == work.tenant_id, there(MetricLine, None), MetricLine.entitlement_id.in_(found)
        )
        .order_by(MetricLine.code)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    lines = {}
    for line, tier in (await work.session.execute(query)).all():
        license_ = found[line.entitlement_id]
        license_.lines[line.code], license_.tiers[line.code], license_.lots[line.code] = line, tier, []
        lines[line.id] = (license_, line.code)
    return lines


async def _lots(work: Work, found: Mapping[UUID, License], lines: Mapping[UUID, tuple[License, str]]) -> None:
    query = (
        select(Lot)
        .join(MetricLine, LINE_OF_LOT)
        .where(Lot.tenant_id == work.tenant_id, known(Lot, None), Lot.line_id.in_(lines))
        .order_by(Lot.start, Lot.id)
    )
    lots = [row for row in (await work.session.execute(query)).scalars() if row.end is None or row.end > work.now()]
    for license_ in found.values():
        starts = [lot.start for lot in lots if lines[lot.line_id][0] is license_]
        license_.at = max(license_.at, min(starts, default=license_.at))
    for lot in lots:
        license_, code = lines[lot.line_id]
        if holds_at(lot.start, lot.end, license_.at):
            license_.lots[code].append(lot)


async def _pools(
    work: Work, found: Mapping[UUID, License], lines: Mapping[UUID, tuple[License, str]]
) -> dict[UUID, tuple[License, str]]:
    query = (
        select(Pool, OrgUnit.code, func.coalesce(Room.occupied, 0))
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Pool.tenant_id, OrgUnit.id == Pool.unit_id))
        .outerjoin(Room, and_(Room.tenant_id == Pool.tenant_id, Room.id == Pool.id))
        .where(Pool.tenant_id == work.tenant_id, Pool.closed_at.is_(None), Pool.line_id.in_(lines))
        .order_by(MetricLine.code, Pool.code)
    )
    pools = {}
    for pool, unit, occupied in (await work.session.execute(query)).all():
        license_, line = lines[pool.line_id]
        code = pool.code if pool.code not in license_.pools else f"{line}:{pool.code}"
        license_.pools[code], license_.line_of[code], license_.units[code] = pool, line, unit
        license_.given[code], license_.taken[code] = [], occupied
        pools[pool.id] = (license_, code)
    return pools


async def _given(work: Work, found: Mapping[UUID, License], pools: Mapping[UUID, tuple[License, str]]) -> None:
    query = (
        select(Allocation)
        .join(Pool, POOL_OF_ALLOCATION)
        .where(Allocation.tenant_id == work.tenant_id, known(Allocation, None), Allocation.pool_id.in_(pools))
        .order_by(Allocation.start, Allocation.id)
    )
    for row in (await work.session.execute(query)).scalars():
        license_, code = pools[row.pool_id]
        if holds_at(row.start, row.end, license_.at):
            license_.given[code].append(row)


async def _rules(work: Work, found: Mapping[UUID, License]) -> None:
    query = select(LicenseRules).where(
        LicenseRules.tenant_id == work.tenant_id, LicenseRules.entitlement_id.in_(found)
    )  # fmt: skip
    for row in (await work.session.execute(query.execution_options(populate_existing=True))).scalars():
        found[row.entitlement_id].rules = row


async def _journeys(work: Work, found: Mapping[UUID, License]) -> None:
    products = {license_.row.product_id for license_ in found.values()}
    query = select(ProductJourney).where(
        ProductJourney.tenant_id == work.tenant_id,
        ProductJourney.superseded_at.is_(None),
        ProductJourney.product_id.in_(products),
    )
    said = {row.product_id: row for row in (await work.session.execute(query)).scalars()}
    for license_ in found.values():
        license_.journey = said.get(license_.row.product_id)
