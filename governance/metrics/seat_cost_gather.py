"""The SELECTs behind cost a seat: lots in force with their days, what pools have of them, how their holders fare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, case, exists, func, or_, select

from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, POOL_OF_ALLOCATION, POOL_PLACED, in_force, known
from governance.entitlements.rules import MEASURED, CostBasis
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.gather import LineFact, PoolFact, line_facts, lines_in_question, pool_facts, procured
from governance.seats.lease_queries import lent_seats
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT, occupied_at
from governance.seats.rules import DORMANT_AFTER
from governance.usage.models import UsageEvent
from policies.access.actions import Action
from policies.thresholds.threshold import default_thresholds


@dataclass(frozen=True)
class LotInForce:
    """A lot in force as it was known, with its days in its own zone. Prices in micro-units."""

    lot_key: UUID
    line_id: UUID
    po_number: str | None
    quantity: int | None
    first_day: date
    last_day: date | None
    currency: str
    unit_price: int
    cost_basis: CostBasis
    pack_size: int
    bands: Sequence[Sequence[int]]

    @property
    def days(self) -> int | None:
        """Count its days, both ends in; None without an end."""
        return None if self.last_day is None else (self.last_day - self.first_day).days + 1


@dataclass(frozen=True)
class Held:
    """How many seats of a pool took room; of them never used in more than the days of grace, and dormant."""

    occupied: int = 0
    never_used: int = 0
    dormant: int = 0


@dataclass(frozen=True)
class SeatFacts:
    """`shares`: of each lot what each pool has of it. `seen`: the products of which some source told lately: of
    others nobody knows who is dormant.
    """

    lines: dict[UUID, LineFact]
    pools: dict[UUID, PoolFact]
    lots: tuple[LotInForce, ...]
    shares: dict[UUID, list[tuple[UUID, int | None]]]
    held: dict[UUID, Held]
    seen: frozenset[UUID]


def grace() -> timedelta:
    """Give how long a seat may wait for its first use before it counts as never used."""
    return timedelta(days=default_thresholds().idle.activation_grace_days)


async def seat_facts(work: Work, when: Moments) -> SeatFacts:
    """Gather within reach what seats cost at an instant: seven SELECTs however many rows there are."""
    lines = {line.line_id: line for line in await line_facts(work, when) if line.model not in MEASURED}
    lots = await _lots(work, when)
    return SeatFacts(
        lines=lines,
        pools={pool.pool_id: pool for pool in await pool_facts(work, when)},
        lots=tuple(lot for lot in lots if lot.line_id in lines),
        shares=await _shares(work, when),
        held=await _held(work, when),
        seen=await _seen(work, when),
    )


async def _lots(work: Work, when: Moments) -> tuple[LotInForce, ...]:
    rows = await work.session.execute(
        select(
            Lot.lot_key, Lot.line_id, Lot.po_number, Lot.quantity, Lot.first_day, Lot.last_day, Lot.currency,
            Lot.unit_price, Lot.cost_basis, Lot.pack_size, Lot.bands,
        )
        .where(
            Lot.tenant_id == work.tenant_id, Lot.line_id.in_(lines_in_question(work).where(procured(work))),
            known(Lot, when.known_at), in_force(Lot, when.as_of),
        )
        .order_by(Lot.line_id, Lot.start, Lot.lot_key)
    )  # fmt: skip
    return tuple(LotInForce(*tuple(row)) for row in rows)


async def _shares(work: Work, when: Moments) -> dict[UUID, list[tuple[UUID, int | None]]]:
    """Give the shares of all pools of the lines in question: what is left of a line depends on each of them."""
    rows = await work.session.execute(
        select(Allocation.lot_key, Allocation.pool_id, Allocation.quantity)
        .join(Pool, POOL_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == work.tenant_id, Pool.line_id.in_(lines_in_question(work)),
            known(Allocation, when.known_at), in_force(Allocation, when.as_of),
        )
        .order_by(Allocation.pool_id, Allocation.start, Allocation.id)
    )  # fmt: skip
    found: dict[UUID, list[tuple[UUID, int | None]]] = {}
    for lot_key, pool_id, quantity in rows:
        found.setdefault(lot_key, []).append((pool_id, quantity))
    return found


async def _held(work: Work, when: Moments) -> dict[UUID, Held]:
    """Count the seats that took room by pool within reach; whoever has a lease uses it."""
    used = and_(Assignment.first_use_at <= when.as_of, Assignment.first_use_recorded_at <= when.known_at)
    since = when.as_of - DORMANT_AFTER
    event = exists().where(
        UsageEvent.tenant_id == Assignment.tenant_id, UsageEvent.person_id == Assignment.person_id,
        UsageEvent.product_id == Entitlement.product_id, UsageEvent.occurred_at > since,
        UsageEvent.occurred_at <= when.as_of, UsageEvent.recorded_at <= when.known_at,
    )  # fmt: skip
    state = case(
        (used, case((or_(Assignment.first_use_at > since, event), "ACTIVE"), else_="DORMANT")),
        (Assignment.started_at > when.as_of - grace(), "NEW"),
        else_="NEVER",
    )
    rows = await work.session.execute(
        select(Assignment.pool_id, state, func.count())
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id, occupied_at(when.as_of, when.known_at),
            work.reach(Action.POSITION_READ, POOL_PLACED),
        )
        .group_by(Assignment.pool_id, state)
    )  # fmt: skip
    counts: dict[UUID, dict[str, int]] = {}
    for pool_id, word, count in rows:
        counts.setdefault(pool_id, {})[word] = int(count)
    for pool_id, lent in (await lent_seats(work, when.as_of, Action.POSITION_READ)).items():
        counts.setdefault(pool_id, {})["LENT"] = lent
    return {
        pool_id: Held(sum(each.values()), each.get("NEVER", 0), each.get("DORMANT", 0))
        for pool_id, each in counts.items()
    }


async def _seen(work: Work, when: Moments) -> frozenset[UUID]:
    query = (
        select(UsageEvent.product_id)
        .where(
            UsageEvent.tenant_id == work.tenant_id, UsageEvent.product_id.is_not(None),
            UsageEvent.occurred_at > when.as_of - DORMANT_AFTER, UsageEvent.occurred_at <= when.as_of,
            UsageEvent.recorded_at <= when.known_at,
        )
        .distinct()
    )  # fmt: skip
    return frozenset(each for each in (await work.session.execute(query)).scalars() if each is not None)
