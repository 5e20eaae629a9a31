"""What can be asked of seats: lists of seats and of refusals within reach."""

from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import (
    Connection,
    FieldClass,
    Paging,
    paged,
    resolved,
)
from api.graphql.inputs import BY_WHAT, WHICH, Descending, NodeId, asked, values
from api.graphql.nodes import by, listed
from api.graphql.seats.things import Denial, Seat
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.models import Assignment as AssignmentRow
from governance.seats.models import Denial as DenialRow
from governance.seats.rules import SeatState
from governance.seats.shown import shown_in


@strawberry.enum(description="Orders of seats.")
class SeatOrder(StrEnum):
    STARTED_AT = "started_at"
    RECORDED_AT = "recorded_at"


_ORDERS: dict[SeatOrder, Any] = {
    SeatOrder.STARTED_AT: AssignmentRow.started_at,
    SeatOrder.RECORDED_AT: AssignmentRow.recorded_at,
}


@strawberry.input(description="Which seats.")
class SeatFilter:
    states: list[SeatState] | None = asked("Only those in one of these states.", default=None)
    pool: strawberry.ID | None = asked("Only those of this pool.", of="Pool", default=strawberry.UNSET)
    line: strawberry.ID | None = asked("Only those of this line.", of="MetricLine", default=strawberry.UNSET)
    holder: strawberry.ID | None = asked("Only this person's.", of="Person", to="person_id", default=strawberry.UNSET)
    held_now: bool | None = asked("Only those not released, or only released ones.", default=None)


@strawberry.type(description="What can be asked of seats.")
class SeatQueries:
    @paged("The seats within reach, released ones too; a holder sees their own.", FieldClass.PUBLIC)
    async def seats(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[SeatFilter | None, WHICH] = None,
        order: Annotated[SeatOrder, BY_WHAT] = SeatOrder.STARTED_AT,
        descending: Descending = True,
    ) -> Connection[Seat]:
        wanted = values(info, filter or SeatFilter())

        def narrowed(work: Work) -> Select[AssignmentRow]:
            query = queries.visible_assignments(work)
            if wanted.get("states"):
                query = query.where(shown_in(work, wanted["states"]))
            for name in ("pool_id", "line_id", "person_id"):
                if wanted.get(name) is not None:
                    query = query.where(getattr(AssignmentRow, name) == wanted[name])
            if wanted.get("held_now") is not None:
                query = query.where(AssignmentRow.released_at.is_(None) == wanted["held_now"])
            return query

        orders = by(_ORDERS[order], AssignmentRow.id, descending=descending)
        return await listed(info, paging, Seat, orders, narrowed=narrowed)

    @resolved("One seat; null where there is none within reach.", FieldClass.PUBLIC)
    async def seat(self, info: Info, id: NodeId) -> Seat | None:
        return await Seat.by_id(info, id)

    @paged("The refusals within reach, the newest first.", FieldClass.PUBLIC)
    async def denials(self, info: Info, paging: Paging) -> Connection[Denial]:
        return await listed(info, paging, Denial, by(DenialRow.last_at, DenialRow.id, descending=True))
