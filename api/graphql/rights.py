"""Who may do what, in the graph: why one principal may try an act, who may, and all that one may, as of any day."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.directory import AccessExplanation, Person, RoleGrant, Unit
from api.graphql.engine import (
    BadNodeId,
    Connection,
    FieldClass,
    Paging,
    Refusal,
    decode_node_id,
    field,
    paged,
    resolved,
)
from api.graphql.inputs import answered
from api.graphql.nodes import by, listed, whose_is
from governance.directory.models import RoleGrant as RoleGrantRow
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.rulebook import access
from policies.access.actions import Action
from policies.access.parties import Ownership, Reach

ACT = strawberry.argument(description="The act.")
NODE = strawberry.argument(description="The thing; the tenant as a whole when left out.")
AT = strawberry.argument(description="At which instant; null: now. Grants and policy are those of then.")
PRINCIPALS = {"Person": "person", "ServiceAccount": "service"}
WHO = strawberry.argument(description="A person or a service account.")


@strawberry.type(description="An act that a principal may try, and how far it reaches for them.")
class Ability:
    reach: strawberry.Private[Reach]
    action: Action = field("The act.", FieldClass.PUBLIC)
    whole_tenant: bool = field("Whether it reaches the whole tenant.", FieldClass.PUBLIC)
    own: bool = field("Whether it reaches what is their own.", FieldClass.PUBLIC)
    regions: list[str] = field("The regions whose subtrees it reaches.", FieldClass.PUBLIC)
    lines: list[str] = field("The lines of the policy that say so.", FieldClass.PUBLIC)

    @resolved("The units whose subtrees it reaches, those within one's own reach.", FieldClass.PUBLIC)
    async def units(self, info: Info) -> list[Unit]:
        found = [await Unit.get(info, unit_id) for unit_id in sorted(self.reach.units)]
        return [unit for unit in found if unit is not None]

    @classmethod
    def of(cls, able: access.Ability) -> "Ability":
        reach = able.reach
        return cls(
            reach=reach, action=able.action, whole_tenant=reach.everything, own=reach.own is not None,
            regions=sorted(reach.regions), lines=list(able.lines),
        )  # fmt: skip


@strawberry.type(description="Everything that a principal may try.")
class Abilities:
    principal: str = field("The principal.", FieldClass.PUBLIC)
    at: datetime = field("The instant it is said of.", FieldClass.PUBLIC)
    abilities: list[Ability] = field("The acts, in the order of their names.", FieldClass.PUBLIC)


@strawberry.type(description="Who may try an act on a thing.")
class WhoCan:
    found: strawberry.Private[access.Permitting]
    whose: strawberry.Private[Ownership]
    at: datetime = field("The instant it is said of.", FieldClass.PUBLIC)

    @paged("The grants within reach that let their holders try it, the latest first.", FieldClass.PUBLIC)
    async def grants(self, info: Info, paging: Paging) -> Connection[RoleGrant]:
        def narrowed(work: Work) -> Select[Any]:
            return access.grants_permitting(work, self.found, self.whose, self.at)

        order = by(RoleGrantRow.start, RoleGrantRow.id, descending=True)
        return await listed(info, paging, RoleGrant, order, narrowed=narrowed)

    @resolved("Those who may try it because the thing is their own, those within reach.", FieldClass.PUBLIC)
    async def owners(self, info: Info) -> list[Person]:
        people = access.owners_permitted(self.found, self.whose)
        found = [await Person.get(info, person_id) for person_id in people]
        return [person for person in found if person is not None]


AbilitiesOutcome = Annotated[
    Abilities | Refusal, strawberry.union("AbilitiesOutcome", description="What a principal may try, or why not said.")
]
WhoCanOutcome = Annotated[
    WhoCan | Refusal, strawberry.union("WhoCanOutcome", description="Who may try an act, or why that is not said.")
]
AccessExplanationOutcome = Annotated[
    AccessExplanation | Refusal,
    strawberry.union("AccessExplanationOutcome", description="A decision with its reasons, or why that is not said."),
]


async def _whose(info: Info, node: strawberry.ID | None) -> Ownership:
    whose = await whose_is(info, node)
    if whose is None:
        raise NotFound("thing", str(node))
    return whose


def _principal(id: strawberry.ID) -> str:
    """Name the principal of an id as policies do. Raises BadNodeId for an id of another kind."""
    kind, key = decode_node_id(id)
    if kind not in PRINCIPALS:
        raise BadNodeId
    return f"{PRINCIPALS[kind]}:{key}"


@strawberry.type(description="What can be asked of the rights of others.")
class RightsQueries:
    @resolved(
        "Whether a principal may try an act on a thing, and each of their roles' part in that.", FieldClass.PUBLIC
    )
    async def explain_access(
        self,
        info: Info,
        principal: Annotated[strawberry.ID, WHO],
        action: Annotated[Action, ACT],
        node: Annotated[strawberry.ID | None, NODE] = None,
        at: Annotated[datetime | None, AT] = None,
    ) -> AccessExplanationOutcome:
        async def said() -> AccessExplanation:
            name, whose = _principal(principal), await _whose(info, node)
            async with info.context.reading() as work:
                return AccessExplanation.of(await access.explain_access(work, name, action, whose, at))

        return await answered(said())

    @resolved("Everything that a principal may try.", FieldClass.PUBLIC)
    async def what_can(
        self,
        info: Info,
        principal: Annotated[strawberry.ID, WHO],
        at: Annotated[datetime | None, AT] = None,
    ) -> AbilitiesOutcome:
        async def said() -> Abilities:
            name = _principal(principal)
            async with info.context.reading() as work:
                able = await access.what_can(work, name, at)
                return Abilities(principal=name, at=at or work.now(), abilities=[Ability.of(one) for one in able])

        return await answered(said())

    @resolved("Who may try an act on a thing.", FieldClass.PUBLIC)
    async def who_can(
        self,
        info: Info,
        action: Annotated[Action, ACT],
        node: Annotated[strawberry.ID | None, NODE] = None,
        at: Annotated[datetime | None, AT] = None,
    ) -> WhoCanOutcome:
        async def said() -> WhoCan:
            whose = await _whose(info, node)
            async with info.context.reading() as work:
                found = await access.permitting(work, action, whose, at)
                return WhoCan(found=found, whose=whose, at=at or work.now())

        return await answered(said())
