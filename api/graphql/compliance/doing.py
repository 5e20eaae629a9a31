"""What can be done about compliance: scan, take a finding on, accept it for a time."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.compliance.things import Finding
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, opened
from api.graphql.runs import Run
from governance.compliance.models import Finding as FindingRow
from governance.compliance.service import acknowledge_finding, start_scan, waive_finding
from governance.kernel.work import Work
from governance.runs.models import Run as RunRow


@strawberry.input(description="A finding that somebody takes on.")
class AcknowledgeFindingInput:
    finding: strawberry.ID = asked("The finding.", of="Finding")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    note: str | None = asked("What is to be done.", default=None)


@strawberry.input(description="A finding that is accepted for a time.")
class WaiveFindingInput:
    finding: strawberry.ID = asked("The finding.", of="Finding")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    reason: str = asked("Why it is acceptable.")
    until: datetime = asked("Until when; afterwards it is open again.")


FindingOutcome = Annotated[Finding | Refusal, strawberry.union("FindingOutcome", description="A finding, or why not.")]
ScanOutcome = Annotated[Run | Refusal, strawberry.union("ScanOutcome", description="The run of a scan, or why not.")]


@strawberry.type(description="What can be done about compliance.")
class ComplianceMutations:
    @resolved("Run all checks now, as long work.", FieldClass.PUBLIC)
    async def start_scan(self, info: Info) -> ScanOutcome:
        def verb(work: Work) -> Awaitable[RunRow]:
            return start_scan(work)

        return await changed(info, Run, {}, verb)

    @resolved("Take a finding on.", FieldClass.PUBLIC)
    async def acknowledge_finding(self, info: Info, input: Annotated[AcknowledgeFindingInput, GIVEN]) -> FindingOutcome:
        def verb(work: Work) -> Awaitable[FindingRow]:
            finding_id = opened("Finding", input.finding, "finding")
            return acknowledge_finding(work, finding_id, input.expected_version, input.note)

        return await changed(info, Finding, input, verb)

    @resolved("Accept a finding until an instant; not by who owns it or took it on.", FieldClass.PUBLIC)
    async def waive_finding(self, info: Info, input: Annotated[WaiveFindingInput, GIVEN]) -> FindingOutcome:
        def verb(work: Work) -> Awaitable[FindingRow]:
            finding_id = opened("Finding", input.finding, "finding")
            return waive_finding(work, finding_id, input.expected_version, input.reason, input.until)

        return await changed(info, Finding, input, verb)
