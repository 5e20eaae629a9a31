"""Reports in the graph: which there are, and how one is asked for; its run shows progress and, when done, the link."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, resolved
from api.graphql.inputs import GIVEN, asked, changed, command
from api.graphql.runs import Run, RunOutcome
from governance.kernel.work import Work
from governance.runs.models import Run as RunRow
from policies.access.actions import Action
from reports.asking import Format, ReportRequest
from reports.running import request_report
from reports.shape import Report as Shelved
from reports.shelf import SHELF
from reports.words import words_in

strawberry.enum(Format, description="In which form a report comes.")


@strawberry.type(description="A report that can be asked for.")
class Report:
    shelved: strawberry.Private[Shelved]

    @resolved("Its name, for requestReport.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.shelved.name

    @resolved("Its title.", FieldClass.PUBLIC)
    def title(self, info: Info) -> str:
        return words_in(info.context.locale)(self.shelved.title)

    @resolved("The question it answers.", FieldClass.PUBLIC)
    def answers(self, info: Info) -> str:
        return words_in(info.context.locale)(self.shelved.answers)

    @resolved("The rights it cannot be made without.", FieldClass.PUBLIC)
    def needs(self) -> list[Action]:
        return list(self.shelved.needs)

    @resolved("Whether the viewer holds these rights anywhere.", FieldClass.PUBLIC)
    def permitted(self, info: Info) -> bool:
        may, actor = info.context.gate.may, info.context.actor
        return all(may(actor, action) for action in (Action.REPORT_REQUEST, *self.shelved.needs))


@strawberry.type(description="What can be asked of reports.")
class ReportQueries:
    @resolved("Every report there is.", FieldClass.PUBLIC)
    def reports(self) -> list[Report]:
        return [Report(shelved=shelved) for shelved in SHELF]


@strawberry.input(description="A report to make.")
class RequestReportInput:
    name: str = asked("Which report.")
    as_of: datetime | None = asked("The instant it speaks of; null: now.", default=None)
    known_at: datetime | None = asked("As it was known at this instant; null: now.", default=None)
    unit: strawberry.ID | None = asked("Only this unit and what lies below it.", of="Unit", default=None)
    format: Format = asked("In which form.", default=Format.XLSX)
    review: strawberry.ID | None = asked("Of the report review: which; null: the newest.", of="Review", default=None)
    locale: str = asked("The language of its headers and its cover.", default="en")


@strawberry.type(description="What can be done about reports.")
class ReportMutations:
    @resolved("Ask for a report: a run that makes it, under the rights one has then.", FieldClass.PUBLIC)
    async def request_report(self, info: Info, input: Annotated[RequestReportInput, GIVEN]) -> RunOutcome:
        def verb(work: Work) -> Awaitable[RunRow]:
            return request_report(work, command(info, ReportRequest, input))

        return await changed(info, Run, input, verb)
