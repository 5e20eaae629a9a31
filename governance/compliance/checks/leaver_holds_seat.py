"""Nobody who has left holds a seat."""

from typing import Any

from sqlalchemy import Select, String, literal, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the occupied seats whose holder has left, from the instant of leaving on."""
    seat = facts.seats_held().cte("seats_held")
    person = facts.people_standing().cte("people_standing")
    pool = facts.pool_positions().cte("pool_positions")
    return (
        select(
            literal("assignment", String).label("subject_type"),
            seat.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            literal("the holder has left and still occupies the seat", String).label("has"),
            literal("the seat released", String).label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            person.c.left_at,
            seat.c.reclaim_due_at,
        )
        .join_from(seat, person, person.c.person_id == seat.c.person_id)
        .join(pool, pool.c.pool_id == seat.c.pool_id)
        .where(person.c.has_left)
    )


CHECK = Check(
    id="leaver-holds-seat",
    title="Seats are held by people who are here",
    severity=Severity.MEDIUM,
    risk="A seat of somebody who left is paid for nothing, keeps others waiting, and may leave an account open.",
    remedy="Confirm the reclaim of the seat, or release it; check the account at the vendor.",
    sources=("house rule: user leaves", "house rule: reclaim tier CERTAIN"),
    rule_version=1,
    violations=violations,
)
