"""Holders between pools, in the graph: what would become of each seat, then exactly that."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Reason, Refusal, field, outcome, resolved
from api.graphql.inputs import GIVEN, answered, asked, command, told
from api.graphql.seats.answers import Seats
from api.graphql.seats.doing import SeatsOutcome
from api.graphql.seats.things import Seat, reason_of
from governance.seats.service import TransferPreview as Foreseen
from governance.seats.service import TransferSeats, preview_transfer, transfer_seats


@strawberry.input(description="Seats whose holders go to another pool of the same product.")
class TransferSeatsInput:
    seats: list[strawberry.ID] = asked("Which seats: all are moved, or none.", of="Seat", to="assignment_ids")
    to_pool: strawberry.ID = asked("The pool.", of="Pool")
    note: str | None = asked("Why, in words.", default=None)
    token: str | None = asked("The token of previewTransfer; nothing moves without one.", default=None)


@strawberry.type(description="One seat that would move.")
class SeatTransfer:
    seat: Seat = field("The seat as it stands.", FieldClass.PUBLIC)
    invite: bool = field("Whether its holder must accept anew.", FieldClass.PUBLIC)
    reasons: list[Reason] = field("Every reason why it cannot move; none: it can.", FieldClass.PUBLIC)


@strawberry.type(description="What moving seats would do, and the token that does exactly that.")
class TransferPreview:
    seats: list[SeatTransfer] = field("The seats, in the order asked.", FieldClass.PUBLIC)
    token: str | None = field("For transferSeats, for 15 minutes; null where a seat cannot move.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Foreseen) -> "TransferPreview":
        return cls(
            seats=[
                SeatTransfer(seat=Seat.of(s.seat), invite=s.invite, reasons=[reason_of(r) for r in s.reasons])
                for s in seen.seats
            ],
            token=seen.token,
        )


TransferPreviewOutcome = Annotated[
    TransferPreview | Refusal, strawberry.union("TransferPreviewOutcome", description="What would move, or why not.")
]


@strawberry.type(description="What can be asked before holders move.")
class TransferQueries:
    @resolved("Say what would become of each seat in another pool; nothing is written.", FieldClass.PUBLIC)
    async def preview_transfer(self, info: Info, input: Annotated[TransferSeatsInput, GIVEN]) -> TransferPreviewOutcome:
        async def look() -> TransferPreview:
            given, context = command(info, TransferSeats, input), info.context
            return TransferPreview.of(await preview_transfer(context.desk, context.actor, given, context.request_id))

        return await answered(look())


@strawberry.type(description="What can be done with holders between pools.")
class TransferMutations:
    @resolved("Move holders to another pool, by the token of the preview: all, or none.", FieldClass.PUBLIC)
    async def transfer_seats(self, info: Info, input: Annotated[TransferSeatsInput, GIVEN]) -> SeatsOutcome:
        async def done() -> Seats:
            given, context = command(info, TransferSeats, input), info.context
            rows = await transfer_seats(context.desk, context.actor, given, context.request_id)
            return Seats(seats=[Seat.of(row) for row in rows])

        return told(await outcome(done()))
