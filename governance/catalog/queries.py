"""Every SELECT of the catalog: whoever may read it anywhere sees the tenant's whole catalog."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from governance.catalog.models import (
    Approval,
    ExchangeRate,
    Feature,
    ListPrice,
    Product,
    Tier,
    TierBond,
    TierFeature,
    Vendor,
)
from governance.catalog.rules import EURO, LONGEST_PAUSE, Rate
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from policies.access.actions import Action

R = TypeVar("R", Vendor, Product, Tier, Feature, TierBond)


def catalog_in_reach(work: Work) -> ColumnElement[bool]:
    """Give the WHERE of every list here: all of the tenant's catalog, or nothing."""
    return true() if work.gate.may(work.actor, Action.CATALOG_READ) else false()


def visible_vendors(work: Work) -> Select[Vendor]:
    return select(Vendor).where(Vendor.tenant_id == work.tenant_id, catalog_in_reach(work))


def visible_products(work: Work) -> Select[Product]:
    return select(Product).where(Product.tenant_id == work.tenant_id, catalog_in_reach(work))


def visible_tiers(work: Work) -> Select[Tier]:
    """Give every tier there ever was: licenses refer to retired ones too. To choose from, take `tiers_on_sale`."""
    return select(Tier).where(Tier.tenant_id == work.tenant_id, catalog_in_reach(work))


def tiers_on_sale(work: Work) -> Select[Tier]:
    """Give the tiers that can still be bought: without those their vendor lists no more."""
    return visible_tiers(work).where(Tier.retired_at.is_(None))


def visible_features(work: Work) -> Select[Feature]:
    return select(Feature).where(Feature.tenant_id == work.tenant_id, catalog_in_reach(work))


def visible_tier_features(work: Work) -> Select[TierFeature, Feature]:
    """Give which tier grants which feature today, the feature beside it."""
    return (
        select(TierFeature, Feature)
        .join(Feature, (Feature.tenant_id == TierFeature.tenant_id) & (Feature.id == TierFeature.feature_id))
        .where(TierFeature.tenant_id == work.tenant_id, TierFeature.retired_at.is_(None), catalog_in_reach(work))
    )


def visible_approvals(work: Work) -> Select[Approval]:
    """Give every decision ever made; the latest of a product counts (`latest_approvals`)."""
    return select(Approval).where(Approval.tenant_id == work.tenant_id, catalog_in_reach(work))


def latest_approvals(
    tenant_id: UUID, known_at: datetime | None = None, as_of: datetime | None = None, source: str | None = None
) -> Select[Approval]:
    """Give the decision that counts of each product: the last to start, and of one start the last recorded.

    Of those that had started `as_of` and were known at `known_at`, where these are given (`known_at` alone: as of
    then). `source`: only what that register says.
    """
    as_of = as_of or known_at
    later = aliased(Approval)
    is_later = tuple_(begun(later), later.recorded_at, later.id) > tuple_(
        begun(Approval), Approval.recorded_at, Approval.id
    )
    newer = select(later.id).where(
        later.tenant_id == Approval.tenant_id, later.product_id == Approval.product_id, is_later
    )
    latest = select(Approval).where(Approval.tenant_id == tenant_id)
    for row in (later, Approval):
        told = _told(row, known_at, as_of, source)
        newer, latest = (newer.where(*told), latest) if row is later else (newer, latest.where(*told))
    return latest.where(~newer.exists())


def begun(row: type[Approval]) -> ColumnElement[datetime]:
    """Give since when a decision holds."""
    return func.coalesce(row.start, row.recorded_at)


def _told(
    row: type[Approval], known_at: datetime | None, as_of: datetime | None, source: str | None
) -> list[ColumnElement[bool]]:
    told = [] if known_at is None else [row.recorded_at <= known_at]
    told += [] if as_of is None else [begun(row) <= as_of]
    return told if source is None else [*told, row.source == source]


async def approval_of(work: Work, product_id: UUID) -> Approval | None:
    """Give the decision that counts for a product now, for whoever grants seats of it; None where there is none."""
    query = latest_approvals(work.tenant_id, as_of=work.now()).where(Approval.product_id == product_id)
    return (await work.session.execute(query)).scalar_one_or_none()


