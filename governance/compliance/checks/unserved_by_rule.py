"""Everybody whom an assignment rule names is served: by it, by another, or by hand.

How somebody stood under a rule before the last change is kept by the trail alone: as of an instant before it nothing is
judged of them. What is missing is no breach.
"""

from typing import Any

from sqlalchemy import Select, String, and_, case, func, literal, null, or_, select

from governance.assignment_rules.models import AssignmentRule, AssignmentRuleMember
from governance.assignment_rules.rules import UNSERVED, MemberState
from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity
from governance.kernel.database.types import Id


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give who falls under a rule and waits for a seat or was refused one, with the first of its reasons."""
    person = facts.people_standing().cte("people_standing")
    member, rule, now = AssignmentRuleMember, AssignmentRule, min(facts.as_of, facts.known_at)
    waits = case((member.state == MemberState.WAITING, "in line, all is full"), else_="no seat of it")
    return (
        select(
            literal("assignment_rule_member", String).label("subject_type"),
            member.id.label("subject_id"),
            (person.c.name + " under " + rule.name).label("subject_name"),
            person.c.unit_id,
            person.c.country.label("region"),
            null().cast(Id).label("owner_id"),
            func.coalesce(member.reasons[0]["has"].as_string(), waits).label("has"),
            func.coalesce(member.reasons[0]["needs"].as_string(), "a seat that the rule may give").label("needs"),
            person.c.person_id,
            rule.id.label("rule_id"),
            rule.code.label("rule"),
            member.state,
            member.reasons,
            member.since,
        )
        .join_from(member, rule, and_(rule.tenant_id == member.tenant_id, rule.id == member.rule_id))
        .join(person, and_(person.c.person_id == member.person_id, ~person.c.has_left))
        .where(
            member.tenant_id == facts.tenant_id, member.state.in_(sorted(UNSERVED)), member.changed_at <= now,
            or_(member.ended_at.is_(None), member.ended_at > now),
        )
    )  # fmt: skip


CHECK = Check(
    id="unserved-by-rule",
    title="Everybody whom an assignment rule names has a seat",
    severity=Severity.MEDIUM,
    risk="Somebody who should work with a product cannot, and nobody was asked: a rule has no requester who waits.",
    remedy="Buy or allocate seats, widen the territory, ask for another tier, or leave the person out.",
    sources=("house rule: a department gets a tier, joiners follow", "house rule: full, by overage mode"),
    rule_version=1,
    violations=violations,
)
