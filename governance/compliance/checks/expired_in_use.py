"""No seat is occupied where the supply behind it has ended.

The same fact is one finding: what is found here is not over-assigned (that one asks for supply in force), and where a
whole line's supply has ended the line is found and its pools are not.
"""

from typing import Any

from sqlalchemy import CompoundSelect, Select, String, cast, literal, select, union_all

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the lines in use whose supply has ended, and the pools alike of lines that still have supply."""
    line = facts.line_positions().cte("line_positions")
    pool = facts.pool_positions().cte("pool_positions")
    ended_lines = select(line.c.line_id).where(line.c.ended_at.is_not(None))
    used: CompoundSelect[*tuple[Any, ...]] = union_all(
        _used(line, "metric_line", "line_id"),
        _used(pool, "pool", "pool_id").where(pool.c.line_id.not_in(ended_lines)),
    )
    return select(used.subquery("expired_in_use"))


def _used(position: Any, subject_type: str, key: str) -> Select[*tuple[Any, ...]]:
    return select(
        literal(subject_type, String).label("subject_type"),
        position.c[key].label("subject_id"),
        position.c.name.label("subject_name"),
        position.c.unit_id,
        position.c.region,
        position.c.owner_id,
        (cast(position.c.occupied, String) + " seats occupied, all supply has ended").label("has"),
        literal("supply in force, or the seats released", String).label("needs"),
        position.c.occupied.label("occupied"),
        position.c.ended_at.label("ended_at"),
    ).where(position.c.occupied > 0, position.c.ended_at.is_not(None))


CHECK = Check(
    id="expired-in-use",
    title="Seats are occupied only while their supply is in force",
    severity=Severity.HIGH,
    risk="Use after the last usable day is unlicensed, whatever was paid before: an audit counts every seat of it.",
    remedy="Record the renewal where there is one, buy a lot, or release the seats.",
    sources=(
        "house rule: expiry; expired supply counts 0, never unlimited",
        "house rule: all-expired shown as unlimited",
    ),
    rule_version=1,
    violations=violations,
)
