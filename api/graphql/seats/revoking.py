"""The revocation cap of a line in the graph: how it stands, and the acts that set and raise it."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, id_of, outcome, resolved
from api.graphql.inputs import GIVEN, NodeId, asked, command, told
from governance.entitlements import queries as entitlements
from governance.seats.revocations import cap_rule, revocation_cap
from governance.seats.rules.revoking import Cap, CapRule, CapSource
from governance.seats.service import RaiseCap, SetCap, raise_revocation_cap, set_revocation_cap
from policies.access.actions import Action

strawberry.enum(CapSource, description="Where the percentage of a revocation cap was said.")


@strawberry.type(description="What part of a line's supply may be taken from people within its term.")
class RevocationRule:
    percent: str = field("The percentage of the supply, in decimals.", FieldClass.PUBLIC)
    source: CapSource = field("Said for the line, for the whole tenant, or nowhere: then it is 5.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, rule: CapRule) -> "RevocationRule":
        return cls(percent=format(rule.percent.normalize(), "f"), source=rule.source)


@strawberry.type(description="How many seats of a line may be taken from people within its term.")
class RevocationCap:
    rule: RevocationRule = field("The percentage that holds, and where it was said.", FieldClass.PUBLIC)
    cap: int | None = field("That part of the supply, at least 1 (0 for 0 %); null: no limit.", FieldClass.PUBLIC)
    raised: int = field("By how many seats it was raised until the term ends.", FieldClass.PUBLIC)
    used: int = field("How many were taken in this term, are proposed to be, or about to be.", FieldClass.PUBLIC)
    left: int | None = field("How many more may be taken; null: no limit.", FieldClass.PUBLIC)
    began_at: datetime | None = field("When the running term began.", FieldClass.PUBLIC)
    opens_at: datetime | None = field("When a new term begins; null without supply.", FieldClass.PUBLIC)
    rests_until: datetime | None = field("Until when no call may take several; null: one may now.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, cap: Cap) -> "RevocationCap":
        return cls(
            rule=RevocationRule.of(cap.rule), cap=cap.cap, raised=cap.raised, used=cap.used, left=cap.left,
            began_at=cap.began_at, opens_at=cap.opens_at, rests_until=cap.rests_until,
        )  # fmt: skip


@strawberry.input(description="By how much the revocation cap of a line is raised until its term ends.")
class RaiseRevocationCapInput:
    line: strawberry.ID = asked("The line.", of="MetricLine")
    seats: int = asked("By how many seats.")
    reason: str = asked("Why; the trail keeps it.")


@strawberry.input(description="What part of a line may be taken from people within its term.")
class SetRevocationCapInput:
    line: strawberry.ID | None = asked(
        "The line; left out: every line that says nothing itself.", of="MetricLine", default=None
    )
    percent: str | None = asked("0 to 100, such as 7.5; left out: what is said more widely holds again.", default=None)
    reason: str = asked("Why; the trail keeps it.")


RevocationRuleOutcome = Annotated[
    RevocationRule | Refusal, strawberry.union("RevocationRuleOutcome", description="What holds then, or why not.")
]
RevocationCapOutcome = Annotated[
    RevocationCap | Refusal, strawberry.union("RevocationCapOutcome", description="How the line stands, or why not.")
]


@strawberry.type(description="What can be asked of revocation caps.")
class RevocationQueries:
    @resolved("How a line stands against its cap; null where there is none within reach.", FieldClass.PUBLIC)
    async def revocation_cap(self, info: Info, line: NodeId) -> RevocationCap | None:
        line_id = id_of("MetricLine", line)
        async with info.context.reading() as work:
            found = await outcome(entitlements.line(work, line_id))
            return None if isinstance(found, Refusal) else RevocationCap.of(await revocation_cap(work, line_id))

    @resolved(
        "The percentage of lines that say nothing themselves, and where it was said; null where no license is within "
        "reach.", FieldClass.PUBLIC,
    )  # fmt: skip
    async def revocation_rule(self, info: Info) -> RevocationRule | None:
        async with info.context.reading() as work:
            if not work.gate.may(work.actor, Action.ENTITLEMENT_READ):
                return None
            return RevocationRule.of(await cap_rule(work, None))


@strawberry.type(description="What can be done about revocation caps.")
class RevocationMutations:
    @resolved("Let more seats of a line be taken than its cap allows, until its term ends.", FieldClass.PUBLIC)
    async def raise_revocation_cap(
        self, info: Info, input: Annotated[RaiseRevocationCapInput, GIVEN]
    ) -> RevocationCapOutcome:
        async def done() -> RevocationCap:
            given, context = command(info, RaiseCap, input), info.context
            perform = context.office.perform
            return RevocationCap.of(
                await perform(context.actor, lambda work: raise_revocation_cap(work, given), context.request_id)
            )

        return told(await outcome(done()))

    @resolved("Set what part of a line, or of every line, may be taken in a term.", FieldClass.PUBLIC)
    async def set_revocation_cap(
        self, info: Info, input: Annotated[SetRevocationCapInput, GIVEN]
    ) -> RevocationRuleOutcome:
        async def done() -> RevocationRule:
            given, context = command(info, SetCap, input), info.context
            perform = context.office.perform
            return RevocationRule.of(
                await perform(context.actor, lambda work: set_revocation_cap(work, given), context.request_id)
            )

        return told(await outcome(done()))
