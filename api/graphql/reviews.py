"""Reviews in the graph: what was frozen, what was decided upon it, and who signed which hash."""

from collections.abc import Awaitable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select
from strawberry.scalars import JSON

from api.graphql.agenda import ReviewAgenda
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import BY_WHAT, GIVEN, WHICH, Descending, NodeId, asked, changed, command, values
from api.graphql.nodes import Node, by, listed, person_of, short_list
from governance.kernel.work import Work
from governance.reviews import queries
from governance.reviews.models import Decision as DecisionRow
from governance.reviews.models import Review as ReviewRow
from governance.reviews.models import Signature as SignatureRow
from governance.reviews.models import Snapshot as SnapshotRow
from governance.reviews.rules import ReviewState
from governance.reviews.service import (
    DecideReview,
    PrepareReview,
    SignReview,
    decide_review,
    hash_to_sign,
    prepare_review,
    sign_review,
)
from policies.access.parties import Ownership

strawberry.enum(ReviewState, description="PREPARED: frozen. DECIDED: a decision stands. SIGNED: two units signed it.")


@strawberry.type(description="What a board saw, frozen: it never changes, and its hash proves it.")
class Snapshot(Node):
    row: strawberry.Private[SnapshotRow]
    visible = queries.visible_snapshots
    key = SnapshotRow.id

    @resolved("Position, findings and time to first use as they stood, as JSON.", FieldClass.PUBLIC)
    def content(self) -> JSON:
        return JSON(self.row.content)

    @resolved("SHA-256 over the content's canonical form (RFC 8785), in hex.", FieldClass.PUBLIC)
    def sha256(self) -> str:
        return self.row.sha256

    @resolved("When it was frozen.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="What a board decided upon a frozen snapshot.")
class Decision(Node):
    row: strawberry.Private[DecisionRow]
    visible = queries.visible_decisions
    key = DecisionRow.id

    @resolved("The decision in words.", FieldClass.PUBLIC)
    def text(self) -> str:
        return self.row.text

    @resolved("Who is to carry it out.", FieldClass.PUBLIC)
    async def action_owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.action_owner_id)

    @resolved("The day by which it is to be done.", FieldClass.PUBLIC)
    def due_day(self) -> date | None:
        return self.row.due_day

    @resolved("SHA-256 over the snapshot's hash and the decision, in hex.", FieldClass.PUBLIC)
    def sha256(self) -> str:
        return self.row.sha256

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Who recorded it, where it was a person within reach.", FieldClass.PUBLIC)
    async def decider(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.decided_by)
        return found


