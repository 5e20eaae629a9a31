"""What a change would do, shown before it is done: rooms before and after, and the token by which it can be done."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.entitlements.inputs import (
    ChangeAllocationInput,
    ClosePoolInput,
    CorrectLotInput,
    allocation_change,
    lot_correction,
    pool_closing,
)
from api.graphql.inputs import GIVEN, answered
from governance.audit.entries import plain
from governance.entitlements.rules import RoomKind
from governance.entitlements.service import Preview as Foreseen
from governance.entitlements.service import RoomEffect as Effect
from governance.entitlements.service import (
    preview_change_allocation,
    preview_close_pool,
    preview_correct_lot,
)
from governance.kernel.work import Work


@strawberry.type(description="What becomes of one pool, or of a whole line.")
class RoomEffect:
    kind: RoomKind = field("Whether it is a pool's room or a whole line's.", FieldClass.PUBLIC)
    name: str = field("What the pool or the line is called.", FieldClass.PUBLIC)
    before: int | None = field("The seats now; null: unlimited.", FieldClass.PUBLIC)
    after: int | None = field("The seats after the change; null: unlimited.", FieldClass.PUBLIC)
    occupied: int = field("The seats that are taken.", FieldClass.PUBLIC)
    over: int = field("The taken seats beyond what there would be; nobody is revoked.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, effect: Effect) -> "RoomEffect":
        return cls(
            kind=effect.kind, name=effect.name, before=effect.before, after=effect.after, occupied=effect.occupied,
            over=effect.over,
        )  # fmt: skip


@strawberry.type(description="What a change would do, and for 15 minutes the token by which exactly this can be done.")
class Preview:
    verb: str = field("What would be done.", FieldClass.PUBLIC)
    changes: JSON = field("What would change, by field.", FieldClass.MONEY)
    rooms: list[RoomEffect] = field("The rooms that would have other seats than now.", FieldClass.PUBLIC)
    destroys: bool = field("Whether it leaves holders over, and needs the token.", FieldClass.PUBLIC)
    token: str = field("The token to give with the mutation.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Foreseen) -> "Preview":
        rooms = [RoomEffect.of(room) for room in seen.rooms]
        changes = JSON(plain(seen.changes) or {})
        return cls(verb=seen.verb, changes=changes, rooms=rooms, destroys=seen.destroys, token=seen.token)


PreviewOutcome = Annotated[
    Preview | Refusal, strawberry.union("PreviewOutcome", description="What a change would do, or why it cannot be.")
]


@strawberry.type(description="What can be looked at before it is done.")
class PreviewQueries:
    @resolved("What `correctLot` with this input would do.", FieldClass.PUBLIC)
    async def correct_lot_preview(self, info: Info, input: Annotated[CorrectLotInput, GIVEN]) -> PreviewOutcome:
        return await _seen(info, lambda work: preview_correct_lot(work, lot_correction(info, input)))

    @resolved("What `closePool` with this input would do.", FieldClass.PUBLIC)
    async def close_pool_preview(self, info: Info, input: Annotated[ClosePoolInput, GIVEN]) -> PreviewOutcome:
        return await _seen(info, lambda work: preview_close_pool(work, pool_closing(info, input)))

    @resolved("What `changeAllocation` with this input would do.", FieldClass.PUBLIC)
    async def change_allocation_preview(
        self, info: Info, input: Annotated[ChangeAllocationInput, GIVEN]
    ) -> PreviewOutcome:
        return await _seen(info, lambda work: preview_change_allocation(work, allocation_change(info, input)))


async def _seen(info: Info, look: Callable[[Work], Awaitable[Foreseen]]) -> Preview | Refusal:
    async def seen() -> Preview:
        async with info.context.reading() as work:
            return Preview.of(await look(work))

    return await answered(seen())