async def vendor(work: Work, vendor_id: UUID) -> Vendor:
    """Give one vendor. Raises NotFound."""
    return await _one(work, visible_vendors(work).where(Vendor.id == vendor_id), "vendor", vendor_id)


async def product(work: Work, product_id: UUID) -> Product:
    """Give one product. Raises NotFound."""
    return await _one(work, visible_products(work).where(Product.id == product_id), "product", product_id)


async def tier(work: Work, tier_id: UUID) -> Tier:
    """Give one tier. Raises NotFound."""
    return await _one(work, visible_tiers(work).where(Tier.id == tier_id), "tier", tier_id)


async def feature(work: Work, feature_id: UUID) -> Feature:
    """Give one feature. Raises NotFound."""
    return await _one(work, visible_features(work).where(Feature.id == feature_id), "feature", feature_id)


def visible_bonds(work: Work) -> Select[TierBond]:
    """Give what tiers contain and require today."""
    return select(TierBond).where(TierBond.tenant_id == work.tenant_id, TierBond.end.is_(None), catalog_in_reach(work))


async def bond(work: Work, bond_id: UUID) -> TierBond:
    """Give one bond that stands. Raises NotFound."""
    return await _one(work, visible_bonds(work).where(TierBond.id == bond_id), "tier bond", bond_id)


async def granted(work: Work, tier_id: UUID, feature_id: UUID) -> TierFeature | None:
    """Give the row by which the tier grants the feature, or granted it (`retired_at`)."""
    query = select(TierFeature).where(
        TierFeature.tenant_id == work.tenant_id,
        TierFeature.tier_id == tier_id,
        TierFeature.feature_id == feature_id,
    )
    return (await work.session.execute(query)).scalar_one_or_none()


def visible_prices(work: Work) -> Select[ListPrice]:
    """Give the list prices of tiers that stand; a tier without one in a currency is not sold in it."""
    return select(ListPrice).where(
        ListPrice.tenant_id == work.tenant_id, ListPrice.superseded_at.is_(None), catalog_in_reach(work)
    )


async def rate_on(session: AsyncSession, day: date, currency: str, known_at: datetime | None = None) -> Rate | None:
    """Give how many units of `currency` one euro was worth on `day`: the latest rate until then, with its own day.

    None where none is known, or the currency was quoted no more: the house wants the rate's day beside it, and an old
    rate is no rate of today. `known_at` answers as it was known then.
    """
    return (await rates_on(session, day, {currency}, known_at)).get(currency)


async def rates_on(
    session: AsyncSession, day: date, currencies: Collection[str], known_at: datetime | None = None
) -> dict[str, Rate]:
    """Give what `rate_on` gives of several currencies, without those it has no rate of: two SELECTs at most."""
    found = {EURO: Rate(Decimal(1), day, "")} if EURO in currencies else {}
    asked = sorted(set(currencies) - {EURO})
    if not asked:
        return found
    known: ColumnElement[bool] = ExchangeRate.superseded_at.is_(None)
    if known_at is not None:
        later = or_(ExchangeRate.superseded_at.is_(None), ExchangeRate.superseded_at > known_at)
        known = and_(ExchangeRate.recorded_at <= known_at, later)
    until = (ExchangeRate.day <= day, known)
    last = (await session.execute(select(func.max(ExchangeRate.day)).where(*until))).scalar_one()
    if last is None:
        return found
    rows = await session.execute(
        select(ExchangeRate.currency, ExchangeRate.rate, ExchangeRate.day, ExchangeRate.source)
        .where(ExchangeRate.currency.in_(asked), ExchangeRate.day >= last - LONGEST_PAUSE, *until)
        .order_by(ExchangeRate.day)
    )
    return found | {row.currency: Rate(Decimal(row.rate), row.day, row.source) for row in rows}


async def _one(work: Work, query: Select[R], what: str, row_id: UUID) -> R:
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound(what, str(row_id))
    return row