@strawberry.type(description="One signer's yes to one hash.")
class Signature(Node):
    row: strawberry.Private[SignatureRow]
    visible = queries.visible_signatures
    key = SignatureRow.id

    @resolved("The hash that was signed: of the snapshot and the decision that stood.", FieldClass.PUBLIC)
    def sha256(self) -> str:
        return self.row.sha256

    @resolved("When it was signed.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("When the signer last proved who they are.", FieldClass.PUBLIC)
    def authenticated_at(self) -> datetime:
        return self.row.authenticated_at

    @resolved("Who signed; null outside one's reach.", FieldClass.PUBLIC)
    async def signer(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("For which unit.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)


@strawberry.type(description="One review of a unit's licenses.")
class Review(ReviewAgenda, Node):
    row: strawberry.Private[ReviewRow]
    visible = queries.visible_reviews
    key = ReviewRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.review_ownership(work, self.row)

    @resolved("What it is called.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.row.title

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> ReviewState:
        return self.row.state

    @resolved("The instant that its figures speak of.", FieldClass.PUBLIC)
    def as_of(self) -> datetime:
        return self.row.as_of

    @resolved("The instant at which its figures were known so.", FieldClass.PUBLIC)
    def known_at(self) -> datetime:
        return self.row.known_at

    @resolved("When it was prepared.", FieldClass.PUBLIC)
    def prepared_at(self) -> datetime:
        return self.row.prepared_at

    @resolved("Its version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("The unit whose licenses it is about.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Who prepared it, where it was a person within reach.", FieldClass.PUBLIC)
    async def preparer(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.prepared_by)
        return found

    @resolved("What was frozen.", FieldClass.PUBLIC)
    async def snapshot(self, info: Info) -> Snapshot | None:
        found = await short_list(info, Snapshot, by(SnapshotRow.id, SnapshotRow.id),
                                 column=SnapshotRow.review_id, of=self.row.id)  # fmt: skip
        return found[0] if found else None

    @resolved("Its decisions, the one that stands first.", FieldClass.PUBLIC)
    async def decisions(self, info: Info) -> list[Decision]:
        order = by(DecisionRow.recorded_at, DecisionRow.id, descending=True)
        return await short_list(info, Decision, order, column=DecisionRow.review_id, of=self.row.id)

    @resolved("Its signatures in order.", FieldClass.PUBLIC)
    async def signatures(self, info: Info) -> list[Signature]:
        order = by(SignatureRow.recorded_at, SignatureRow.id)
        return await short_list(info, Signature, order, column=SignatureRow.review_id, of=self.row.id)

    @resolved(
        "The hash to sign: of the snapshot and the decision that stands; null before one does.", FieldClass.PUBLIC
    )
    async def hash_to_sign(self, info: Info) -> str | None:
        async with info.context.reading() as work:
            return await hash_to_sign(work, self.row.id)


@strawberry.enum(description="Orders of reviews.")
class ReviewOrder(StrEnum):
    PREPARED_AT = "prepared_at"
    TITLE = "title"


_ORDERS: dict[ReviewOrder, Any] = {ReviewOrder.PREPARED_AT: ReviewRow.prepared_at, ReviewOrder.TITLE: ReviewRow.title}


@strawberry.input(description="Which reviews.")
class ReviewFilter:
    state: ReviewState | None = asked("Only those that stand so.", default=None)
    unit: strawberry.ID | None = asked("Only those of this very unit.", of="Unit", default=strawberry.UNSET)


@strawberry.type(description="What can be asked of reviews.")
class ReviewQueries:
    @paged("The reviews within reach.", FieldClass.PUBLIC)
    async def reviews(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[ReviewFilter | None, WHICH] = None,
        order: Annotated[ReviewOrder, BY_WHAT] = ReviewOrder.PREPARED_AT,
        descending: Descending = True,
    ) -> Connection[Review]:
        wanted = values(info, filter or ReviewFilter())

        def narrowed(work: Work) -> Select[ReviewRow]:
            query = queries.visible_reviews(work)
            for name in ("state", "unit_id"):
                if wanted.get(name) is not None:
                    query = query.where(getattr(ReviewRow, name) == wanted[name])
            return query

        orders = by(_ORDERS[order], ReviewRow.id, descending=descending)
        return await listed(info, paging, Review, orders, narrowed=narrowed)

    @resolved("One review; null where there is none within reach.", FieldClass.PUBLIC)
    async def review(self, info: Info, id: NodeId) -> Review | None:
        return await Review.by_id(info, id)


@strawberry.input(description="A review to prepare: its figures are frozen at once.")
class PrepareReviewInput:
    title: str = asked("What it is called.")
    unit: strawberry.ID = asked("The unit whose licenses it is about, its subtree included.", of="Unit")
    as_of: datetime | None = asked("The instant its figures speak of; now when left out.", default=None)
    known_at: datetime | None = asked("As they were known then; now when left out.", default=None)


@strawberry.input(description="A board's decision.")
class DecideReviewInput:
    review: strawberry.ID = asked("The review.", of="Review")
    expected_version: int = asked("The version that was read; another one now is a CONFLICT.")
    text: str = asked("The decision in words, up to 2,000 characters.")
    action_owner: strawberry.ID | None = asked("Who is to carry it out.", of="Person", default=None)
    due_day: date | None = asked("By which day.", default=None)


@strawberry.input(description="A signature.")
class SignReviewInput:
    review: strawberry.ID = asked("The review.", of="Review")
    sha256: str = asked("The hash that was shown (hashToSign): it binds snapshot and decision.")
    department: str | None = asked("For which department of the board, where one speaks for several.", default=None)


ReviewOutcome = Annotated[Review | Refusal, strawberry.union("ReviewOutcome", description="A review, or why not.")]
DecisionOutcome = Annotated[
    Decision | Refusal, strawberry.union("DecisionOutcome", description="A decision, or why not.")
]
SignatureOutcome = Annotated[
    Signature | Refusal, strawberry.union("SignatureOutcome", description="A signature, or why not.")
]


@strawberry.type(description="What can be done to reviews.")
class ReviewMutations:
    @resolved("Prepare a review: freeze position, findings and time to first use.", FieldClass.PUBLIC)
    async def prepare_review(self, info: Info, input: Annotated[PrepareReviewInput, GIVEN]) -> ReviewOutcome:
        def verb(work: Work) -> Awaitable[ReviewRow]:
            return prepare_review(work, command(info, PrepareReview, input))

        return await changed(info, Review, input, verb)

    @resolved("Record the board's decision upon what was frozen.", FieldClass.PUBLIC)
    async def decide_review(self, info: Info, input: Annotated[DecideReviewInput, GIVEN]) -> DecisionOutcome:
        def verb(work: Work) -> Awaitable[DecisionRow]:
            return decide_review(work, command(info, DecideReview, input))

        return await changed(info, Decision, input, verb)

    @resolved("Sign what was shown, having proved within five minutes who one is.", FieldClass.PUBLIC)
    async def sign_review(self, info: Info, input: Annotated[SignReviewInput, GIVEN]) -> SignatureOutcome:
        def verb(work: Work) -> Awaitable[SignatureRow]:
            return sign_review(work, command(info, SignReview, input))

        return await changed(info, Signature, input, verb)
