"""Holders to another tier, up or down, in the graph: what it does to each is shown, then exactly that is done."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, outcome, resolved
from api.graphql.inputs import GIVEN, answered, asked, command, told
from api.graphql.nodes import Money
from api.graphql.seats.answers import SeatLoss, Seats
from api.graphql.seats.doing import SeatsOutcome
from api.graphql.seats.retiering import FeatureLost
from api.graphql.seats.things import Seat
from api.graphql.seats.transferring import SeatTransfer, TransferPreview
from governance.seats.service.retier import RetierPreview as Foreseen
from governance.seats.service.retier import preview_retier, retier_seats
from governance.seats.service.transfer import TransferSeats


@strawberry.input(description="Seats of one line whose holders go to a pool of another tier.")
class RetierSeatsInput:
    seats: list[strawberry.ID] = asked("Which seats: all go, or none.", of="Seat", to="assignment_ids")
    to_pool: strawberry.ID = asked(
        "A pool of another tier of the product, of a suite that covers it, or of a part of it.", of="Pool"
    )
    note: str | None = asked("Why, in words.", default=None)
    token: str | None = asked("The token of previewRetier; nothing happens without one.", default=None)


@strawberry.type(description="What another tier does to seats and their holders, and the token that does exactly that.")
class RetierPreview:
    seen: strawberry.Private[Foreseen]

    @resolved("Each seat: whether its holder must accept anew, and every reason why it cannot go.", FieldClass.PUBLIC)
    def seats(self) -> list[SeatTransfer]:
        return TransferPreview.of(self.seen.transfer).seats

    @resolved("For retierSeats, for 15 minutes; null where a seat cannot go.", FieldClass.PUBLIC)
    def token(self) -> str | None:
        return self.seen.transfer.token

    @resolved("The tier that they have.", FieldClass.PUBLIC)
    def before(self) -> str:
        return self.seen.before

    @resolved("The tier that they would have.", FieldClass.PUBLIC)
    def after(self) -> str:
        return self.seen.after

    @resolved("Whether it leads down: the seats then end as DOWNGRADE.", FieldClass.PUBLIC)
    def down(self) -> bool:
        return self.seen.down

    @resolved("The features that somebody would lose, and who uses them.", FieldClass.PUBLIC)
    def features_lost(self) -> list[FeatureLost]:
        return [FeatureLost(lost=each) for each in self.seen.lost]

    @resolved("The codes of the features that they would gain.", FieldClass.PUBLIC)
    def features_gained(self) -> list[str]:
        return list(self.seen.gained)

    @resolved("Add-ons that would stand on nothing, and parts of a suite that would be covered no more.",
              FieldClass.PUBLIC)  # fmt: skip
    def losses(self) -> list[SeatLoss]:
        return [SeatLoss.of(each) for each in self.seen.losses]

    @resolved("What the seats cost a month by the list now; null where nobody knows.", FieldClass.MONEY)
    def monthly_before(self) -> Money | None:
        return self._money(self.seen.cost.before)

    @resolved("What they would cost a month by the list; null where nobody knows.", FieldClass.MONEY)
    def monthly_after(self) -> Money | None:
        return self._money(self.seen.cost.after)

    def _money(self, micros: int | None) -> Money | None:
        return None if micros is None else Money.of(micros, self.seen.cost.currency)


RetierPreviewOutcome = Annotated[
    RetierPreview | Refusal,
    strawberry.union("RetierPreviewOutcome", description="What another tier would do, or why it cannot be."),
]


@strawberry.type(description="What can be looked at before holders go to another tier.")
class RetierQueries:
    @resolved("Say what another tier would do to these seats; nothing is written.", FieldClass.PUBLIC)
    async def preview_retier(self, info: Info, input: Annotated[RetierSeatsInput, GIVEN]) -> RetierPreviewOutcome:
        async def look() -> RetierPreview:
            given, context = command(info, TransferSeats, input), info.context
            return RetierPreview(seen=await preview_retier(context.desk, context.actor, given, context.request_id))

        return await answered(look())


@strawberry.type(description="What can be done to the tier of holders.")
class RetierMutations:
    @resolved("Bring holders to another tier, by the token of the preview: all, or none.", FieldClass.PUBLIC)
    async def retier_seats(self, info: Info, input: Annotated[RetierSeatsInput, GIVEN]) -> SeatsOutcome:
        async def done() -> Seats:
            given, context = command(info, TransferSeats, input), info.context
            rows = await retier_seats(context.desk, context.actor, given, context.request_id)
            return Seats(seats=[Seat.of(row) for row in rows])

        return told(await outcome(done()))
