"""Reads the book of tiers that the rules of suites and add-ons ask: what concerns a product, as of an instant."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.catalog.bonds import Bond, TierBook, TierFacts
from governance.catalog.models import Feature, ListPrice, Product, Tier, TierBond, TierFeature
from governance.catalog.rules import BondKind
from governance.directory.models import Tenant
from governance.kernel.work import Work

PRODUCT_OF_TIER = and_(Product.tenant_id == Tier.tenant_id, Product.id == Tier.product_id)


def bond_holds(as_of: datetime, known_at: datetime) -> ColumnElement[bool]:
    """Say of a TierBond whether it held at `as_of`, as known at `known_at`."""
    return and_(
        TierBond.start <= as_of,
        TierBond.recorded_at <= known_at,
        or_(TierBond.end.is_(None), TierBond.end > as_of, TierBond.end > known_at),
    )


async def bonds_at(
    session: AsyncSession, tenant_id: UUID, as_of: datetime, known_at: datetime | None = None
) -> tuple[Bond, ...]:
    """Give every bond of the tenant that held, in the order of their ids; most tenants have few."""
    query = (
        select(TierBond.tier_id, TierBond.kind, TierBond.part_id, TierBond.product_id)
        .where(TierBond.tenant_id == tenant_id, bond_holds(as_of, known_at or as_of))
        .order_by(TierBond.id)
    )
    return tuple(Bond(*row) for row in await session.execute(query))


async def tier_book(
    work: Work,
    product_ids: Collection[UUID],
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    *,
    lean: bool = False,
) -> TierBook:
    """Give the tiers of these products, and of every product that a bond ties to another, with all bonds.

    Which features a tier granted, and what it cost by the list, is as of then too; prices in the tenant's currency.
    `lean`: without features and prices, unless a tier of these products stands on a base.
    """
    at, known = as_of or work.now(), known_at or work.now()
    bonds = await bonds_at(work.session, work.tenant_id, at, known)
    tied = {bond.tier_id for bond in bonds} | {bond.part_id for bond in bonds if bond.part_id}
    named = {bond.product_id for bond in bonds if bond.product_id}
    rows = list(await work.session.execute(_tiers(work, {*product_ids, *named}, tied)))
    own = {row[0].id for row in rows if row[0].product_id in product_ids}
    bare = lean and not any(bond.kind is BondKind.REQUIRES and bond.tier_id in own for bond in bonds)
    ids = [] if bare else [row[0].id for row in rows]
    grants = await _grants(work, ids, min(at, known)) if ids else {}
    prices = await _prices(work, ids, known) if ids else {}
    tiers = {
        tier.id: TierFacts(
            tier.id, tier.product_id, name, tier.code, tier.name, tier.rank, releases,
            tier.retired_at is None or tier.retired_at > min(at, known), frozenset(grants.get(tier.id, ())),
            prices.get(tier.id),
        )
        for tier, name, releases in rows
    }  # fmt: skip
    return TierBook(tiers, bonds, await _names(work, named) if named else {})


async def _names(work: Work, product_ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(Product.id, Product.name).where(Product.tenant_id == work.tenant_id, Product.id.in_(product_ids))
    return {row[0]: row[1] for row in await work.session.execute(query)}


def _tiers(work: Work, product_ids: Iterable[UUID], tied: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    of_tied = select(Tier.product_id).where(Tier.tenant_id == work.tenant_id, Tier.id.in_(tied))
    return (
        select(Tier, Product.name, Product.releases)
        .join(Product, PRODUCT_OF_TIER)
        .where(Tier.tenant_id == work.tenant_id, or_(Tier.product_id.in_(product_ids), Tier.product_id.in_(of_tied)))
        .order_by(Tier.id)
    )


async def _grants(work: Work, tier_ids: Collection[UUID], at: datetime) -> dict[UUID, set[str]]:
    query = (
        select(TierFeature.tier_id, Feature.code)
        .join(Feature, and_(Feature.tenant_id == TierFeature.tenant_id, Feature.id == TierFeature.feature_id))
        .where(
            TierFeature.tenant_id == work.tenant_id,
            TierFeature.tier_id.in_(tier_ids),
            or_(TierFeature.retired_at.is_(None), TierFeature.retired_at > at),
        )
    )
    found: dict[UUID, set[str]] = {}
    for tier_id, code in await work.session.execute(query):
        found.setdefault(tier_id, set()).add(code)
    return found


async def _prices(work: Work, tier_ids: Collection[UUID], known_at: datetime) -> dict[UUID, int]:
    """Give what one seat and month cost by the list, in the currency in which the tenant reports."""
    currency = select(Tenant.currency).where(Tenant.id == work.tenant_id).scalar_subquery()
    query = select(ListPrice.tier_id, ListPrice.micros).where(
        ListPrice.tenant_id == work.tenant_id,
        ListPrice.tier_id.in_(tier_ids),
        ListPrice.currency == currency,
        ListPrice.recorded_at <= known_at,
        or_(ListPrice.superseded_at.is_(None), ListPrice.superseded_at > known_at),
    )
    return {row[0]: row[1] for row in await work.session.execute(query)}
