"""Alerts in the graph: which lines were crossed by which pools, and who took them on."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.entitlements import Pool
from api.graphql.inputs import GIVEN, WHICH, asked, changed, opened, values
from api.graphql.nodes import Node, by, listed, person_of
from governance.alerts import queries
from governance.alerts.models import Alert as AlertRow
from governance.alerts.rules import AlertState
from governance.alerts.service import acknowledge_alert
from governance.kernel.work import Work
from policies.thresholds.threshold import Level

strawberry.enum(AlertState, description="How an alert stands.")
strawberry.enum(Level, name="AlertLevel", description="How serious a crossing is: WARN, HIGH, CRITICAL.")


@strawberry.type(description="A line that a pool's use crossed.")
class Alert(Node):
    row: strawberry.Private[AlertRow]
    visible = queries.visible_alerts
    key = AlertRow.id

    @resolved("The rule whose line was crossed.", FieldClass.PUBLIC)
    def rule(self) -> str:
        return self.row.rule

    @resolved("The highest level that is still held.", FieldClass.PUBLIC)
    def level(self) -> Level:
        return self.row.level

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> AlertState:
        return self.row.state

    @resolved("What it rests on: seats in use, the limit, the lines.", FieldClass.PUBLIC)
    def facts(self) -> JSON:
        return JSON(self.row.facts)

    @resolved("When the first line was crossed.", FieldClass.PUBLIC)
    def raised_at(self) -> datetime:
        return self.row.raised_at

    @resolved("Since when its level holds.", FieldClass.PUBLIC)
    def level_since(self) -> datetime:
        return self.row.level_since

    @resolved("When somebody took it on.", FieldClass.PUBLIC)
    def acknowledged_at(self) -> datetime | None:
        return self.row.acknowledged_at

    @resolved("Who took it on, where it was a person within reach.", FieldClass.PUBLIC)
    async def acknowledger(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.acknowledged_by)
        return found

    @resolved("When it was over; null while it stands.", FieldClass.PUBLIC)
    def resolved_at(self) -> datetime | None:
        return self.row.resolved_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The pool it speaks of.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)


@strawberry.input(description="Which alerts.")
class AlertFilter:
    states: list[AlertState] | None = asked("Only those that stand so.", default=None)
    pool: strawberry.ID | None = asked("Only those of this pool.", of="Pool", default=strawberry.UNSET)
    at_least: Level | None = asked("Only those of this level or a higher one.", default=None)


@strawberry.type(description="What can be asked of alerts.")
class AlertQueries:
    @paged("The alerts within reach, the newest first.", FieldClass.PUBLIC)
    async def alerts(
        self, info: Info, paging: Paging, filter: Annotated[AlertFilter | None, WHICH] = None
    ) -> Connection[Alert]:
        wanted = values(info, filter or AlertFilter())

        def narrowed(work: Work) -> Select[AlertRow]:
            query = queries.visible_alerts(work, wanted.get("states") or ())
            if wanted.get("pool_id"):
                query = query.where(AlertRow.pool_id == wanted["pool_id"])
            if wanted.get("at_least") is not None:
                query = query.where(AlertRow.level >= wanted["at_least"])
            return query

        order = by(AlertRow.raised_at, AlertRow.id, descending=True)
        return await listed(info, paging, Alert, order, narrowed=narrowed)


@strawberry.input(description="An alert that somebody takes on.")
class AcknowledgeAlertInput:
    alert: strawberry.ID = asked("The alert.", of="Alert")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")


AlertOutcome = Annotated[Alert | Refusal, strawberry.union("AlertOutcome", description="An alert, or why not.")]


@strawberry.type(description="What can be done about alerts.")
class AlertMutations:
    @resolved("Take an alert on.", FieldClass.PUBLIC)
    async def acknowledge_alert(self, info: Info, input: Annotated[AcknowledgeAlertInput, GIVEN]) -> AlertOutcome:
        def verb(work: Work) -> Awaitable[AlertRow]:
            return acknowledge_alert(work, opened("Alert", input.alert, "alert"), input.expected_version)

        return await changed(info, Alert, input, verb)
