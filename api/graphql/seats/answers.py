"""What a call to seat or release people answers: itemized, with every reason and what would work instead."""

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import (
    FieldClass,
    Reason,
    encode_node_id,
    field,
    resolved,
)
from api.graphql.seats.things import Seat, reason_of
from governance.seats.rules import HeldRight, SeatState
from governance.seats.service import (
    Denied,
    Nearest,
    SeatAnswers,
    Seated,
)
from governance.seats.stacks import SeatLoss as Loss


@strawberry.type(description="Another pool that would do.")
class NearestPool:
    pool: strawberry.ID = field("The pool's id.", FieldClass.PUBLIC)
    name: str = field("What it is called.", FieldClass.PUBLIC)
    line: str = field("Of which line.", FieldClass.PUBLIC)
    free: int | None = field("How many seats it has free; null: no limit.", FieldClass.PUBLIC)


@strawberry.type(description="A right that somebody can use beside the seat in question.")
class HeldBeside:
    right: str = field("Its product and tier.", FieldClass.PUBLIC)
    line: str = field("Of which line it is.", FieldClass.PUBLIC)
    pool: str = field("In which pool they sit.", FieldClass.PUBLIC)
    lots: list[str] = field("The orders in force that supply the pool.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, held: HeldRight) -> "HeldBeside":
        return cls(right=held.spoken, line=held.line_code, pool=held.pool, lots=list(held.lots))


@strawberry.type(description="What somebody loses besides a seat that is given back.")
class SeatLoss:
    person_id: strawberry.ID = field("Who.", FieldClass.PUBLIC)
    stranded: list[HeldBeside] = field("Their add-ons that stand on nothing then.", FieldClass.PUBLIC)
    uncovered: list[str] = field("The parts of a suite that nothing else covers for them.", FieldClass.PUBLIC)

    @resolved("The person; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.by_id(info, self.person_id)

    @classmethod
    def of(cls, loss: Loss) -> "SeatLoss":
        stranded = [HeldBeside.of(each) for each in loss.stranded]
        return cls(
            person_id=encode_node_id("Person", loss.person_id), stranded=stranded, uncovered=list(loss.uncovered)
        )


@strawberry.type(description="Somebody who was seated, or would be.")
class SeatedPerson:
    person_id: strawberry.ID = field("Who.", FieldClass.PUBLIC)
    seat_id: strawberry.ID | None = field("The seat; null in a preview.", FieldClass.PUBLIC)
    state: SeatState = field("Assigned, or invited where the line wants acceptance.", FieldClass.PUBLIC)
    overage: bool = field("Whether beyond what the pool has.", FieldClass.PUBLIC)
    pool_id: strawberry.ID | None = field("The pool that was chosen; null where one was named.", FieldClass.PUBLIC)

    covered_by: "HeldBeside | None" = field(
        "What they held already that covers this seat: it is one too many; null where nothing does.", FieldClass.PUBLIC
    )

    @resolved("The person; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.by_id(info, self.person_id)

    @resolved("The seat itself; null in a preview.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return None if self.seat_id is None else await Seat.by_id(info, self.seat_id)


@strawberry.type(description="Somebody who was refused, or would be, with every reason.")
class DeniedPerson:
    person_id: strawberry.ID = field("Who.", FieldClass.PUBLIC)
    reasons: list[Reason] = field("Every reason.", FieldClass.PUBLIC)
    nearest: NearestPool | None = field("Another pool that would do, where one would.", FieldClass.PUBLIC)

    @resolved("The person; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.by_id(info, self.person_id)


@strawberry.type(description="What became of each person, or would.")
class AssignmentAnswer:
    seated: list[SeatedPerson] = field("Who was seated, in the order asked.", FieldClass.PUBLIC)
    denied: list[DeniedPerson] = field("Who was not, in the order asked.", FieldClass.PUBLIC)


@strawberry.type(description="The seats that would be released, and the token that releases exactly these.")
class ReleasePreview:
    seats: list[Seat] = field("The seats as they stand.", FieldClass.PUBLIC)
    losses: list[SeatLoss] = field("What their holders lose besides.", FieldClass.PUBLIC)
    token: str = field("For releaseSeats; good for 15 minutes, and only while nothing moves.", FieldClass.PUBLIC)


@strawberry.type(description="Seats after something happened to all of them.")
class Seats:
    seats: list[Seat] = field("The seats as they stand now.", FieldClass.PUBLIC)


def answer_of(found: SeatAnswers, *, preview: bool = False) -> AssignmentAnswer:
    return AssignmentAnswer(
        seated=[_seated(one, preview=preview) for one in found.seated], denied=[_denied(one) for one in found.denied]
    )


def _seated(one: Seated, *, preview: bool) -> SeatedPerson:
    return SeatedPerson(
        person_id=encode_node_id("Person", one.person_id),
        seat_id=None if preview else encode_node_id("Seat", one.assignment_id),
        state=one.state,
        overage=one.overage,
        covered_by=None if one.covered_by is None else HeldBeside.of(one.covered_by),
        pool_id=None if one.pool_id is None else encode_node_id("Pool", one.pool_id),
    )


def _denied(one: Denied) -> DeniedPerson:
    return DeniedPerson(
        person_id=encode_node_id("Person", one.person_id),
        reasons=[reason_of(reason) for reason in one.reasons],
        nearest=None if one.nearest is None else _nearest(one.nearest),
    )


def _nearest(pool: Nearest) -> NearestPool:
    return NearestPool(pool=encode_node_id("Pool", pool.pool_id), name=pool.pool, line=pool.line, free=pool.free)
