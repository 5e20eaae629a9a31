"""No pool and no metric line holds more seats than its supply in force.

Where all supply has ended, `expired_in_use` tells of it and this check does not: one fact, one finding.
"""

from typing import Any

from sqlalchemy import CompoundSelect, Select, String, cast, literal, select, union_all

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the pools and lines whose occupied seats exceed their supply; unlimited supply (null) is never exceeded.

    A supply of 0 counts where none was ever there, or the lots in force hold no seat.
    """
    over: CompoundSelect[*tuple[Any, ...]] = union_all(
        _over(facts.pool_positions().cte("pool_positions"), "pool", "pool_id"),
        _over(facts.line_positions().cte("line_positions"), "metric_line", "line_id"),
    )
    return select(over.subquery("over_assigned"))


def _over(position: Any, subject_type: str, key: str) -> Select[*tuple[Any, ...]]:
    return select(
        literal(subject_type, String).label("subject_type"),
        position.c[key].label("subject_id"),
        position.c.name.label("subject_name"),
        position.c.unit_id,
        position.c.region,
        position.c.owner_id,
        (cast(position.c.occupied, String) + " seats occupied").label("has"),
        ("at most " + cast(position.c.supply, String) + " (supply in force)").label("needs"),
        position.c.occupied.label("occupied"),
        position.c.supply.label("supply"),
    ).where(position.c.occupied > position.c.supply, position.c.ended_at.is_(None))


CHECK = Check(
    id="over-assigned",
    title="Every pool and metric line holds no more seats than its supply in force",
    severity=Severity.HIGH,
    risk="Seats beyond what was bought are unlicensed use: an audit bills them, often at list price and back-dated.",
    remedy="Release seats (never used first), allocate more to the pool, or buy and record a lot.",
    sources=("house rule: quantity below use", "house rule: effective license position"),
    rule_version=2,
    violations=violations,
)
