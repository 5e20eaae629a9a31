"""The SELECTs behind time to first use: how long each first episode waited, counted by product and whole hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, POOL_PLACED
from governance.kernel.database import Instant
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.seats.models import Assignment
from governance.seats.rules import SeatState
from policies.access.actions import Action


@dataclass(frozen=True)
class Waits:
    """How long seats waited: hours → (used then, no longer followed), and how many have unknown dates."""

    histogram: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    unknown_dates: int = 0

    @property
    def n(self) -> int:
        """Count the seats with known dates."""
        return sum(events + censored for events, censored in self.histogram.values())

    @property
    def seats(self) -> int:
        return self.n + self.unknown_dates

    @classmethod
    def together(cls, groups: Iterable["Waits"]) -> "Waits":
        counts: dict[int, tuple[int, int]] = {}
        unknown = 0
        for group in groups:
            unknown += group.unknown_dates
            for hours, (events, censored) in group.histogram.items():
                so_far = counts.get(hours, (0, 0))
                counts[hours] = (so_far[0] + events, so_far[1] + censored)
        return cls(counts, unknown)


class HoursBetween(FunctionElement[int]):
    """Whole hours from the first instant to the second, rounded down."""

    type = BigInteger()
    name = "hours_between"
    inherit_cache = True


@compiles(HoursBetween, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(({end} - {start}) / 3600000000)"


@compiles(HoursBetween, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(floor(extract(epoch FROM ({end} - {start})) / 3600) AS bigint)"


@dataclass(frozen=True)
class Cohort:
    """The seats that were assigned from one instant to another, half-open; None leaves it open."""

    begin: datetime | None = None
    end: datetime | None = None

    def bounds(self, started: Any) -> list[ColumnElement[bool]]:
        """Give the WHERE of a cohort over the instants when seats began."""
        begun = [] if self.begin is None else [started >= self.begin]
        return begun if self.end is None else [*begun, started < self.end]


async def waits_by_product(work: Work, when: Moments, cohort: Cohort) -> dict[UUID, Waits]:
    """Count the waits of the first episodes within reach, by product; the database sums them."""
    used = and_(Assignment.first_use_at <= when.as_of, Assignment.first_use_recorded_at <= when.known_at)
    undated = and_(Assignment.state == SeatState.ACTIVE, Assignment.first_use_at.is_(None))
    kind = case(
        (and_(used, Assignment.first_use_at < Assignment.started_at), "unknown"),
        (undated, "unknown"),
        (used, "event"),
        else_="censored",
    )
    until = case((used, Assignment.first_use_at), else_=followed_until(when))
    episodes = (
        select(
            Assignment.line_id.label("line_id"),
            kind.label("kind"),
            HoursBetween(Assignment.started_at, until).label("hours"),
        )
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.prior_id.is_(None),
            Assignment.started_at <= when.as_of,
            Assignment.recorded_at <= when.known_at,
            pool_in_reach(work),
            *cohort.bounds(Assignment.started_at),
        )
        .subquery()
    )
    counted = await work.session.execute(
        select(episodes.c.line_id, episodes.c.kind, episodes.c.hours, func.count()).group_by(
            episodes.c.line_id, episodes.c.kind, episodes.c.hours
        )
    )
    products = await _products(work)
    return _by_product((products[line_id], kind, int(hours), count) for line_id, kind, hours, count in counted)


def pool_in_reach(work: Work) -> ColumnElement[bool]:
    """Say which seats are counted. A million seats are read once and joined with nothing: lines are few."""
    if work.gate.reach(work.actor, Action.METRIC_READ).everything:
        return true()
    return Assignment.pool_id.in_(
        select(Pool.id)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, work.reach(Action.METRIC_READ, POOL_PLACED))
    )


async def _products(work: Work) -> dict[UUID, UUID]:
    """Give the product of each line."""
    rows = await work.session.execute(
        select(MetricLine.id, Entitlement.product_id)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id)
    )
    return {row.id: row.product_id for row in rows}


def followed_until(when: Moments) -> ColumnElement[Any]:
    """Say until when an unused seat was followed: its release, its invitation's end, or the instant of the answer."""
    as_of = literal(when.as_of, Instant())
    released = and_(Assignment.released_at <= when.as_of, Assignment.released_recorded_at <= when.known_at)
    ran_out = and_(
        Assignment.invitation_expires_at <= when.as_of,
        or_(Assignment.accepted_at.is_(None), Assignment.accepted_at > when.as_of),
    )
    return case(
        (
            and_(released, ran_out, Assignment.invitation_expires_at < Assignment.released_at),
            Assignment.invitation_expires_at,
        ),
        (released, Assignment.released_at),
        (ran_out, Assignment.invitation_expires_at),
        else_=as_of,
    )


def _by_product(rows: Iterable[tuple[UUID, str, int, int]]) -> dict[UUID, Waits]:
    histograms: dict[UUID, dict[int, tuple[int, int]]] = defaultdict(dict)
    unknown: dict[UUID, int] = defaultdict(int)
    for product_id, kind, hours, count in rows:
        histogram = histograms[product_id]
        if kind == "unknown" or hours < 0:
            unknown[product_id] += count
            continue
        events, censored = histogram.get(hours, (0, 0))
        histogram[hours] = (events + count, censored) if kind == "event" else (events, censored + count)
    return {product_id: Waits(histogram, unknown[product_id]) for product_id, histogram in histograms.items()}
