"""Nobody holds a seat of a lower tier beside one of a higher tier of the same product.

This is what the data can truly say of a tier that does not fit its holder: a higher rank covers a lower one by the
catalog's own word. Which tier somebody needs is asked at the grant and kept nowhere, so that "too low" is not judged.
"""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the occupied seats whose holder can use a seat of a higher rank of the same product, in force.

    A higher seat that waits for an answer, is suspended, or has lost its supply makes nothing redundant.
    """
    seat = facts.seats_held().cte("seats_held")
    tier = facts.tiers_of_lines().cte("tiers_of_lines")
    pool = facts.pool_positions().cte("pool_positions")
    person = facts.people_standing().cte("people_standing")
    highest = _highest_usable(facts, tier)
    return (
        select(
            literal("assignment", String).label("subject_type"),
            seat.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            ("a seat of " + tier.c.tier + " beside one of a higher tier").label("has"),
            literal("one seat, of the higher tier", String).label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            tier.c.tier,
        )
        .join_from(seat, tier, tier.c.line_id == seat.c.line_id)
        .join(highest, and_(highest.c.person_id == seat.c.person_id, highest.c.product_id == tier.c.product_id))
        .join(person, and_(person.c.person_id == seat.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == seat.c.pool_id)
        .where(tier.c.rank < highest.c.rank)
    )


def _highest_usable(facts: Facts, tier: Any) -> Any:
    usable = facts.seats_usable().cte("seats_usable")
    return (
        select(usable.c.person_id, tier.c.product_id, func.max(tier.c.rank).label("rank"))
        .join_from(usable, tier, tier.c.line_id == usable.c.line_id)
        .where(usable.c.pool_id.in_(facts.pools_supplied()))
        .group_by(usable.c.person_id, tier.c.product_id)
        .cte("highest_usable")
        .prefix_with("MATERIALIZED")
    )


CHECK = Check(
    id="redundant-tier",
    title="Each person holds one tier of a product: the highest covers the lower ones",
    severity=Severity.LOW,
    risk="The lower seat is paid for and gives its holder nothing, while somebody else may wait for it.",
    remedy="Release the seat of the lower tier, or the one of the higher tier where the lower one is enough.",
    sources=("house rule: tiers are ranked per product and grant features",),
    rule_version=1,
    violations=violations,
)
