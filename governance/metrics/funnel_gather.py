"""How far each seat came on its way, which errors stood there, who asked for help: counted by the database.

Seats are counted by cell: product, unit of the pool, and fiscal quarter of the seat's start. Every group is a sum of
cells, so that one reading tells all groups.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, literal, or_, select

from governance.activation.models import JourneyEvent, SupportContact, Survey
from governance.activation.rules import Mark, Step
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.first_use_gather import pool_in_reach
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, POOL_OF_SEAT
from governance.seats.rules import SeatState
from governance.usage.models import UsageEvent

RANK = {step: rank for rank, step in enumerate(Step)}
ORDER = tuple(Step)
NOWHERE = -1


class Cell(NamedTuple):
    """`quarter`: how many fiscal quarters before the as-of's the seats began; None: before the first that is told."""

    product_id: UUID
    unit_id: UUID
    quarter: int | None


@dataclass(frozen=True)
class Ways:
    """The ways of some seats of one product. `came`: (invited or not, furthest step, over or not) → seats. `errors`:
    (step, code) → (seats that met it, those that came past it). `observed`: the steps that any source tells of.
    """

    came: Mapping[tuple[bool, Step, bool], int] = field(default_factory=dict)
    errors: Mapping[tuple[Step, str], tuple[int, int]] = field(default_factory=dict)
    observed: frozenset[Step] = frozenset()
    unassisted: int = 0
    contacts: int = 0
    asked: int = 0
    scores: Mapping[int, int] = field(default_factory=dict)

    @property
    def seats(self) -> int:
        return sum(self.came.values())

    @property
    def used(self) -> int:
        return sum(count for (_, step, _), count in self.came.items() if RANK[step] >= RANK[Step.FIRST_USE])

    @classmethod
    def together(cls, cells: Iterable["Ways"]) -> "Ways":
        """Add cells of one product up."""
        chosen = list(cells)
        came: dict[tuple[bool, Step, bool], int] = defaultdict(int)
        errors: dict[tuple[Step, str], tuple[int, int]] = {}
        scores: dict[int, int] = defaultdict(int)
        for each in chosen:
            for way, count in each.came.items():
                came[way] += count
            for score, count in each.scores.items():
                scores[score] += count
            for key, (met, past) in each.errors.items():
                so_far = errors.get(key, (0, 0))
                errors[key] = (so_far[0] + met, so_far[1] + past)
        return cls(
            dict(came), errors, frozenset().union(*(each.observed for each in chosen)),
            sum(each.unassisted for each in chosen), sum(each.contacts for each in chosen),
            sum(each.asked for each in chosen), dict(scores),
        )  # fmt: skip


async def ways_by_cell(work: Work, when: Moments, starts: Sequence[datetime]) -> dict[Cell, Ways]:
    """Count the ways of the first episodes within reach, by cell, in five SELECTs however many seats there are.

    `starts`: where fiscal quarters begin, the newest first.
    """
    seats = episodes(work, when, starts)
    came, unassisted, contacts = await _came(work, seats)
    errors = await _errors(work, when, seats)
    observed = _seen(came, await _observed(work, when))
    asked, scores = await _answers(work, when, seats)
    return {
        cell: Ways(
            came[cell], errors.get(cell, {}), observed[cell.product_id], unassisted[cell], contacts[cell], asked[cell],
            scores.get(cell, {}),
        )
        for cell in came
    }  # fmt: skip


def _seen(came: Mapping[Cell, Any], told: Mapping[UUID, frozenset[Step]]) -> dict[UUID, frozenset[Step]]:
    """Add first use where any seat of a product was used: whoever recorded it by hand is a source, too."""
    observed = {cell.product_id: told.get(cell.product_id, frozenset()) for cell in came}
    for cell, ways in came.items():
        if any(RANK[step] >= RANK[Step.FIRST_USE] for _, step, _ in ways):
            observed[cell.product_id] |= {Step.FIRST_USE}
    return observed


