"""Brings together what retention is judged from: lots within reach of one side, what became of them, and rates."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit
from governance.entitlements.models import Entitlement, Lot
from governance.kernel.due import days_until
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.cost import ConvertedCost, Rates, rates_into
from governance.renewals.following import renewed_by, value_of
from governance.renewals.queries import endings, visible_renewals
from governance.renewals.retention_rules import Dated, Worth
from governance.renewals.rules import Ends, Part, closing_of


async def dated_lots(work: Work, side: Side, span: tuple[date, date], when: Moments) -> Sequence[Dated]:
    """Give every lot of that side within reach that ends and touches the days of `span`, with what became of it."""
    query = (
        visible_renewals(work, side=side, known_at=when.known_at)
        .where(Lot.last_day >= span[0], Lot.first_day <= span[1])
        .with_only_columns(Lot, Agreement, Entitlement.region, Entitlement.product_id, Entitlement.unit_id)
        .order_by(Lot.last_day, Lot.lot_key)
    )  # fmt: skip
    rows = (await work.session.execute(query)).all()
    over = [(row[0], row[1]) for row in rows if _is_over(row[0], when)]
    ends = await endings(work, over, when.known_at)
    renews = await renewed_by(work, [row[0] for row in rows], when.known_at)
    products = await _names(work, Product, {row[3] for row in rows})
    vendors = await _names(work, Vendor, {row[1].vendor_id for row in rows})
    units = await _names(work, OrgUnit, {row[4] for row in rows})
    return [
        _dated(
            row[0], row[1].id, ends.get(row[0].lot_key), when, frozenset(renews[row[0].lot_key]),
            {"region": row[2], "product": products[row[3]], "vendor": vendors[row[1].vendor_id],
             "unit": units[row[4]]},
        )
        for row in rows
    ]  # fmt: skip


async def _names(work: Work, kind: Any, ids: set[UUID]) -> dict[UUID, str]:
    """Give id and name, a line each, of what rows within reach refer to."""
    query = select(kind.id, kind.name).where(kind.tenant_id == work.tenant_id, kind.id.in_(sorted(ids)))
    return {row.id: f"{row.id}\n{row.name}" for row in (await work.session.execute(query)).all()}


def _is_over(lot: Lot, when: Moments) -> bool:
    return lot.last_day is not None and days_until(lot.last_day, when.as_of, lot.zone) < 0


def _dated(
    lot: Lot, agreement_id: UUID, ends: Ends | None, when: Moments, renews: frozenset[UUID], keys: dict[str, str]
) -> Dated:
    assert lot.last_day is not None
    return Dated(
        lot.lot_key, agreement_id, keys, lot.first_day, lot.last_day, lot.quantity,
        Part(lot.currency, lot.first_day, value_of(lot), lot.lot_key), renews,
        None if ends is None else closing_of(ends, when.as_of, lot.currency),
    )  # fmt: skip


class Book:
    """Rates by day into one currency, each day asked of the database once, and what was used of them."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.used: dict[tuple[str, date], ConvertedCost] = {}
        self._days: dict[date, Rates] = {}

    async def learn(self, work: Work, parts: Collection[Part], day: date | None, when: Moments) -> None:
        """Look up every rate that these parts take, of their own first days or of the one `day`."""
        wanted: dict[date, set[str]] = {}
        for part in parts:
            if part.currency != self.currency:
                wanted.setdefault(day or part.day, set()).add(part.currency)
        for each, currencies in sorted(wanted.items()):
            self._days[each] = await rates_into(work, self.currency, each, when.known_at, currencies)

    def missing(self, parts: Collection[Part], day: date | None) -> tuple[str, ...]:
        """Name the currencies, each with its day, that no rate is known of."""
        return tuple(sorted({
            f"{part.currency} {day or part.day}" for part in parts
            if part.currency != self.currency and part.currency not in self._days[day or part.day].known
        }))  # fmt: skip

    def worth(self, day: date | None) -> Worth:
        """Say what a part comes to at its first day's rate, or at that of `day`: multiplied and rounded once."""

        def worth(part: Part) -> int:
            if part.currency == self.currency:
                return part.value
            at = day or part.day
            found = self._days[at].convert(Money(part.value, part.currency))
            self.used[(part.currency, at)] = found
            assert found.converted is not None
            return found.converted.micros

        return worth
