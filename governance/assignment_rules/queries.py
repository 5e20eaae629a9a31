"""Every SELECT of assignment rules: what they say, whom they name, how each stands, and who has to be looked at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, update

from governance.assignment_rules.models import (
    AssignmentRule,
    AssignmentRuleException,
    AssignmentRuleMember,
    AssignmentRuleVersion,
)
from governance.assignment_rules.rules import MemberState, RuleFacts
from governance.catalog.models import Tier
from governance.directory.queries import unit_path
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

LAST = and_(
    AssignmentRuleVersion.tenant_id == AssignmentRule.tenant_id,
    AssignmentRuleVersion.rule_id == AssignmentRule.id,
    AssignmentRuleVersion.superseded_at.is_(None),
)
PLACED = Placed(
    unit=select(AssignmentRuleVersion.unit_id).where(LAST).correlate(AssignmentRule).scalar_subquery(),
    region=select(AssignmentRuleVersion.region).where(LAST).correlate(AssignmentRule).scalar_subquery(),
)
"""A rule lies in the unit and the region that it names; one that names none is reached over the whole tenant alone."""
OPEN = AssignmentRuleMember.ended_at.is_(None)


@dataclass(frozen=True)
class Ruled:
    """A rule with what its version in force says."""

    rule: AssignmentRule
    version: AssignmentRuleVersion
    facts: RuleFacts


def visible_rules(work: Work, action: Action = Action.SEAT_READ) -> Select[AssignmentRule]:
    """Give the rules within reach by the unit and the region that they name; ended ones too."""
    return select(AssignmentRule).where(AssignmentRule.tenant_id == work.tenant_id, work.reach(action, PLACED))


async def rule_ownership(work: Work, unit_id: UUID | None, region: str | None) -> Ownership:
    """Say whose a rule is that names this unit and this region."""
    return Ownership(
        work.tenant_id, unit_path=frozenset() if unit_id is None else await unit_path(work, unit_id),
        region_path=frozenset() if region is None else work.office.regions.path(region),
    )  # fmt: skip


async def rule(work: Work, rule_id: UUID, *, locked: bool = False) -> AssignmentRule:
    """Give one rule. Raises NotFound."""
    query = visible_rules(work).where(AssignmentRule.id == rule_id)
    if locked:
        query = query.with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("assignment rule", str(rule_id))
    return row


async def rule_by_code(work: Work, code: str) -> AssignmentRule:
    """Give the rule of that code. Raises NotFound."""
    row = (await work.session.execute(visible_rules(work).where(AssignmentRule.code == code))).scalar_one_or_none()
    if row is None:
        raise NotFound("assignment rule", code)
    return row


def visible_versions(work: Work) -> Select[AssignmentRuleVersion]:
    """Give every version of the rules within reach."""
    within = visible_rules(work).with_only_columns(AssignmentRule.id)
    return select(AssignmentRuleVersion).where(
        AssignmentRuleVersion.tenant_id == work.tenant_id, AssignmentRuleVersion.rule_id.in_(within)
    )


def visible_members(work: Work) -> Select[AssignmentRuleMember]:
    """Give how people stand or stood under the rules within reach."""
    within = visible_rules(work).with_only_columns(AssignmentRule.id)
    return select(AssignmentRuleMember).where(
        AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id.in_(within)
    )


async def version_of(work: Work, rule_id: UUID) -> AssignmentRuleVersion:
    """Give the version that is in force, or was when the rule ended."""
    query = (
        select(AssignmentRuleVersion)
        .where(AssignmentRuleVersion.tenant_id == work.tenant_id, AssignmentRuleVersion.rule_id == rule_id)
        .order_by(AssignmentRuleVersion.number.desc())
        .limit(1)
    )
    return (await work.session.execute(query)).scalar_one()


async def exceptions_of(work: Work, version_id: UUID) -> tuple[UUID, ...]:
    """Give the people whom a version leaves out."""
    query = select(AssignmentRuleException.person_id).where(
        AssignmentRuleException.tenant_id == work.tenant_id, AssignmentRuleException.version_id == version_id
    )
    return tuple((await work.session.execute(query.order_by(AssignmentRuleException.person_id))).scalars())


async def counts_of(work: Work, rule_ids: Collection[UUID]) -> dict[UUID, dict[MemberState, int]]:
    """Count of each rule how many people stand how."""
    query = (
        select(AssignmentRuleMember.rule_id, AssignmentRuleMember.state, func.count())
        .where(AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id.in_(rule_ids), OPEN)
        .group_by(AssignmentRuleMember.rule_id, AssignmentRuleMember.state)
    )
    found: dict[UUID, dict[MemberState, int]] = {each: {} for each in rule_ids}
    for rule_id, state, count in await work.session.execute(query):
        found[rule_id][state] = count
    return found


async def rules_of_product(work: Work, product_id: UUID) -> tuple[Ruled, ...]:
    """Give the rules of a product, each with its last version; ended ones too, while they hold anybody."""
    holding = select(AssignmentRuleMember.rule_id).where(AssignmentRuleMember.tenant_id == work.tenant_id, OPEN)
    query = (
        select(AssignmentRule, AssignmentRuleVersion, Tier.rank)
        .join(AssignmentRuleVersion, LAST)
        .outerjoin(Tier, and_(Tier.tenant_id == AssignmentRule.tenant_id, Tier.id == AssignmentRuleVersion.tier_id))
        .where(
            AssignmentRule.tenant_id == work.tenant_id,
            AssignmentRule.product_id == product_id,
            or_(AssignmentRule.ended_at.is_(None), AssignmentRule.id.in_(holding)),
        )
        .order_by(AssignmentRule.code)
    )
    return tuple(
        Ruled(row, version, facts_of(row, version, rank)) for row, version, rank in await work.session.execute(query)
    )


def facts_of(row: AssignmentRule, version: AssignmentRuleVersion, rank: int | None) -> RuleFacts:
    """Give what deciding needs of a rule."""
    return RuleFacts(
        row.id, row.code, version.number, rank or 0, version.priority, version.line_id, version.pool_id,
        version.leaving, timedelta(minutes=version.settle_minutes),
    )  # fmt: skip


async def products_naming(work: Work, *, group_id: UUID) -> Sequence[UUID]:
    """Give the products whose rules name a group, or leave one out."""
    query = (
        select(AssignmentRule.product_id)
        .join(AssignmentRuleVersion, LAST)
        .where(
            AssignmentRule.tenant_id == work.tenant_id, AssignmentRule.ended_at.is_(None),
            or_(AssignmentRuleVersion.group_id == group_id, AssignmentRuleVersion.except_group_id == group_id),
        )
        .distinct()
    )  # fmt: skip
    return (await work.session.execute(query)).scalars().all()


async def products_ruled(work: Work) -> Sequence[UUID]:
    """Give the products that rules give seats of, or still hold somebody of."""
    holding = select(AssignmentRuleMember.rule_id).where(AssignmentRuleMember.tenant_id == work.tenant_id, OPEN)
    query = (
        select(AssignmentRule.product_id)
        .where(
            AssignmentRule.tenant_id == work.tenant_id,
            or_(AssignmentRule.ended_at.is_(None), AssignmentRule.id.in_(holding)),
        )
        .distinct()
        .order_by(AssignmentRule.product_id)
    )
    return (await work.session.execute(query)).scalars().all()


@dataclass(frozen=True)
class UnderRule:
    """How a person stands under a rule now."""

    rule_id: UUID
    code: str
    name: str
    number: int
    state: MemberState
    since: datetime

    @property
    def says(self) -> str:
        return f"rule {self.code}, version {self.number}"


async def standing_of(work: Work, person_id: UUID, product_id: UUID | None = None) -> tuple[UnderRule, ...]:
    """Give how a person stands under the rules within reach, of a product or of all, by code."""
    member = AssignmentRuleMember
    query = (
        visible_rules(work)
        .join(member, and_(member.tenant_id == AssignmentRule.tenant_id, member.rule_id == AssignmentRule.id))
        .where(member.person_id == person_id, OPEN)
        .order_by(AssignmentRule.code)
        .add_columns(member)
    )
    if product_id is not None:
        query = query.where(AssignmentRule.product_id == product_id)
    return tuple(
        UnderRule(row.id, row.code, row.name, under.number, under.state, under.since)
        for row, under in await work.session.execute(query)
    )


async def product_of_line(work: Work, line_id: UUID) -> UUID | None:
    """Give the product of a line; None where there is no such line."""
    query = (
        select(Entitlement.product_id)
        .join(MetricLine, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, MetricLine.id == line_id)
    )
    return (await work.session.execute(query)).scalar_one_or_none()


async def try_again_now(work: Work, product_id: UUID) -> bool:
    """Let those who could not be served be tried at once; says whether there is anybody.

    Their rows are locked in the order of ids, as whoever writes down what became of them does.
    """
    rules = select(AssignmentRule.id).where(
        AssignmentRule.tenant_id == work.tenant_id, AssignmentRule.product_id == product_id
    )
    waiting = (
        select(AssignmentRuleMember.id)
        .where(
            AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.rule_id.in_(rules), OPEN,
            AssignmentRuleMember.retry_at.is_not(None),
        )
        .order_by(AssignmentRuleMember.id)
        .with_for_update(key_share=True)
    )  # fmt: skip
    again = (
        update(AssignmentRuleMember)
        .where(AssignmentRuleMember.tenant_id == work.tenant_id, AssignmentRuleMember.id.in_(waiting))
        .values(retry_at=work.now())
        .returning(AssignmentRuleMember.id)
    )  # fmt: skip
    return (await work.session.execute(again)).first() is not None
