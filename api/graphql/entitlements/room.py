"""The room of pools and lines in the graph: how many seats they have now, and how many of them are taken."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from api.graphql.context import Info, Visible
from api.graphql.engine import FieldClass, field
from governance.entitlements import queries
from governance.entitlements import supply as seats
from governance.entitlements.models import Allocation as AllocationRow
from governance.entitlements.models import Lot as LotRow
from governance.entitlements.models import MetricLine as LineRow
from governance.entitlements.models import Pool as PoolRow
from governance.entitlements.models import Room as RoomRow
from governance.entitlements.rules import RoomKind, most_of
from governance.kernel.work import Work

strawberry.enum(RoomKind, description="What a room belongs to: a pool, or the whole metric line.")


@strawberry.type(description="How many seats a pool or a line has now, and how many of them are taken.")
class Room:
    kind: RoomKind = field("Whether it is a pool's or a whole line's.", FieldClass.PUBLIC)
    ceiling: int | None = field(
        "The seats there are now, those kept for good included; null: unlimited.", FieldClass.PUBLIC
    )
    most: int | None = field(
        "What may be taken by the percentage that its line allows; flagged modes do not stop there.",
        FieldClass.PUBLIC,
    )
    occupied: int = field("The seats taken, as the ledger counts them.", FieldClass.PUBLIC)
    over_since: datetime | None = field("Since when more are taken than there are.", FieldClass.PUBLIC)
    lapses_at: datetime | None = field(
        "When the next invitation lapses; the count follows with the next claim or sweep.", FieldClass.PUBLIC
    )

    @classmethod
    async def of_pool(cls, info: Info, pool_id: UUID) -> "Room | None":
        visible = _rooms(lambda work: queries.visible_pools(work).with_only_columns(PoolRow.id))
        supply = _ceilings(
            lambda work: seats.supply_of_pools(work.tenant_id, work.now(), for_good=True), AllocationRow.pool_id
        )
        return await cls._of(info, RoomKind.POOL, pool_id, visible, supply)

    @classmethod
    async def of_line(cls, info: Info, line_id: UUID) -> "Room | None":
        visible = _rooms(lambda work: queries.visible_lines(work).with_only_columns(LineRow.id))
        supply = _ceilings(
            lambda work: seats.supply_of_lines(work.tenant_id, work.now(), for_good=True), LotRow.line_id
        )
        return await cls._of(info, RoomKind.LINE, line_id, visible, supply)

    @classmethod
    async def _of(
        cls,
        info: Info,
        kind: RoomKind,
        id: UUID,
        visible: Visible,
        supply: "Callable[[Work, list[UUID]], Select[UUID, int | None]]",
    ) -> "Room | None":
        async def load(ids: list[UUID]) -> list[Room | None]:
            async with info.context.reading() as work:
                rooms = (await work.session.execute(visible(work).where(RoomRow.id.in_(ids)))).scalars().all()
                ceilings = {room: has for room, has in await work.session.execute(supply(work, ids))}  # noqa: C416
            found = {room.id: cls._made(room, ceilings.get(room.id, 0)) for room in rooms}
            return [found.get(one) for one in ids]

        room: Room | None = await info.context.loader(f"room of {kind}", load).load(id)
        return room

    @classmethod
    def _made(cls, room: RoomRow, ceiling: int | None) -> "Room":
        marked = room.over_since if room.percent is None else room.flagged_since
        over = marked if ceiling is not None and room.occupied > ceiling else None
        return cls(
            kind=room.kind,
            ceiling=ceiling,
            most=most_of(ceiling, room.percent),
            occupied=room.occupied,
            over_since=over,
            lapses_at=room.lapses_at,
        )


def _rooms(ids: Callable[[Work], Select[UUID]]) -> Visible:
    return lambda work: select(RoomRow).where(RoomRow.tenant_id == work.tenant_id, RoomRow.id.in_(ids(work)))


def _ceilings(
    supply: Callable[[Work], Select[UUID, int | None]], column: InstrumentedAttribute[UUID]
) -> Callable[[Work, list[UUID]], Select[UUID, int | None]]:
    return lambda work, ids: supply(work).where(column.in_(ids))
