"""What a journey is made of in the graph; whoever a region lets nobody name is not named here."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import strawberry

from api.graphql.catalog import Product
from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.nodes import Node
from api.graphql.seats import Seat
from governance.activation import journeys, queries
from governance.activation.models import ErrorText as ErrorTextRow
from governance.activation.models import JourneyEvent as JourneyEventRow
from governance.activation.models import ProductJourney as ProductJourneyRow
from governance.activation.models import SupportContact as ContactRow
from governance.activation.models import Survey as SurveyRow
from governance.activation.rules import Channel, Step
from governance.activation.service.contacts import HERE
from governance.kernel.work import Work
from governance.seats.models import Assignment as SeatRow
from governance.usage.showing import named
from policies.access.parties import Ownership

strawberry.enum(Step, name="JourneyStepKind", description="The steps from invitation to value, in their order.")
strawberry.enum(Channel, name="SupportChannel", description="How somebody asked for help.")


async def _named(info: Info, person_id: UUID) -> Person | None:
    """Give a person within reach, where their region lets them be named beside what happened to them."""
    person = await Person.get(info, person_id)
    if person is None:
        return None
    own = person_id == info.context.actor.person_id
    return person if own or named(person.row.country) else None


@strawberry.type(description="Somebody who asked for help with a product.")
class SupportContact(Node):
    row: strawberry.Private[ContactRow]
    visible = journeys.told_contacts
    key = ContactRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.contact_ownership(work, self.row.person_id)

    @resolved("Who told of it: lictor where it was asked for here, else the service desk.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("Its number at the source.", FieldClass.PUBLIC)
    def case(self) -> str:
        return self.row.case_id

    @resolved("How help was asked for.", FieldClass.PUBLIC)
    def channel(self) -> Channel:
        return self.row.channel

    @resolved("The step it is about, where known.", FieldClass.USAGE)
    def step(self) -> Step | None:
        return self.row.step

    @resolved("What is wrong, in the words of who asks.", FieldClass.PERSONAL)
    def note(self) -> str | None:
        return self.row.note

    @resolved("When it was opened.", FieldClass.PUBLIC)
    def opened_at(self) -> datetime:
        return self.row.opened_at

    @resolved("When it was closed; null while it is open.", FieldClass.PUBLIC)
    def closed_at(self) -> datetime | None:
        return self.row.closed_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved(
        "Who asks; null outside one's reach, and where a service desk told of it and the region lets nobody be named.",
        FieldClass.PERSONAL,
    )
    async def person(self, info: Info) -> Person | None:
        here = self.row.source == HERE
        return await (Person.get(info, self.row.person_id) if here else _named(info, self.row.person_id))

    @resolved("The product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("The seat it is about; null wherever its holder may not be named.", FieldClass.PERSONAL)
    async def seat(self, info: Info) -> Seat | None:
        told = self.row.source == HERE or await _named(info, self.row.person_id)
        return await Seat.get(info, self.row.assignment_id) if told else None


@strawberry.type(description="What an error code of a product means, and what helps.")
class ErrorText(Node):
    row: strawberry.Private[ErrorTextRow]
    visible = queries.visible_error_texts
    key = ErrorTextRow.id

    @resolved("The code.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("What it means.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.row.title

    @resolved("What helps.", FieldClass.PUBLIC)
    def help(self) -> str | None:
        return self.row.help

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


@strawberry.type(description="What counts as value of a product, and whether its holders are asked how easy it was.")
class ProductJourney(Node):
    row: strawberry.Private[ProductJourneyRow]
    visible = queries.visible_product_journeys
    key = ProductJourneyRow.id

    @resolved("The type of event that is the value moment.", FieldClass.PUBLIC)
    def value_type(self) -> str | None:
        return self.row.value_type

    @resolved("The data.feature that the event must bring; null: any.", FieldClass.PUBLIC)
    def value_feature(self) -> str | None:
        return self.row.value_feature

    @resolved("Whether each holder is asked once after first use.", FieldClass.PUBLIC)
    def survey(self) -> bool:
        return self.row.survey

    @resolved("From when it holds.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("When another word took its place; null while it holds.", FieldClass.PUBLIC)
    def superseded_at(self) -> datetime | None:
        return self.row.superseded_at

    @resolved("The product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


@strawberry.type(description="The question put to oneself: how easy was it to get to first use, 1 to 7.")
class ActivationSurvey(Node):
    row: strawberry.Private[SurveyRow]
    visible = queries.own_surveys
    key = SurveyRow.id

    @resolved("When it was put.", FieldClass.PUBLIC)
    def asked_at(self) -> datetime:
        return self.row.asked_at

    @resolved("When it was answered; null while it waits.", FieldClass.PUBLIC)
    def answered_at(self) -> datetime | None:
        return self.row.answered_at

    @resolved("What was answered: 1 very hard, 7 very easy.", FieldClass.PUBLIC)
    def score(self) -> int | None:
        return self.row.score

    @resolved("About which seat.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.row.assignment_id)

    @resolved("About which product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


@strawberry.type(description="A step of a journey that was reached.")
class JourneyStep:
    step: Step = field("The step.", FieldClass.PUBLIC)
    at: datetime = field("When it was reached first.", FieldClass.PUBLIC)


@strawberry.type(description="An error on a journey.")
class JourneyError:
    step: Step = field("The step it happened at.", FieldClass.PUBLIC)
    code: str = field("The code that the source told.", FieldClass.PUBLIC)
    at: datetime = field("When it happened.", FieldClass.PUBLIC)
    overcome: bool = field("Whether the step, a later one or use came after it.", FieldClass.PUBLIC)


@strawberry.type(description="The way of one seat from invitation to value.")
class Journey:
    steps: list[JourneyStep] = field("The steps that were reached, in order of time.", FieldClass.USAGE)
    errors: list[JourneyError] = field("The errors on the way, in order of time.", FieldClass.USAGE)
    stuck_at: JourneyError | None = field("The error that nothing has overcome yet.", FieldClass.USAGE)
    contacts: list[SupportContact] = field("The calls for help about it, within reach.", FieldClass.USAGE)

    @classmethod
    async def of_seat(cls, info: Info, seat_id: UUID) -> "Journey | None":
        """Give the way of a seat, loaded with those of all siblings; None where it may not be told."""

        async def load(ids: list[UUID]) -> list[journeys.Journey | None]:
            async with info.context.reading() as work:
                found = await journeys.journeys_of(work, ids)
            return [found.get(key) for key in ids]

        told = await info.context.loader("journeys", load).load(seat_id)
        return None if told is None else _journey(told)


@strawberry.type(description="An error that keeps somebody who holds a seat from the next step.")
class StuckSeat(Node):
    row: strawberry.Private[JourneyEventRow]
    visible = journeys.stuck_failures
    key = JourneyEventRow.id

    @resolved("The step it happened at.", FieldClass.USAGE)
    def step(self) -> Step:
        return self.row.step

    @resolved("The code that the source told.", FieldClass.USAGE)
    def code(self) -> str:
        return self.row.code or ""

    @resolved("Since when.", FieldClass.USAGE)
    def since(self) -> datetime:
        return self.row.occurred_at

    @resolved("Who told of it.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("The product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("Who is stuck; null where their region lets nobody be named.", FieldClass.USAGE)
    async def person(self, info: Info) -> Person | None:
        return await _named(info, self.row.person_id)

    @resolved("The seat; null where its holder may not be named.", FieldClass.USAGE)
    async def seat(self, info: Info) -> Seat | None:
        if await _named(info, self.row.person_id) is None:
            return None
        seat = await info.context.loader("seats of failures", _seats_of(info)).load(self.row)
        return None if seat is None else Seat.of(seat)


def _seats_of(info: Info) -> Callable[[list[JourneyEventRow]], Awaitable[list[SeatRow | None]]]:
    async def load(rows: list[JourneyEventRow]) -> list[SeatRow | None]:
        async with info.context.reading() as work:
            found = await journeys.seats_of_failures(work, rows)
        return [found.get(row.id) for row in rows]

    return load


def _journey(told: journeys.Journey) -> Journey:
    return Journey(
        steps=[JourneyStep(step=one.step, at=one.at) for one in told.reached],
        errors=[_error(one) for one in told.failures],
        stuck_at=None if told.stuck is None else _error(told.stuck),
        contacts=[SupportContact.of(row) for row in told.contacts],
    )


def _error(one: journeys.Failure) -> JourneyError:
    return JourneyError(step=one.step, code=one.code, at=one.at, overcome=one.overcome)
