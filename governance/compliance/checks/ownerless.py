"""No license and no agreement is without a person who is here and answers for it."""

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, String, and_, case, literal, or_, select, union_all

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the licenses and agreements without an owner, or whose owner has left and no deputy is here.

    A deputy who is here stands in for an owner who left, and for none that was never named. What is over is left out:
    an agreement whose last day has ended everywhere, a license whose lots have all ended and in which nobody sits.
    """
    license_, agreement = facts.licenses().cte("licenses"), facts.agreements().cte("agreements")
    line = facts.line_positions().cte("line_positions")
    living = select(line.c.entitlement_id).where(or_(line.c.ended_at.is_(None), line.c.occupied > 0))
    found: CompoundSelect[*tuple[Any, ...]] = union_all(
        _ownerless(license_, "entitlement", "license_id", facts).where(license_.c.license_id.in_(living)),
        _ownerless(agreement, "agreement", "agreement_id", facts).where(
            or_(agreement.c.last_day.is_(None), agreement.c.last_day >= facts.day)
        ),
    )
    return select(found.subquery("ownerless"))


def _ownerless(owned: Any, subject_type: str, key: str, facts: Facts) -> Select[*tuple[Any, ...]]:
    owner, deputy = facts.people_standing().subquery("owner"), facts.people_standing().subquery("deputy")
    nobody: ColumnElement[bool] = owned.c.owner_id.is_(None)
    gone = and_(owner.c.has_left, or_(owned.c.deputy_id.is_(None), deputy.c.has_left))
    said = case(
        (nobody, "no owner named"),
        (owned.c.deputy_id.is_(None), "the owner has left, and there is no deputy"),
        else_="the owner has left, and so has the deputy",
    )
    return (
        select(
            literal(subject_type, String).label("subject_type"),
            owned.c[key].label("subject_id"),
            owned.c.name.label("subject_name"),
            owned.c.unit_id,
            owned.c.region,
            owned.c.owner_id,
            said.label("has"),
            literal("an owner who is here", String).label("needs"),
            owner.c.left_at.label("owner_left_at"),
            owned.c.deputy_id.label("deputy_id"),
        )
        .join_from(owned, owner, owner.c.person_id == owned.c.owner_id, isouter=True)
        .outerjoin(deputy, deputy.c.person_id == owned.c.deputy_id)
        .where(or_(nobody, gone))
    )


CHECK = Check(
    id="ownerless",
    title="Every license and agreement has an owner who is here",
    severity=Severity.MEDIUM,
    risk="Nobody is told when it fills up, runs out or must be given notice: it lapses or renews without a decision.",
    remedy="Hand what the owner answered for over to somebody who is here, and name a deputy who stands in then.",
    sources=(
        "house rule: ownership; an owner who left is a stale owner",
        "house rule: user leaves",
    ),
    rule_version=1,
    violations=violations,
)
