"""Whoever holds an add-on holds one of the bases it stands on."""

from typing import Any

from sqlalchemy import Select, String, and_, func, literal, or_, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.entitlements.covering import bases_required, keys_covered, keys_of_lines


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the seats of add-ons whose holder can use no base of them in force, nor what covers one."""
    seat = facts.seats_held().cte("seats_held")
    line = keys_of_lines(facts.tenant_id, facts.known_at).cte("keys_of_lines")
    base = bases_required(facts.tenant_id, facts.as_of, facts.known_at).cte("bases_required")
    person, pool = facts.people_standing().cte("people_standing"), facts.pool_positions().cte("pool_positions")
    spoken = select(base.c.tier_id, func.min(base.c.spoken).label("spoken")).group_by(base.c.tier_id).cte("spoken")
    return (
        select(
            literal("assignment", String).label("subject_type"),
            seat.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            (line.c.spoken + " alone").label("has"),
            (spoken.c.spoken + ", or another base of it").label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            line.c.spoken.label("addon"),
            spoken.c.spoken.label("base"),
        )
        .join_from(seat, line, line.c.line_id == seat.c.line_id)
        .join(spoken, spoken.c.tier_id == line.c.key)
        .join(person, and_(person.c.person_id == seat.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == seat.c.pool_id)
        .where(~_stands(facts, seat, line, base).exists())
    )


def _stands(facts: Facts, seat: Any, line: Any, base: Any) -> Any:
    """Give what its holder can use that is a base of the seat's add-on, or covers one."""
    usable, beside = facts.seats_usable().cte("seats_usable"), line.alias("beside")
    covered = keys_covered(facts.tenant_id, facts.as_of, facts.known_at).cte("keys_covered")
    wanted = base.alias("wanted")
    return (
        select(usable.c.assignment_id)
        .join_from(usable, beside, beside.c.line_id == usable.c.line_id)
        .join(covered, covered.c.held == beside.c.key)
        .join(wanted, or_(wanted.c.key == covered.c.key, wanted.c.key == covered.c.product_id))
        .where(
            usable.c.person_id == seat.c.person_id, usable.c.line_id != seat.c.line_id,
            wanted.c.tier_id == line.c.key, usable.c.pool_id.in_(facts.pools_supplied()),
        )
        .correlate(seat, line)
    )  # fmt: skip


CHECK = Check(
    id="addon-without-base",
    title="Every add-on is held beside one of the bases it stands on",
    severity=Severity.HIGH,
    risk="An add-on without its base is no license: its use is unlicensed, though it is paid for.",
    remedy="Assign one of its bases to the holder, or release the add-on.",
    sources=("house rule: an add-on stands on any one of its bases",),
    rule_version=1,
    violations=violations,
)
