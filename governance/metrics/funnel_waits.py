"""How long seats took from one observed step to the next: counted by cell and whole hours, censored where they stand.

A seat waits from the instant it reached the observed step before. Its wait ends with the step; it is censored where the
seat was over, or at the as-of. Who came past without an instant of its own has an unknown wait, and is told apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, or_, select

from governance.activation.models import JourneyEvent
from governance.activation.rules import Mark, Step
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.database import Instant
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.first_use_gather import HoursBetween, Waits, followed_until
from governance.metrics.funnel_gather import ORDER, RANK, Cell, Ways, cell_of, episodes, furthest_of, of_seat
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT

Pair = tuple[Step, Step]
OWN = (Step.INVITED, Step.ACCEPTED, Step.ASSIGNED)


def pairs_of(observed: frozenset[Step]) -> tuple[Pair, ...]:
    """Give the observed steps after assignment, each with the one before it."""
    chain = [Step.ASSIGNED, *(step for step in ORDER if step in observed and step not in OWN)]
    return tuple(pairwise(chain))


async def waits_by_cell(
    work: Work, when: Moments, starts: Sequence[datetime], ways: Mapping[Cell, Ways]
) -> dict[tuple[Cell, Step], Waits]:
    """Give the waits for each step of each cell: one SELECT for each pair of steps that any product has."""
    wanted: dict[Pair, set[UUID]] = defaultdict(set)
    for cell, each in ways.items():
        for pair in pairs_of(each.observed):
            wanted[pair].add(cell.product_id)
    found: dict[tuple[Cell, Step], Waits] = {}
    for pair in sorted(wanted, key=lambda each: (RANK[each[0]], RANK[each[1]])):
        rows = await _counted(work, when, episodes(work, when, starts), pair, wanted[pair])
        found |= {(cell, pair[1]): waits for cell, waits in _by_cell(rows).items()}
    return found


async def _counted(work: Work, when: Moments, seats: Subquery, pair: Pair, products: set[UUID]) -> Iterable[Any]:
    begun, reached = (_instant(step, when) for step in pair)
    came = furthest_of(seats) >= RANK[pair[1]]
    unknown = or_(begun.is_(None), and_(came, or_(reached.is_(None), reached < begun)))
    until = case((came, reached), else_=followed_until(when))
    kind = case((unknown, "unknown"), (came, "event"), else_="censored")
    hours = case((unknown, 0), else_=HoursBetween(begun, until))
    each = (
        select(*cell_of(seats), kind.label("kind"), hours.label("hours"))
        .join(Assignment, and_(Assignment.tenant_id == work.tenant_id, Assignment.id == seats.c.seat_id))
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(furthest_of(seats) >= RANK[pair[0]], seats.c.product_id.in_(sorted(products)))
        .subquery("waits")
    )
    keys = (*cell_of(each), each.c.kind, each.c.hours)
    return (await work.session.execute(select(*keys, func.count()).group_by(*keys))).all()


def _instant(step: Step, when: Moments) -> ColumnElement[Any]:
    """Give the instant at which a seat reached a step, by its own dates or by the first event that tells of it."""
    told = (
        select(func.min(JourneyEvent.occurred_at))
        .where(of_seat(when), JourneyEvent.mark == Mark.REACHED, JourneyEvent.step == step)
        .correlate(Assignment, Entitlement)
        .scalar_subquery()
    )
    if step is Step.ASSIGNED:
        return func.coalesce(Assignment.accepted_at, Assignment.started_at, type_=Instant())
    if step is Step.FIRST_USE:
        used = and_(Assignment.first_use_at <= when.as_of, Assignment.first_use_recorded_at <= when.known_at)
        return case((used, Assignment.first_use_at), else_=literal(None, Instant()))
    return told


def _by_cell(rows: Iterable[Any]) -> dict[Cell, Waits]:
    histograms: dict[Cell, dict[int, tuple[int, int]]] = defaultdict(dict)
    unknown: dict[Cell, int] = defaultdict(int)
    for product, unit, quarter, kind, hours, count in rows:
        cell = Cell(product, unit, quarter)
        events, censored = histograms[cell].get(hours, (0, 0))
        if kind == "unknown" or hours < 0:
            unknown[cell] += count
        elif kind == "event":
            histograms[cell][hours] = (events + count, censored)
        else:
            histograms[cell][hours] = (events, censored + count)
    return {cell: Waits(histogram, unknown[cell]) for cell, histogram in histograms.items()}
