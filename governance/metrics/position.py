"""The effective license position: what was purchased, allocated, occupied and used, signed, as of an instant."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from governance.entitlements.rules import MEASURED, CostBasis, lot_cost, seats_of
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.cost import Rates, ReportingCost, rates_into
from governance.metrics.covered import CoveredSeats, together
from governance.metrics.definitions import Definition, definitions
from governance.metrics.gather import WINDOW, LineFact, LotFact, PoolFact, PositionFacts, SeatFact, position_facts
from governance.metrics.measured import MeasuredUse
from governance.metrics.measures import Measures, percent
from policies.access.actions import Action


class Dimension(StrEnum):
    """What a position can be told by."""

    PRODUCT = "PRODUCT"
    TIER = "TIER"
    REGION = "REGION"
    UNIT = "UNIT"
    LICENSE = "LICENSE"
    POOL = "POOL"


@dataclass(frozen=True)
class Group:
    """One coordinate of a row. `id` is None where there is none: no tier, or seats not allocated to any pool."""

    dimension: Dimension
    id: str | None
    name: str


@dataclass(frozen=True)
class PositionRow:
    group: tuple[Group, ...]
    measures: Measures


@dataclass(frozen=True)
class PositionQuery:
    """`as_of`: the instant it speaks of; `known_at`: as it was known then; both default to now."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    by: tuple[Dimension, ...] = (Dimension.LICENSE,)


@dataclass(frozen=True)
class Position:
    """Rows and their totals. `totals` is None where an unscoped total is asked for without the right to it."""

    rows: tuple[PositionRow, ...]
    totals: Measures | None
    by: tuple[Dimension, ...]
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    window_days: int
    policy_version: str
    definition: Definition
    rates: Rates
    parts: tuple["_Slice", ...] = field(repr=False)
    watched: bool

    def grouped(self, *by: Dimension) -> tuple[PositionRow, ...]:
        """Give rows by other dimensions of what was gathered already."""
        return _rows(self.parts, by, watched=self.watched)

    def in_reporting(self, measures: Measures) -> ReportingCost:
        """Give the cost of one row, or of the totals, in the tenant's reporting currency."""
        return self.rates.cost(measures.cost)

    @property
    def cost_in_reporting(self) -> ReportingCost | None:
        """Give the cost of the totals in the reporting currency; None where there are no totals to be seen."""
        return None if self.totals is None else self.in_reporting(self.totals)


@dataclass(frozen=True)
class _Slice:
    """The finest grain: a pool's part of its line, or (without a pool) the rest of the line that no pool has."""

    line: LineFact
    pool: PoolFact | None
    purchased: int | None
    allocated: int | None
    seats: SeatFact | None
    cost: Mapping[str, int] = field(default_factory=dict)
    measured: MeasuredUse | None = None
    covered: tuple[CoveredSeats, ...] = ()


async def position(work: Work, query: PositionQuery) -> Position:
    """Tell the license position within reach. Raises BadInput for moments or dimensions that cannot be asked for."""
    if len(set(query.by)) != len(query.by) or not query.by:
        raise BadInput("by", ", ".join(query.by) or "nothing", "at least one dimension, none of them twice")
    when = moments(work, query.as_of, query.known_at)
    facts = await position_facts(work, when)
    tenant = await tenant_of(work)
    fresh = await freshness_at(work, when, tenant.stale_after_days)
    watched = any(not source.stale for source in fresh)
    slices = judge(facts)
    scope = await scope_of(work, Action.POSITION_READ)
    day = day_of(when.as_of, tenant.zone)
    rates = await rates_into(work, tenant.currency, day, when.known_at, (lot.currency for lot in facts.lots))
    may_total = not scope.everything or work.gate.may(work.actor, Action.TOTAL_UNSCOPED)
    return Position(
        rows=_rows(slices, query.by, watched=watched),
        totals=measure(slices, watched=watched) if may_total else None,
        by=query.by,
        scope=scope,
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=fresh,
        window_days=WINDOW.days,
        policy_version=work.gate.revision,
        definition=definitions()["position"],
        rates=rates,
        parts=slices,
        watched=watched,
    )


def judge(facts: PositionFacts) -> tuple[_Slice, ...]:
    """Cut each line into its pools' parts and the rest, so that any grouping of the parts sums to the whole."""
    lots = {lot.lot_key: lot for lot in facts.lots}
    seats = {seat.pool_id: seat for seat in facts.seats}
    pools_of: dict[UUID, list[PoolFact]] = defaultdict(list)
    for pool in facts.pools:
        pools_of[pool.line_id].append(pool)
    given: dict[UUID, dict[UUID, list[tuple[LotFact, int | None]]]] = defaultdict(lambda: defaultdict(list))
    for share in facts.shares:
        given[share.line_id][share.pool_id].append((lots[share.lot_key], share.quantity))
    lots_of: dict[UUID, list[LotFact]] = defaultdict(list)
    for lot in facts.lots:
        lots_of[lot.line_id].append(lot)
    slices: list[_Slice] = []
    for line in facts.lines:
        parts = given[line.line_id]
        for pool in pools_of[line.line_id]:
            covered = facts.covered.get(pool.pool_id, ())
            slices.extend(_pool_slice(line, pool, parts.get(pool.pool_id, []), seats.get(pool.pool_id), covered))
        if line.in_reach:
            slices.append(_rest(line, lots_of[line.line_id], parts, facts.measured.get(line.line_id)))
    return tuple(slices)


