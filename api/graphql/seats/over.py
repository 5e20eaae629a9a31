"""Pools that are over, in the graph: how far, until when that should be mended, and whose seat goes first."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, answered, asked, values
from api.graphql.seats.things import Seat
from governance.seats.over import OverAllocated, over_allocated
from governance.seats.rules import GiveUp, Suggested

strawberry.enum(GiveUp, description="Why a seat is suggested to be given up.")


@strawberry.input(description="A pool that may be over.")
class OverAllocationInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")


@strawberry.type(description="A seat to ask back first; nobody loses it by that.")
class SeatToGiveUp:
    found: strawberry.Private[Suggested]

    @resolved("The seat.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.found.assignment_id)

    @resolved("Why this one.", FieldClass.USAGE)
    def why(self) -> GiveUp:
        return self.found.why


@strawberry.type(description="How far a pool is over what it has, and whom to ask first.")
class OverAllocation:
    found: strawberry.Private[OverAllocated]

    @resolved("The seats taken beyond what there is.", FieldClass.PUBLIC)
    def over(self) -> int:
        return self.found.over

    @resolved("Since when; null where nobody is over.", FieldClass.PUBLIC)
    def since(self) -> datetime | None:
        return self.found.since

    @resolved("Until when it should be mended; null where nobody is over.", FieldClass.PUBLIC)
    def due_at(self) -> datetime | None:
        return self.found.due_at

    @resolved("As many seats as are too many: never used, then dormant, then the newest.", FieldClass.USAGE)
    def suggested(self) -> list[SeatToGiveUp]:
        return [SeatToGiveUp(found=each) for each in self.found.suggested]


OverAllocationOutcome = Annotated[
    OverAllocation | Refusal,
    strawberry.union("OverAllocationOutcome", description="How far a pool is over, or why that cannot be said."),
]


@strawberry.type(description="What can be asked of pools that are over.")
class OverQueries:
    @resolved("How far a pool is over what it has, and whose seat to ask back first.", FieldClass.PUBLIC)
    async def over_allocation(self, info: Info, input: Annotated[OverAllocationInput, GIVEN]) -> OverAllocationOutcome:
        async def look() -> OverAllocation:
            pool_id = values(info, input)["pool_id"]
            async with info.context.reading() as work:
                return OverAllocation(found=await over_allocated(work, pool_id))

        return await answered(look())
