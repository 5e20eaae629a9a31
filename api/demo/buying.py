"""The company buys: vendors and products, agreements, entitlements, last year's lots and this year's renewals."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from api.demo.contracts import DemoLicense, DemoLot
from api.demo.settling import Company
from governance.agreements.rules import ChangeReason, Payment
from governance.agreements.service import NewAgreement, sign_agreement
from governance.catalog.list_prices import SetListPrice, set_list_price
from governance.catalog.service import NewProduct, NewTier, NewVendor, add_product, add_tier, add_vendor
from governance.entitlements.models import MetricLine
from governance.entitlements.rules import CostBasis, LicenseModel, Term
from governance.entitlements.service.allocations import NewAllocation, allocate
from governance.entitlements.service.grant import NewEntitlement, NewLine, grant_entitlement
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.entitlements.service.pools import NewPool, open_pool
from governance.kernel.due import start_of
from governance.kernel.money import MICROS
from governance.kernel.work import Work

OWNERS = {"it": "Dana Whitfield", "engineering": "Kenji Mori", "finance": "Mateo Ruiz", "product": None}
BOUGHT_AHEAD = timedelta(days=20)
Catalog = dict[tuple[str, str, str], tuple[UUID, UUID, UUID]]
"""Vendor, product and tier of each name, by their ids."""


@dataclass(frozen=True)
class Bought:
    """One license as the rest of the story needs it; `lots` by the order they were bought in."""

    license: DemoLicense
    line_id: UUID
    pools: dict[str, UUID]
    product_id: UUID
    lots: list[UUID]


@dataclass(frozen=True)
class Renewal:
    """A lot to be bought later in the story, with its allocations, some weeks before it starts."""

    bought: Bought
    lot: DemoLot
    at: datetime


async def buy(work: Work, company: Company) -> tuple[list[Bought], list[Renewal]]:
    """Sign and buy everything that stands on the first day; give the renewals still to come."""
    bought, renewals = [], []
    products = await _catalog(work, company.licenses)
    for license_ in company.licenses:
        vendor_id, product_id, tier_id = products[license_.vendor, license_.product, license_.tier]
        if license_.listed:
            bands = [(first, price * MICROS) for first, price in license_.listed]
            told = SetListPrice(tier_id, license_.currency, bands[0][1], CostBasis.VOLUME, bands)
            await set_list_price(work, told)
        owner = OWNERS[license_.owner_unit]
        owner_id = company.cast[owner] if owner else None
        first, last = license_.lots[0].first_day, license_.lots[-1].last_day
        agreement = await sign_agreement(
            work,
            NewAgreement(
                license_.number, license_.name, vendor_id, company.units[license_.owner_unit], license_.currency,
                license_.zone, first, last, owner_id=owner_id, auto_renews=last is not None,
                notice_days=license_.notice_days if last else None, payment=Payment.PAID,
                uplift_cap=license_.uplift_cap,
            ),
        )  # fmt: skip
        entitlement = await grant_entitlement(
            work,
            NewEntitlement(
                agreement.id, product_id, license_.code, license_.name, company.units[license_.owner_unit],
                (NewLine("named", LicenseModel.NAMED_USER, Term.SUBSCRIPTION if last else Term.PERPETUAL, tier_id,
                         license_.overage, license_.percent, license_.expiry, license_.grace_days,
                         needs_acceptance=license_.needs_acceptance),),
                owner_id=owner_id,
            ),
        )  # fmt: skip
        bought.append(await _supply(work, company, license_, entitlement.id, product_id))
        renewals += [
            Renewal(bought[-1], lot, start_of(lot.first_day, license_.zone) - BOUGHT_AHEAD) for lot in license_.lots[1:]
        ]
    return bought, renewals


async def renew(work: Work, renewal: Renewal) -> None:
    """Buy the next lot and give each pool its share of it."""
    bought = renewal.bought
    bought.lots.append(await _lot(work, bought.license, renewal.lot, bought.line_id, bought.pools, bought.lots[-1]))


async def _supply(
    work: Work, company: Company, license_: DemoLicense, entitlement_id: UUID, product_id: UUID
) -> Bought:
    found = select(MetricLine.id).where(
        MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == entitlement_id
    )
    line_id = (await work.session.execute(found)).scalar_one()
    pools = {}
    for pool in license_.pools:
        row = await open_pool(work, NewPool(line_id, pool.code, pool.name, company.units[pool.unit], pool.region))
        pools[pool.code] = row.id
    first = await _lot(work, license_, license_.lots[0], line_id, pools)
    return Bought(license_, line_id, pools, product_id, [first])


async def _lot(
    work: Work, license_: DemoLicense, lot: DemoLot, line_id: UUID, pools: dict[str, UUID], before: UUID | None = None
) -> UUID:
    reason = ChangeReason.NEW if lot == license_.lots[0] else ChangeReason.RENEWAL
    row = await buy_lot(
        work,
        NewLot(
            line_id, lot.quantity, lot.first_day, lot.last_day, license_.zone, license_.currency, lot.unit_price,
            included=license_.included, cost_basis=lot.basis or license_.basis, bands=lot.bands,
            po_number=lot.po_number, reason=reason, renewal_of=before,
        ),
    )  # fmt: skip
    for pool in license_.pools:
        share = None if lot.quantity is None else lot.quantity * pool.share // 100
        await allocate(work, NewAllocation(row.lot_key, pools[pool.code], share, reason=reason))
    return row.lot_key


async def _catalog(
    work: Work, licenses: tuple[DemoLicense, ...]
) -> dict[tuple[str, str, str], tuple[UUID, UUID, UUID]]:
    vendors: dict[str, UUID] = {}
    products: dict[tuple[str, str], UUID] = {}
    made: dict[tuple[str, str, str], tuple[UUID, UUID, UUID]] = {}
    for license_ in licenses:
        if license_.vendor not in vendors:
            vendors[license_.vendor] = (await add_vendor(work, NewVendor(license_.vendor))).id
        key = (license_.vendor, license_.product)
        if key in products:
            continue
        code = license_.product.lower().replace(" ", "-")
        products[key] = (await add_product(work, NewProduct(vendors[license_.vendor], code, license_.product))).id
        for rank, tier in enumerate(license_.tiers, start=1):
            row = await add_tier(work, NewTier(products[key], tier.lower().replace(" ", "-"), tier, rank))
            made[(*key, tier)] = (vendors[license_.vendor], products[key], row.id)
    return made
