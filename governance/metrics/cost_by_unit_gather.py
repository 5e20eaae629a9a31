"""The SELECTs behind cost by unit: lots that reach into the days, what pools were given of them, who sat in those."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit, OwnedPlacement, UnitClosure
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, POOL_OF_ALLOCATION, POOL_PLACED, known
from governance.entitlements.rules import CostBasis
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.gather import (
    VENDOR_OF_PRODUCT,
    LineFact,
    PoolFact,
    line_facts,
    lines_in_question,
    pool_facts,
    procured,
)
from governance.seats.lease_queries import lent_seats
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT, occupied_at
from policies.access.actions import Action


class Tree(StrEnum):
    """By which tree cost is told: where everything is today, or where it was at the end of each part of a period."""

    TODAY = "TODAY"
    OF_THE_DAY = "OF_THE_DAY"


@dataclass(frozen=True)
class Spell:
    """A unit had something, from when until when (half-open)."""

    unit_id: UUID
    unit: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class DatedLot:
    """A lot as it was known, with its days in its own zone. Prices in micro-units."""

    lot_key: UUID
    line_id: UUID
    quantity: int | None
    first_day: date
    last_day: date | None
    zone: str
    currency: str
    unit_price: int
    cost_basis: CostBasis
    pack_size: int
    bands: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class DatedShare:
    """Seats of a lot given to a pool, from when until when (half-open)."""

    lot_key: UUID
    pool_id: UUID
    quantity: int | None
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class CostFacts:
    """`vendors`: the name of each product's vendor. A pool that is not in reach is named by shares only.

    `belonged`: of pools and licenses that changed units, which unit had them when; empty where today's is asked for.
    """

    lines: dict[UUID, LineFact]
    pools: dict[UUID, PoolFact]
    vendors: dict[UUID, str]
    lots: tuple[DatedLot, ...]
    shares: tuple[DatedShare, ...]
    belonged: Mapping[UUID, tuple[Spell, ...]]

    def unit_of(self, key: UUID, fact: LineFact | PoolFact, at: datetime) -> tuple[UUID, str]:
        """Give the unit that had a pool or a license at an instant, with its name."""
        for spell in self.belonged.get(key, ()):
            if spell.start <= at and (spell.end is None or at < spell.end):
                return spell.unit_id, spell.unit
        return fact.unit_id, fact.unit


async def cost_facts(work: Work, when: Moments, first: date, last: date, tree: Tree) -> CostFacts:
    """Gather within reach what the days from `first` to `last` cost: a few SELECTs however many rows there are."""
    vendors = await work.session.execute(
        select(Product.id, Vendor.name).join(Vendor, VENDOR_OF_PRODUCT).where(Product.tenant_id == work.tenant_id)
    )
    return CostFacts(
        lines={line.line_id: line for line in await line_facts(work, when)},
        pools={pool.pool_id: pool for pool in await pool_facts(work, when)},
        vendors={row[0]: row[1] for row in vendors},
        lots=await _lots(work, when, first, last),
        shares=await _shares(work, when),
        belonged=await _belonged(work, when) if tree is Tree.OF_THE_DAY else {},
    )


async def _belonged(work: Work, when: Moments) -> dict[UUID, tuple[Spell, ...]]:
    query = (
        select(OwnedPlacement, OrgUnit.name)
        .join(OrgUnit, and_(OrgUnit.tenant_id == OwnedPlacement.tenant_id, OrgUnit.id == OwnedPlacement.unit_id))
        .where(
            OwnedPlacement.tenant_id == work.tenant_id,
            OwnedPlacement.subject_type.in_(("pool", "entitlement")),
            OwnedPlacement.recorded_at <= when.known_at,
            or_(OwnedPlacement.superseded_at.is_(None), OwnedPlacement.superseded_at > when.known_at),
        )
        .order_by(OwnedPlacement.start)
    )
    found: dict[UUID, tuple[Spell, ...]] = {}
    for row, name in (await work.session.execute(query)).all():
        found[row.subject_id] = (*found.get(row.subject_id, ()), Spell(row.unit_id, name, row.start, row.end))
    return found


async def _lots(work: Work, when: Moments, first: date, last: date) -> tuple[DatedLot, ...]:
    rows = await work.session.execute(
        select(
            Lot.lot_key, Lot.line_id, Lot.quantity, Lot.first_day, Lot.last_day, Lot.zone, Lot.currency,
            Lot.unit_price, Lot.cost_basis, Lot.pack_size, Lot.bands,
        )
        .where(
            Lot.tenant_id == work.tenant_id,
            Lot.line_id.in_(lines_in_question(work).where(procured(work))),
            known(Lot, when.known_at),
            Lot.first_day <= last,
            or_(Lot.last_day.is_(None), Lot.last_day >= first),
        )
        .order_by(Lot.first_day, Lot.lot_key)
    )  # fmt: skip
    return tuple(DatedLot(*tuple(row)) for row in rows)


async def _shares(work: Work, when: Moments) -> tuple[DatedShare, ...]:
    """Give the shares of all pools of the lines in question: what is left of a line depends on each of them."""
    rows = await work.session.execute(
        select(Allocation.lot_key, Allocation.pool_id, Allocation.quantity, Allocation.start, Allocation.end)
        .join(Pool, POOL_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == work.tenant_id,
            Pool.line_id.in_(lines_in_question(work)),
            known(Allocation, when.known_at),
        )
        .order_by(Allocation.pool_id, Allocation.start, Allocation.id)
    )
    return tuple(DatedShare(*row) for row in rows)


async def occupied_seats(work: Work, at: datetime, known_at: datetime) -> dict[UUID, int]:
    """Count the seats that took room at an instant, held or lent, by pool within reach."""
    rows = await work.session.execute(
        select(Assignment.pool_id, func.count())
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id,
            occupied_at(at, known_at),
            work.reach(Action.POSITION_READ, POOL_PLACED),
        )
        .group_by(Assignment.pool_id)
    )
    found = {pool_id: int(count) for pool_id, count in rows}
    for pool_id, seats in (await lent_seats(work, at, Action.POSITION_READ)).items():
        found[pool_id] = found.get(pool_id, 0) + seats
    return found


@dataclass(frozen=True)
class Above:
    """A unit of today's tree above (or itself) one that has cost of its own; `depth` counts from the top."""

    unit_id: UUID
    ancestor_id: UUID
    name: str
    depth: int


async def units_above(work: Work, units: Iterable[UUID]) -> tuple[Above, ...]:
    """Give today's tree above these units."""
    depth = (
        select(func.count())
        .select_from(UnitClosure)
        .where(UnitClosure.tenant_id == OrgUnit.tenant_id, UnitClosure.unit_id == OrgUnit.id)
        .correlate(OrgUnit)
        .scalar_subquery()
    )
    rows = await work.session.execute(
        select(UnitClosure.unit_id, UnitClosure.ancestor_id, OrgUnit.name, depth)
        .join(OrgUnit, and_(OrgUnit.tenant_id == UnitClosure.tenant_id, OrgUnit.id == UnitClosure.ancestor_id))
        .where(UnitClosure.tenant_id == work.tenant_id, UnitClosure.unit_id.in_(sorted(set(units))))
    )
    return tuple(Above(unit_id, ancestor_id, name, int(count) - 1) for unit_id, ancestor_id, name, count in rows)