def episodes(work: Work, when: Moments, starts: Sequence[datetime]) -> Subquery:
    """Give each first episode within reach: whose, since when, how far by its own dates, and by what sources told."""
    used = and_(Assignment.first_use_at <= when.as_of, Assignment.first_use_recorded_at <= when.known_at)
    undated = and_(Assignment.state == SeatState.ACTIVE, Assignment.first_use_at.is_(None))
    accepted = and_(Assignment.accepted_at.is_not(None), Assignment.accepted_at <= when.as_of)
    taken = or_(Assignment.invitation_expires_at.is_(None), accepted)
    released = and_(Assignment.released_at <= when.as_of, Assignment.released_recorded_at <= when.known_at)
    ran_out = and_(~taken, Assignment.invitation_expires_at <= when.as_of)
    own = case((or_(used, undated), RANK[Step.FIRST_USE]), (taken, RANK[Step.ASSIGNED]), else_=RANK[Step.INVITED])
    told = (
        select(func.max(_rank(JourneyEvent.step)))
        .where(of_seat(when), JourneyEvent.mark == Mark.REACHED)
        .correlate(Assignment, Entitlement)
        .scalar_subquery()
    )
    return (
        select(
            Assignment.id.label("seat_id"),
            Assignment.person_id.label("person_id"),
            Entitlement.product_id.label("product_id"),
            Pool.unit_id.label("unit_id"),
            _quarter(starts).label("quarter"),
            Assignment.invitation_expires_at.is_not(None).label("invited"),
            own.label("own"),
            func.coalesce(told, NOWHERE).label("told"),
            or_(released, ran_out).label("ended"),
            case((used, Assignment.first_use_at), else_=None).label("used_at"),
        )
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Pool, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.prior_id.is_(None),
            Assignment.started_at <= when.as_of,
            Assignment.recorded_at <= when.known_at,
            pool_in_reach(work),
        )
        .subquery("episodes")
    )


def _quarter(starts: Sequence[datetime]) -> ColumnElement[int | None]:
    """Say how many fiscal quarters back a seat began."""
    return case(*((Assignment.started_at >= start, back) for back, start in enumerate(starts)), else_=None)


def of_seat(when: Moments) -> ColumnElement[bool]:
    """Say which events are of a seat: of its holder and product, while it was theirs, known by then."""
    return and_(
        JourneyEvent.tenant_id == Assignment.tenant_id,
        JourneyEvent.person_id == Assignment.person_id,
        JourneyEvent.product_id == Entitlement.product_id,
        JourneyEvent.occurred_at >= Assignment.started_at,
        or_(Assignment.released_at.is_(None), JourneyEvent.occurred_at < Assignment.released_at),
        JourneyEvent.occurred_at <= when.as_of,
        JourneyEvent.recorded_at <= when.known_at,
    )


def _rank(step: Any) -> ColumnElement[int]:
    return case(*((step == each, rank) for each, rank in RANK.items()), else_=NOWHERE)


async def _came(work: Work, seats: Subquery) -> tuple[Any, dict[Cell, int], dict[Cell, int]]:
    furthest = furthest_of(seats).label("furthest")
    contact = and_(SupportContact.tenant_id == work.tenant_id, SupportContact.assignment_id == seats.c.seat_id)
    helped = exists().where(contact, or_(seats.c.used_at.is_(None), SupportContact.opened_at <= seats.c.used_at))
    calls = select(func.count()).where(contact).correlate(seats).scalar_subquery()
    each = select(
        *cell_of(seats), seats.c.invited, seats.c.ended, furthest,
        case((helped, 1), else_=0).label("helped"), calls.label("calls"),
    ).subquery("each")  # fmt: skip
    keys: Any = (*cell_of(each), each.c.invited, each.c.furthest, each.c.ended, each.c.helped)
    came: dict[Cell, dict[tuple[bool, Step, bool], int]] = defaultdict(lambda: defaultdict(int))
    unassisted: dict[Cell, int] = defaultdict(int)
    contacts: dict[Cell, int] = defaultdict(int)
    rows: Any = await work.session.execute(select(*keys, func.count(), func.sum(each.c.calls)).group_by(*keys))
    for product, unit, quarter, invited, rank, ended, with_help, count, called in rows:
        cell = Cell(product, unit, quarter)
        came[cell][bool(invited), ORDER[rank], bool(ended)] += count
        contacts[cell] += int(called or 0)
        if not with_help and rank >= RANK[Step.FIRST_USE]:
            unassisted[cell] += count
    return came, unassisted, contacts


