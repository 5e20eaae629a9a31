"""Nobody holds a seat for what another right of theirs covers: a part beside its suite, one tier on two licenses.

A lower tier beside a higher one of the same product is told by `redundant_tier`.
"""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, or_, select

from governance.compliance.check import Check
from governance.compliance.covering import keys_covered, keys_of_lines
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the seats whose holder can use a suite that contains them, in force; of two equal ones the later."""
    seat = facts.seats_held().cte("seats_held")
    line = keys_of_lines(facts.tenant_id, facts.known_at).cte("keys_of_lines")
    person, pool = facts.people_standing().cte("people_standing"), facts.pool_positions().cte("pool_positions")
    doubled = _doubled(facts, seat, line)
    return (
        select(
            literal("assignment", String).label("subject_type"),
            seat.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            ("a seat of " + line.c.spoken + " beside " + doubled.c.suite).label("has"),
            (doubled.c.suite + " alone, which covers it").label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            line.c.spoken.label("part"),
            doubled.c.suite,
        )
        .join_from(seat, doubled, doubled.c.assignment_id == seat.c.assignment_id)
        .join(line, line.c.line_id == seat.c.line_id)
        .join(person, and_(person.c.person_id == seat.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == seat.c.pool_id)
    )


def _doubled(facts: Facts, seat: Any, line: Any) -> Any:
    """Give each seat that another right of its holder covers, and the name of that."""
    usable, suite = facts.seats_usable().cte("seats_usable"), line.alias("suite")
    covered = keys_covered(facts.tenant_id, facts.as_of, facts.known_at).cte("keys_covered")
    later = or_(
        seat.c.started_at > usable.c.started_at,
        and_(seat.c.started_at == usable.c.started_at, seat.c.assignment_id > usable.c.assignment_id),
    )
    return (
        select(seat.c.assignment_id, func.min(suite.c.spoken).label("suite"))
        .join_from(seat, line, line.c.line_id == seat.c.line_id)
        .join(usable, and_(usable.c.person_id == seat.c.person_id, usable.c.line_id != seat.c.line_id))
        .join(suite, suite.c.line_id == usable.c.line_id)
        .join(covered, and_(covered.c.held == suite.c.key, covered.c.key == line.c.key))
        .where(
            usable.c.pool_id.in_(facts.pools_supplied()),
            or_(suite.c.product_id != line.c.product_id, and_(suite.c.key == line.c.key, later)),
        )
        .group_by(seat.c.assignment_id)
        .cte("doubled")
    )


CHECK = Check(
    id="covered-by-suite",
    title="Each person holds one right to a thing: who has a suite holds no seat of its parts",
    severity=Severity.LOW,
    risk="The seat is paid for twice: alone, and within the suite.",
    remedy="Release the seat of the part, or the suite where the part is enough.",
    sources=("house rule: a suite covers what it contains",),
    rule_version=1,
    violations=violations,
)
