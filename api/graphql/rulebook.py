"""The rulebook in the graph: the tenant's policies version by version, tried before they are published."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, field, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, answered, asked, changed, command, opened, values
from api.graphql.nodes import Node, by, listed, person_of
from governance.kernel.errors import BadInput
from governance.kernel.given import shown
from governance.kernel.work import Work
from governance.rulebook import queries
from governance.rulebook.models import PolicyVersion as PolicyRow
from governance.rulebook.rules import PolicyKind, VersionState
from governance.rulebook.service import (
    DraftPolicy,
    Gains,
    PublishPolicy,
    RetireTemplate,
    RollbackPolicy,
    draft_policy,
    preview_policy,
    publish_policy,
    retire_template,
    rollback_policy,
)
from governance.rulebook.service import PolicyPreview as Foreseen

strawberry.enum(PolicyKind, description="Which policy: who may do what, where lines are drawn, or a template.")
strawberry.enum(VersionState, description="How a version of a policy stands.")


@strawberry.type(description="One version of a policy, with the examples it has to hold.")
class PolicyVersion(Node):
    row: strawberry.Private[PolicyRow]
    visible = queries.visible_policies
    key = PolicyRow.id

    @resolved("Which policy.", FieldClass.PUBLIC)
    def kind(self) -> PolicyKind:
        return self.row.kind

    @resolved("The code of the template that it is a version of; null for other kinds.", FieldClass.PUBLIC)
    def subject(self) -> str | None:
        return self.row.subject or None

    @resolved("Its number among the versions of this policy, or of this template.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.shown_number

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> VersionState:
        return self.row.state

    @resolved("The whole policy; of a template it may say prices.", FieldClass.MONEY)
    def content(self) -> JSON:
        return JSON(self.row.content)

    @resolved("The examples that it has to hold.", FieldClass.PUBLIC)
    def examples(self) -> list[JSON]:
        return [JSON(example) for example in self.row.examples]

    @resolved("What its drafter says of it.", FieldClass.PUBLIC)
    def note(self) -> str:
        return self.row.note

    @resolved("The principal who drafted it.", FieldClass.PUBLIC)
    def drafted_by(self) -> str:
        return self.row.drafted_by

    @resolved("The person who drafted it, where it was one within reach.", FieldClass.PUBLIC)
    async def drafter(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.drafted_by)
        return found

    @resolved("When it was drafted.", FieldClass.PUBLIC)
    def drafted_at(self) -> datetime:
        return self.row.drafted_at

    @resolved("The principal who published it.", FieldClass.PUBLIC)
    def published_by(self) -> str | None:
        return self.row.published_by

    @resolved("When it was published.", FieldClass.PUBLIC)
    def published_at(self) -> datetime | None:
        return self.row.published_at

    @resolved("When another version took its place.", FieldClass.PUBLIC)
    def retired_at(self) -> datetime | None:
        return self.row.retired_at

    @resolved("The earlier version that it goes back to.", FieldClass.PUBLIC)
    async def rolled_back_to(self, info: Info) -> "PolicyVersion | None":
        return await PolicyVersion.get(info, self.row.rolled_back_to)


@strawberry.type(description="What one principal could try that they could not before, and the other way round.")
class PolicyGains:
    principal: str = field("The principal, or everyone.", FieldClass.PUBLIC)
    gained: list[str] = field("Acts gained, each with where it would be held.", FieldClass.PUBLIC)
    lost: list[str] = field("Acts lost, each with where it was held.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, gains: Gains) -> "PolicyGains":
        return cls(principal=gains.principal, gained=list(gains.gained), lost=list(gains.lost))


@strawberry.type(description="How many people gain and how many lose an act.")
class PolicyActGains:
    action: str = field("The act.", FieldClass.PUBLIC)
    gain: int = field("How many people could try it somewhere that they could not before.", FieldClass.PUBLIC)
    lose: int = field("How many people could try it no more somewhere.", FieldClass.PUBLIC)
    everyone: bool = field("Whether every holder gains or loses it, beside those counted.", FieldClass.PUBLIC)


@strawberry.type(description="One line that would be drawn elsewhere.")
class LineDifference:
    line: str = field("Which line.", FieldClass.PUBLIC)
    before: str | None = field("Where it is drawn now; null: nowhere.", FieldClass.PUBLIC)
    after: str | None = field("Where it would be drawn; null: nowhere.", FieldClass.PUBLIC)


@strawberry.type(description="What a version would change if it were live, and the token that publishes exactly this.")
class PolicyPreview:
    acts: list[PolicyActGains] = field("In people: who gains and who loses which act, counted.", FieldClass.PUBLIC)
    people: list[PolicyGains] = field("Whose rights would change.", FieldClass.PUBLIC)
    lines: list[LineDifference] = field("Which lines would be drawn elsewhere.", FieldClass.PUBLIC)
    failing: list[str] = field("The examples that do not hold; with any, it cannot be published.", FieldClass.PUBLIC)
    token: str = field("The token to publish by, good for 15 minutes.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Foreseen) -> "PolicyPreview":
        people = [PolicyGains.of(gains) for gains in seen.people]
        lines = [LineDifference(line=one.line, before=one.before, after=one.after) for one in seen.lines]
        acts = [
            PolicyActGains(action=one.action, gain=one.gain, lose=one.lose, everyone=one.everyone) for one in seen.acts
        ]
        return cls(acts=acts, people=people, lines=lines, failing=list(seen.failing), token=seen.token)


PolicyVersionOutcome = Annotated[
    PolicyVersion | Refusal, strawberry.union("PolicyVersionOutcome", description="A version of a policy, or why not.")
]
PolicyPreviewOutcome = Annotated[
    PolicyPreview | Refusal, strawberry.union("PolicyPreviewOutcome", description="What would change, or why not.")
]


@strawberry.input(description="Which versions of policies.")
class PolicyFilter:
    kind: PolicyKind | None = asked("Only of this policy.", default=None)
    subject: str | None = asked("Only of this template.", default=None)
    state: VersionState | None = asked("Only those that stand so.", default=None)


@strawberry.type(description="What can be asked of policy.")
class RulebookQueries:
    @paged("The versions of the tenant's policies, the latest first.", FieldClass.PUBLIC)
    async def policy_versions(
        self, info: Info, paging: Paging, filter: Annotated[PolicyFilter | None, WHICH] = None
    ) -> Connection[PolicyVersion]:
        wanted = {name: value for name, value in values(info, filter or PolicyFilter()).items() if value is not None}

        def narrowed(work: Work) -> Select[Any]:
            return queries.visible_policies(work).filter_by(**wanted)

        order = by(PolicyRow.drafted_at, PolicyRow.id, descending=True)
        return await listed(info, paging, PolicyVersion, order, narrowed=narrowed)

    @resolved("One version of a policy; null where there is none within reach.", FieldClass.PUBLIC)
    async def policy_version(self, info: Info, id: NodeId) -> PolicyVersion | None:
        return await PolicyVersion.by_id(info, id)

    @resolved("What a version would change if it were live.", FieldClass.PUBLIC)
    async def policy_preview(self, info: Info, version: NodeId) -> PolicyPreviewOutcome:
        async def seen() -> PolicyPreview:
            async with info.context.reading() as work:
                return PolicyPreview.of(await preview_policy(work, opened("PolicyVersion", version, "version")))

        return await answered(seen())


@strawberry.input(description="A version of a policy, before it decides anything.")
class DraftPolicyInput:
    kind: PolicyKind = asked("Which policy.")
    subject: str | None = asked("The code of the template; left out for other kinds.", default=strawberry.UNSET)
    content: JSON = asked("The whole policy, shaped as the live one.")
    examples: list[JSON] = asked("The examples it has to hold; each line of one's own needs an allow and a refuse.")
    note: str = asked("What is to be said of it.")


@strawberry.input(description="A draft to publish, by the token of its preview.")
class PublishPolicyInput:
    version: strawberry.ID = asked("The draft.", of="PolicyVersion")
    token: str = asked("The token of its preview.")
    reason: str = asked("Why.")


@strawberry.input(description="An earlier version to go back to, by the token of its preview.")
class RollbackPolicyInput:
    version: strawberry.ID = asked("The earlier version.", of="PolicyVersion")
    token: str = asked("The token of its preview.")
    reason: str = asked("Why.")


@strawberry.input(description="The live version of a template, to be taken out of use.")
class RetireTemplateInput:
    version: strawberry.ID = asked("The live version.", of="PolicyVersion")
    reason: str = asked("Why.")


@strawberry.type(description="What can be done to policy.")
class RulebookMutations:
    @resolved("Draft a version of a policy.", FieldClass.PUBLIC)
    async def draft_policy(self, info: Info, input: Annotated[DraftPolicyInput, GIVEN]) -> PolicyVersionOutcome:
        def verb(work: Work) -> Awaitable[PolicyRow]:
            if not isinstance(input.content, dict):
                raise BadInput("content", shown(input.content), "an object, shaped as the live policy")
            return draft_policy(work, command(info, DraftPolicy, input, subject=input.subject or ""))

        return await changed(info, PolicyVersion, input, verb)

    @resolved("Publish a draft: every right and line is judged by it from now on.", FieldClass.PUBLIC)
    async def publish_policy(self, info: Info, input: Annotated[PublishPolicyInput, GIVEN]) -> PolicyVersionOutcome:
        def verb(work: Work) -> Awaitable[PolicyRow]:
            return publish_policy(work, command(info, PublishPolicy, input))

        return await changed(info, PolicyVersion, input, verb)

    @resolved("Go back to an earlier version; it is published as a new one.", FieldClass.PUBLIC)
    async def rollback_policy(self, info: Info, input: Annotated[RollbackPolicyInput, GIVEN]) -> PolicyVersionOutcome:
        def verb(work: Work) -> Awaitable[PolicyRow]:
            return rollback_policy(work, command(info, RollbackPolicy, input))

        return await changed(info, PolicyVersion, input, verb)

    @resolved("Take a template out of use: nothing is made of it any more; what was made stays.", FieldClass.PUBLIC)
    async def retire_template(self, info: Info, input: Annotated[RetireTemplateInput, GIVEN]) -> PolicyVersionOutcome:
        def verb(work: Work) -> Awaitable[PolicyRow]:
            return retire_template(work, command(info, RetireTemplate, input))

        return await changed(info, PolicyVersion, input, verb)
