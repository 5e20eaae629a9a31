"""The SELECTs behind the position: licenses, pools, dated seats, holders, at an instant as known at another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.catalog.models import Product, Tier, Vendor
from governance.directory.models import OrgUnit
from governance.entitlements.entitling import entitles, given
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import (
    ENTITLEMENT_OF_LINE,
    ENTITLEMENT_PLACED,
    LINE_OF_POOL,
    LOT_OF_ALLOCATION,
    POOL_OF_ALLOCATION,
    POOL_PLACED,
    in_force,
    known,
    there,
)
from governance.entitlements.rules import MEASURED, CostBasis, LicenseModel
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.covered import CoveredSeats, covered_seats
from governance.metrics.measured import MeasuredUse, measured_use
from governance.seats.lease_queries import lent_seats
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT, occupied_at
from governance.usage.models import UsageEvent
from policies.access.actions import Action

WINDOW = timedelta(days=30)
PRODUCT_OF_ENTITLEMENT = and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id)
VENDOR_OF_PRODUCT = and_(Vendor.tenant_id == Product.tenant_id, Vendor.id == Product.vendor_id)
TIER_OF_LINE = and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id)


@dataclass(frozen=True)
class LineFact:
    """A metric line with the names it is reported under; `in_reach` where the license itself may be seen."""

    line_id: UUID
    license_id: UUID
    license: str
    product_id: UUID
    product: str
    tier_id: UUID | None
    tier: str | None
    unit_id: UUID
    unit: str
    region: str
    in_reach: bool
    model: LicenseModel


@dataclass(frozen=True)
class PoolFact:
    pool_id: UUID
    line_id: UUID
    pool: str
    unit_id: UUID
    unit: str
    region: str
    closed: bool


@dataclass(frozen=True)
class LotFact:
    """A lot in force, as it was known, or one that ended and is kept for good. Prices in micro-units."""

    lot_key: UUID
    line_id: UUID
    quantity: int | None
    currency: str
    unit_price: int
    cost_basis: CostBasis
    pack_size: int
    bands: Sequence[Sequence[int]] = ()
    in_force: bool = True


@dataclass(frozen=True)
class ShareFact:
    """Seats of a lot in force given to a pool, the allocation in force as well."""

    lot_key: UUID
    line_id: UUID
    pool_id: UUID
    quantity: int | None


@dataclass(frozen=True)
class SeatFact:
    """How many seats of a pool took room, how many of them were ever used, and were seen in use lately."""

    pool_id: UUID
    occupied: int
    active: int
    observed: int


@dataclass(frozen=True)
class PositionFacts:
    lines: tuple[LineFact, ...]
    pools: tuple[PoolFact, ...]
    lots: tuple[LotFact, ...]
    shares: tuple[ShareFact, ...]
    seats: tuple[SeatFact, ...]
    measured: Mapping[UUID, MeasuredUse] = field(default_factory=dict)
    covered: Mapping[UUID, tuple[CoveredSeats, ...]] = field(default_factory=dict)


async def position_facts(work: Work, when: Moments) -> PositionFacts:
    """Gather what the position is made of, within reach: six SELECTs however many rows there are, and some
    more where anything is measured, or covered by another right.
    """
    lines = await line_facts(work, when)
    measured = frozenset(line.line_id for line in lines if line.model in MEASURED and line.in_reach)
    return PositionFacts(
        lines=lines,
        pools=await pool_facts(work, when),
        lots=await _lots(work, when),
        shares=await _shares(work, when),
        seats=await _seats(work, when),
        measured=await measured_use(work, measured, when) if measured else {},
        covered=await covered_seats(work, when),
    )


def _pools_in_reach(work: Work) -> Select[Pool]:
    return (
        select(Pool)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, work.reach(Action.POSITION_READ, POOL_PLACED))
    )


def procured(work: Work) -> ColumnElement[bool]:
    """Say which licenses we bought; what we grant to others has revenue, not cost."""
    ours = select(Agreement.id).where(Agreement.tenant_id == work.tenant_id, Agreement.side == Side.PROCURED)
    return Entitlement.agreement_id.in_(ours)


def _governed(work: Work) -> ColumnElement[bool]:
    """Say which lines have a position: those we bought, and those whose seats are given out here by pools."""
    return or_(procured(work), MetricLine.id.in_(select(Pool.line_id).where(Pool.tenant_id == work.tenant_id)))


def lines_in_question(work: Work) -> Select[UUID]:
    """Give the lines that are in reach themselves, or that have a pool which is."""
    return (
        select(MetricLine.id)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            MetricLine.tenant_id == work.tenant_id,
            _governed(work),
            or_(
                work.reach(Action.POSITION_READ, ENTITLEMENT_PLACED),
                MetricLine.id.in_(_pools_in_reach(work).with_only_columns(Pool.line_id)),
            ),
        )
    )


async def line_facts(work: Work, when: Moments) -> tuple[LineFact, ...]:
    reached = case((work.reach(Action.POSITION_READ, ENTITLEMENT_PLACED), true()), else_=false())
    rows = await work.session.execute(
        select(
            MetricLine.id,
            Entitlement.id,
            Entitlement.name,
            Product.id,
            Product.name,
            Tier.id,
            Tier.name,
            Entitlement.unit_id,
            OrgUnit.name,
            Entitlement.region,
            reached,
            MetricLine.model,
        )
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, PRODUCT_OF_ENTITLEMENT)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Entitlement.tenant_id, OrgUnit.id == Entitlement.unit_id))
        .outerjoin(Tier, TIER_OF_LINE)
        .where(
            MetricLine.tenant_id == work.tenant_id,
            MetricLine.id.in_(lines_in_question(work)),
            Entitlement.recorded_at <= when.known_at,
            there(MetricLine, when.known_at),
        )
    )
    return tuple(LineFact(*tuple(row)) for row in rows)


async def pool_facts(work: Work, when: Moments) -> tuple[PoolFact, ...]:
    closed = case((and_(Pool.closed_at <= when.as_of, Pool.closed_at <= when.known_at), true()), else_=false())
    rows = await work.session.execute(
        _pools_in_reach(work)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Pool.tenant_id, OrgUnit.id == Pool.unit_id))
        .where(Pool.opened_at <= when.known_at, there(MetricLine, when.known_at))
        .with_only_columns(Pool.id, Pool.line_id, Pool.name, Pool.unit_id, OrgUnit.name, Pool.region, closed)
    )
    return tuple(PoolFact(*row) for row in rows)


async def _lots(work: Work, when: Moments) -> tuple[LotFact, ...]:
    rows = await work.session.execute(
        select(
            Lot.lot_key,
            Lot.line_id,
            Lot.quantity,
            Lot.currency,
            Lot.unit_price,
            Lot.cost_basis,
            Lot.pack_size,
            Lot.bands,
            case((in_force(Lot, when.as_of), true()), else_=false()),
        ).where(
            Lot.tenant_id == work.tenant_id,
            Lot.line_id.in_(lines_in_question(work)),
            known(Lot, when.known_at),
            entitles(when.as_of, when.known_at),
        )
    )
    return tuple(LotFact(*row) for row in rows)


async def _shares(work: Work, when: Moments) -> tuple[ShareFact, ...]:
    """Give the shares of all pools of the lines in question: what is left of a line depends on each of them."""
    rows = await work.session.execute(
        select(Allocation.lot_key, Pool.line_id, Allocation.pool_id, Allocation.quantity)
        .join(Pool, POOL_OF_ALLOCATION)
        .join(Lot, LOT_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == work.tenant_id,
            Pool.line_id.in_(lines_in_question(work)),
            known(Allocation, when.known_at),
            given(when.as_of),
            known(Lot, when.known_at),
            entitles(when.as_of, when.known_at),
        )
    )
    return tuple(ShareFact(*row) for row in rows)


async def _seats(work: Work, when: Moments) -> tuple[SeatFact, ...]:
    used = and_(
        Assignment.first_use_at <= when.as_of,
        Assignment.first_use_recorded_at <= when.known_at,
    )
    seen = (
        select(UsageEvent.id)
        .where(
            UsageEvent.tenant_id == Assignment.tenant_id,
            UsageEvent.person_id == Assignment.person_id,
            UsageEvent.product_id == Entitlement.product_id,
            UsageEvent.occurred_at > when.as_of - WINDOW,
            UsageEvent.occurred_at <= when.as_of,
            UsageEvent.recorded_at <= when.known_at,
        )
        .exists()
    )
    rows = await work.session.execute(
        select(
            Assignment.pool_id,
            func.count(),
            func.sum(case((used, 1), else_=0)),
            func.sum(case((seen, 1), else_=0)),
        )
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id,
            occupied_at(when.as_of, when.known_at),
            work.reach(Action.POSITION_READ, POOL_PLACED),
        )
        .group_by(Assignment.pool_id)
    )
    found = {pool_id: (int(n), int(used_n), int(seen_n)) for pool_id, n, used_n, seen_n in rows}
    for pool_id, lent in (await lent_seats(work, when.as_of, Action.POSITION_READ)).items():
        # Whoever has a lease uses it.
        found[pool_id] = tuple(count + lent for count in found.get(pool_id, (0, 0, 0)))  # type: ignore[assignment]
    return tuple(SeatFact(pool_id, *counts) for pool_id, counts in found.items())
