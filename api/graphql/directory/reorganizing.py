"""Whole units in the graph: what a move, a merge or a split would do, then exactly that."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.directory.units import Unit, UnitOutcome
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import GIVEN, answered, asked, changed, command
from governance.directory.models import OrgUnit
from governance.directory.rules import UnitKind
from governance.kernel.work import Work
from governance.reorganization.rules import Effect, Kind, Over, PrincipalKind, RolesFate
from governance.reorganization.service import (
    LinesChange,
    MergeUnits,
    MoveUnit,
    Preview,
    SplitUnit,
    merge_units,
    move_unit,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)
from policies.access.parties import Role

MOST = 500
AT = "Since when; null: now. A day to come can be looked at and planned, and is carried out by the clock."
TYPES = {
    Kind.UNIT: "Unit", Kind.PERSON: "Person", Kind.AGREEMENT: "Agreement", Kind.LICENSE: "Entitlement",
    Kind.POOL: "Pool", Kind.BOARD: "Board", Kind.SERVICE_ACCOUNT: "ServiceAccount",
    Kind.DEVICE: "Device",
}  # fmt: skip
PRINCIPALS = {
    PrincipalKind.PERSON: "Person", PrincipalKind.GROUP: "Group", PrincipalKind.SERVICE_ACCOUNT: "ServiceAccount",
}  # fmt: skip
strawberry.enum(Kind, name="UnitThing", description="What a unit has.")
strawberry.enum(RolesFate, description="What becomes of the roles over a unit that is merged or split.")
strawberry.enum(Effect, name="AccessEffect", description="Whether somebody gains or loses a role.")
strawberry.enum(Over, name="AccessOver", description="Over what access changes.")


@strawberry.type(description="One thing that goes to another unit.")
class ThingThatGoes:
    kind: Kind = field("What it is.", FieldClass.PUBLIC)
    id: strawberry.ID = field("Its id.", FieldClass.PUBLIC)
    name: str | None = field("Its name; null outside reach.", FieldClass.PUBLIC)


@strawberry.type(description="How many of a kind go along.")
class ThingsThatGo:
    kind: Kind = field("Of what.", FieldClass.PUBLIC)
    count: int = field("How many.", FieldClass.PUBLIC)


@strawberry.type(description="Who gains or loses a role over what.")
class AccessChange:
    principal: strawberry.ID = field("Who: a person, a group or a service account.", FieldClass.PUBLIC)
    name: str | None = field("Their name; null where their grants are outside reach.", FieldClass.PUBLIC)
    role: Role = field("The role.", FieldClass.PUBLIC)
    effect: Effect = field("Whether it is gained or lost.", FieldClass.PUBLIC)
    over: Over = field("Over what moves, or over what the other unit had already.", FieldClass.PUBLIC)


@strawberry.type(description="A pool that other lines watch afterwards, in percent of its supply.")
class LinesThatChange:
    seen: strawberry.Private[LinesChange]

    @resolved("The license and the pool.", FieldClass.PUBLIC)
    def pool(self) -> str:
        return self.seen.pool

    @resolved("Warning, high and critical as they are.", FieldClass.PUBLIC)
    def before(self) -> list[str]:
        return [str(line) for line in (self.seen.before.warn, self.seen.before.high, self.seen.before.critical)]

    @resolved("Warning, high and critical afterwards.", FieldClass.PUBLIC)
    def after(self) -> list[str]:
        return [str(line) for line in (self.seen.after.warn, self.seen.after.high, self.seen.after.critical)]


@strawberry.type(description="What would become of a unit, and the token that does exactly that.")
class ReorganizationPreview:
    unit: Unit = field("The unit.", FieldClass.PUBLIC)
    to: Unit | None = field("The unit that gets it; null: the new one.", FieldClass.PUBLIC)
    counts: list[ThingsThatGo] = field("How many of each kind go along.", FieldClass.PUBLIC)
    goes: list[ThingThatGoes] = field("What changes its unit, or hangs elsewhere; the first 500.", FieldClass.PUBLIC)
    access: list[AccessChange] = field("Who gains and who loses what.", FieldClass.PUBLIC)
    roles: int = field("How many roles are held over the unit that ends.", FieldClass.PUBLIC)
    carried: int = field("How many roles go along to the other unit.", FieldClass.PUBLIC)
    lines: list[LinesThatChange] = field("Which pools other lines watch afterwards.", FieldClass.PUBLIC)
    token: str = field("For the change itself, for 15 minutes.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Preview) -> "ReorganizationPreview":
        plan = seen.plan
        return cls(
            unit=Unit.of(plan.unit),
            to=None if plan.to is None else Unit.of(plan.to),
            counts=[ThingsThatGo(kind=kind, count=count) for kind, count in sorted(plan.counts.items())],
            goes=[
                ThingThatGoes(kind=one.kind, id=encode_node_id(TYPES[one.kind], one.id), name=one.name)
                for one in plan.goes[:MOST]
            ],
            access=[
                AccessChange(
                    principal=encode_node_id(PRINCIPALS[one.principal.kind], one.principal.id),
                    name=plan.names.get(one.principal), role=one.role, effect=one.effect, over=one.over,
                )
                for one in plan.access
            ],
            roles=len(plan.roles),
            carried=len(plan.kept),
            lines=[LinesThatChange(seen=one) for one in plan.lines],
            token=seen.token,
        )  # fmt: skip


@strawberry.input(description="A unit that is to hang elsewhere, with its whole subtree.")
class MoveUnitInput:
    unit: strawberry.ID = asked("The unit.", of="Unit")
    parent: strawberry.ID = asked("The unit it is to hang below.", of="Unit")
    reason: str = asked("Why.")
    at: datetime | None = asked(AT, default=None)
    expected_version: int | None = asked("The version that was read; another one now is a CONFLICT.", default=None)
    token: str = asked("The token of previewMoveUnit; nothing moves without one.", default="")


@strawberry.input(description="A unit that is to end, and the one that gets all that it has.")
class MergeUnitsInput:
    unit: strawberry.ID = asked("The unit that ends.", of="Unit")
    into: strawberry.ID = asked("The unit that gets all of it.", of="Unit")
    reason: str = asked("Why.")
    roles: RolesFate = asked("What becomes of the roles over the unit that ends.", default=RolesFate.END)
    at: datetime | None = asked(AT, default=None)
    token: str = asked("The token of previewMergeUnits; nothing is merged without one.", default="")


@strawberry.input(description="A part of a unit that is to be a unit of its own.")
class SplitUnitInput:
    unit: strawberry.ID = asked("The unit that gives a part away.", of="Unit")
    code: str = asked("The code of the new unit, unique in the tenant.")
    name: str = asked("The name of the new unit.")
    reason: str = asked("Why.")
    kind: UnitKind | None = asked("What kind of unit the new one is; null: as the other.", default=None)
    parent: strawberry.ID | None = asked("The unit above it; null: that above the other.", of="Unit", default=None)
    children: list[strawberry.ID] = asked("Units below it that go along.", of="Unit", to="children", default=())
    people: list[strawberry.ID] = asked(
        "People who go along, with the devices they keep there.", of="Person", to="people", default=()
    )
    agreements: list[strawberry.ID] = asked("Agreements.", of="Agreement", to="agreements", default=())
    licenses: list[strawberry.ID] = asked(
        "Licenses, each with the pools that it has in the unit.", of="Entitlement", to="licenses", default=()
    )
    pools: list[strawberry.ID] = asked("Pools by themselves.", of="Pool", to="pools", default=())
    roles: RolesFate = asked("Whether roles over the unit are held over the new one too.", default=RolesFate.END)
    at: datetime | None = asked(AT, default=None)
    token: str = asked("The token of previewSplitUnit; nothing is split without one.", default="")


ReorganizationOutcome = Annotated[
    ReorganizationPreview | Refusal,
    strawberry.union("ReorganizationOutcome", description="What would become of a unit, or why not."),
]


async def _seen(info: Info, look: Any, kind: Any, given: Any) -> ReorganizationPreview | Refusal:
    async def read() -> ReorganizationPreview:
        asked_for = command(info, kind, given)
        async with info.context.reading() as work:
            return ReorganizationPreview.of(await look(work, asked_for))

    return await answered(read())


@strawberry.type(description="What can be asked before units change.")
class ReorganizationQueries:
    @resolved("Say what moving a unit would do; nothing is written.", FieldClass.PUBLIC)
    async def preview_move_unit(self, info: Info, input: Annotated[MoveUnitInput, GIVEN]) -> ReorganizationOutcome:
        return await _seen(info, preview_move, MoveUnit, input)

    @resolved("Say what merging a unit into another one would do; nothing is written.", FieldClass.PUBLIC)
    async def preview_merge_units(self, info: Info, input: Annotated[MergeUnitsInput, GIVEN]) -> ReorganizationOutcome:
        return await _seen(info, preview_merge, MergeUnits, input)

    @resolved("Say what splitting a unit would do; nothing is written.", FieldClass.PUBLIC)
    async def preview_split_unit(self, info: Info, input: Annotated[SplitUnitInput, GIVEN]) -> ReorganizationOutcome:
        return await _seen(info, preview_split, SplitUnit, input)


@strawberry.type(description="What can be done to whole units, each by the token of its preview.")
class ReorganizationMutations:
    @resolved("Hang a unit with its whole subtree below another one, as it was shown.", FieldClass.PUBLIC)
    async def move_unit(self, info: Info, input: Annotated[MoveUnitInput, GIVEN]) -> UnitOutcome:
        def verb(work: Work) -> Awaitable[OrgUnit]:
            return move_unit(work, command(info, MoveUnit, input))

        return await changed(info, Unit, input, verb)

    @resolved("End a unit and give all that it has to another one, as it was shown; gives that one.", FieldClass.PUBLIC)
    async def merge_units(self, info: Info, input: Annotated[MergeUnitsInput, GIVEN]) -> UnitOutcome:
        def verb(work: Work) -> Awaitable[OrgUnit]:
            return merge_units(work, command(info, MergeUnits, input))

        return await changed(info, Unit, input, verb)

    @resolved("Make a part of a unit a unit of its own, as it was shown; gives the new one.", FieldClass.PUBLIC)
    async def split_unit(self, info: Info, input: Annotated[SplitUnitInput, GIVEN]) -> UnitOutcome:
        def verb(work: Work) -> Awaitable[OrgUnit]:
            return split_unit(work, command(info, SplitUnit, input))

        return await changed(info, Unit, input, verb)
