"""What each purchase of a license cost a seat and year, and how that changed: as paid, and at constant currency."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import or_, select

from governance.agreements.models import Agreement, Amendment
from governance.directory.models import Tenant
from governance.entitlements.models import Entitlement, Lot, MetricLine, RenewalLink
from governance.entitlements.queries import entitlement, visible_entitlements, visible_lots
from governance.entitlements.rules import CostBasis, lot_cost
from governance.kernel.due import day_of
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.cost import ConvertedCost, Rates, rates_into
from governance.metrics.definitions import Definition, definitions
from governance.metrics.formulas.seat_year import change_percent, seat_year
from governance.metrics.gather import procured


@dataclass(frozen=True)
class Purchase:
    """One lot: what all of it cost, and a seat of it a year (None: no end, or no number of seats).

    `unit_price` as it was agreed, of the first band where there are `bands`. `before` is the lot it `renews`, or else
    the one of its line that began before it. `change` compares the two as paid (None across currencies), `constant`
    with both at the rates of the day that `converted` names. `over_cap`: it renews and is dearer than the agreement
    allows (None: it renews nothing, no cap is agreed, or there is nothing to compare).
    """

    lot_key: UUID
    line: str
    po_number: str | None
    quantity: int | None
    first_day: date
    last_day: date | None
    basis: CostBasis
    pack_size: int
    unit_price: Money
    bands: Sequence[Sequence[int]]
    cost: Money
    seat_year: Money | None
    before: UUID | None
    change: Decimal | None
    constant: Decimal | None
    converted: ConvertedCost | None
    renews: bool = False
    over_cap: bool | None = None


@dataclass(frozen=True)
class PriceHistory:
    """The purchases of a license by line and first day; `currency` is the tenant's, `asked` the day of its rates.

    `cap`: by how many percent a renewal may be dearer, as the agreement was known to say.
    """

    license: Entitlement
    currency: str
    asked: date
    cap: Decimal | None
    definition: Definition
    purchases: tuple[Purchase, ...]


async def price_history(work: Work, license_id: UUID, when: Moments) -> PriceHistory:
    """Tell what a license's purchases cost, as known at an instant. Raises NotFound."""
    license_ = await entitlement(work, license_id)
    [found] = await _histories(work, [license_], when)
    return found


async def price_histories(work: Work, when: Moments) -> tuple[PriceHistory, ...]:
    """Tell it of every license within reach that was bought, by name: five SELECTs however many there are."""
    query = visible_entitlements(work).where(Entitlement.recorded_at <= when.known_at, procured(work))
    rows = (await work.session.execute(query.order_by(Entitlement.name, Entitlement.id))).scalars().all()
    return tuple(each for each in await _histories(work, rows, when) if each.purchases)


async def _histories(work: Work, licenses: Sequence[Entitlement], when: Moments) -> list[PriceHistory]:
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    ids = [each.id for each in licenses]
    query = visible_lots(work, known_at=when.known_at).where(MetricLine.entitlement_id.in_(ids))
    lots = (await work.session.execute(query.order_by(Lot.line_id, Lot.start, Lot.lot_key))).scalars().all()
    lines = select(MetricLine.id, MetricLine.code, MetricLine.entitlement_id).where(
        MetricLine.tenant_id == work.tenant_id, MetricLine.entitlement_id.in_(ids)
    )
    found = (await work.session.execute(lines)).all()
    codes, of = {row.id: row.code for row in found}, {row.id: row.entitlement_id for row in found}
    asked = day_of(when.as_of, tenant.zone)
    rates = await rates_into(work, tenant.currency, asked, when.known_at, {lot.currency for lot in lots})
    begun: dict[UUID, list[Lot]] = defaultdict(list)
    for lot in lots:
        if lot.start <= when.as_of:
            begun[of[lot.line_id]].append(lot)
    caps = await _caps(work, {each.agreement_id for each in licenses}, when)
    links = await _links(work, [lot.lot_key for lot in lots], when)
    definition = definitions()["price_history"]
    return [
        PriceHistory(
            each, tenant.currency, asked, caps[each.agreement_id], definition,
            purchases(begun[each.id], codes, rates, caps[each.agreement_id], links),
        )
        for each in licenses
    ]  # fmt: skip


