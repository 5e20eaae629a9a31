"""Nobody holds two bases of one product, neither of which covers the other: one of them carries the add-ons."""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, or_, select

from governance.compliance.check import Check
from governance.compliance.covering import bases_required, keys_covered, keys_of_lines
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the later of two usable seats of different bases of a product, both named by add-ons."""
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
            (line.c.spoken + " beside " + doubled.c.other).label("has"),
            literal("one base of a product", String).label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            line.c.spoken.label("base"),
            doubled.c.other,
        )
        .join_from(seat, doubled, doubled.c.assignment_id == seat.c.assignment_id)
        .join(line, line.c.line_id == seat.c.line_id)
        .join(person, and_(person.c.person_id == seat.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == seat.c.pool_id)
    )


def _doubled(facts: Facts, seat: Any, line: Any) -> Any:
    """Give each seat of a base whose holder had another base of the product before, and the name of that."""
    usable, other = facts.seats_usable().cte("seats_usable"), line.alias("other")
    base = bases_required(facts.tenant_id, facts.as_of, facts.known_at).cte("bases_required")
    covered = keys_covered(facts.tenant_id, facts.as_of, facts.known_at).cte("keys_covered")
    keys = select(base.c.key)
    one, two = covered.alias("one"), covered.alias("two")
    return (
        select(seat.c.assignment_id, func.min(other.c.spoken).label("other"))
        .join_from(seat, line, line.c.line_id == seat.c.line_id)
        .join(usable, and_(usable.c.person_id == seat.c.person_id, usable.c.line_id != seat.c.line_id))
        .join(other, and_(other.c.line_id == usable.c.line_id, other.c.product_id == line.c.product_id))
        .where(
            line.c.key.in_(keys), other.c.key.in_(keys), line.c.key != other.c.key,
            or_(seat.c.started_at > usable.c.started_at, and_(
                seat.c.started_at == usable.c.started_at, seat.c.assignment_id > usable.c.assignment_id)),
            ~_covers(one, line, other), ~_covers(two, other, line),
        )
        .group_by(seat.c.assignment_id)
        .cte("doubled")
    )  # fmt: skip


def _covers(covered: Any, above: Any, below: Any) -> Any:
    found = select(covered.c.key).where(covered.c.held == above.c.key, covered.c.key == below.c.key)
    return found.correlate(above, below).exists()


CHECK = Check(
    id="two-bases",
    title="Each person holds one base of a product, on which their add-ons stand",
    severity=Severity.LOW,
    risk="Two bases are paid for, and which of them carries an add-on is anybody's guess.",
    remedy="Release one of the two, after a look at what stands on it.",
    sources=("house rule: an add-on stands on any one of its bases",),
    rule_version=1,
    violations=violations,
)
