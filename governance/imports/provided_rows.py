"""Writes a provider's customers in bulk: agreement, license, line, lot, room, outcome, each with its entry."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from governance.agreements.models import Agreement, RenewalOutcome
from governance.agreements.rules import ChangeReason, Payment, Side
from governance.agreements.spoken import CancelReason, Outcome, Stage
from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit, Tenant, UnitPlacement
from governance.entitlements.models import Entitlement, Lot, MetricLine, Room
from governance.entitlements.rules import CostBasis, LicenseModel, Overage, RoomKind, Term
from governance.kernel import given
from governance.kernel.due import end_after, start_of
from governance.kernel.errors import BadInput
from governance.kernel.money import Money
from governance.kernel.work import Change, Work
from policies.access.actions import Action

PRODUCT = "provided-subscription"
NO_REASON = "The table of customers gives no reason."


@dataclass(frozen=True)
class Customer:
    """One row: `tenure` in whole months, `price` a month."""

    number: str
    tenure: int
    price: Money
    churned: bool

    @property
    def months(self) -> int:
        return max(1, self.tenure)


@dataclass(frozen=True)
class Ground:
    """What all customers of a file share."""

    day: date
    currency: str
    zone: str
    provider: str
    unit_id: UUID


async def ground_of(work: Work, day: date, currency: str | None) -> Ground:
    """Give what the tenant says of itself: it is the provider, and its root unit owns. Raises BadInput."""
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    query = (
        select(OrgUnit.id)
        .join(UnitPlacement, (UnitPlacement.tenant_id == OrgUnit.tenant_id) & (UnitPlacement.unit_id == OrgUnit.id))
        .where(
            OrgUnit.tenant_id == work.tenant_id, UnitPlacement.parent_id.is_(None), UnitPlacement.end.is_(None),
        )
        .order_by(UnitPlacement.start, OrgUnit.id)
    )  # fmt: skip
    root = (await work.session.execute(query.limit(1))).scalar_one_or_none()
    if root is None:
        raise BadInput("tenant", "no org unit", "a top unit, which owns what is provided; enter the org tree first")
    code = given.currency(currency) if currency else tenant.currency
    return Ground(day, code, tenant.zone, tenant.name, root)


async def keep_customers(work: Work, ground: Ground, customers: Sequence[Customer]) -> None:
    """Write these customers; the caller has permitted each act and knows that none is there."""
    vendor_id, product_id = await _sold(work, ground)
    kept = [_rows(work, ground, each, vendor_id, product_id) for each in customers]
    for kind in (Agreement, Entitlement, MetricLine, Lot, Room, RenewalOutcome):
        await work.session.execute(insert(kind), [rows[kind] for rows in kept])
    await work.record_all([change for rows in kept for change in _changes(rows)])


def _rows(work: Work, ground: Ground, customer: Customer, vendor_id: UUID, product_id: UUID) -> dict[Any, Any]:
    """Give the rows of one customer: what was signed, what it grants, and what became of it."""
    ids = {name: work.new_id() for name in ("agreement", "entitlement", "line", "lot", "key", "outcome")}
    recorded = {"tenant_id": work.tenant_id, "recorded_at": work.now()}
    by = {**recorded, "recorded_by": work.actor.principal}
    signed = {**recorded, "unit_id": ground.unit_id, "region": "001", "version": 1}
    return {
        Agreement: {
            **signed, "id": ids["agreement"], "number": customer.number,
            "title": f"Customer {customer.number}", "side": Side.PROVIDED, "vendor_id": vendor_id,
            "currency": ground.currency, "zone": ground.zone, "first_day": _first_day(ground.day, customer.tenure),
            "last_day": ground.day, "auto_renews": False, "payment": Payment.DUE,
        },
        Entitlement: {
            **signed, "id": ids["entitlement"], "agreement_id": ids["agreement"],
            "product_id": product_id, "code": f"customer/{customer.number}", "name": f"Customer {customer.number}",
        },
        **_supply(work, ground, customer, ids, by),
        RenewalOutcome: {
            **by, "id": ids["outcome"], "agreement_id": ids["agreement"], "lot_key": ids["key"],
            "stage": Stage.BOOKED, "outcome": Outcome.CANCELLED if customer.churned else Outcome.RENEWED,
            "cancel_reason": CancelReason.OTHER if customer.churned else None,
            "reason_text": NO_REASON if customer.churned else None,
        },
    }  # fmt: skip


def _supply(work: Work, ground: Ground, customer: Customer, ids: dict[str, UUID], by: dict[str, Any]) -> dict[Any, Any]:
    """Give the line of a customer's contract, the lot that supplies it until the day, and the ledger's room of it."""
    first, now = _first_day(ground.day, customer.tenure), work.now()
    start, end = start_of(first, ground.zone), end_after(ground.day, ground.zone)
    tenant = {"tenant_id": work.tenant_id}
    return {
        MetricLine: {
            **tenant, "id": ids["line"], "entitlement_id": ids["entitlement"], "code": "contract",
            "model": LicenseModel.OTHER, "term": Term.SUBSCRIPTION, "overage": Overage.BLOCK, "version": 1,
            "needs_acceptance": False, "invitation_days": 14, "suspended_occupies": True,
        },
        Lot: {
            **by, "id": ids["lot"], "lot_key": ids["key"], "line_id": ids["line"], "quantity": 1, "first_day": first,
            "last_day": ground.day, "zone": ground.zone, "start": start, "end": end, "included": ["001"],
            "excluded": [], "currency": ground.currency, "unit_price": customer.price.micros * customer.months,
            "cost_basis": CostBasis.PER_SEAT, "pack_size": 1, "reason": ChangeReason.NEW,
        },
        Room: {
            **tenant, "id": ids["line"], "kind": RoomKind.LINE, "occupied": 0,
            "ceiling": int(end is None or now < end), "changes_at": end if end is not None and now < end else None,
        },
    }  # fmt: skip


def _changes(rows: dict[Any, Any]) -> list[Change]:
    agreement, license_, lot, outcome = rows[Agreement], rows[Entitlement], rows[Lot], rows[RenewalOutcome]
    said = {name: agreement[name] for name in ("number", "side", "first_day", "last_day", "currency")}
    bought = {name: lot[name] for name in ("quantity", "first_day", "last_day", "unit_price", "currency")}
    became = {name: outcome[name] for name in ("stage", "outcome", "cancel_reason")}
    return [
        Change(Action.AGREEMENT_CREATE.value, "agreement", agreement["id"], after=said),
        Change(Action.ENTITLEMENT_CREATE.value, "entitlement", license_["id"], after={"code": license_["code"]}),
        Change(Action.LOT_CREATE.value, "lot", lot["lot_key"], after=bought),
        Change(Action.RENEWAL_DECIDE.value, "lot", lot["lot_key"], after=became, reason=outcome["reason_text"]),
    ]


async def _sold(work: Work, ground: Ground) -> tuple[UUID, UUID]:
    """Give the tenant as its own vendor, and what it provides; made at the first import."""
    mine = select(Vendor.id).where(Vendor.tenant_id == work.tenant_id, Vendor.name == ground.provider)
    vendor_id = (await work.session.execute(mine)).scalar_one_or_none()
    if vendor_id is None:
        vendor_id = work.new_id()
        await _new(work, Vendor(tenant_id=work.tenant_id, id=vendor_id, name=ground.provider), "vendor")
    sold = select(Product.id).where(Product.tenant_id == work.tenant_id, Product.code == PRODUCT)
    product_id = (await work.session.execute(sold)).scalar_one_or_none()
    if product_id is None:
        product_id = work.new_id()
        row = Product(
            tenant_id=work.tenant_id, id=product_id, vendor_id=vendor_id, code=PRODUCT, name="Provided subscription"
        )
        await _new(work, row, "product")
    return vendor_id, product_id


async def _new(work: Work, row: Vendor | Product, kind: str) -> None:
    work.session.add(row)
    await work.session.flush()
    await work.record(Change(Action.CATALOG_EDIT.value, kind, row.id, after={"name": row.name}))


def _first_day(last: date, months: int) -> date:
    """Give the day on which a term of whole months began that ends with `last`; of 0 months, that very day."""
    if months == 0:
        return last
    after = last + timedelta(days=1)
    count = after.year * 12 + after.month - 1 - months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(after.day, calendar.monthrange(year, month + 1)[1]))
