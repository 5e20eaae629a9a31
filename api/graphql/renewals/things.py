"""Renewals in the graph: a lot that ends with its state, deadline, followers, conversations, notices and outcomes."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import strawberry

from api.graphql.agreements import Agreement
from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import Connection, FieldClass, Paging, encode_node_id, field, paged, resolved
from api.graphql.entitlements import Entitlement
from api.graphql.nodes import Money, Node, by, listed_of, person_of
from governance.agreements.models import Agreement as AgreementRow
from governance.agreements.models import Conversation as ConversationRow
from governance.agreements.models import NoticeGiven as NoticeRow
from governance.agreements.models import RenewalOutcome as OutcomeRow
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.entitlements.models import Lot as LotRow
from governance.kernel.work import Work
from governance.renewals import queries
from governance.renewals.following import value_of
from governance.renewals.rules import Ends, Follows, RenewalState, seam, state_at

strawberry.enum(RenewalState, description="How a renewal stands, in the lot's own zone.")
strawberry.enum(Channel, name="ConversationChannel", description="How a conversation was held.")
strawberry.enum(Outcome, name="RenewalOutcomeKind", description="What becomes of what ends.")
strawberry.enum(Stage, name="OutcomeStage", description="INTENDED: decided here. BOOKED: done with the other side.")
strawberry.enum(CancelReason, description="Why something is not renewed; OTHER needs a text.")


@strawberry.type(description="A conversation about a renewal, or an agreement as a whole, kept for good.")
class Conversation(Node):
    row: strawberry.Private[ConversationRow]
    visible = queries.visible_conversations
    key = ConversationRow.id

    @resolved("The day it was held.", FieldClass.PUBLIC)
    def day(self) -> date:
        return self.row.day

    @resolved("The renewal it was about; null: its agreement as a whole.", FieldClass.PUBLIC)
    def about(self) -> strawberry.ID | None:
        return None if self.row.lot_key is None else encode_node_id("Renewal", self.row.lot_key)

    @resolved("With whom.", FieldClass.PUBLIC)
    def with_whom(self) -> str:
        return self.row.with_whom

    @resolved("How it was held.", FieldClass.PUBLIC)
    def channel(self) -> Channel:
        return self.row.channel

    @resolved("What was said.", FieldClass.MONEY)
    def summary(self) -> str:
        return self.row.summary

    @resolved("What comes next.", FieldClass.PUBLIC)
    def next_step(self) -> str | None:
        return self.row.next_step

    @resolved("Who does it.", FieldClass.PUBLIC)
    async def next_owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.next_owner_now)

    @resolved("Until when.", FieldClass.PUBLIC)
    def next_due(self) -> date | None:
        return self.row.next_due

    @resolved("When it was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Who recorded it, where it was a person within reach.", FieldClass.PUBLIC)
    async def recorder(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.recorded_by)
        return found


@strawberry.type(description="A lot that was bought as a renewal of one that ends.")
class Follower:
    told: strawberry.Private[Follows]
    first_day: date = field("Its first day.", FieldClass.PUBLIC)
    quantity: int | None = field("Its seats, or this lot's part of them; null: unlimited.", FieldClass.PUBLIC)
    renews: int = field("How many lots it renews; of several, seats and cost are this one's part.", FieldClass.PUBLIC)

    @resolved("What it costs a year.", FieldClass.MONEY)
    def yearly(self) -> Money:
        return Money.of(self.told.value, self.told.currency)


@strawberry.type(description="Notice that was given, with its proof.")
class NoticeGiven:
    day: date = field("The day it was given.", FieldClass.PUBLIC)
    reference: str = field("Where the proof lies.", FieldClass.PUBLIC)
    sha256: str | None = field("The SHA-256 of what was sent.", FieldClass.PUBLIC)
    recorded_at: datetime = field("When it was recorded.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, row: NoticeRow) -> "NoticeGiven":
        return cls(day=row.day, reference=row.reference, sha256=row.sha256, recorded_at=row.recorded_at)


@strawberry.type(description="What was decided or booked of a lot that ends.")
class RenewalOutcome:
    row: strawberry.Private[OutcomeRow]
    currency: strawberry.Private[str]
    stage: Stage = field("Whether it is intended or booked.", FieldClass.PUBLIC)
    outcome: Outcome = field("What becomes of it.", FieldClass.PUBLIC)
    cancel_reason: CancelReason | None = field("Why nothing follows.", FieldClass.PUBLIC)
    reason_text: str | None = field("Why, in words.", FieldClass.PUBLIC)
    quantity: int | None = field("The seats that follow, where it says so.", FieldClass.PUBLIC)
    recorded_at: datetime = field("When it was recorded.", FieldClass.PUBLIC)
    superseded_at: datetime | None = field("When a later word took its place; null: it stands.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, row: OutcomeRow, currency: str) -> "RenewalOutcome":
        same = ("stage", "outcome", "cancel_reason", "reason_text", "quantity", "recorded_at", "superseded_at")
        return cls(row=row, currency=currency, **{name: getattr(row, name) for name in same})

    @resolved("Its id, for `expected`.", FieldClass.PUBLIC)
    def outcome_id(self) -> strawberry.ID:
        return encode_node_id("RenewalOutcome", self.row.id)

    @resolved("What follows costs for the lot's term, where it says so.", FieldClass.MONEY)
    def value(self) -> Money | None:
        return None if self.row.value is None else Money.of(self.row.value, self.currency)


@strawberry.type(description="A lot that ends: how its renewal stands and what was said and decided of it.")
class Renewal(Node):
    row: strawberry.Private[LotRow]
    visible = queries.visible_renewals
    key = LotRow.lot_key

    @resolved("The last usable day.", FieldClass.PUBLIC)
    def last_day(self) -> date:
        assert self.row.last_day is not None
        return self.row.last_day

    @resolved("The zone in which its days count.", FieldClass.PUBLIC)
    def zone(self) -> str:
        return self.row.zone

    @resolved("Seats that end; null: unlimited.", FieldClass.PUBLIC)
    def quantity(self) -> int | None:
        return self.row.quantity

    @resolved("What ends costs a year.", FieldClass.MONEY)
    def yearly(self) -> Money:
        return Money.of(value_of(self.row), self.row.currency)

    @resolved("How it stands now.", FieldClass.PUBLIC)
    async def state(self, info: Info) -> RenewalState:
        ends, _, _, now = await _whole(info, self.row)
        return state_at(ends, now)

    @resolved("The last day on which notice can be given; null: none must be.", FieldClass.PUBLIC)
    async def deadline(self, info: Info) -> date | None:
        return (await _whole(info, self.row))[0].deadline

    @resolved("Whether silence renews it.", FieldClass.PUBLIC)
    async def auto_renews(self, info: Info) -> bool:
        return (await _whole(info, self.row))[0].auto_renews

    @resolved("The day notice was given within its term.", FieldClass.PUBLIC)
    async def notice_given(self, info: Info) -> date | None:
        return (await _whole(info, self.row))[0].notice_given

    @resolved("What was bought as its renewal.", FieldClass.PUBLIC)
    async def followers(self, info: Info) -> list[Follower]:
        ends = (await _whole(info, self.row))[0]
        return [
            Follower(told=each, first_day=each.first_day, quantity=each.quantity, renews=each.among)
            for each in ends.follows
        ]

    @resolved("Days without seats before what follows; negative: both hold; null: nothing follows.", FieldClass.PUBLIC)
    async def gap_days(self, info: Info) -> int | None:
        return seam(self.last_day(), (await _whole(info, self.row))[0].follows)

    @resolved("Every outcome ever recorded, the newest first.", FieldClass.PUBLIC)
    async def outcomes(self, info: Info) -> list[RenewalOutcome]:
        async def load(keys: list[UUID]) -> list[Sequence[OutcomeRow]]:
            async with info.context.reading() as work:
                found = await queries.outcomes_by_lot(work, keys)
            return [found.get(key, ()) for key in keys]

        rows = await info.context.loader("outcomes", load).load(self.row.lot_key)
        return [RenewalOutcome.of(row, self.row.currency) for row in rows]

    @resolved("The agreement under which it was bought.", FieldClass.PUBLIC)
    async def agreement(self, info: Info) -> Agreement | None:
        return await Agreement.get(info, (await _whole(info, self.row))[1].id)

    @resolved("The license that it supplies.", FieldClass.PUBLIC)
    async def entitlement(self, info: Info) -> Entitlement | None:
        return await Entitlement.get(info, (await _whole(info, self.row))[2].id)

    @paged("What was said about its agreement, the newest first.", FieldClass.PUBLIC)
    async def conversations(self, info: Info, paging: Paging) -> Connection[Conversation]:
        order = by(ConversationRow.day, ConversationRow.id, descending=True)
        agreement_id = (await _whole(info, self.row))[1].id
        return await listed_of(info, paging, Conversation, order, column=ConversationRow.agreement_id, of=agreement_id)

    @resolved("Notices of its agreement, for those who read agreements there.", FieldClass.PUBLIC)
    async def notices(self, info: Info) -> list[NoticeGiven]:
        agreement = await self.agreement(info)
        if agreement is None:
            return []

        async def load(ids: list[UUID]) -> list[Sequence[NoticeRow]]:
            async with info.context.reading() as work:
                found = await queries.notices_by_agreement(work, ids)
            return [found.get(key, ()) for key in ids]

        rows = await info.context.loader("notices given", load).load(agreement.row.id)
        return [NoticeGiven.of(row) for row in rows]


Whole = tuple[Ends, AgreementRow, EntitlementRow, datetime]


async def _whole(info: Info, lot: LotRow) -> Whole:
    """Give what ends with its agreement and license, for all siblings at once."""

    async def load(keys: list[UUID]) -> list[Whole]:
        async with info.context.reading() as work:
            return await _wholes(work, keys)

    found: Whole = await info.context.loader("renewals", load).load(lot.lot_key)
    return found


async def _wholes(work: Work, keys: list[UUID]) -> list[Whole]:
    query = queries.visible_renewals(work).add_columns(EntitlementRow, AgreementRow).where(LotRow.lot_key.in_(keys))
    rows = {row[0].lot_key: row for row in (await work.session.execute(query)).all()}
    ends = await queries.endings(work, [(row[0], row[2]) for row in rows.values()])
    return [(ends[key], rows[key][2], rows[key][1], work.now()) for key in keys]
