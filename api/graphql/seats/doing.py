"""The verbs of holding seats in the graph, each with its preview where it destroys."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.engine import (
    FieldClass,
    Refusal,
    idempotency_key,
    mutation_path,
    outcome,
    resolved,
)
from api.graphql.inputs import GIVEN, answered, asked, told, values
from api.graphql.seats.answers import AssignmentAnswer, ReleasePreview, SeatLoss, Seats, answer_of
from api.graphql.seats.things import Seat
from governance.kernel.errors import BadInput
from governance.seats.models import Assignment as AssignmentRow
from governance.seats.rules import ReleaseReason
from governance.seats.service import (
    AssignByProduct,
    AssignSeats,
    ReleaseSeats,
    accept_seat,
    assign_by_product,
    assign_seats,
    decline_seat,
    keep_seat,
    preview_assignment,
    preview_by_product,
    preview_release,
    propose_reclaim,
    release_seats,
    resume_seat,
    suspend_seat,
)


@strawberry.input(description="People to seat: in a pool, or in the one that goes first of all pools of a product.")
class AssignSeatsInput:
    people: list[strawberry.ID] = asked("Whom to seat, each once; 1,000 at the most.", of="Person", to="person_ids")
    pool: strawberry.ID | None = asked(
        "The pool; null: chosen for each, by the order of the house.", of="Pool", default=None
    )
    product: strawberry.ID | None = asked("The product, where no pool is named.", of="Product", default=None)
    features: list[strawberry.ID] | None = asked(
        "The features that are needed: of the seat, or of what its holder has already.",
        of="Feature",
        to="feature_ids",
        default=None,
    )
    atomic: bool = asked("Whether all are seated or nobody.", default=False)
    invite: bool | None = asked("Whether they must accept; null: as the line wants it.", default=None)
    tier: strawberry.ID | None = asked("The least tier that will do.", of="Tier", default=None)


@strawberry.input(description="Seats to release.")
class ReleaseSeatsInput:
    seats: list[strawberry.ID] = asked("Which seats: all are released, or none.", of="Seat", to="assignment_ids")
    reason: ReleaseReason = asked("Why.", default=ReleaseReason.ADMIN)
    note: str | None = asked("The reason in words.", default=None)
    token: str | None = asked("The token of previewRelease, when one was made.", default=None)


@strawberry.input(description="One seat, and why.")
class SeatInput:
    seat: strawberry.ID = asked("The seat.", of="Seat", to="assignment_id")
    note: str | None = asked("Why, in words.", default=None)


@strawberry.input(description="One's own seat to accept.")
class AcceptSeatInput:
    seat: strawberry.ID = asked("The seat.", of="Seat", to="assignment_id")


AssignmentOutcome = Annotated[
    AssignmentAnswer | Refusal, strawberry.union("AssignmentOutcome", description="Who was seated, or why nobody.")
]
ReleasePreviewOutcome = Annotated[
    ReleasePreview | Refusal, strawberry.union("ReleasePreviewOutcome", description="What would go, or why not.")
]
SeatsOutcome = Annotated[Seats | Refusal, strawberry.union("SeatsOutcome", description="The seats, or why not.")]
SeatOutcome = Annotated[Seat | Refusal, strawberry.union("SeatOutcome", description="The seat, or why not.")]


@strawberry.type(description="What can be asked before seats move.")
class SeatPreviewQueries:
    @resolved("Say who would be seated and who refused, and why; nothing is written.", FieldClass.PUBLIC)
    async def preview_assignment(self, info: Info, input: Annotated[AssignSeatsInput, GIVEN]) -> AssignmentOutcome:
        async def look() -> AssignmentAnswer:
            given, context = _seating(info, input), info.context
            if isinstance(given, AssignSeats):
                found = await preview_assignment(context.desk, context.actor, given, context.request_id)
            else:
                found = await preview_by_product(context.desk, context.actor, given, context.request_id)
            return answer_of(found, preview=True)

        return await answered(look())

    @resolved("Say which seats a release would take; nothing is written.", FieldClass.PUBLIC)
    async def preview_release(self, info: Info, input: Annotated[ReleaseSeatsInput, GIVEN]) -> ReleasePreviewOutcome:
        async def look() -> ReleasePreview:
            given, context = ReleaseSeats(**values(info, input)), info.context
            found = await preview_release(context.desk, context.actor, given, context.request_id)
            losses = [SeatLoss.of(each) for each in found.losses]
            return ReleasePreview(seats=[Seat.of(row) for row in found.seats], losses=losses, token=found.token)

        return await answered(look())


@strawberry.type(description="What can be done with seats.")
class SeatMutations:
    @resolved("Seat people; refusals are kept with every reason, the rest is seated unless atomic.", FieldClass.PUBLIC)
    async def assign_seats(self, info: Info, input: Annotated[AssignSeatsInput, GIVEN]) -> AssignmentOutcome:
        async def done() -> AssignmentAnswer:
            given, context = _seating(info, input, key=_claim_key(info)), info.context
            if isinstance(given, AssignSeats):
                return answer_of(await assign_seats(context.desk, context.actor, given, context.request_id))
            return answer_of(await assign_by_product(context.desk, context.actor, given, context.request_id))

        return told(await outcome(done()))

    @resolved("Release seats: all of them, or none.", FieldClass.PUBLIC)
    async def release_seats(self, info: Info, input: Annotated[ReleaseSeatsInput, GIVEN]) -> SeatsOutcome:
        async def done() -> Seats:
            given, context = ReleaseSeats(**values(info, input)), info.context
            rows = await release_seats(context.desk, context.actor, given, context.request_id)
            return Seats(seats=[Seat.of(row) for row in rows])

        return told(await outcome(done()))

    @resolved("Accept one's own invited seat.", FieldClass.PUBLIC)
    async def accept_seat(self, info: Info, input: Annotated[AcceptSeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, accept_seat)

    @resolved("Decline one's own invited seat.", FieldClass.PUBLIC)
    async def decline_seat(self, info: Info, input: Annotated[SeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, decline_seat)

    @resolved("Suspend a seat.", FieldClass.PUBLIC)
    async def suspend_seat(self, info: Info, input: Annotated[SeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, suspend_seat)

    @resolved("Bring a suspended seat back to where it was.", FieldClass.PUBLIC)
    async def resume_seat(self, info: Info, input: Annotated[SeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, resume_seat)

    @resolved("Propose to take a seat back; use, or its holder's word, keeps it.", FieldClass.PUBLIC)
    async def propose_reclaim(self, info: Info, input: Annotated[SeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, propose_reclaim)

    @resolved("Keep a seat that was to be taken back.", FieldClass.PUBLIC)
    async def keep_seat(self, info: Info, input: Annotated[SeatInput, GIVEN]) -> SeatOutcome:
        return await _moved(info, input, keep_seat)


async def _moved(info: Info, input: Any, verb: Callable[..., Awaitable[AssignmentRow]]) -> Seat | Refusal:
    """Let something happen to one seat. Safe to repeat: a seat that is there already stays there."""

    async def done() -> Seat:
        context = info.context
        given = values(info, input)
        return Seat.of(await verb(context.desk, context.actor, **given, request_id=context.request_id))

    return told(await outcome(done()))


def _seating(info: Info, input: AssignSeatsInput, *, key: str | None = None) -> AssignSeats | AssignByProduct:
    """Make the command: of a pool that is named, or of a product. Raises BadInput for both and for neither."""
    given = values(info, input)
    pool_id, product_id = given.pop("pool_id"), given.pop("product_id")
    if pool_id is None and product_id is None:
        raise BadInput("pool", "null", "a pool, or a product of whose pools one is chosen")
    if pool_id is None:
        return AssignByProduct(product_id, key=key, **given)
    if product_id is not None:
        raise BadInput("product", "beside a pool", "null where a pool is named; tier and features may be named with it")
    return AssignSeats(pool_id, key=key, **given)


def _claim_key(info: Info) -> str | None:
    """Give the claim's key: the client's, bound to the response path, so that two fields of one call differ."""
    key = idempotency_key(info.context)
    return None if key is None else f"{key}:{mutation_path(info)}"
