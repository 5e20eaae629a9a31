"""The revocation cap of a line in the graph: how it stands, and the act that raises it."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, id_of, outcome, resolved
from api.graphql.inputs import GIVEN, NodeId, asked, command, told
from governance.entitlements import queries as entitlements
from governance.seats.revocations import revocation_cap
from governance.seats.rules.revoking import Cap
from governance.seats.service import RaiseCap, raise_revocation_cap


@strawberry.type(description="How many seats of a line may be taken from people within its term.")
class RevocationCap:
    cap: int | None = field("Five percent of the supply, at least 1; null: no limit.", FieldClass.PUBLIC)
    raised: int = field("By how many seats it was raised until the term ends.", FieldClass.PUBLIC)
    used: int = field("How many were taken in this term, or are proposed to be.", FieldClass.PUBLIC)
    left: int | None = field("How many more may be taken; null: no limit.", FieldClass.PUBLIC)
    opens_at: datetime | None = field("When a new term begins; null without supply.", FieldClass.PUBLIC)
    rests_until: datetime | None = field("Until when no call may take several; null: one may now.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, cap: Cap) -> "RevocationCap":
        return cls(
            cap=cap.cap, raised=cap.raised, used=cap.used, left=cap.left, opens_at=cap.opens_at,
            rests_until=cap.rests_until,
        )  # fmt: skip


@strawberry.input(description="By how much the revocation cap of a line is raised until its term ends.")
class RaiseRevocationCapInput:
    line: strawberry.ID = asked("The line.", of="MetricLine")
    seats: int = asked("By how many seats.")
    reason: str = asked("Why; the trail keeps it.")


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
