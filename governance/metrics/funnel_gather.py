"""How far each seat came on its way, which errors stood there, who asked for help: counted by the database."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, literal, or_, select

from governance.activation.models import JourneyEvent, SupportContact, Survey
from governance.activation.rules import Mark, Step
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.first_use_gather import Cohort, pool_in_reach
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT
from governance.seats.rules import SeatState
from governance.usage.models import UsageEvent

RANK = {step: rank for rank, step in enumerate(Step)}
ORDER = tuple(Step)
NOWHERE = -1


@dataclass(frozen=True)
class Ways:
    """The ways of a product's seats. `came`: (invited or not, furthest step, over or not) → seats. `errors`: (step,
    code) → (seats that met it, those that came past it). `observed`: the steps that any source tells of.
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


async def ways_by_product(work: Work, when: Moments, cohort: Cohort) -> dict[UUID, Ways]:
    """Count the ways of the first episodes within reach, by product, in five SELECTs however many seats there are."""
    seats = _episodes(work, when, cohort)
    came, unassisted, contacts = await _came(work, seats)
    errors = await _errors(work, when, seats)
    observed = await _observed(work, when)
    asked, scores = await _answers(work, when, seats)
    return {
        product: Ways(
            came[product], errors.get(product, {}), _seen(came[product], observed.get(product)), unassisted[product],
            contacts[product], asked[product], scores.get(product, {}),
        )
        for product in came
    }  # fmt: skip


def _seen(came: Mapping[tuple[bool, Step, bool], int], observed: frozenset[Step] | None) -> frozenset[Step]:
    """Add first use where any seat was used: whoever recorded it by hand is a source, too."""
    used = any(RANK[step] >= RANK[Step.FIRST_USE] for _, step, _ in came)
    return (observed or frozenset()) | (frozenset({Step.FIRST_USE}) if used else frozenset())


def _episodes(work: Work, when: Moments, cohort: Cohort) -> Subquery:
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
        .where(_of_seat(when), JourneyEvent.mark == Mark.REACHED)
        .correlate(Assignment, Entitlement)
        .scalar_subquery()
    )
    return (
        select(
            Assignment.id.label("seat_id"),
            Assignment.person_id.label("person_id"),
            Entitlement.product_id.label("product_id"),
            Assignment.invitation_expires_at.is_not(None).label("invited"),
            own.label("own"),
            func.coalesce(told, NOWHERE).label("told"),
            or_(released, ran_out).label("ended"),
            case((used, Assignment.first_use_at), else_=None).label("used_at"),
        )
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.prior_id.is_(None),
            Assignment.started_at <= when.as_of,
            Assignment.recorded_at <= when.known_at,
            pool_in_reach(work),
            *cohort.bounds(Assignment.started_at),
        )
        .subquery("episodes")
    )


def _of_seat(when: Moments) -> ColumnElement[bool]:
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


async def _came(work: Work, seats: Subquery) -> tuple[Any, dict[UUID, int], dict[UUID, int]]:
    furthest = case((seats.c.told > seats.c.own, seats.c.told), else_=seats.c.own).label("furthest")
    contact = and_(SupportContact.tenant_id == work.tenant_id, SupportContact.assignment_id == seats.c.seat_id)
    helped = exists().where(contact, or_(seats.c.used_at.is_(None), SupportContact.opened_at <= seats.c.used_at))
    calls = select(func.count()).where(contact).correlate(seats).scalar_subquery()
    each = select(
        seats.c.product_id, seats.c.invited, seats.c.ended, furthest,
        case((helped, 1), else_=0).label("helped"), calls.label("calls"),
    ).subquery("each")  # fmt: skip
    keys = (each.c.product_id, each.c.invited, each.c.furthest, each.c.ended, each.c.helped)
    came: dict[UUID, dict[tuple[bool, Step, bool], int]] = defaultdict(lambda: defaultdict(int))
    unassisted: dict[UUID, int] = defaultdict(int)
    contacts: dict[UUID, int] = defaultdict(int)
    rows = await work.session.execute(select(*keys, func.count(), func.sum(each.c.calls)).group_by(*keys))
    for product, invited, rank, ended, with_help, count, called in rows:
        came[product][bool(invited), ORDER[rank], bool(ended)] += count
        contacts[product] += int(called or 0)
        if not with_help and rank >= RANK[Step.FIRST_USE]:
            unassisted[product] += count
    return came, unassisted, contacts


async def _errors(work: Work, when: Moments, seats: Subquery) -> dict[UUID, dict[tuple[Step, str], tuple[int, int]]]:
    furthest = case((seats.c.told > seats.c.own, seats.c.told), else_=seats.c.own)
    met = (
        select(
            seats.c.product_id, JourneyEvent.step, JourneyEvent.code, seats.c.seat_id,
            case((furthest >= _rank(JourneyEvent.step), 1), else_=0).label("past"),
        )
        .join(Assignment, and_(Assignment.tenant_id == work.tenant_id, Assignment.id == seats.c.seat_id))
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(JourneyEvent, and_(_of_seat(when), JourneyEvent.mark == Mark.FAILED))
        .distinct()
        .subquery("met")
    )  # fmt: skip
    keys = (met.c.product_id, met.c.step, met.c.code)
    rows = await work.session.execute(select(*keys, func.count(), func.sum(met.c.past)).group_by(*keys))
    found: dict[UUID, dict[tuple[Step, str], tuple[int, int]]] = defaultdict(dict)
    for product, step, code, count, past in rows:
        found[product][Step(step), code] = (count, int(past))
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


async def _answers(work: Work, when: Moments, seats: Subquery) -> tuple[dict[UUID, int], dict[UUID, dict[int, int]]]:
    score = case((Survey.answered_at <= when.as_of, Survey.score), else_=literal(None))
    keys = (seats.c.product_id, score.label("score"))
    rows = await work.session.execute(
        select(*keys, func.count())
        .join_from(seats, Survey, and_(Survey.tenant_id == work.tenant_id, Survey.assignment_id == seats.c.seat_id))
        .where(Survey.asked_at <= when.as_of)
        .group_by(*keys)
    )
    asked: dict[UUID, int] = defaultdict(int)
    scores: dict[UUID, dict[int, int]] = defaultdict(dict)
    for product, answer, count in rows:
        asked[product] += count
        if answer is not None:
            scores[product][int(answer)] = count
    return asked, scores
