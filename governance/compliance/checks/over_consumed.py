"""No measured line has consumed more in its period than its supply in force, in its own unit.

A meter counts what its period summed up, cores and capacity the last level of each subject. What nobody recorded is no
overuse. Whether the line's mode lets it burst changes nothing here: what is beyond is owed, or was not allowed.
"""

from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, select

from governance.compliance.check import Check
from governance.compliance.consumed import lines_consumed
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.entitlements.models import MetricLine


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the lines whose consumption exceeds their supply; unlimited supply (null) is never exceeded."""
    position = facts.line_positions().cte("line_positions")
    used = lines_consumed(facts.tenant_id, facts.as_of, facts.known_at).cte("lines_consumed")
    unit = func.coalesce(MetricLine.measure, "units")
    return (
        select(
            literal("metric_line", String).label("subject_type"),
            position.c.line_id.label("subject_id"),
            position.c.name.label("subject_name"),
            position.c.unit_id,
            position.c.region,
            position.c.owner_id,
            (cast(used.c.consumed, String) + " " + unit + " consumed").label("has"),
            ("at most " + cast(position.c.supply, String) + " " + unit + " (supply in force)").label("needs"),
            used.c.consumed,
            position.c.supply,
            case((MetricLine.measure.is_(None), ""), else_=MetricLine.measure).label("measure"),
        )
        .join_from(position, used, used.c.line_id == position.c.line_id)
        .join(MetricLine, (MetricLine.tenant_id == facts.tenant_id) & (MetricLine.id == position.c.line_id))
        .where(used.c.consumed > position.c.supply, position.c.ended_at.is_(None))
    )


CHECK = Check(
    id="over-consumed",
    title="Every measured line consumes no more in its period than its supply in force",
    severity=Severity.HIGH,
    risk="What is consumed beyond the purchase is billed at the true-up, often at list price, or breaks the contract.",
    remedy="Throttle what consumes it, correct the readings, or buy and record a lot.",
    sources=("house rule: overage modes", "house rule: null consumption is no overuse"),
    rule_version=1,
    violations=violations,
)
