"""What each unit's seats cost in a month or fiscal quarter: occupied, unused, given to nobody; in two currencies.

A lot's price is spread over its days, in its zone; one without an end is a cost of its first day. Its part of a period
is split by the seats as they stood at the last moment of that part, each split by the largest remainder, so that the
parts of a lot sum to its price, to the millionth.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from uuid import UUID

from governance.entitlements.rules import lot_cost
from governance.kernel.due import day_of, end_after, holds_at
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Moments, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.cost import Rates, rates_into
from governance.metrics.cost_by_unit_gather import (
    CostFacts,
    DatedLot,
    DatedShare,
    Tree,
    cost_facts,
    occupied_seats,
)
from governance.metrics.definitions import Definition, definitions
from governance.metrics.formulas.apportion import apportioned, spent
from governance.metrics.gather import LineFact
from governance.metrics.measures import percent
from governance.metrics.periods import Period, PeriodKind, periods
from policies.access.actions import Action

Occupied = dict[datetime, dict[UUID, int]]


@dataclass(frozen=True)
class Split:
    """Micro-units: of seats taken, of seats a pool has and nobody holds, of seats no pool has, of unlimited lots."""

    occupied: int = 0
    unused: int = 0
    unallocated: int = 0
    unlimited: int = 0

    def __add__(self, other: "Split") -> "Split":
        return Split(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def total(self) -> int:
        return self.occupied + self.unused + self.unallocated + self.unlimited

    @property
    def idle(self) -> Decimal | None:
        """Give unused and unallocated in percent of what can be split by seats; None of nothing."""
        return percent(self.unused + self.unallocated, self.total - self.unlimited)

    def into(self, rates: Rates, currency: str) -> "Split | None":
        """Convert each part once; None where no rate is known."""
        parts = [rates.convert(Money(getattr(self, each.name), currency)).converted for each in fields(self)]
        return Split(*(part.micros for part in parts if part)) if all(part is not None for part in parts) else None


@dataclass(frozen=True)
class CostRow:
    """What one unit's seats of one product cost in one period, in the lots' currency and in the reporting currency."""

    period: Period
    unit_id: UUID
    unit: str
    vendor: str
    product_id: UUID
    product: str
    currency: str
    cost: Split
    rates: Rates
    converted: Split | None


@dataclass(frozen=True)
class Reconciled:
    """Whether the rows of lots that are in reach as a whole sum to those lots' cost; the others cannot be checked."""

    lots: int
    partly: int
    told: tuple[Money, ...]
    due: tuple[Money, ...]

    @property
    def agrees(self) -> bool:
        return self.told == self.due


@dataclass(frozen=True)
class CostQuery:
    """`first_day`: from when, by default eleven months before the month of `as_of`; it ends on the day of `as_of`."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    first_day: date | None = None
    period: PeriodKind = PeriodKind.MONTH
    tree: Tree = Tree.TODAY


@dataclass(frozen=True)
class CostByUnit:
    """The rows at their finest; every roll-up is a sum of them. `rates` holds those of each period's last day."""

    rows: tuple[CostRow, ...]
    periods: tuple[Period, ...]
    currency: str
    rates: tuple[Rates, ...]
    reconciled: Reconciled
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the currencies of rows that no rate was known for."""
        return tuple(sorted({row.currency for row in self.rows if row.converted is None}))


@dataclass(frozen=True)
class _Part:
    """What of a lot falls into a period, and the moment whose seats it is split by."""

    lot: DatedLot
    period: Period
    micros: int
    moment: datetime


@dataclass(frozen=True)
class _Place:
    """Where a piece of cost belongs."""

    unit_id: UUID
    unit: str
    split: Split


async def cost_by_unit(work: Work, query: CostQuery) -> CostByUnit:
    """Tell within reach what units cost. Raises BadInput for moments or days that cannot be asked for."""
    when = moments(work, query.as_of, query.known_at)
    tenant = await tenant_of(work)
    spans = periods(query.period, query.first_day, day_of(when.as_of, tenant.zone), tenant.fiscal_year_start)
    facts = await cost_facts(work, when, spans[0].first, spans[-1].last, query.tree)
    parts = [part for lot in facts.lots for part in _parts(lot, spans, when)]
    occupied: Occupied = {
        at: await occupied_seats(work, at, when.known_at) for at in sorted({part.moment for part in parts})
    }
    currencies = {part.lot.currency for part in parts}
    rates = [await rates_into(work, tenant.currency, span.last, when.known_at, currencies) for span in spans]
    rows, reconciled = judge(facts, parts, occupied, dict(zip(spans, rates, strict=True)))
    return CostByUnit(
        rows=rows,
        periods=spans,
        currency=tenant.currency,
        rates=tuple(rates),
        reconciled=reconciled,
        scope=await scope_of(work, Action.POSITION_READ),
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=await freshness_at(work, when, tenant.stale_after_days),
        policy_version=work.gate.revision,
        definition=definitions()["cost_by_unit"],
    )


def judge(
    facts: CostFacts, parts: Iterable[_Part], occupied: Occupied, rates: dict[Period, Rates]
) -> tuple[tuple[CostRow, ...], Reconciled]:
    """Split each part of a lot by its seats, sum what belongs together, and check the sums against the lots."""
    given: dict[UUID, list[DatedShare]] = defaultdict(list)
    of_pool: dict[UUID, list[DatedShare]] = defaultdict(list)
    for share in facts.shares:
        given[share.lot_key].append(share)
        of_pool[share.pool_id].append(share)
    sums: dict[tuple[Period, UUID, UUID, str], Split] = defaultdict(Split)
    units: dict[UUID, str] = {}
    names: dict[UUID, LineFact] = {}
    told: dict[UUID, int] = defaultdict(int)
    due: dict[UUID, int] = defaultdict(int)
    for part in parts:
        line = facts.lines.get(part.lot.line_id)
        if line is None:
            continue
        due[part.lot.lot_key] += part.micros
        for place in _places(facts, line, part, given[part.lot.lot_key], of_pool, occupied[part.moment]):
            key = (part.period, place.unit_id, line.product_id, part.lot.currency)
            sums[key] += place.split
            units[place.unit_id], names[line.product_id] = place.unit, line
            told[part.lot.lot_key] += place.split.total
    rows = [
        _row(facts, period, (unit_id, units[unit_id]), names[product_id], Money(0, currency), split, rates[period])
        for (period, unit_id, product_id, currency), split in sums.items()
        if split.total
    ]
    rows.sort(key=lambda row: (row.period, row.unit.casefold(), row.vendor, row.product, row.currency, row.unit_id))
    return tuple(rows), _reconciled(facts, given, told, due)


def _row(
    facts: CostFacts, period: Period, unit: tuple[UUID, str], line: LineFact, zero: Money, split: Split, rates: Rates
) -> CostRow:
    return CostRow(
        period, unit[0], unit[1], facts.vendors[line.product_id], line.product_id, line.product, zero.currency, split,
        rates, split.into(rates, zero.currency),
    )  # fmt: skip


def _parts(lot: DatedLot, spans: Sequence[Period], when: Moments) -> Iterable[_Part]:
    """Spread a lot's price over its days; one without an end is a cost of its first day alone."""
    price = lot_cost(lot)
    last_day = lot.last_day or lot.first_day
    days = (last_day - lot.first_day).days + 1
    for span in spans:
        first, last = max(span.first, lot.first_day), min(span.last, last_day)
        if first > last:
            continue
        micros = spent(price, days, (first - lot.first_day).days + 1, (last - lot.first_day).days + 1)
        closing = last if lot.last_day else span.last
        end = end_after(closing, lot.zone) or when.as_of
        yield _Part(lot, span, micros, min(end - timedelta(microseconds=1), when.as_of))


