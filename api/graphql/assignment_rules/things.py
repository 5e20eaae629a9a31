"""Assignment rules as things of the graph: what they say, in every version, and how each person stands."""

from datetime import datetime

import strawberry

from api.graphql.catalog import Product, Tier
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.directory.groups import Group
from api.graphql.engine import (
    FieldClass,
    Reason,
    field,
    resolved,
)
from api.graphql.entitlements import MetricLine, Pool
from api.graphql.nodes import Node
from api.graphql.seats import Seat
from api.graphql.seats.things import reason_of
from governance.assignment_rules import queries
from governance.assignment_rules.models import AssignmentRule as RuleRow
from governance.assignment_rules.models import AssignmentRuleMember as MemberRow
from governance.assignment_rules.models import AssignmentRuleVersion as VersionRow
from governance.assignment_rules.rules import Leaving, MemberState
from governance.kernel.errors import Code
from governance.kernel.errors import Reason as Why

strawberry.enum(
    Leaving, name="LeavingRule", description="What becomes of the seat of one who falls out of an assignment rule."
)
strawberry.enum(MemberState, name="RuleMemberState", description="How a person stands under an assignment rule.")


@strawberry.type(description="What an assignment rule says, or said until a later version.")
class AssignmentRuleVersion(Node):
    row: strawberry.Private[VersionRow]
    visible = queries.visible_versions
    key = VersionRow.id

    @resolved("Its number within the rule, from 1.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.number

    @resolved("Only members of this group; null: whoever.", FieldClass.PUBLIC)
    async def group(self, info: Info) -> Group | None:
        return await Group.get(info, self.row.group_id)

    @resolved("Only people of this unit and of those below it; null: of any.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Only this kind of employment, as the directory words it; null: any.", FieldClass.PUBLIC)
    def employment(self) -> str | None:
        return self.row.employment

    @resolved("Only people who work in this region; null: anywhere.", FieldClass.PUBLIC)
    def region(self) -> str | None:
        return self.row.region

    @resolved("Members of this group are left out.", FieldClass.PUBLIC)
    async def except_group(self, info: Info) -> Group | None:
        return await Group.get(info, self.row.except_group_id)

    @resolved("People who are left out, of those within reach.", FieldClass.PUBLIC)
    async def except_people(self, info: Info) -> list[Person]:
        async with info.context.reading() as work:
            ids = await queries.exceptions_of(work, self.row.id)
        return [found for each in ids if (found := await Person.get(info, each)) is not None]

    @resolved("The least tier that is given; null: any.", FieldClass.PUBLIC)
    async def tier(self, info: Info) -> Tier | None:
        return await Tier.get(info, self.row.tier_id)

    @resolved("Only seats of this line; null: of any.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)

    @resolved("Only seats of this pool; null: of any.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("From 0 to 9: of two rules with one tier the higher wins, and waits in front.", FieldClass.PUBLIC)
    def priority(self) -> int:
        return self.row.priority

    @resolved("What becomes of the seat of one who falls out.", FieldClass.PUBLIC)
    def leaving(self) -> Leaving:
        return self.row.leaving

    @resolved("How many minutes somebody may be without a rule before it acts.", FieldClass.PUBLIC)
    def settle_minutes(self) -> int:
        return self.row.settle_minutes

    @resolved("Why it was applied.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("Since when it holds.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("When another version took its place.", FieldClass.PUBLIC)
    def superseded_at(self) -> datetime | None:
        return self.row.superseded_at

    @resolved("The principal who applied it.", FieldClass.PUBLIC)
    def recorded_by(self) -> str:
        return self.row.recorded_by


@strawberry.type(description="How many people stand how under a rule.")
class RuleCount:
    state: MemberState = field("How they stand.", FieldClass.PUBLIC)
    people: int = field("How many.", FieldClass.PUBLIC)


@strawberry.type(description="A standing decision that gives seats of a product to whoever belongs somewhere.")
class AssignmentRule(Node):
    row: strawberry.Private[RuleRow]
    visible = queries.visible_rules
    key = RuleRow.id

    @resolved("Its code, by which the trail and seats name it.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("When it was first applied.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("The principal who first applied it.", FieldClass.PUBLIC)
    def created_by(self) -> str:
        return self.row.created_by

    @resolved("When it ended; null while it holds.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("Of which product it gives seats.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("What it says now, or said when it ended.", FieldClass.PUBLIC)
    async def says(self, info: Info) -> AssignmentRuleVersion:
        async with info.context.reading() as work:
            return AssignmentRuleVersion.of(await queries.version_of(work, self.row.id))

    @resolved("Every version, the first one first.", FieldClass.PUBLIC)
    async def versions(self, info: Info) -> list[AssignmentRuleVersion]:
        async with info.context.reading() as work:
            query = queries.visible_versions(work).where(VersionRow.rule_id == self.row.id).order_by(VersionRow.number)
            return [AssignmentRuleVersion.of(row) for row in (await work.session.execute(query)).scalars()]

    @resolved("How many people stand how under it now.", FieldClass.PUBLIC)
    async def counts(self, info: Info) -> list[RuleCount]:
        async with info.context.reading() as work:
            found = (await queries.counts_of(work, (self.row.id,)))[self.row.id]
        return [RuleCount(state=state, people=found[state]) for state in MemberState if found.get(state)]


@strawberry.type(description="How a person stands, or stood, under an assignment rule.")
class AssignmentRuleMember(Node):
    row: strawberry.Private[MemberRow]
    visible = queries.visible_members
    key = MemberRow.id

    @resolved("How they stand.", FieldClass.PUBLIC)
    def state(self) -> MemberState:
        return self.row.state

    @resolved("The version of the rule that served them last.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.number

    @resolved("Why they are not served, every reason.", FieldClass.PUBLIC)
    def reasons(self) -> list[Reason]:
        return [reason_of(Why(**{**each, "code": Code(each["code"])})) for each in self.row.reasons]

    @resolved("Since when they fall under the rule.", FieldClass.PUBLIC)
    def since(self) -> datetime:
        return self.row.since

    @resolved("Since when they stand like this.", FieldClass.PUBLIC)
    def changed_at(self) -> datetime:
        return self.row.changed_at

    @resolved("When the rule takes the seat of one who fell out of it.", FieldClass.PUBLIC)
    def leaves_at(self) -> datetime | None:
        return self.row.leaves_at

    @resolved("When it is tried again, unless capacity grows before.", FieldClass.PUBLIC)
    def retry_at(self) -> datetime | None:
        return self.row.retry_at

    @resolved("When the rule let go of them; null while they fall under it.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("Under which rule.", FieldClass.PUBLIC)
    async def rule(self, info: Info) -> AssignmentRule | None:
        return await AssignmentRule.get(info, self.row.rule_id)

    @resolved("Who; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The seat that serves them; null where none does.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.row.assignment_id)
