"""Rights beside seats in the graph: an older release, a second device, on which clause, from when until when."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.entitlements.things import MetricLine
from api.graphql.inputs import GIVEN, asked, changed, command
from api.graphql.nodes import Node
from governance.entitlements.models import LineRight as LineRightRow
from governance.entitlements.rights import (
    EndLineRight,
    GrantLineRight,
    end_line_right,
    grant_line_right,
    visible_line_rights,
)
from governance.entitlements.rules import RightKind

strawberry.enum(RightKind, description="What a line grants beside its seats: an older release, or a second device.")


@strawberry.type(description="What a line grants beside its seats, on certain days.")
class LineRight(Node):
    row: strawberry.Private[LineRightRow]
    visible = visible_line_rights
    key = LineRightRow.id

    @resolved("DOWNGRADE: its seats may be used as older releases. SECOND_USE: a second, portable device needs none.",
              FieldClass.PUBLIC)  # fmt: skip
    def kind(self) -> RightKind:
        return self.row.kind

    @resolved("How many releases a downgrade reaches back; null: any, or of another kind.", FieldClass.PUBLIC)
    def levels(self) -> int | None:
        return self.row.levels

    @resolved("The first day on which it holds.", FieldClass.PUBLIC)
    def first_day(self) -> date:
        return self.row.first_day

    @resolved("The last day on which it holds; null: without end.", FieldClass.PUBLIC)
    def last_day(self) -> date | None:
        return self.row.last_day

    @resolved("The words it rests on.", FieldClass.PUBLIC)
    def clause(self) -> str:
        return self.row.clause

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The line that grants it.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.row.line_id)


@strawberry.input(description="A right beside the seats of a line.")
class GrantLineRightInput:
    line: strawberry.ID = asked("The metric line.", of="MetricLine")
    kind: RightKind = asked("What it grants.")
    clause: str = asked("The words it rests on, such as the clause with its page.")
    first_day: date = asked("The first day on which it holds.")
    last_day: date | None = asked("The last day on which it holds; null: without end.", default=None)
    levels: int | None = asked("How many releases a downgrade reaches back; null: any.", default=None)


@strawberry.input(description="A right beside seats that ends.")
class EndLineRightInput:
    right: strawberry.ID = asked("The right.", of="LineRight")
    last_day: date = asked("The last day on which it holds.")


LineRightOutcome = Annotated[
    LineRight | Refusal, strawberry.union("LineRightOutcome", description="A right beside seats, or why not.")
]


@strawberry.type(description="What can be done to rights beside seats.")
class LineRightMutations:
    @resolved("Let a line grant older releases, or a second device, on certain days.", FieldClass.PUBLIC)
    async def grant_line_right(self, info: Info, input: Annotated[GrantLineRightInput, GIVEN]) -> LineRightOutcome:
        return await changed(
            info, LineRight, input, lambda work: grant_line_right(work, command(info, GrantLineRight, input))
        )

    @resolved("End a right beside seats; what was known of it before stays readable.", FieldClass.PUBLIC)
    async def end_line_right(self, info: Info, input: Annotated[EndLineRightInput, GIVEN]) -> LineRightOutcome:
        return await changed(
            info, LineRight, input, lambda work: end_line_right(work, command(info, EndLineRight, input))
        )
