"""A tenant's own groupings of regions in the graph: what each means from which day on."""

from datetime import date
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, asked, changed, command
from api.graphql.nodes import Node, by, listed
from governance.entitlements.models import RegionGroup as GroupRow
from governance.entitlements.service.regions import DefineRegionGroup, define_region_group, region_groups
from governance.kernel.page import Order


@strawberry.type(description="What a grouping of regions means from a day on.")
class RegionGroup(Node):
    row: strawberry.Private[GroupRow]
    visible = region_groups
    key = GroupRow.id

    @resolved("Its code, to be named in the territory of a lot.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The regions in it.", FieldClass.PUBLIC)
    def included(self) -> list[str]:
        return list(self.row.included)

    @resolved("The regions within these that it leaves out.", FieldClass.PUBLIC)
    def excluded(self) -> list[str]:
        return list(self.row.excluded)

    @resolved("The day from which it means this.", FieldClass.PUBLIC)
    def from_day(self) -> date:
        return self.row.from_day


@strawberry.input(description="What a grouping of regions means from a day on.")
class DefineRegionGroupInput:
    code: str = asked("4 to 32 capital letters, digits or _, such as DACH.")
    name: str = asked("What it is called.")
    included: list[str] = asked("The regions in it: 001, areas such as 150, countries, subdivisions.")
    from_day: date = asked("From which day; lots that begin before keep what they were bought for.")
    excluded: list[str] | None = asked("The regions within these that it leaves out.", default=strawberry.UNSET)


RegionGroupOutcome = Annotated[
    RegionGroup | Refusal, strawberry.union("RegionGroupOutcome", description="The grouping, or why not.")
]


@strawberry.type(description="What can be asked of groupings of regions.")
class RegionGroupQueries:
    @paged("The groupings of the tenant, by code, each as it is meant from its day on.", FieldClass.PUBLIC)
    async def region_groups(self, info: Info, paging: Paging) -> Connection[RegionGroup]:
        order = (Order(GroupRow.code), *by(GroupRow.from_day, GroupRow.id))
        return await listed(info, paging, RegionGroup, order)


@strawberry.type(description="What can be done with groupings of regions.")
class RegionGroupMutations:
    @resolved("Say what a grouping of regions means from a day on.", FieldClass.PUBLIC)
    async def define_region_group(
        self, info: Info, input: Annotated[DefineRegionGroupInput, GIVEN]
    ) -> RegionGroupOutcome:
        return await changed(
            info, RegionGroup, input, lambda work: define_region_group(work, command(info, DefineRegionGroup, input))
        )
