"""Long work in the graph: what was asked for, how far it is, what came of it, and how it is stopped."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, values
from api.graphql.nodes import Node, by, listed, person_of
from governance.kernel.work import Work
from governance.runs import queries
from governance.runs.models import Run as RunRow
from governance.runs.rules import RunKind, RunState
from governance.runs.service import cancel_run

strawberry.enum(RunKind, description="What long work there is.")
strawberry.enum(RunState, description="How long work stands.")


@strawberry.type(description="One piece of long work.")
class Run(Node):
    row: strawberry.Private[RunRow]
    visible = queries.visible_runs
    key = RunRow.id

    @resolved("What it does.", FieldClass.PUBLIC)
    def kind(self) -> RunKind:
        return self.row.kind

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> RunState:
        return self.row.state

    @resolved("How much of it is done, 0 to 100; null while that is unknown.", FieldClass.PUBLIC)
    def percent(self) -> int | None:
        if self.row.state is RunState.DONE:
            return 100
        return min(99, self.row.rows_done * 100 // self.row.rows_all) if self.row.rows_all else None

    @resolved("How many rows are done.", FieldClass.PUBLIC)
    def rows_done(self) -> int:
        return self.row.rows_done

    @resolved("How many rows there are; null while that is unknown.", FieldClass.PUBLIC)
    def rows_all(self) -> int | None:
        return self.row.rows_all

    @resolved("What it is doing now.", FieldClass.PUBLIC)
    def step(self) -> str | None:
        return self.row.step

    @resolved("What came of it, once it is done; its shape goes with its kind.", FieldClass.PERSONAL)
    def outcome(self) -> JSON | None:
        return None if self.row.outcome is None else JSON(self.row.outcome)

    @resolved(
        "Where its asker fetches the report it made, for ten minutes; null where there is none.", FieldClass.PUBLIC
    )
    def download(self, info: Info) -> str | None:
        return info.context.link(info.context.office, info.context.actor, self.row)

    @resolved("Why it failed.", FieldClass.PUBLIC)
    def error(self) -> str | None:
        return self.row.error

    @resolved("Whether somebody asked it to stop.", FieldClass.PUBLIC)
    def cancel_asked(self) -> bool:
        return self.row.cancel_asked

    @resolved("The principal who asked for it, under whose rights it runs.", FieldClass.PUBLIC)
    def principal(self) -> str:
        return self.row.principal

    @resolved("The person who asked for it, where it was one within reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.principal)
        return found

    @resolved("When it was asked for.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("When it began.", FieldClass.PUBLIC)
    def started_at(self) -> datetime | None:
        return self.row.started_at

    @resolved("When it ended.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at


RunOutcome = Annotated[Run | Refusal, strawberry.union("RunOutcome", description="A run, or why there is none.")]


@strawberry.input(description="Which runs.")
class RunFilter:
    kind: RunKind | None = asked("Only of this kind.", default=None)
    state: RunState | None = asked("Only those that stand so.", default=None)
    own: bool = asked("Only those that one asked for oneself.", default=False)


@strawberry.type(description="What can be asked of long work.")
class RunQueries:
    @paged("The runs within reach, the latest first.", FieldClass.PUBLIC)
    async def runs(
        self, info: Info, paging: Paging, filter: Annotated[RunFilter | None, WHICH] = None
    ) -> Connection[Run]:
        wanted = filter or RunFilter()

        def narrowed(work: Work) -> Select[RunRow]:
            query = queries.visible_runs(work)
            if wanted.kind is not None:
                query = query.where(RunRow.kind == wanted.kind)
            if wanted.state is not None:
                query = query.where(RunRow.state == wanted.state)
            return query.where(RunRow.principal == work.actor.principal) if wanted.own else query

        order = by(RunRow.created_at, RunRow.id, descending=True)
        return await listed(info, paging, Run, order, narrowed=narrowed)

    @resolved("One run; null where there is none within reach.", FieldClass.PUBLIC)
    async def run(self, info: Info, id: NodeId) -> Run | None:
        return await Run.by_id(info, id)


@strawberry.input(description="A run to stop.")
class CancelRunInput:
    run: strawberry.ID = asked("The run.", of="Run")


@strawberry.type(description="What can be done about long work.")
class RunMutations:
    @resolved("Stop a run: one that waits at once, one that works at its next look.", FieldClass.PUBLIC)
    async def cancel_run(self, info: Info, input: Annotated[CancelRunInput, GIVEN]) -> RunOutcome:
        return await changed(info, Run, input, lambda work: cancel_run(work, **values(info, input)))
