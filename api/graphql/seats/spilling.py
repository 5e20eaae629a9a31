"""Hybrid licenses in the graph: people seated line by line in the declared order, and who could come back."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, Reason, Refusal, field, outcome, resolved
from api.graphql.entitlements.supply import Pool
from api.graphql.entitlements.things import MetricLine
from api.graphql.inputs import GIVEN, answered, asked, command, told, values
from api.graphql.seats.leases import Lease
from api.graphql.seats.things import Seat, reason_of
from governance.seats.service import ComeBack, SeatInLicense, Spilled, Way, coming_back, seat_in_license

strawberry.enum(Way, name="SpillWay", description="How somebody comes to use a hybrid license.")


@strawberry.input(description="People who shall use a license whose lines take over from one another.")
class SeatInLicenseInput:
    entitlement: strawberry.ID = asked("The license.", of="Entitlement")
    people: list[strawberry.ID] = asked("Who; 1,000 at the most.", of="Person", to="person_ids")


@strawberry.input(description="A license whose lines take over from one another.")
class ComingBackInput:
    entitlement: strawberry.ID = asked("The license.", of="Entitlement")


@strawberry.type(description="Where one person came to in a hybrid license.")
class SpillAnswer:
    found: strawberry.Private[Spilled]

    @resolved("The person.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.found.person_id)

    @resolved("Seated, held before, to lease, by the meter, or denied.", FieldClass.PUBLIC)
    def way(self) -> Way:
        return self.found.way

    @resolved("The line that took them; null where none did.", FieldClass.PUBLIC)
    async def line(self, info: Info) -> MetricLine | None:
        return await MetricLine.get(info, self.found.line_id)

    @resolved("The pool they sit in, or may lease from.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.found.pool_id)

    @resolved("The seat they were given.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.found.assignment_id)

    @resolved("Every reason, where they were denied.", FieldClass.PUBLIC)
    def reasons(self) -> list[Reason]:
        return [reason_of(each) for each in self.found.reasons]


@strawberry.type(description="Where people came to, in the order asked.")
class SpillAnswers:
    answers: list[SpillAnswer] = field("One for each person.", FieldClass.PUBLIC)


@strawberry.type(description="A lease whose holder could have a seat of an earlier line; nothing moves by itself.")
class ComeBackSuggestion:
    found: strawberry.Private[ComeBack]

    @resolved("The lease that could be given back.", FieldClass.PUBLIC)
    async def lease(self, info: Info) -> Lease | None:
        return await Lease.get(info, self.found.lease_id)

    @resolved("Its holder.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.found.person_id)

    @resolved("The pool that has a seat for them.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.found.pool_id)


@strawberry.type(description="Who could come back to an earlier line of a license.")
class ComeBackSuggestions:
    suggestions: list[ComeBackSuggestion] = field("As far as there is room, the oldest lease first.", FieldClass.PUBLIC)


SpillOutcome = Annotated[
    SpillAnswers | Refusal, strawberry.union("SpillOutcome", description="Where people came to, or why not.")
]
ComeBackOutcome = Annotated[
    ComeBackSuggestions | Refusal,
    strawberry.union("ComeBackOutcome", description="Who could come back, or why that cannot be said."),
]


@strawberry.type(description="What can be asked of hybrid licenses.")
class SpillQueries:
    @resolved("Who leases on a later line of the license while an earlier one has a seat for them.", FieldClass.PUBLIC)
    async def coming_back(self, info: Info, input: Annotated[ComingBackInput, GIVEN]) -> ComeBackOutcome:
        async def look() -> ComeBackSuggestions:
            entitlement_id = values(info, input)["entitlement_id"]
            async with info.context.reading() as work:
                found = await coming_back(work, entitlement_id)
            return ComeBackSuggestions(suggestions=[ComeBackSuggestion(found=each) for each in found])

        return await answered(look())


@strawberry.type(description="What can be done with hybrid licenses.")
class SpillMutations:
    @resolved(
        "Seat people of a license line by line in its declared order; safe to repeat, nobody moves.", FieldClass.PUBLIC
    )
    async def seat_in_license(self, info: Info, input: Annotated[SeatInLicenseInput, GIVEN]) -> SpillOutcome:
        async def done() -> SpillAnswers:
            given, context = command(info, SeatInLicense, input), info.context
            found = await seat_in_license(context.desk, context.actor, given, context.request_id)
            return SpillAnswers(answers=[SpillAnswer(found=each) for each in found])

        return told(await outcome(done()))
