"""Who answers for what, in the graph: owners who cannot any more, and all of theirs handed to somebody else."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.directory.people import Person
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, encode_node_id, field, paged, resolved
from api.graphql.inputs import GIVEN, answered, asked, changed, command
from api.graphql.nodes import by
from governance.directory.models import Person as PersonRow
from governance.kernel.page import read_page
from governance.kernel.work import Work
from governance.reorganization.owners import Counts, OwnedKind, Stale, counts_of, stale_of, stale_owners
from governance.reorganization.service import HandedOver as Handed
from governance.reorganization.service import HandOver, Handover, hand_over, preview_handover

TYPES = {
    OwnedKind.AGREEMENT: "Agreement", OwnedKind.LICENSE: "Entitlement", OwnedKind.ACTION: "ActionItem",
    OwnedKind.STEP: "Conversation",
}  # fmt: skip
strawberry.enum(Stale, name="StaleReason", description="Why an owner cannot answer for what they own.")
strawberry.enum(OwnedKind, description="What somebody answers for.")


@strawberry.type(description="Somebody who owns or deputizes and cannot answer for it any more, or not now.")
class StaleOwner:
    row: strawberry.Private[PersonRow]
    today: strawberry.Private[date]

    @resolved("Who.", FieldClass.PUBLIC)
    def person(self) -> Person:
        return Person.of(self.row)

    @resolved("Why they cannot.", FieldClass.PERSONAL)
    def why(self) -> Stale | None:
        return stale_of(self.row, self.today)

    @resolved("How many licenses within reach name them.", FieldClass.PUBLIC)
    async def licenses(self, info: Info) -> int:
        return (await self._counts(info)).licenses

    @resolved("How many agreements within reach name them.", FieldClass.PUBLIC)
    async def agreements(self, info: Info) -> int:
        return (await self._counts(info)).agreements

    @resolved("How many open actions of boards and next steps of renewals within reach are theirs.", FieldClass.PUBLIC)
    async def tasks(self, info: Info) -> int:
        return (await self._counts(info)).tasks

    async def _counts(self, info: Info) -> Counts:
        async def counts(ids: list[UUID]) -> list[Counts]:
            async with info.context.reading() as work:
                found = await counts_of(work, ids)
            return [found[each] for each in ids]

        found: Counts = await info.context.loader("what people own", counts).load(self.row.id)
        return found


@strawberry.type(description="One thing that is handed over, and who answers for it then.")
class HandedThing:
    seen: strawberry.Private[Handed]

    @resolved("What it is.", FieldClass.PUBLIC)
    def kind(self) -> OwnedKind:
        return self.seen.thing.kind

    @resolved("Its id.", FieldClass.PUBLIC)
    def id(self) -> strawberry.ID:
        return encode_node_id(TYPES[self.seen.thing.kind], self.seen.thing.id)

    @resolved(
        "Its number or code; of an action the title of its review, of a step the agreement's number.", FieldClass.PUBLIC
    )
    def code(self) -> str:
        return self.seen.thing.code

    @resolved("Its name, or what is to be done.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.seen.thing.name

    @resolved("Who owns it then; null outside reach, and where nobody does.", FieldClass.PUBLIC)
    async def owner(self, info: Info) -> Person | None:
        return await Person.get(info, self.seen.owner_id)

    @resolved("Who stands in then; null outside reach, and where nobody does.", FieldClass.PUBLIC)
    async def deputy(self, info: Info) -> Person | None:
        return await Person.get(info, self.seen.deputy_id)


@strawberry.type(description="What would be handed over, and the token that does exactly that.")
class HandoverPreview:
    giver: Person = field("Whose it is.", FieldClass.PUBLIC)
    taker: Person = field("Who gets it.", FieldClass.PUBLIC)
    things: list[HandedThing] = field("What goes, with who answers for it then.", FieldClass.PUBLIC)
    beyond: int = field("How much more names them that you may read and not hand over.", FieldClass.PUBLIC)
    token: str = field("For handOver, for 15 minutes.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Handover) -> "HandoverPreview":
        things = [HandedThing(seen=one) for one in seen.things]
        return cls(
            giver=Person.of(seen.giver), taker=Person.of(seen.taker), things=things, beyond=seen.beyond,
            token=seen.token,
        )  # fmt: skip


@strawberry.input(description="All that somebody answers for, to go to somebody else.")
class HandOverInput:
    giver: strawberry.ID = asked("Whose it is.", of="Person", to="from_id")
    taker: strawberry.ID = asked("Who gets it.", of="Person", to="to_id")
    reason: str = asked("Why; it stands in each amendment and in the trail.")
    token: str = asked("The token of previewHandover; nothing is handed over without one.", default="")


HandoverOutcome = Annotated[
    HandoverPreview | Refusal,
    strawberry.union("HandoverOutcome", description="What would be handed over, or why not."),
]
TakerOutcome = Annotated[
    Person | Refusal, strawberry.union("TakerOutcome", description="Who answers for it now, or why not.")
]


@strawberry.type(description="What can be asked of owners.")
class OwnerQueries:
    @paged("Owners and deputies within reach who left, are on leave or past their contract's end.", FieldClass.PUBLIC)
    async def stale_owners(self, info: Info, paging: Paging) -> Connection[StaleOwner]:
        async with info.context.reading() as work:
            order = by(PersonRow.name, PersonRow.id)
            page = await read_page(work.session, stale_owners(work), order, paging.window)
            today = work.now().date()

        def node(row: Any) -> StaleOwner:
            return StaleOwner(row=row, today=today)

        return paging.connection(page, node=node, total=lambda: info.context.count(stale_owners))

    @resolved("Say what would be handed over; nothing is written.", FieldClass.PUBLIC)
    async def preview_handover(self, info: Info, input: Annotated[HandOverInput, GIVEN]) -> HandoverOutcome:
        async def read() -> HandoverPreview:
            given = command(info, HandOver, input)
            async with info.context.reading() as work:
                return HandoverPreview.of(await preview_handover(work, given))

        return await answered(read())


@strawberry.type(description="What can be done about owners.")
class OwnerMutations:
    @resolved("Hand all that somebody answers for to somebody else, as it was shown; gives them.", FieldClass.PUBLIC)
    async def hand_over(self, info: Info, input: Annotated[HandOverInput, GIVEN]) -> TakerOutcome:
        async def verb(work: Work) -> PersonRow:
            return (await hand_over(work, command(info, HandOver, input))).taker

        return await changed(info, Person, input, verb)
