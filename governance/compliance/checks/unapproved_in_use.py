"""Nobody uses a product that was denied, or whose approval has ended.

A product nobody has decided about breaks no decision, so it is not found; nor is one that is only proposed.
"""

from typing import Any

from sqlalchemy import Select, String, case, cast, func, literal, or_, select

from governance.catalog.rules import DECIDED_AGAINST, ApprovalStatus
from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the licenses in which somebody sits though their product stands denied, withdrawn, or past its last day.

    A last day is over when it has ended everywhere on Earth.
    """
    license_, line = facts.licenses().cte("licenses"), facts.line_positions().cte("line_positions")
    decided = facts.approvals_standing().cte("approvals_standing")
    used = (
        select(line.c.entitlement_id, func.sum(line.c.occupied).label("occupied"))
        .where(line.c.occupied > 0)
        .group_by(line.c.entitlement_id)
        .cte("used")
    )
    against = decided.c.status.in_(DECIDED_AGAINST)
    standing = (ApprovalStatus.APPROVED, ApprovalStatus.RESTRICTED, ApprovalStatus.SUNSETTING)
    over = decided.c.status.in_(standing) & (decided.c.until < facts.day)
    seats = cast(used.c.occupied, String) + " seats occupied, "
    denied = case(
        (decided.c.status == ApprovalStatus.DENIED, "the product is denied"), else_="its approval is withdrawn"
    )
    return (
        select(
            literal("entitlement", String).label("subject_type"),
            license_.c.license_id.label("subject_id"),
            license_.c.name.label("subject_name"),
            license_.c.unit_id,
            license_.c.region,
            license_.c.owner_id,
            (seats + case((against, denied), else_="the product's approval has ended")).label("has"),
            literal("an approval that stands", String).label("needs"),
            used.c.occupied,
            decided.c.status.label("approval"),
            decided.c.until,
        )
        .join_from(license_, used, used.c.entitlement_id == license_.c.license_id)
        .join(decided, decided.c.product_id == license_.c.product_id)
        .where(or_(against, over))
    )


CHECK = Check(
    id="unapproved-in-use",
    title="What is in use may be used: no product is denied or past its approval",
    severity=Severity.HIGH,
    risk="The product was judged and ruled out, or nobody has judged it anew since its time ran out.",
    remedy="Decide about the product anew, or move its holders to an approved one and release their seats.",
    sources=("house rule: approval", "GSA IT standards list: approved, denied, sunsetting, with expiry"),
    rule_version=1,
    violations=violations,
)
