"""Why two reports of the same instant differ: the facts that were learned between the one and the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select

from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import (
    ENTITLEMENT_OF_LINE,
    ENTITLEMENT_PLACED,
    LINE_OF_LOT,
    LINE_OF_POOL,
    POOL_OF_ALLOCATION,
    POOL_PLACED,
)
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.metrics.answers import Moments, Scope, moments, scope_of
from governance.metrics.measures import Measures
from governance.metrics.position import PositionQuery, position
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT, occupied_at
from governance.usage.models import UsageEvent
from policies.access.actions import Action

MOST = 500


class FactKind(StrEnum):
    LOT = "LOT"
    ALLOCATION = "ALLOCATION"
    SEAT = "SEAT"
    USAGE = "USAGE"


@dataclass(frozen=True)
class LearnedFact:
    """A fact that holds at the instant and was learned in between. `before` or `after` is None where there is none.

    Of a seat and of usage it names no person: that is for whoever may read seats and usage.
    """

    kind: FactKind
    subject_id: UUID
    label: str
    learned_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Difference:
    """The totals as known at each moment, and the facts between; `complete` unless there were too many to list."""

    as_of: datetime
    known_at1: datetime
    known_at2: datetime
    before: Measures | None
    after: Measures | None
    facts: tuple[LearnedFact, ...]
    complete: bool
    scope: Scope


async def explain_difference(work: Work, as_of: datetime, known_at1: datetime, known_at2: datetime) -> Difference:
    """List what was learned after `known_at1` and by `known_at2` of the facts that hold at `as_of`, oldest first.

    Raises BadInput for moments that cannot be asked for, or in the wrong order.
    """
    first, second = moments(work, as_of, known_at1), moments(work, as_of, known_at2)
    if known_at2 < known_at1:
        raise BadInput("known_at2", known_at2.isoformat(), f"{known_at1.isoformat()} or later")
    lots = await _lots(work, first, second)
    allocations = await _allocations(work, first, second)
    seats = await _seats(work, first, second)
    usage = await _usage(work, first, second)
    facts = [*lots[:MOST], *allocations[:MOST], *seats[:MOST], *usage]
    return Difference(
        as_of=first.as_of,
        known_at1=first.known_at,
        known_at2=second.known_at,
        before=(await position(work, PositionQuery(as_of, known_at1))).totals,
        after=(await position(work, PositionQuery(as_of, known_at2))).totals,
        facts=tuple(sorted(facts, key=lambda fact: (fact.learned_at, fact.kind, str(fact.subject_id)))),
        complete=max(len(lots), len(allocations), len(seats)) <= MOST,
        scope=await scope_of(work, Action.POSITION_READ),
    )


async def _lots(work: Work, first: Moments, second: Moments) -> list[LearnedFact]:
    query = (
        select(Lot, Entitlement.name)
        .join(MetricLine, LINE_OF_LOT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Lot.tenant_id == work.tenant_id, work.reach(Action.POSITION_READ, ENTITLEMENT_PLACED))
    )
    facts: dict[UUID, LearnedFact] = {}
    for row, name in await _versions(work, query, Lot, first, second):
        known = facts.get(row.lot_key)
        before, after = (None, None) if known is None else (known.before, known.after)
        if row.recorded_at <= first.known_at:
            before = _shown_lot(row)
        if row.superseded_at is None or row.superseded_at > second.known_at:
            after = _shown_lot(row)
        learned = max(_learned(row, first, second), row.recorded_at if known is None else known.learned_at)
        facts[row.lot_key] = LearnedFact(FactKind.LOT, row.lot_key, name, learned, before, after)
    return [fact for fact in facts.values() if fact.before != fact.after]


async def _allocations(work: Work, first: Moments, second: Moments) -> list[LearnedFact]:
    query = (
        select(Allocation, Pool.name)
        .join(Pool, POOL_OF_ALLOCATION)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Allocation.tenant_id == work.tenant_id, work.reach(Action.POSITION_READ, POOL_PLACED))
    )
    facts = []
    for row, name in await _versions(work, query, Allocation, first, second):
        shown = {"quantity": row.quantity, "start": row.start, "end": row.end, "reason": row.reason.value}
        before = shown if row.recorded_at <= first.known_at else None
        after = shown if row.superseded_at is None or row.superseded_at > second.known_at else None
        if before != after:
            learned = _learned(row, first, second)
            facts.append(LearnedFact(FactKind.ALLOCATION, row.pool_id, name, learned, before, after))
    return facts


async def _versions(
    work: Work, query: Select[Any, Any], row: type[Lot] | type[Allocation], first: Moments, second: Moments
) -> list[tuple[Any, str]]:
    """Give the versions that were recorded or superseded between and hold at the instant, oldest first."""
    within = or_(
        and_(row.recorded_at > first.known_at, row.recorded_at <= second.known_at),
        and_(row.superseded_at > first.known_at, row.superseded_at <= second.known_at),
    )
    holds = and_(row.start <= first.as_of, or_(row.end.is_(None), row.end > first.as_of))
    found = await work.session.execute(query.where(within, holds).order_by(row.recorded_at, row.id).limit(2 * MOST + 2))
    return [(version, name) for version, name in found]


def _learned(row: Lot | Allocation, first: Moments, second: Moments) -> datetime:
    """Say when the later of a version's two facts in between was learned: that it is, or that it is no longer."""
    gone = row.superseded_at
    return gone if gone is not None and first.known_at < gone <= second.known_at else row.recorded_at


def _shown_lot(row: Lot) -> dict[str, Any]:
    return {
        "quantity": row.quantity,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "zone": row.zone,
        "currency": row.currency,
        "unit_price": row.unit_price,
        "cost_basis": row.cost_basis.value,
        "bands": row.bands,
        "reason": row.reason.value,
    }


async def _seats(work: Work, first: Moments, second: Moments) -> list[LearnedFact]:
    """Give the seats that are counted as known at one moment and not as known at the other."""
    was, is_now = (case((occupied_at(when.as_of, when.known_at), 1), else_=0) for when in (first, second))
    rows = await work.session.execute(
        select(Assignment.id, Pool.name, was, is_now, Assignment.recorded_at, Assignment.released_recorded_at)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.started_at <= first.as_of,
            was != is_now,
            work.reach(Action.POSITION_READ, POOL_PLACED),
        )
        .order_by(Assignment.recorded_at, Assignment.id)
        .limit(MOST + 1)
    )
    facts = []
    for seat_id, pool, before, after, recorded, released in rows:
        learned = recorded if recorded > first.known_at else released or second.known_at
        facts.append(LearnedFact(FactKind.SEAT, seat_id, pool, learned, {"occupied": before}, {"occupied": after}))
    return facts


async def _usage(work: Work, first: Moments, second: Moments) -> list[LearnedFact]:
    """Give how many events of each source came in between, of what happened by the instant; only over all rows."""
    if not work.gate.reach(work.actor, Action.POSITION_READ).everything:
        return []
    rows = await work.session.execute(
        select(UsageEvent.source, func.count(), func.max(UsageEvent.recorded_at))
        .where(
            UsageEvent.tenant_id == work.tenant_id,
            UsageEvent.occurred_at <= first.as_of,
            UsageEvent.recorded_at > first.known_at,
            UsageEvent.recorded_at <= second.known_at,
        )
        .group_by(UsageEvent.source)
    )
    return [
        LearnedFact(FactKind.USAGE, work.tenant_id, source, learned, None, {"events": count})
        for source, count, learned in rows
    ]