async def _caps(work: Work, agreements: Collection[UUID], when: Moments) -> dict[UUID, Decimal | None]:
    """Give the agreements' caps as they were known: what the first amendment learned later says it was before."""
    query = select(Agreement.id, Agreement.uplift_cap).where(
        Agreement.tenant_id == work.tenant_id, Agreement.id.in_(agreements)
    )
    said: dict[UUID, str | None] = {row[0]: row[1] for row in await work.session.execute(query)}
    later = select(Amendment.agreement_id, Amendment.before).where(
        Amendment.tenant_id == work.tenant_id, Amendment.agreement_id.in_(agreements),
        Amendment.recorded_at > when.known_at,
    )  # fmt: skip
    for agreement_id, before in await work.session.execute(later.order_by(Amendment.number.desc())):
        said[agreement_id] = before.get("uplift_cap", said[agreement_id])
    return {key: None if cap is None else Decimal(cap) for key, cap in said.items()}


async def _links(work: Work, keys: Sequence[UUID], when: Moments) -> dict[UUID, UUID]:
    """Give the lot that each of these is linked to as its renewal, beside the one that it names itself."""
    stood = or_(RenewalLink.superseded_at.is_(None), RenewalLink.superseded_at > when.known_at)
    query = select(RenewalLink.new_key, RenewalLink.old_key).where(
        RenewalLink.tenant_id == work.tenant_id, RenewalLink.new_key.in_(keys),
        RenewalLink.recorded_at <= when.known_at, stood,
    )  # fmt: skip
    return {row[0]: row[1] for row in await work.session.execute(query.order_by(RenewalLink.old_key))}


def purchases(
    lots: Sequence[Lot],
    lines: Mapping[UUID, str],
    rates: Rates,
    cap: Decimal | None = None,
    links: Mapping[UUID, UUID] = MappingProxyType({}),
) -> tuple[Purchase, ...]:
    """Bring each lot beside the one before it. Lots stand in the order of their line and first day."""
    by_key = {lot.lot_key: lot for lot in lots}
    last: dict[UUID, Lot] = {}
    told = []
    for lot in lots:
        key = lot.renewal_of or links.get(lot.lot_key)
        renewed = None if key is None else by_key.get(key)
        before = renewed or last.get(lot.line_id)
        last[lot.line_id] = lot
        one = _purchase(lot, lines[lot.line_id], before, rates)
        told.append(replace(one, renews=True, over_cap=_over(one, before, cap, rates)) if renewed else one)
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
        lot.lot_key, line, lot.po_number, lot.quantity, lot.first_day, lot.last_day, lot.cost_basis, lot.pack_size,
        Money(lot.unit_price, lot.currency), lot.bands, cost, now, None if before is None else before.lot_key, change,
        constant, converted,
    )  # fmt: skip


def _over(one: Purchase, before: Lot | None, cap: Decimal | None, rates: Rates) -> bool | None:
    """Say whether a renewal is dearer than its cap: as paid, else at constant currency, by the exact figures."""
    was = None if before is None else _seat_year(before)
    now = one.seat_year
    if cap is None or was is None or now is None:
        return None
    if was.currency != now.currency:
        old, new = rates.convert(was).converted, rates.convert(now).converted
        if old is None or new is None:
            return None
        was, now = old, new
    return None if was.micros == 0 else Fraction((now.micros - was.micros) * 100, was.micros) > Fraction(cap)


def _seat_year(lot: Lot) -> Money | None:
    if lot.last_day is None or not lot.quantity:
        return None
    days = (lot.last_day - lot.first_day).days + 1
    return Money(seat_year(lot_cost(lot), lot.quantity, days), lot.currency)
