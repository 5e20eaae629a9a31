"""Reorganizations of a day to come, in the graph: planned by a preview's token, withdrawn, and what came of them."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory.reorganizing import MergeUnitsInput, MoveUnitInput, SplitUnitInput, ThingsThatGo
from api.graphql.directory.units import Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, NodeId, asked, changed, command, values
from api.graphql.nodes import Node, by, listed
from governance.kernel.work import Work
from governance.reorganization import queries
from governance.reorganization.models import PlannedReorganization as PlannedRow
from governance.reorganization.rules import Kind, PlannedState, Verb
from governance.reorganization.service import MergeUnits, MoveUnit, SplitUnit, plan_ahead, withdraw_planned
from policies.access.parties import Ownership

strawberry.enum(Verb, name="ReorganizationVerb", description="What becomes of a unit.")
strawberry.enum(
    PlannedState,
    name="PlannedReorganizationState",
    description="How a reorganization of a day to come stands; STOPPED: what was shown, or who may, moved meanwhile.",
)


@strawberry.type(description="A move, merge or split that the clock carries out on its day, if it still is as shown.")
class PlannedReorganization(Node):
    row: strawberry.Private[PlannedRow]
    visible = queries.visible_planned
    key = PlannedRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.planned_ownership(work, self.row)

    @resolved("What becomes of the unit.", FieldClass.PUBLIC)
    def verb(self) -> Verb:
        return self.row.verb

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> PlannedState:
        return self.row.state

    @resolved("The unit.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("The unit that gets it, or below which it, or the new one, hangs; null outside reach.", FieldClass.PUBLIC)
    async def to(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.to_id)

    @resolved("The instant as of which it is carried out.", FieldClass.PUBLIC)
    def due_at(self) -> datetime:
        return self.row.due_at

    @resolved("Why it is planned.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("How many of each kind go along, as it was shown.", FieldClass.PUBLIC)
    def counts(self) -> list[ThingsThatGo]:
        return [ThingsThatGo(kind=Kind(kind), count=count) for kind, count in self.row.counts.items()]

    @resolved("The principal who planned it, under whose rights it is carried out.", FieldClass.PUBLIC)
    def planned_by(self) -> str:
        return self.row.principal

    @resolved("When it was planned.", FieldClass.PUBLIC)
    def planned_at(self) -> datetime:
        return self.row.planned_at

    @resolved("When it was carried out, stopped or withdrawn.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("The principal who carried it out, stopped or withdrew it.", FieldClass.PUBLIC)
    def ended_by(self) -> str | None:
        return self.row.ended_by

    @resolved("Why it was stopped or withdrawn.", FieldClass.PUBLIC)
    def why(self) -> str | None:
        return self.row.why


@strawberry.input(description="A planned reorganization to take back before its day.")
class WithdrawReorganizationInput:
    planned: strawberry.ID = asked("The plan.", of="PlannedReorganization", to="planned_id")
    reason: str = asked("Why; whoever reads the list reads it.")


PlannedOutcome = Annotated[
    PlannedReorganization | Refusal,
    strawberry.union("PlannedReorganizationOutcome", description="What is planned, or why not."),
]


@strawberry.type(description="What can be asked of reorganizations to come.")
class PlannedQueries:
    @paged("Reorganizations planned for a day, of units within reach, the latest day first.", FieldClass.PUBLIC)
    async def planned_reorganizations(self, info: Info, paging: Paging) -> Connection[PlannedReorganization]:
        order = by(PlannedRow.due_at, PlannedRow.id, descending=True)
        return await listed(info, paging, PlannedReorganization, order)

    @resolved("One of them; null where there is none within reach.", FieldClass.PUBLIC)
    async def planned_reorganization(self, info: Info, id: NodeId) -> PlannedReorganization | None:
        return await PlannedReorganization.by_id(info, id)


async def _planned(info: Info, kind: type[Any], given: Any) -> PlannedReorganization | Refusal:
    def verb(work: Work) -> Awaitable[PlannedRow]:
        return plan_ahead(work, command(info, kind, given))

    return await changed(info, PlannedReorganization, given, verb)


@strawberry.type(description="What can be planned for units, each by the token of its preview.")
class PlannedMutations:
    @resolved(
        "Plan a move for a day to come; the clock does it then, if it still is as it was shown.", FieldClass.PUBLIC
    )
    async def plan_move_unit(self, info: Info, input: Annotated[MoveUnitInput, GIVEN]) -> PlannedOutcome:
        return await _planned(info, MoveUnit, input)

    @resolved("Plan a merge for a day to come, likewise.", FieldClass.PUBLIC)
    async def plan_merge_units(self, info: Info, input: Annotated[MergeUnitsInput, GIVEN]) -> PlannedOutcome:
        return await _planned(info, MergeUnits, input)

    @resolved("Plan a split for a day to come, likewise.", FieldClass.PUBLIC)
    async def plan_split_unit(self, info: Info, input: Annotated[SplitUnitInput, GIVEN]) -> PlannedOutcome:
        return await _planned(info, SplitUnit, input)

    @resolved("Take a planned reorganization back before its day.", FieldClass.PUBLIC)
    async def withdraw_reorganization(
        self, info: Info, input: Annotated[WithdrawReorganizationInput, GIVEN]
    ) -> PlannedOutcome:
        def verb(work: Work) -> Awaitable[PlannedRow]:
            return withdraw_planned(work, **values(info, input))

        return await changed(info, PlannedReorganization, input, verb)
