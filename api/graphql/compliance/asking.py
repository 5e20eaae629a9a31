"""What can be asked of compliance: the checks there are, scans, and findings within reach."""

from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, case

from api.graphql.compliance.things import Check, Finding, Scan, all_checks
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import BY_WHAT, WHICH, Descending, NodeId, asked, values
from api.graphql.nodes import by, listed
from governance.compliance import queries
from governance.compliance.models import Finding as FindingRow
from governance.compliance.models import Scan as ScanRow
from governance.compliance.roster import CHECKS, roster_version
from governance.compliance.rules import FindingState, Severity
from governance.kernel.work import Work


@strawberry.enum(description="Orders of findings.")
class FindingOrder(StrEnum):
    OPENED_AT = "opened_at"
    SEVERITY = "severity"


_ORDERS: dict[FindingOrder, Any] = {
    FindingOrder.OPENED_AT: FindingRow.opened_at,
    FindingOrder.SEVERITY: case(
        {severity.value: rank for rank, severity in enumerate(Severity)}, value=FindingRow.severity
    ),
}


@strawberry.input(description="Which findings.")
class FindingFilter:
    states: list[FindingState] | None = asked("Only those that stand so now.", default=None)
    severity: Severity | None = asked("Only those of this severity.", default=None)
    check: str | None = asked("Only those of this rule.", default=None)
    unit: strawberry.ID | None = asked("Only those that concern this very unit.", of="Unit", default=strawberry.UNSET)


@strawberry.type(description="What can be asked of compliance.")
class ComplianceQueries:
    @resolved("The checks there are, the gravest first.", FieldClass.PUBLIC)
    def checks(self) -> list[Check]:
        return all_checks()

    @resolved("Which set of checks, in which versions.", FieldClass.PUBLIC)
    def roster_version(self) -> str:
        return roster_version(CHECKS)

    @paged("The findings within reach.", FieldClass.PUBLIC)
    async def findings(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[FindingFilter | None, WHICH] = None,
        order: Annotated[FindingOrder, BY_WHAT] = FindingOrder.OPENED_AT,
        descending: Descending = True,
    ) -> Connection[Finding]:
        wanted = values(info, filter or FindingFilter())

        def narrowed(work: Work) -> Select[FindingRow]:
            query = queries.visible_findings(
                work, wanted.get("states") or (), wanted.get("severity"), wanted.get("check")
            )
            return query.where(FindingRow.unit_id == wanted["unit_id"]) if wanted.get("unit_id") else query

        orders = by(_ORDERS[order], FindingRow.id, descending=descending)
        return await listed(info, paging, Finding, orders, narrowed=narrowed)

    @resolved("One finding; null where there is none within reach.", FieldClass.PUBLIC)
    async def finding(self, info: Info, id: NodeId) -> Finding | None:
        return await Finding.by_id(info, id)

    @paged("The scans of the tenant, the newest first.", FieldClass.PUBLIC)
    async def scans(self, info: Info, paging: Paging) -> Connection[Scan]:
        return await listed(info, paging, Scan, by(ScanRow.as_of, ScanRow.id, descending=True))