def measure(slices: Iterable[_Slice], *, watched: bool) -> Measures:
    """Sum slices to one row; unlimited stays unlimited and has neither balance nor percent."""
    parts = tuple(slices)
    purchased = seats_of(part.purchased for part in parts)
    occupied = sum(part.seats.occupied for part in parts if part.seats)
    cost: dict[str, int] = defaultdict(int)
    for part in parts:
        for currency, micros in part.cost.items():
            cost[currency] += micros
    return Measures(
        purchased=purchased,
        entitled=_entitled(parts),
        allocated=seats_of(part.allocated for part in parts),
        occupied=occupied,
        active=sum(part.seats.active for part in parts if part.seats),
        observed=sum(part.seats.observed for part in parts if part.seats) if watched else None,
        overage=0 if purchased is None else max(0, occupied - purchased),
        balance=None if purchased is None else purchased - occupied,
        percent=percent(occupied, purchased),
        cost=tuple(Money(cost[currency], currency) for currency in sorted(cost)),
        measured=tuple(part.measured for part in parts if part.measured is not None),
        covered_by=together(each for part in parts for each in part.covered),
    )


def _pool_slice(
    line: LineFact,
    pool: PoolFact,
    parts: Sequence[tuple[LotFact, int | None]],
    seats: SeatFact | None,
    covered: tuple[CoveredSeats, ...],
) -> Iterable[_Slice]:
    """Give the pool's part; a closed pool that neither has nor holds anything is left out."""
    if pool.closed and not parts and seats is None:
        return ()
    allocated = 0 if line.model in MEASURED else seats_of(quantity for _, quantity in parts)
    cost: dict[str, int] = defaultdict(int)
    for lot, quantity in parts:
        cost[lot.currency] += _share_cost(lot, quantity)
    if line.model in MEASURED:
        seats, covered = None, ()
    return (_Slice(line, pool, allocated, allocated, seats, cost, covered=covered),)


def _rest(
    line: LineFact,
    lots: Sequence[LotFact],
    given: Mapping[UUID, Sequence[tuple[LotFact, int | None]]],
    measured: MeasuredUse | None,
) -> _Slice:
    """Give what no pool has: negative where pools were given more than the line has; of a measured line no seats."""
    shares = [share for parts in given.values() for share in parts]
    bought = seats_of(lot.quantity for lot in lots)
    cost: dict[str, int] = defaultdict(int)
    for lot in lots:
        cost[lot.currency] += lot_cost(lot) if lot.in_force else 0
    for lot, quantity in shares:
        cost[lot.currency] -= _share_cost(lot, quantity)
    rest = None if bought is None else bought - sum(quantity or 0 for _, quantity in shares)
    return _Slice(line, None, 0 if line.model in MEASURED else rest, 0, None, cost, measured)


def _share_cost(lot: LotFact, quantity: int | None) -> int:
    """Give the part of a lot's price that its share carries, rounded down; an unlimited lot's price is not parted."""
    if not quantity or not lot.quantity or not lot.in_force:
        return 0
    if lot.cost_basis is CostBasis.PER_SEAT:
        return lot.unit_price * quantity
    return lot_cost(lot) * quantity // lot.quantity


def _entitled(parts: Sequence[_Slice]) -> int | None:
    """Sum, over the lines, the lesser of what was purchased and what is allocated: a grant needs room in both."""
    lines: dict[UUID, list[_Slice]] = defaultdict(list)
    for part in parts:
        lines[part.line.line_id].append(part)
    usable: list[int | None] = []
    for slices in lines.values():
        bought = seats_of(part.purchased for part in slices)
        allocated = seats_of(part.allocated for part in slices)
        known = [seats for seats in (bought, allocated) if seats is not None]
        usable.append(min(known) if known else None)
    return seats_of(usable)


def _rows(slices: Sequence[_Slice], by: Sequence[Dimension], *, watched: bool) -> tuple[PositionRow, ...]:
    groups: dict[tuple[Group, ...], list[_Slice]] = defaultdict(list)
    for part in slices:
        if part.pool is not None or part.purchased != 0 or any(part.cost.values()) or Dimension.POOL not in by:
            groups[tuple(_group(part, dimension) for dimension in by)].append(part)
    ordered = sorted(groups.items(), key=lambda item: [(g.id is None, g.name.casefold(), g.id or "") for g in item[0]])
    return tuple(PositionRow(group, measure(parts, watched=watched)) for group, parts in ordered)


def _group(part: _Slice, dimension: Dimension) -> Group:
    line, place = part.line, part.pool or part.line
    if dimension is Dimension.PRODUCT:
        return Group(dimension, str(line.product_id), line.product)
    if dimension is Dimension.TIER:
        return Group(dimension, None if line.tier_id is None else str(line.tier_id), line.tier or "")
    if dimension is Dimension.LICENSE:
        return Group(dimension, str(line.license_id), line.license)
    if dimension is Dimension.REGION:
        return Group(dimension, place.region, place.region)
    if dimension is Dimension.UNIT:
        return Group(dimension, str(place.unit_id), place.unit)
    return Group(dimension, None if part.pool is None else str(part.pool.pool_id), part.pool.pool if part.pool else "")