def cell_of(seats: Subquery) -> Any:
    """Give the columns that name a cell."""
    return seats.c.product_id, seats.c.unit_id, seats.c.quarter


def furthest_of(seats: Subquery) -> ColumnElement[int]:
    """Give the rank of the furthest step, by a seat's own dates or as sources told."""
    return case((seats.c.told > seats.c.own, seats.c.told), else_=seats.c.own)


async def _errors(work: Work, when: Moments, seats: Subquery) -> dict[Cell, dict[tuple[Step, str], tuple[int, int]]]:
    met = (
        select(
            *cell_of(seats), JourneyEvent.step, JourneyEvent.code, seats.c.seat_id,
            case((furthest_of(seats) >= _rank(JourneyEvent.step), 1), else_=0).label("past"),
        )
        .join(Assignment, and_(Assignment.tenant_id == work.tenant_id, Assignment.id == seats.c.seat_id))
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(JourneyEvent, and_(of_seat(when), JourneyEvent.mark == Mark.FAILED))
        .distinct()
        .subquery("met")
    )  # fmt: skip
    keys: Any = (*cell_of(met), met.c.step, met.c.code)
    rows: Any = await work.session.execute(select(*keys, func.count(), func.sum(met.c.past)).group_by(*keys))
    found: dict[Cell, dict[tuple[Step, str], tuple[int, int]]] = defaultdict(dict)
    for product, unit, quarter, step, code, count, past in rows:
        found[Cell(product, unit, quarter)][Step(step), code] = (count, int(past))
    return found


async def _observed(work: Work, when: Moments) -> dict[UUID, frozenset[Step]]:
    """Name the steps that sources tell of each product, first use by any event of it; nothing is known of others."""
    rows = await work.session.execute(
        select(JourneyEvent.product_id, JourneyEvent.step)
        .where(
            JourneyEvent.tenant_id == work.tenant_id,
            JourneyEvent.occurred_at <= when.as_of,
            JourneyEvent.recorded_at <= when.known_at,
        )
        .distinct()
    )
    used = await work.session.execute(
        select(UsageEvent.product_id)
        .where(
            UsageEvent.tenant_id == work.tenant_id,
            UsageEvent.product_id.is_not(None),
            UsageEvent.occurred_at <= when.as_of,
            UsageEvent.recorded_at <= when.known_at,
        )
        .distinct()
    )
    found: dict[UUID, set[Step]] = defaultdict(set)
    for product, step in rows:
        found[product].add(Step(step))
    for used_product in used.scalars():
        if used_product is not None:
            found[used_product].add(Step.FIRST_USE)
    return {product: frozenset(steps) for product, steps in found.items()}


async def _answers(work: Work, when: Moments, seats: Subquery) -> tuple[dict[Cell, int], dict[Cell, dict[int, int]]]:
    score = case((Survey.answered_at <= when.as_of, Survey.score), else_=literal(None))
    keys: Any = (*cell_of(seats), score.label("score"))
    rows: Any = await work.session.execute(
        select(*keys, func.count())
        .join_from(seats, Survey, and_(Survey.tenant_id == work.tenant_id, Survey.assignment_id == seats.c.seat_id))
        .where(Survey.asked_at <= when.as_of)
        .group_by(*keys)
    )
    asked: dict[Cell, int] = defaultdict(int)
    scores: dict[Cell, dict[int, int]] = defaultdict(dict)
    for product, unit, quarter, answer, count in rows:
        cell = Cell(product, unit, quarter)
        asked[cell] += count
        if answer is not None:
            scores[cell][int(answer)] = count
    return asked, scores
