"""Seats of a lot between pools and regions, in the graph: moved or split anew, each by the token of its preview."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.entitlements.doing import AllocationOutcome, LotOutcome
from api.graphql.entitlements.previews import Preview, PreviewOutcome
from api.graphql.entitlements.supply import Allocation, Lot
from api.graphql.inputs import GIVEN, answered, asked, changed, command, values
from governance.agreements.rules import ChangeReason
from governance.entitlements import queries
from governance.entitlements.models import Allocation as AllocationRow
from governance.entitlements.service import (
    MoveAllocation,
    Share,
    SplitLot,
    move_allocation,
    preview_move_allocation,
    preview_split_lot,
    split_lot,
)
from governance.kernel.work import Work

_DAY = "From this day on, in the lot's zone; null: from now on."
_SEALED = "The token of the preview of this very change; nothing changes without one."


@strawberry.input(description="Seats of an allocation that go to another pool of the line.")
class MoveAllocationInput:
    allocation: strawberry.ID = asked("The version of the allocation that was read.", of="Allocation")
    to_pool: strawberry.ID = asked("The pool that gets them.", of="Pool")
    quantity: int = asked("How many seats.")
    from_day: date | None = asked(_DAY, default=None)
    reason: ChangeReason = asked("Why.", default=ChangeReason.REQUESTED)
    reason_text: str | None = asked("The reason in words; needed where it is OTHER.", default=None)
    token: str | None = asked(_SEALED, default=None)


@strawberry.input(description="What one pool has of a lot.")
class ShareInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    quantity: int = asked("Its seats; 0: none any more.")


@strawberry.input(description="A lot split anew: the shares are all of its seats, none twice.")
class SplitLotInput:
    lot: strawberry.ID = asked("The lot.", of="Lot", to="lot_key")
    shares: list[ShareInput] = asked("What each pool has of it; one that is not named has none any more.")
    from_day: date | None = asked(_DAY, default=None)
    reason: ChangeReason = asked("Why.", default=ChangeReason.REQUESTED)
    reason_text: str | None = asked("The reason in words; needed where it is OTHER.", default=None)
    token: str | None = asked(_SEALED, default=None)


@strawberry.type(description="What can be looked at before seats of a lot go elsewhere.")
class ReallocationQueries:
    @resolved("What `moveAllocation` with this input would do to both pools.", FieldClass.PUBLIC)
    async def move_allocation_preview(self, info: Info, input: Annotated[MoveAllocationInput, GIVEN]) -> PreviewOutcome:
        return await _seen(info, lambda work: preview_move_allocation(work, command(info, MoveAllocation, input)))

    @resolved("What `splitLot` with this input would do to each pool.", FieldClass.PUBLIC)
    async def split_lot_preview(self, info: Info, input: Annotated[SplitLotInput, GIVEN]) -> PreviewOutcome:
        return await _seen(info, lambda work: preview_split_lot(work, _split(info, input)))


@strawberry.type(description="What can be done with the seats of a lot between pools.")
class ReallocationMutations:
    @resolved("Give seats of one pool to another, by the token of the preview; totals stay.", FieldClass.PUBLIC)
    async def move_allocation(self, info: Info, input: Annotated[MoveAllocationInput, GIVEN]) -> AllocationOutcome:
        def verb(work: Work) -> Awaitable[AllocationRow]:
            return move_allocation(work, command(info, MoveAllocation, input))

        return await changed(info, Allocation, input, verb)

    @resolved("Split a lot anew among pools, by the token of the preview; totals stay.", FieldClass.PUBLIC)
    async def split_lot(self, info: Info, input: Annotated[SplitLotInput, GIVEN]) -> LotOutcome:
        async def verb(work: Work) -> Any:
            given = _split(info, input)
            await split_lot(work, given)
            return await queries.lot(work, given.lot_key)

        return await changed(info, Lot, input, verb)


def _split(info: Info, input: SplitLotInput) -> SplitLot:
    shares = [Share(**values(info, each, path=f"shares.{index}.")) for index, each in enumerate(input.shares)]
    return command(info, SplitLot, input, shares=tuple(shares))


async def _seen(info: Info, look: Callable[[Work], Awaitable[Any]]) -> Preview | Refusal:
    async def seen() -> Preview:
        async with info.context.reading() as work:
            return Preview.of(await look(work))

    return await answered(seen())
