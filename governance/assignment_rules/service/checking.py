"""Check what a rule shall say, and who may say it: a right over all people and seats that the rule can reach."""

from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from governance.assignment_rules import queries
from governance.assignment_rules.models import AssignmentRule, AssignmentRuleVersion
from governance.assignment_rules.rules import HIGHEST, SETTLE_MOST, Leaving
from governance.catalog import queries as catalog
from governance.catalog.models import Tier
from governance.directory import provisioned
from governance.directory.queries import ownership, person, visible_unit
from governance.entitlements import queries as entitlements
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, visible_pools
from governance.kernel import given
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.parties import Ownership

ACTS = (Action.SEAT_ASSIGN, Action.SEAT_RELEASE, Action.SEAT_RECLAIM)
REASON_MOST, EXCEPTIONS_MOST = 400, 500


class Names(Protocol):
    """What of a rule says where it lies: whose people it names, and whose seats."""

    @property
    def unit_id(self) -> UUID | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def line_id(self) -> UUID | None: ...
    @property
    def pool_id(self) -> UUID | None: ...


class Says(Names, Protocol):
    """What is checked of the command."""

    @property
    def reason(self) -> str: ...
    @property
    def rule_id(self) -> UUID | None: ...
    @property
    def group_id(self) -> UUID | None: ...
    @property
    def employment(self) -> str | None: ...
    @property
    def except_group_id(self) -> UUID | None: ...
    @property
    def except_people(self) -> tuple[UUID, ...] | None: ...
    @property
    def tier_id(self) -> UUID | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def leaving(self) -> Leaving: ...
    @property
    def settle_minutes(self) -> int: ...


async def permit(work: Work, subject: str, names: Names) -> None:
    """Let pass who may give and take every seat that the rule can reach. Raises Refused, NotFound.

    Over the whole tenant that is any rule. Else the people have to be of a unit or a region within reach, and the seats
    of a line or a pool within reach: a rule that names none takes from whatever pool of the product fits.
    """
    whole = Ownership(work.tenant_id)
    if all(work.permits(action, whole) for action in ACTS):
        return
    people = await queries.rule_ownership(work, names.unit_id, names.region)
    for action in ACTS:
        work.permit(action, people, f"assignment rule {subject}: the unit or region that it names")
    seats = await _seats(work, names) or whole
    for action in ACTS:
        work.permit(action, seats, f"assignment rule {subject}: the line or pool that it names")


async def _seats(work: Work, names: Names) -> Ownership | None:
    """Say whose the seats are that a rule may give; None where it names neither line nor pool. Raises NotFound."""
    if names.pool_id is not None:
        query = visible_pools(work).where(Pool.id == names.pool_id)
        pool = (await work.session.execute(query)).scalar_one_or_none()
        if pool is None:
            raise NotFound("pool", str(names.pool_id))
        return await ownership(work, unit_id=pool.unit_id, region=pool.region)
    if names.line_id is not None:
        _, license_ = await entitlements.line(work, names.line_id)
        return await ownership(work, unit_id=license_.unit_id, region=license_.region)
    return None


async def checked(
    work: Work, says: Says, row: AssignmentRule
) -> tuple[AssignmentRuleVersion, tuple[UUID, ...]]:  # fmt: skip
    """Give the version that is to be, and whom it leaves out. Raises NotFound, BadInput."""
    number = 1
    if says.rule_id is None:
        row.code = given.text(row.code, "code", most=80)
        row.name = given.text(row.name, "name", most=200)
        await catalog.product(work, row.product_id)
        taken = select(AssignmentRule.id).where(
            AssignmentRule.tenant_id == work.tenant_id, AssignmentRule.code == row.code, AssignmentRule.id != row.id
        )
        if (await work.session.execute(taken)).first() is not None:
            raise BadInput("code", row.code, "a code that no other rule has")
    else:
        number = (await queries.version_of(work, row.id)).number + 1
    await _who(work, says)
    await _what(work, says, row.product_id)
    left_out = tuple(sorted(set(says.except_people or ())))
    if len(left_out) > EXCEPTIONS_MOST:
        raise BadInput("exceptPeople", str(len(left_out)), f"at most {EXCEPTIONS_MOST}; name a group instead")
    for each in left_out:
        await person(work, each)
    version = AssignmentRuleVersion(
        tenant_id=work.tenant_id, id=work.new_id(), rule_id=row.id, number=number, group_id=says.group_id,
        unit_id=says.unit_id, employment=given.optional_text(says.employment, "employment", most=120),
        region=says.region, except_group_id=says.except_group_id, tier_id=says.tier_id, line_id=says.line_id,
        pool_id=says.pool_id, priority=given.whole(says.priority, "priority", most=HIGHEST),
        leaving=given.word(says.leaving, "leaving", Leaving),
        settle_minutes=given.whole(says.settle_minutes, "settleMinutes", most=SETTLE_MOST),
        reason=given.text(says.reason, "reason", most=REASON_MOST), start=work.now(), superseded_at=None,
        recorded_by=work.actor.principal,
    )  # fmt: skip
    return version, left_out


async def _who(work: Work, says: Says) -> None:
    if says.group_id is None and says.unit_id is None and not says.employment and says.region is None:
        raise BadInput("who", "nobody in particular", "at least one of group, unit, employment and region")
    for group_id in (says.group_id, says.except_group_id):
        if group_id is not None and (await provisioned.group(work, group_id, Action.GROUP_READ)).ended_at is not None:
            raise BadInput("group", str(group_id), "a group that has not ended")
    if says.unit_id is not None:
        await visible_unit(work, says.unit_id)
    if says.region is not None and says.region not in work.office.regions:
        raise BadInput("region", says.region, "a region of the territory tree such as 150 or DE")


async def _what(work: Work, says: Says, product_id: UUID) -> None:
    """Raises NotFound, BadInput for a tier, line or pool of another product."""
    if says.tier_id is not None:
        tier = await work.session.get(Tier, (work.tenant_id, says.tier_id))
        if tier is None:
            raise NotFound("tier", str(says.tier_id))
        if tier.product_id != product_id:
            raise BadInput("tier", tier.code, "a tier of the rule's product")
    lines = (
        select(MetricLine.id)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(MetricLine.tenant_id == work.tenant_id, Entitlement.product_id == product_id)
    )
    if says.line_id is not None and says.line_id not in set((await work.session.execute(lines)).scalars()):
        raise BadInput("line", str(says.line_id), "a line of a license of the rule's product")
    if says.pool_id is None:
        return
    pools = visible_pools(work).where(Pool.id == says.pool_id, Entitlement.product_id == product_id)
    pool = (await work.session.execute(pools)).scalar_one_or_none()
    if pool is None:
        raise BadInput("pool", str(says.pool_id), "a pool of the rule's product")
    if says.line_id not in {None, pool.line_id}:
        raise BadInput("pool", pool.name, "a pool of the line that is named")
