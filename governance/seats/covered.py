"""Which seat another right of its holder covers, by that right's pool and line: SELECTs for positions and checks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from governance.entitlements.covering import keys_covered, keys_of_lines
from governance.entitlements.models import MetricLine
from governance.entitlements.supply import supply_of_pools
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, occupied_at, state_at
from governance.seats.rules import SeatState

NOT_USABLE = (SeatState.INVITED, SeatState.SUSPENDED)


def seats_held(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give every episode that occupies a seat: assignment_id, line_id, pool_id, person_id, started_at, reclaim_due_at.

    An invitation occupies until it runs out, a suspended seat where its line says so, a released one never.
    """
    return (
        select(
            Assignment.id.label("assignment_id"),
            Assignment.line_id,
            Assignment.pool_id,
            Assignment.person_id,
            Assignment.started_at,
            Assignment.reclaim_due_at,
        )
        .join(MetricLine, LINE_OF_SEAT)
        .where(Assignment.tenant_id == tenant_id, occupied_at(as_of, known_at))
    )


def seats_usable(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give the episodes whose holder can use the seat, alike: not waiting for an answer, not suspended."""
    return seats_held(tenant_id, as_of, known_at).where(state_at(as_of, known_at).not_in(NOT_USABLE))


def seats_beside(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give each seat beside each other right that its holder can use, on another line: assignment_id, person_id,
    pool_id, line_id, key, product_id, spoken; of the right the same as right_…; `later`: the seat began after it.
    """
    seat = seats_held(tenant_id, as_of, known_at).cte("seats_held")
    right = seats_usable(tenant_id, as_of, known_at).cte("seats_usable")
    line = keys_of_lines(tenant_id, known_at).cte("keys_of_lines")
    of_right = line.alias("keys_of_rights")
    later = or_(
        seat.c.started_at > right.c.started_at,
        and_(seat.c.started_at == right.c.started_at, seat.c.assignment_id > right.c.assignment_id),
    )
    return (
        select(
            seat.c.assignment_id, seat.c.person_id, seat.c.pool_id, seat.c.line_id, line.c.key, line.c.product_id,
            line.c.spoken, right.c.assignment_id.label("right_id"), right.c.pool_id.label("right_pool_id"),
            right.c.started_at.label("right_since"), of_right.c.key.label("right_key"),
            of_right.c.product_id.label("right_product_id"), of_right.c.spoken.label("right_spoken"),
            later.label("later"),
        )
        .join_from(seat, line, line.c.line_id == seat.c.line_id)
        .join(right, and_(right.c.person_id == seat.c.person_id, right.c.line_id != seat.c.line_id))
        .join(of_right, of_right.c.line_id == right.c.line_id)
    )  # fmt: skip


def rights_covering(tenant_id: UUID, as_of: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give of `seats_beside` those rights, with a lot in force, that cover the seat. Of two equal ones the later seat
    is covered, so that of all that somebody holds one right at least is covered by none.
    """
    pair = seats_beside(tenant_id, as_of, known_at).cte("seats_beside")
    covered = keys_covered(tenant_id, as_of, known_at).cte("keys_covered")
    supplied = supply_of_pools(tenant_id, as_of, known_at).subquery("supplied_pools")
    return (
        select(pair)
        .join(covered, and_(covered.c.held == pair.c.right_key, covered.c.key == pair.c.key))
        .where(
            pair.c.right_pool_id.in_(select(supplied.c.pool_id)), or_(pair.c.key != pair.c.right_key, pair.c.later)
        )
    )  # fmt: skip
