"""Nobody holds two bases of one product, neither of which covers the other: one of them carries the add-ons."""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.entitlements.covering import bases_required, keys_covered
from governance.seats.covered import seats_beside


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the later of two usable seats of different bases of a product, both named by add-ons."""
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
            (doubled.c.base + " beside " + doubled.c.other).label("has"),
            literal("one base of a product", String).label("needs"),
            person.c.person_id,
            doubled.c.pool_id,
            doubled.c.base,
            doubled.c.other,
        )
        .join_from(doubled, person, and_(person.c.person_id == doubled.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == doubled.c.pool_id)
    )


def _doubled(facts: Facts) -> Any:
    """Give each seat of a base whose holder had another base of the product before, and the name of that."""
    pair = seats_beside(facts.tenant_id, facts.as_of, facts.known_at).cte("seats_beside")
    base = bases_required(facts.tenant_id, facts.as_of, facts.known_at).cte("bases_required")
    covered = keys_covered(facts.tenant_id, facts.as_of, facts.known_at).cte("keys_covered")
    keys = select(base.c.key)
    one, two = covered.alias("one"), covered.alias("two")
    return (
        select(
            pair.c.assignment_id, pair.c.person_id, pair.c.pool_id, pair.c.spoken.label("base"),
            func.min(pair.c.right_spoken).label("other"),
        )
        .where(
            pair.c.product_id == pair.c.right_product_id, pair.c.key != pair.c.right_key, pair.c.later,
            pair.c.key.in_(keys), pair.c.right_key.in_(keys),
            ~_covers(one, pair, pair.c.key, pair.c.right_key), ~_covers(two, pair, pair.c.right_key, pair.c.key),
        )
        .group_by(pair.c.assignment_id, pair.c.person_id, pair.c.pool_id, pair.c.spoken)
        .cte("doubled")
    )  # fmt: skip


def _covers(covered: Any, pair: Any, above: Any, below: Any) -> Any:
    found = select(covered.c.key).where(covered.c.held == above, covered.c.key == below)
    return found.correlate(pair).exists()


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
