"""What each purchase of a license cost a seat and year, and how that changed: as paid, and at constant currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import Tenant
from governance.entitlements.models import Entitlement, Lot, MetricLine
from governance.entitlements.queries import entitlement, visible_lots
from governance.entitlements.rules import CostBasis, lot_cost
from governance.kernel.due import day_of
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.cost import ConvertedCost, Rates, rates_into
from governance.metrics.formulas.seat_year import change_percent, seat_year


@dataclass(frozen=True)
class Purchase:
    """One lot: what all of it cost, and a seat of it a year (None: no end, or no number of seats).

    `before` is the lot it renews, or else the one of its line that began before it. `change` compares the two as paid
    (None across currencies), `constant` with both at the rates of the day that `converted` names.
    """

    lot_key: UUID
    line: str
    po_number: str | None
    quantity: int | None
    first_day: date
    last_day: date | None
    basis: CostBasis
    cost: Money
    seat_year: Money | None
    before: UUID | None
    change: Decimal | None
    constant: Decimal | None
    converted: ConvertedCost | None


@dataclass(frozen=True)
class PriceHistory:
    """The purchases of a license by line and first day; `currency` is the tenant's, `asked` the day of its rates."""

    license: Entitlement
    currency: str
    asked: date
    purchases: tuple[Purchase, ...]


async def price_history(work: Work, license_id: UUID, when: Moments) -> PriceHistory:
    """Tell what a license's purchases cost, as known at an instant. Raises NotFound."""
    license_ = await entitlement(work, license_id)
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    query = visible_lots(work, known_at=when.known_at).where(MetricLine.entitlement_id == license_.id)
    lots = (await work.session.execute(query.order_by(Lot.line_id, Lot.start, Lot.lot_key))).scalars().all()
    lines = select(MetricLine.id, MetricLine.code).where(
        MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id == license_.id
    )
    codes = {row[0]: row[1] for row in await work.session.execute(lines)}
    asked = day_of(when.as_of, tenant.zone)
    rates = await rates_into(work, tenant.currency, asked, when.known_at, {lot.currency for lot in lots})
    begun = [lot for lot in lots if lot.start <= when.as_of]
    return PriceHistory(license_, tenant.currency, asked, purchases(begun, codes, rates))


def purchases(lots: Sequence[Lot], lines: dict[UUID, str], rates: Rates) -> tuple[Purchase, ...]:
    """Bring each lot beside the one before it. Lots stand in the order of their line and first day."""
    by_key = {lot.lot_key: lot for lot in lots}
    last: dict[UUID, Lot] = {}
    told = []
    for lot in lots:
        before = by_key.get(lot.renewal_of) if lot.renewal_of is not None else None
        before = before or last.get(lot.line_id)
        last[lot.line_id] = lot
        told.append(_purchase(lot, lines[lot.line_id], before, rates))
    return tuple(sorted(told, key=lambda one: (one.line, one.first_day, one.lot_key)))


def _purchase(lot: Lot, line: str, before: Lot | None, rates: Rates) -> Purchase:
    cost = Money(lot_cost(lot), lot.currency)
    now, was = _seat_year(lot), None if before is None else _seat_year(before)
    converted = None if now is None else rates.convert(now)
    old = None if was is None else rates.convert(was).converted
    change = constant = None
    if now is not None and was is not None and now.currency == was.currency:
        change = change_percent(was.micros, now.micros)
    if converted is not None and converted.converted is not None and old is not None:
        constant = change_percent(old.micros, converted.converted.micros)
    return Purchase(
        lot.lot_key, line, lot.po_number, lot.quantity, lot.first_day, lot.last_day, lot.cost_basis, cost, now,
        None if before is None else before.lot_key, change, constant, converted,
    )  # fmt: skip


def _seat_year(lot: Lot) -> Money | None:
    if lot.last_day is None or not lot.quantity:
        return None
    days = (lot.last_day - lot.first_day).days + 1
    cost = lot_cost(lot)
    return Money(seat_year(cost, lot.quantity, days), lot.currency)
