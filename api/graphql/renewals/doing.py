"""What can be done about renewals: a conversation is kept, notice given, an outcome decided and booked."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated, Any

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command
from api.graphql.renewals.things import Conversation, Renewal
from governance.agreements.models import Conversation as ConversationRow
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.renewals import queries, service


@strawberry.input(description="A conversation about what ends.")
class RecordConversationInput:
    renewal: strawberry.ID = asked("The renewal it was about.", of="Renewal", to="lot_key")
    day: date = asked("The day it was held, in the lot's zone.")
    with_whom: str = asked("With whom.")
    channel: Channel = asked("How it was held.")
    summary: str = asked("What was said.", cls=FieldClass.MONEY)
    next_step: str | None = asked("What comes next.", default=None)
    next_owner: strawberry.ID | None = asked("Who does it.", of="Person", default=None)
    next_due: date | None = asked("Until when.", default=None)


@strawberry.input(description="Notice that was given.")
class GiveNoticeInput:
    renewal: strawberry.ID = asked("The renewal whose agreement notice was given of.", of="Renewal", to="lot_key")
    day: date = asked("The day it was given.")
    reference: str = asked("Where the proof lies.")
    sha256: str | None = asked("The SHA-256 of what was sent, 64 hex digits.", default=None)


@strawberry.input(description="What becomes of what ends.")
class RecordOutcomeInput:
    renewal: strawberry.ID = asked("The renewal.", of="Renewal", to="lot_key")
    stage: Stage = asked("Whether it is intended or booked; only booked ones count in figures.")
    outcome: Outcome = asked("What becomes of it.")
    expected: strawberry.ID | None = asked(
        "The standing outcome of this stage that was read; null: there was none. Another one now is a CONFLICT.",
        of="RenewalOutcome", to="expected", default=None,
    )  # fmt: skip
    cancel_reason: CancelReason | None = asked("Why nothing follows.", default=None)
    reason_text: str | None = asked("Why, in words; needed where it is OTHER.", default=None)
    quantity: int | None = asked("The seats that follow, where no lot says it.", default=None)
    value_micros: str | None = asked(
        "What follows costs for the lot's term, in whole millionths of its currency.", to="value",
        cls=FieldClass.MONEY, default=None,
    )  # fmt: skip


@strawberry.input(description="That one lot renews another, beside what it names already.")
class LinkRenewalInput:
    renewal: strawberry.ID = asked("The renewal of the lot that ends.", of="Renewal", to="lot_key")
    by: strawberry.ID = asked("The one that renews it, too: later, of the same side.", of="Renewal", to="by_key")


@strawberry.input(description="That a lot does not renew another one after all.")
class UnlinkRenewalInput:
    renewal: strawberry.ID = asked("The renewal of the lot that ends.", of="Renewal", to="lot_key")
    by: strawberry.ID = asked("The one that was said to renew it.", of="Renewal", to="by_key")
    reason_text: str = asked("Why it does not.")


ConversationOutcome = Annotated[
    Conversation | Refusal, strawberry.union("ConversationOutcome", description="A conversation, or why not.")
]
RenewalChanged = Annotated[Renewal | Refusal, strawberry.union("RenewalChanged", description="A renewal, or why not.")]


@strawberry.type(description="What can be done about renewals.")
class RenewalMutations:
    @resolved("Keep a conversation for good.", FieldClass.PUBLIC)
    async def record_conversation(
        self, info: Info, input: Annotated[RecordConversationInput, GIVEN]
    ) -> ConversationOutcome:
        def verb(work: Work) -> Awaitable[ConversationRow]:
            return service.record_conversation(work, command(info, service.RecordConversation, input))

        return await changed(info, Conversation, input, verb)

    @resolved("Record that notice was given; whether it was in time, the state says.", FieldClass.PUBLIC)
    async def give_notice(self, info: Info, input: Annotated[GiveNoticeInput, GIVEN]) -> RenewalChanged:
        async def verb(work: Work) -> Any:
            asked_for = command(info, service.GiveNotice, input)
            await service.give_notice(work, asked_for)
            return (await queries.renewal(work, asked_for.lot_key))[0]

        return await changed(info, Renewal, input, verb)

    @resolved("Say what becomes of what ends; a later word supersedes an earlier one.", FieldClass.PUBLIC)
    async def record_outcome(self, info: Info, input: Annotated[RecordOutcomeInput, GIVEN]) -> RenewalChanged:
        async def verb(work: Work) -> Any:
            asked_for = command(info, service.RecordOutcome, input, value=_micros(input.value_micros))
            await service.record_outcome(work, asked_for)
            return (await queries.renewal(work, asked_for.lot_key))[0]

        return await changed(info, Renewal, input, verb)

    @resolved(
        "Say that a lot renews this one, too: its seats and value are parted among those it renews.",
        FieldClass.PUBLIC,
    )
    async def link_renewal(self, info: Info, input: Annotated[LinkRenewalInput, GIVEN]) -> RenewalChanged:
        async def verb(work: Work) -> Any:
            asked_for = command(info, service.LinkRenewal, input)
            await service.link_renewal(work, asked_for)
            return (await queries.renewal(work, asked_for.lot_key))[0]

        return await changed(info, Renewal, input, verb)

    @resolved(
        "Take back that a lot renews this one, whether it was linked or bought so; what was known stays readable.",
        FieldClass.PUBLIC,
    )
    async def unlink_renewal(self, info: Info, input: Annotated[UnlinkRenewalInput, GIVEN]) -> RenewalChanged:
        async def verb(work: Work) -> Any:
            asked_for = command(info, service.UnlinkRenewal, input)
            await service.unlink_renewal(work, asked_for)
            return (await queries.renewal(work, asked_for.lot_key))[0]

        return await changed(info, Renewal, input, verb)


def _micros(said: str | None) -> int | None:
    if said is None:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 19:
        raise BadInput("value_micros", said[:40], "whole millionths of the lot's currency, such as 57000000")
    return int(said)
