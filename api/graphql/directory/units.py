"""The org tree in the graph: units, where each hangs today or hung then, and the verbs that change the tree."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Select, and_, select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved, type_named
from api.graphql.inputs import (
    AS_OF,
    BY_WHAT,
    GIVEN,
    KNOWN_AT,
    WHICH,
    Descending,
    NodeId,
    asked,
    changed,
    command,
    values,
)
from api.graphql.nodes import Node, by, containing, listed, listed_of
from governance.directory import queries
from governance.directory.models import OrgUnit, UnitPlacement
from governance.directory.rules import UnitKind
from governance.directory.service import EndUnit, NewUnit, add_unit, end_unit
from governance.kernel.page import read_page
from governance.kernel.work import Work
from policies.access.parties import Ownership

if TYPE_CHECKING:
    from api.graphql.directory.people import Person

strawberry.enum(UnitKind, description="What kind of unit a node of the org tree is.")
_BY_CODE = by(OrgUnit.code, OrgUnit.id)
_PLACED = and_(UnitPlacement.tenant_id == OrgUnit.tenant_id, UnitPlacement.unit_id == OrgUnit.id)


@strawberry.type(description="A node of the org tree.")
class Unit(Node):
    row: strawberry.Private[OrgUnit]
    visible = queries.visible_units
    key = OrgUnit.id

    @resolved("The unit's code, unique in the tenant.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("The unit's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("What kind of unit it is.", FieldClass.PUBLIC)
    def kind(self) -> UnitKind:
        return self.row.kind

    @resolved("Its home region.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The unit above it in today's tree; null for a root, and where that is outside reach.", FieldClass.PUBLIC)
    async def parent(self, info: Info) -> "Unit | None":
        async def parents(ids: list[UUID]) -> list[UUID | None]:
            async with info.context.reading() as work:
                now = work.now()
                rows = await work.session.execute(
                    select(UnitPlacement.unit_id, UnitPlacement.parent_id).where(
                        UnitPlacement.tenant_id == work.tenant_id,
                        UnitPlacement.unit_id.in_(ids),
                        queries.placed_at(UnitPlacement, now, now),
                    )
                )
            found = {unit: parent for unit, parent in rows}  # noqa: C416 - dict() of rows is not typed
            return [found.get(unit) for unit in ids]

        return await Unit.get(info, await info.context.loader("parent unit", parents).load(self.row.id))

    @paged("The units directly below it in today's tree, by code.", FieldClass.PUBLIC)
    async def children(self, info: Info, paging: Paging) -> Connection["Unit"]:
        column = UnitPlacement.parent_id
        return await listed_of(info, paging, Unit, _BY_CODE, column=column, of=self.row.id, narrowed=_hanging)

    @paged("The people who belong to this very unit, by name.", FieldClass.PUBLIC)
    async def people(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Person", strawberry.lazy("api.graphql.directory.people")]]:
        kind = type_named(info, "Person")
        row = kind.key.class_
        return await listed_of(info, paging, kind, by(row.name, row.id), column=row.unit_id, of=self.row.id)

    async def ownership(self, work: Work) -> Ownership:
        return await queries.ownership(work, unit_id=self.row.id, region=self.row.region)


@strawberry.type(description="A unit and where it hung at an instant.")
class PlacedUnit:
    parent_id: strawberry.Private[UUID | None]
    node: strawberry.Private[Unit]

    @resolved("The unit, as it is called today.", FieldClass.PUBLIC)
    def unit(self) -> Unit:
        return self.node

    @resolved("The unit above it at that instant; null for a root.", FieldClass.PUBLIC)
    async def parent(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.parent_id)

    @classmethod
    def of(cls, row: tuple[OrgUnit, UUID | None]) -> "PlacedUnit":
        return cls(node=Unit.of(row[0]), parent_id=row[1])


def _hanging(work: Work) -> Select[Any]:
    now = work.now()
    hanging = queries.visible_units(work).join(UnitPlacement, _PLACED)
    return hanging.where(queries.placed_at(UnitPlacement, now, now))


@strawberry.enum(description="Orders of units.")
class UnitOrder(StrEnum):
    CODE = "code"
    NAME = "name"


@strawberry.input(description="Which units.")
class UnitFilter:
    search: str | None = asked("Part of the code or the name.", default=None)
    kind: UnitKind | None = asked("Only units of this kind.", default=None)
    below: strawberry.ID | None = asked("Only this unit and all below it today.", of="Unit", default=None)


_ORDERS: dict[UnitOrder, Any] = {UnitOrder.CODE: OrgUnit.code, UnitOrder.NAME: OrgUnit.name}


@strawberry.type(description="What can be asked of the org tree.")
class UnitQueries:
    @paged("The units within reach.", FieldClass.PUBLIC)
    async def units(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[UnitFilter | None, WHICH] = None,
        order: Annotated[UnitOrder, BY_WHAT] = UnitOrder.CODE,
        descending: Descending = False,
    ) -> Connection[Unit]:
        asked_for = filter or UnitFilter()
        top = values(info, asked_for).get("below_id")

        def narrowed(work: Work) -> Select[OrgUnit]:
            query = queries.visible_units(work).where(containing(asked_for.search, OrgUnit.code, OrgUnit.name))
            if asked_for.kind is not None:
                query = query.where(OrgUnit.kind == asked_for.kind)
            if top is not None:
                query = query.where(OrgUnit.id.in_(work.office.units.below(work.tenant_id, frozenset({top}))))
            return query

        orders = by(_ORDERS[order], OrgUnit.id, descending=descending)
        return await listed(info, paging, Unit, orders, narrowed=narrowed)

    @resolved("One unit; null where there is none within reach.", FieldClass.PUBLIC)
    async def unit(self, info: Info, id: NodeId) -> Unit | None:
        return await Unit.by_id(info, id)

    @paged("The org tree at an instant, by code: units within today's reach and where they hung.", FieldClass.PUBLIC)
    async def unit_tree(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, AS_OF] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[PlacedUnit]:
        def placed(work: Work) -> Select[Any]:
            at, known = as_of or work.now(), known_at or work.now()
            tree = queries.visible_units(work).add_columns(UnitPlacement.parent_id).join(UnitPlacement, _PLACED)
            return tree.where(queries.placed_at(UnitPlacement, at, known))

        async with info.context.reading() as work:
            page = await read_page(work.session, placed(work), _BY_CODE, paging.window)
        return paging.connection(page, node=PlacedUnit.of, total=lambda: info.context.count(placed))


@strawberry.input(description="A new unit.")
class AddUnitInput:
    code: str = asked("The code, unique in the tenant.")
    name: str = asked("The name.")
    kind: UnitKind = asked("What kind of unit it is.", default=UnitKind.DEPARTMENT)
    parent: strawberry.ID | None = asked("The unit above it; null makes a root.", of="Unit", default=None)
    region: str = asked("Its home region; 001 is the world.", default="001")
    start: datetime | None = asked("Since when it hangs there; null: now.", default=None)


@strawberry.input(description="A unit that is to end; it has to be empty.")
class EndUnitInput:
    unit: strawberry.ID = asked("The unit.", of="Unit")
    reason: str = asked("Why.")
    at: datetime | None = asked("Since when, not in the future; null: now.", default=None)
    expected_version: int | None = asked("The version that was read; another one now is a CONFLICT.", default=None)


UnitOutcome = Annotated[Unit | Refusal, strawberry.union("UnitOutcome", description="A unit, or why not.")]


@strawberry.type(description="What can be done to the org tree.")
class UnitMutations:
    @resolved("Add a unit below its parent.", FieldClass.PUBLIC)
    async def add_unit(self, info: Info, input: Annotated[AddUnitInput, GIVEN]) -> UnitOutcome:
        return await changed(info, Unit, input, lambda work: add_unit(work, command(info, NewUnit, input)))

    @resolved("End an empty unit; what names it stays readable.", FieldClass.PUBLIC)
    async def end_unit(self, info: Info, input: Annotated[EndUnitInput, GIVEN]) -> UnitOutcome:
        return await changed(info, Unit, input, lambda work: end_unit(work, command(info, EndUnit, input)))
