"""Nobody holds a seat for what another right of theirs covers: a part beside its suite, one tier on two licenses.

A lower tier beside a higher one of the same product is told by `redundant_tier`.
"""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, or_, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.seats.covered import rights_covering


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the seats whose holder can use a suite that contains them, in force; of two equal ones the later."""
    person, pool = facts.people_standing().cte("people_standing"), facts.pool_positions().cte("pool_positions")
    doubled = _doubled(facts)
    return (
        select(
            literal("assignment", String).label("subject_type"),
            doubled.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            ("a seat of " + doubled.c.part + " beside " + doubled.c.suite).label("has"),
            (doubled.c.suite + " alone, which covers it").label("needs"),
            person.c.person_id,
            doubled.c.pool_id,
            doubled.c.part,
            doubled.c.suite,
        )
        .join_from(doubled, person, and_(person.c.person_id == doubled.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == doubled.c.pool_id)
    )


def _doubled(facts: Facts) -> Any:
    """Give each seat that another right of its holder covers, and the name of that."""
    one = rights_covering(facts.tenant_id, facts.as_of, facts.known_at).cte("rights_covering")
    return (
        select(
            one.c.assignment_id, one.c.person_id, one.c.pool_id, one.c.spoken.label("part"),
            func.min(one.c.right_spoken).label("suite"),
        )
        .where(or_(one.c.right_product_id != one.c.product_id, one.c.right_key == one.c.key))
        .group_by(one.c.assignment_id, one.c.person_id, one.c.pool_id, one.c.spoken)
        .cte("doubled")
    )  # fmt: skip


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
