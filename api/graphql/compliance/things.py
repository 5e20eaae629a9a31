"""Checks, scans and findings in the graph: what is, what is needed, and everything that happened to it."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.nodes import Node, by, person_of, short_list
from governance.compliance import queries
from governance.compliance.models import CheckResult as CheckResultRow
from governance.compliance.models import Finding as FindingRow
from governance.compliance.models import FindingStep as FindingStepRow
from governance.compliance.models import Scan as ScanRow
from governance.compliance.roster import describe_checks
from governance.compliance.rules import CheckState, FindingState, Severity, standing
from governance.directory.queries import ownership
from governance.kernel.work import Work
from policies.access.parties import Ownership

strawberry.enum(Severity, description="How much a broken rule matters.")
strawberry.enum(FindingState, description="How a finding stands.")
strawberry.enum(CheckState, description="How a check ended; ERRORED never reads as clean.")


@strawberry.type(description="One rule, with its reasons.")
class Check:
    id: strawberry.ID = field("The rule's name.", FieldClass.PUBLIC)
    title: str = field("The good state, in a sentence.", FieldClass.PUBLIC)
    severity: Severity = field("How much it matters when broken.", FieldClass.PUBLIC)
    risk: str = field("What may come of it.", FieldClass.PUBLIC)
    remedy: str = field("What helps.", FieldClass.PUBLIC)
    sources: list[str] = field("Where the rule comes from.", FieldClass.PUBLIC)
    rule_version: int = field("Rises whenever the rule judges anything differently.", FieldClass.PUBLIC)


@strawberry.type(description="How one check ended in one scan.")
class CheckResult(Node):
    row: strawberry.Private[CheckResultRow]
    visible = queries.visible_check_results
    key = CheckResultRow.id

    @resolved("The rule's name.", FieldClass.PUBLIC)
    def check(self) -> str:
        return self.row.check_id

    @resolved("How it ended.", FieldClass.PUBLIC)
    def state(self) -> CheckState:
        return self.row.state

    @resolved("How many subjects break the rule.", FieldClass.PUBLIC)
    def violations(self) -> int:
        return self.row.violations

    @resolved("The version of the rule that judged.", FieldClass.PUBLIC)
    def rule_version(self) -> int:
        return self.row.rule_version

    @resolved("What went wrong, where it errored.", FieldClass.PUBLIC)
    def error(self) -> str | None:
        return self.row.error


@strawberry.type(description="One run of all checks at one instant.")
class Scan(Node):
    row: strawberry.Private[ScanRow]
    visible = queries.visible_scans
    key = ScanRow.id

    @resolved("The instant it judged.", FieldClass.PUBLIC)
    def as_of(self) -> datetime:
        return self.row.as_of

    @resolved("When it ended; null while it runs.", FieldClass.PUBLIC)
    def ended_at(self) -> datetime | None:
        return self.row.ended_at

    @resolved("Whether every check could be evaluated; null while it runs.", FieldClass.PUBLIC)
    def complete(self) -> bool | None:
        return self.row.complete

    @resolved("Which set of checks, in which versions.", FieldClass.PUBLIC)
    def roster_version(self) -> str:
        return self.row.roster_version

    @resolved("How each check ended.", FieldClass.PUBLIC)
    async def results(self, info: Info) -> list[CheckResult]:
        order = by(CheckResultRow.check_id, CheckResultRow.id)
        return await short_list(info, CheckResult, order, column=CheckResultRow.scan_id, of=self.row.id)


@strawberry.type(description="One change of a finding: by whom or which scan, and why.")
class FindingStep(Node):
    row: strawberry.Private[FindingStepRow]
    visible = queries.visible_finding_steps
    key = FindingStepRow.id

    @resolved("The state it led to.", FieldClass.PUBLIC)
    def state(self) -> FindingState:
        return self.row.state

    @resolved("From when it holds.", FieldClass.PUBLIC)
    def at(self) -> datetime:
        return self.row.at

    @resolved("The principal who did it.", FieldClass.PUBLIC)
    def actor(self) -> str:
        return self.row.actor

    @resolved("The person who did it, where it was one within reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.actor)
        return found

    @resolved("Why.", FieldClass.PUBLIC)
    def reason(self) -> str | None:
        return self.row.reason

    @resolved("For a waiver: until when.", FieldClass.PUBLIC)
    def until(self) -> datetime | None:
        return self.row.until


@strawberry.type(description="One rule broken by one subject.")
class Finding(Node):
    row: strawberry.Private[FindingRow]
    visible = queries.visible_findings
    key = FindingRow.id

    async def ownership(self, work: Work) -> Ownership:
        people = (self.row.owner_id,)
        return await ownership(work, unit_id=self.row.unit_id, region=self.row.region, people=people)

    @resolved("The broken rule.", FieldClass.PUBLIC)
    def check(self) -> Check | None:
        return next((check for check in all_checks() if check.id == self.row.check_id), None)

    @resolved("How much it matters.", FieldClass.PUBLIC)
    def severity(self) -> Severity:
        return self.row.severity

    @resolved("How it stands now; a waiver that has run out is open.", FieldClass.PUBLIC)
    def state(self, info: Info) -> FindingState:
        return standing(self.row.state, self.row.waived_until, info.context.office.clock.now())

    @resolved("What kind of thing breaks the rule.", FieldClass.PUBLIC)
    def subject_type(self) -> str:
        return self.row.subject_type

    @resolved("What breaks the rule, by name.", FieldClass.PUBLIC)
    def subject_name(self) -> str:
        return self.row.subject_name

    @resolved("What is.", FieldClass.PUBLIC)
    def has(self) -> str:
        return self.row.has

    @resolved("What would have to be.", FieldClass.PUBLIC)
    def needs(self) -> str:
        return self.row.needs

    @resolved("What the judgement rests on.", FieldClass.PERSONAL)
    def facts(self) -> JSON:
        return JSON(self.row.facts)

    @resolved("The version of the rule that judged.", FieldClass.PUBLIC)
    def rule_version(self) -> int:
        return self.row.rule_version

    @resolved("When it was found first.", FieldClass.PUBLIC)
    def opened_at(self) -> datetime:
        return self.row.opened_at

    @resolved("When a scan saw it last.", FieldClass.PUBLIC)
    def last_seen_at(self) -> datetime:
        return self.row.last_seen_at

    @resolved("When it was gone; null while it stands.", FieldClass.PUBLIC)
    def resolved_at(self) -> datetime | None:
        return self.row.resolved_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The unit it concerns.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who answers for the subject.", FieldClass.PUBLIC)
    async def owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.owner_id)

    @resolved("Everything that happened to it, in order.", FieldClass.PUBLIC)
    async def steps(self, info: Info) -> list[FindingStep]:
        order = by(FindingStepRow.number, FindingStepRow.id)
        return await short_list(info, FindingStep, order, column=FindingStepRow.finding_id, of=self.row.id)


def all_checks() -> list[Check]:
    return [
        Check(
            id=strawberry.ID(check.id), title=check.title, severity=check.severity, risk=check.risk,
            remedy=check.remedy, sources=list(check.sources), rule_version=check.rule_version,
        )
        for check in describe_checks()
    ]  # fmt: skip
