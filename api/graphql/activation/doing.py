"""What can be done about journeys: say what counts, say what codes mean, ask for help and give it, answer."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from api.graphql.activation.things import ActivationSurvey, ErrorText, ProductJourney, SupportContact
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command, opened
from governance.activation.models import ErrorText as ErrorTextRow
from governance.activation.models import ProductJourney as ProductJourneyRow
from governance.activation.models import SupportContact as ContactRow
from governance.activation.models import Survey as SurveyRow
from governance.activation.rules import Channel, Step
from governance.activation.service import (
    CloseContact,
    DeclareErrorText,
    DeclareJourney,
    OpenContact,
    answer_survey,
    close_contact,
    declare_error,
    declare_journey,
    open_contact,
)
from governance.kernel.work import Work


@strawberry.input(description="What counts as value of a product from now on.")
class DeclareJourneyInput:
    product: strawberry.ID = asked("The product.", of="Product")
    value_type: str | None = asked("The type of event that is the value moment; null: none is known.", default=None)
    value_feature: str | None = asked("The data.feature that the event must bring; null: any.", default=None)
    survey: bool = asked("Whether each holder is asked once after first use how easy it was.", default=False)


@strawberry.input(description="What an error code means.")
class DeclareErrorTextInput:
    product: strawberry.ID = asked("The product.", of="Product")
    code: str = asked("The code as the source tells it.")
    title: str = asked("What it means.")
    help: str | None = asked("What helps.", default=None)
    expected_version: int | None = asked("The version that was read; null where the code has no text.", default=None)


@strawberry.input(description="Help asked for with a seat.")
class OpenSupportContactInput:
    seat: strawberry.ID = asked("The seat.", of="Seat", to="assignment_id")
    channel: Channel = asked("How it is asked for.", default=Channel.PORTAL)
    step: Step | None = asked("The step it is about, from INSTALLED on.", default=None)
    note: str | None = asked("What is wrong, in the words of who asks.", default=None)


@strawberry.input(description="A contact to close.")
class CloseSupportContactInput:
    contact: strawberry.ID = asked("The contact.", of="SupportContact")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")


@strawberry.input(description="The answer to one's own question.")
class AnswerActivationSurveyInput:
    survey: strawberry.ID = asked("The question.", of="ActivationSurvey")
    score: int = asked("How easy it was: 1 very hard, 7 very easy.")


ProductJourneyOutcome = Annotated[
    ProductJourney | Refusal, strawberry.union("ProductJourneyOutcome", description="What counts now, or why not.")
]
ErrorTextOutcome = Annotated[
    ErrorText | Refusal, strawberry.union("ErrorTextOutcome", description="The text, or why not.")
]
SupportContactOutcome = Annotated[
    SupportContact | Refusal, strawberry.union("SupportContactOutcome", description="The contact, or why not.")
]
ActivationSurveyOutcome = Annotated[
    ActivationSurvey | Refusal,
    strawberry.union("ActivationSurveyOutcome", description="The answered question, or why not."),
]


@strawberry.type(description="What can be done about journeys.")
class ActivationMutations:
    @resolved("Say what counts as value of a product, and whether its holders are asked.", FieldClass.PUBLIC)
    async def declare_journey(self, info: Info, input: Annotated[DeclareJourneyInput, GIVEN]) -> ProductJourneyOutcome:
        def verb(work: Work) -> Awaitable[ProductJourneyRow]:
            return declare_journey(work, command(info, DeclareJourney, input))

        return await changed(info, ProductJourney, input, verb)

    @resolved("Say what an error code of a product means and what helps.", FieldClass.PUBLIC)
    async def declare_error_text(self, info: Info, input: Annotated[DeclareErrorTextInput, GIVEN]) -> ErrorTextOutcome:
        def verb(work: Work) -> Awaitable[ErrorTextRow]:
            return declare_error(work, command(info, DeclareErrorText, input))

        return await changed(info, ErrorText, input, verb)

    @resolved("Ask for help with a seat; who looks after the license is told.", FieldClass.PUBLIC)
    async def open_support_contact(
        self, info: Info, input: Annotated[OpenSupportContactInput, GIVEN]
    ) -> SupportContactOutcome:
        def verb(work: Work) -> Awaitable[ContactRow]:
            return open_contact(work, command(info, OpenContact, input))

        return await changed(info, SupportContact, input, verb)

    @resolved("Close a contact.", FieldClass.PUBLIC)
    async def close_support_contact(
        self, info: Info, input: Annotated[CloseSupportContactInput, GIVEN]
    ) -> SupportContactOutcome:
        def verb(work: Work) -> Awaitable[ContactRow]:
            return close_contact(work, command(info, CloseContact, input))

        return await changed(info, SupportContact, input, verb)

    @resolved("Answer the question put to oneself, once.", FieldClass.PUBLIC)
    async def answer_activation_survey(
        self, info: Info, input: Annotated[AnswerActivationSurveyInput, GIVEN]
    ) -> ActivationSurveyOutcome:
        def verb(work: Work) -> Awaitable[SurveyRow]:
            return answer_survey(work, opened("ActivationSurvey", input.survey, "survey"), input.score)

        return await changed(info, ActivationSurvey, input, verb)
