"""What can be asked of assignment rules, and done about them."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.assignment_rules.answers import AssignmentRulePreview
from api.graphql.assignment_rules.things import AssignmentRule, AssignmentRuleMember
from api.graphql.context import Info
from api.graphql.engine import (
    Connection,
    FieldClass,
    Paging,
    Refusal,
    outcome,
    paged,
    resolved,
)
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, command, told, values
from api.graphql.nodes import by, listed
from governance.assignment_rules import queries
from governance.assignment_rules.models import AssignmentRule as RuleRow
from governance.assignment_rules.models import AssignmentRuleMember as MemberRow
from governance.assignment_rules.rules import Leaving, MemberState
from governance.assignment_rules.service import (
    ApplyRule,
    EndRule,
    apply_rule,
    end_rule,
    preview_end,
    preview_rule,
)
from governance.kernel.work import Work


@strawberry.input(description="Which assignment rules.")
class AssignmentRuleFilter:
    product: strawberry.ID | None = asked("Only those of this product.", of="Product", default=None)
    ended: bool | None = asked("Only those that have ended, or have not.", default=None)


@strawberry.input(description="How people stand under which rules.")
class AssignmentRuleMemberFilter:
    rule: strawberry.ID | None = asked("Only under this rule.", of="AssignmentRule", default=None)
    person: strawberry.ID | None = asked("Only this person.", of="Person", default=None)
    state: MemberState | None = asked("Only those who stand like this.", default=None)
    past: bool = asked("Those of whom the rule has let go, too.", default=False)


@strawberry.input(description="What an assignment rule shall say from now on. Who: all that is named has to fit.")
class ApplyAssignmentRuleInput:
    reason: str = asked("Why; the trail keeps it.")
    rule: strawberry.ID | None = asked(
        "The rule that gets another version; null: a new one.", of="AssignmentRule", default=None
    )
    code: str = asked("The code of a new rule.", default="")
    name: str = asked("The name of a new rule.", default="")
    product: strawberry.ID | None = asked("The product of a new rule.", of="Product", default=None)
    group: strawberry.ID | None = asked("Only members of this group.", of="Group", default=None)
    unit: strawberry.ID | None = asked("Only people of this unit and of those below.", of="Unit", default=None)
    employment: str | None = asked("Only this kind of employment, as the directory words it (userType).", default=None)
    region: str | None = asked("Only people who work in this region.", default=None)
    except_group: strawberry.ID | None = asked("Members of this group are left out.", of="Group", default=None)
    except_people: list[strawberry.ID] | None = asked(
        "People who are left out.", of="Person", to="except_people", default=strawberry.UNSET
    )
    tier: strawberry.ID | None = asked("The least tier.", of="Tier", default=None)
    line: strawberry.ID | None = asked("Only seats of this line.", of="MetricLine", default=None)
    pool: strawberry.ID | None = asked("Only seats of this pool.", of="Pool", default=None)
    priority: int = asked("From 0 to 9; of two rules with one tier the higher wins.", default=0)
    leaving: Leaving = asked("What becomes of the seat of one who falls out.", default=Leaving.RECLAIM)
    settle_minutes: int = asked("How long somebody may be without a rule before it acts.", default=60)
    token: str | None = asked("The token of previewAssignmentRule.", default=None)


@strawberry.input(description="An assignment rule to end.")
class EndAssignmentRuleInput:
    rule: strawberry.ID = asked("The rule.", of="AssignmentRule")
    reason: str = asked("Why; the trail keeps it.")
    keep_seats: bool = asked("Whether who sits stays seated, as if by hand.", default=False)
    token: str | None = asked("The token of previewEndOfAssignmentRule.", default=None)


AssignmentRuleOutcome = Annotated[
    AssignmentRule | Refusal, strawberry.union("AssignmentRuleOutcome", description="The rule, or why not.")
]
AssignmentRulePreviewOutcome = Annotated[
    AssignmentRulePreview | Refusal,
    strawberry.union("AssignmentRulePreviewOutcome", description="What the rule would do, or why not."),
]


@strawberry.type(description="What can be asked of assignment rules.")
class AssignmentRuleQueries:
    @paged("The assignment rules within reach by the unit and region that they name, by code.", FieldClass.PUBLIC)
    async def assignment_rules(
        self, info: Info, paging: Paging, filter: Annotated[AssignmentRuleFilter | None, WHICH] = None
    ) -> Connection[AssignmentRule]:
        wanted = values(info, filter or AssignmentRuleFilter())

        def narrowed(work: Work) -> Select[RuleRow]:
            query = queries.visible_rules(work)
            if wanted["product_id"] is not None:
                query = query.where(RuleRow.product_id == wanted["product_id"])
            if wanted["ended"] is None:
                return query
            return query.where(RuleRow.ended_at.is_not(None) if wanted["ended"] else RuleRow.ended_at.is_(None))

        return await listed(info, paging, AssignmentRule, by(RuleRow.code, RuleRow.id), narrowed=narrowed)

    @resolved("One assignment rule; null where there is none within reach.", FieldClass.PUBLIC)
    async def assignment_rule(self, info: Info, id: NodeId) -> AssignmentRule | None:
        return await AssignmentRule.by_id(info, id)

    @paged("How people stand under the rules, those who fell under them last first.", FieldClass.PUBLIC)
    async def assignment_rule_members(
        self, info: Info, paging: Paging, filter: Annotated[AssignmentRuleMemberFilter | None, WHICH] = None
    ) -> Connection[AssignmentRuleMember]:
        wanted = values(info, filter or AssignmentRuleMemberFilter())

        def narrowed(work: Work) -> Select[MemberRow]:
            query = queries.visible_members(work)
            for name in ("rule_id", "person_id", "state"):
                if wanted[name] is not None:
                    query = query.where(getattr(MemberRow, name) == wanted[name])
            return query if wanted["past"] else query.where(MemberRow.ended_at.is_(None))

        order = by(MemberRow.since, MemberRow.id, descending=True)
        return await listed(info, paging, AssignmentRuleMember, order, narrowed=narrowed)

    @resolved("Say whom a rule would give and take seats, and its cost; nothing is written.", FieldClass.PUBLIC)
    async def preview_assignment_rule(
        self, info: Info, input: Annotated[ApplyAssignmentRuleInput, GIVEN]
    ) -> AssignmentRulePreviewOutcome:
        async def look() -> AssignmentRulePreview:
            given, context = command(info, ApplyRule, input), info.context
            return AssignmentRulePreview.of(await preview_rule(context.desk, context.actor, given, context.request_id))

        return told(await outcome(look()))

    @resolved("Say who would lose a seat if a rule ended; nothing is written.", FieldClass.PUBLIC)
    async def preview_end_of_assignment_rule(
        self, info: Info, input: Annotated[EndAssignmentRuleInput, GIVEN]
    ) -> AssignmentRulePreviewOutcome:
        async def look() -> AssignmentRulePreview:
            given, context = command(info, EndRule, input), info.context
            return AssignmentRulePreview.of(await preview_end(context.desk, context.actor, given, context.request_id))

        return told(await outcome(look()))


@strawberry.type(description="What can be done about assignment rules.")
class AssignmentRuleMutations:
    @resolved("Let a rule say this from now on, by the token of its preview; seats follow.", FieldClass.PUBLIC)
    async def apply_assignment_rule(
        self, info: Info, input: Annotated[ApplyAssignmentRuleInput, GIVEN]
    ) -> AssignmentRuleOutcome:
        async def done() -> AssignmentRule:
            given, context = command(info, ApplyRule, input), info.context
            return AssignmentRule.of(await apply_rule(context.desk, context.actor, given, context.request_id))

        return told(await outcome(done()))

    @resolved("End a rule, by the token of its preview.", FieldClass.PUBLIC)
    async def end_assignment_rule(
        self, info: Info, input: Annotated[EndAssignmentRuleInput, GIVEN]
    ) -> AssignmentRuleOutcome:
        async def done() -> AssignmentRule:
            given, context = command(info, EndRule, input), info.context
            return AssignmentRule.of(await end_rule(context.desk, context.actor, given, context.request_id))

        return told(await outcome(done()))