def _places(
    facts: CostFacts,
    line: LineFact,
    part: _Part,
    given: Sequence[DatedShare],
    of_pool: dict[UUID, list[DatedShare]],
    occupied: dict[UUID, int],
) -> Iterable[_Place]:
    """Give the pieces of a part that are in reach: each pool's where the pool is, the rest where the license is."""
    lot, at = part.lot, part.moment
    if lot.quantity is None:
        if line.in_reach:
            yield _Place(*facts.unit_of(line.license_id, line, at), Split(unlimited=part.micros))
        return
    shares = [share for share in given if share.quantity and holds_at(share.start, share.end, at)]
    weights = [share.quantity or 0 for share in shares]
    rest = max(0, lot.quantity - sum(weights))
    pieces = apportioned(part.micros, [*weights, rest or int(not sum(weights))])
    if line.in_reach and pieces[-1]:
        yield _Place(*facts.unit_of(line.license_id, line, at), Split(unallocated=pieces[-1]))
    for share, micros in zip(shares, pieces, strict=False):
        pool = facts.pools.get(share.pool_id)
        if pool is not None and micros:
            seats = _seats_of(of_pool[share.pool_id], at) or share.quantity or 0
            taken = min(occupied.get(share.pool_id, 0), seats)
            used, unused = apportioned(micros, [taken, seats - taken])
            yield _Place(*facts.unit_of(pool.pool_id, pool, at), Split(occupied=used, unused=unused))


def _seats_of(shares: Iterable[DatedShare], at: datetime) -> int | None:
    """Count what a pool was given in all; None: a share of it is unlimited."""
    found = [share.quantity for share in shares if holds_at(share.start, share.end, at)]
    return None if None in found else sum(quantity or 0 for quantity in found)


def _reconciled(
    facts: CostFacts, given: dict[UUID, list[DatedShare]], told: dict[UUID, int], due: dict[UUID, int]
) -> Reconciled:
    """Set the rows against the lots that are in reach with all of their pools."""
    whole, partly = [], 0
    for lot in facts.lots:
        line = facts.lines.get(lot.line_id)
        if line is None or lot.lot_key not in due:
            continue
        if line.in_reach and all(share.pool_id in facts.pools for share in given[lot.lot_key]):
            whole.append(lot)
        else:
            partly += 1
    return Reconciled(len(whole), partly, _by_currency(whole, told), _by_currency(whole, due))


def _by_currency(lots: Iterable[DatedLot], micros: dict[UUID, int]) -> tuple[Money, ...]:
    sums: dict[str, int] = defaultdict(int)
    for lot in lots:
        sums[lot.currency] += micros[lot.lot_key]
    return tuple(Money(sums[currency], currency) for currency in sorted(sums))


def summed(rows: Iterable[CostRow]) -> Split | None:
    """Add up rows in the reporting currency; None where one of them has no rate."""
    parts = [row.converted for row in rows]
    if any(part is None for part in parts):
        return None
    return reduce(Split.__add__, (part for part in parts if part is not None), Split())
