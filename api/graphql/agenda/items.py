"""Items of an agenda: what was frozen or added, what was said of it, how its departments vote, what was decided."""

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, field, resolved
from api.graphql.nodes import Node, by, person_of, short_list
from governance.reviews import queries
from governance.reviews.models import Decision as DecisionRow
from governance.reviews.models import ItemNote as NoteRow
from governance.reviews.models import ItemVote as VoteRow
from governance.reviews.models import MeetingDay as DayRow
from governance.reviews.models import OwnItem as OwnItemRow
from governance.reviews.queries import Entry
from governance.reviews.rules import Choice, ItemKind, ItemOutcome, SubjectKind
from governance.reviews.service import tallies_of
from governance.reviews.voting import Tally

strawberry.enum(
    ItemKind, name="AgendaItemKind", description="TOPIC is talked about. PROPOSAL is voted on before it is decided."
)
strawberry.enum(SubjectKind, name="AgendaSubjectKind", description="What an own item may be about.")
strawberry.enum(Choice, name="VoteChoice", description="What a member votes.")
strawberry.enum(
    ItemOutcome,
    name="AgendaItemOutcome",
    description="APPROVED and REJECTED take the vote where there is one; DEFERRED and NOTED settle nothing.",
)


@strawberry.type(description="An item that a member put on an agenda.")
class OwnAgendaItem(Node):
    row: strawberry.Private[OwnItemRow]
    visible = queries.visible_own_items
    key = OwnItemRow.id

    @resolved("Its key on the agenda.", FieldClass.PUBLIC)
    def item(self) -> str:
        return self.row.key

    @resolved("What it is called.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.row.title

    @resolved("What it says.", FieldClass.PUBLIC)
    def text(self) -> str:
        return self.row.text

    @resolved("Whether it is talked about or voted on.", FieldClass.PUBLIC)
    def kind(self) -> ItemKind:
        return self.row.kind

    @resolved("Of which kind its subject is; null where it names none.", FieldClass.PUBLIC)
    def subject_kind(self) -> SubjectKind | None:
        return self.row.subject_kind

    @resolved("The subject's id, as snapshots write it.", FieldClass.PUBLIC)
    def subject_id(self) -> str | None:
        return None if self.row.subject_id is None else str(self.row.subject_id)

    @resolved("Who added it, where it was a person within reach.", FieldClass.PUBLIC)
    async def author(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.added_by)
        return found

    @resolved("When it was added.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="One entry of the minutes of an item; it is never edited.")
class AgendaItemNote(Node):
    row: strawberry.Private[NoteRow]
    visible = queries.visible_notes
    key = NoteRow.id

    @resolved("The key of the item.", FieldClass.PUBLIC)
    def item(self) -> str:
        return self.row.item_key

    @resolved("What was said.", FieldClass.PUBLIC)
    def text(self) -> str:
        return self.row.text

    @resolved("Who wrote it, where it was a person within reach.", FieldClass.PUBLIC)
    async def author(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.written_by)
        return found

    @resolved("When it was written.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="What a member voted on an item; said anew, the earlier vote is kept as superseded.")
class AgendaItemVote(Node):
    row: strawberry.Private[VoteRow]
    visible = queries.visible_votes
    key = VoteRow.id

    @resolved("The key of the item.", FieldClass.PUBLIC)
    def item(self) -> str:
        return self.row.item_key

    @resolved("For, against or abstain.", FieldClass.PUBLIC)
    def choice(self) -> Choice:
        return self.row.choice

    @resolved("For which department.", FieldClass.PUBLIC)
    def department(self) -> str:
        return self.row.department

    @resolved("Who voted; null outside one's reach.", FieldClass.PUBLIC)
    async def voter(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("When.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("When another vote of the same person took its place; null: it stands.", FieldClass.PUBLIC)
    def superseded_at(self) -> datetime | None:
        return self.row.superseded_at


@strawberry.type(description="What a board decided on one item; the last one stands.")
class AgendaItemDecision(Node):
    row: strawberry.Private[DecisionRow]
    visible = queries.visible_item_decisions
    key = DecisionRow.id

    @resolved("The key of the item.", FieldClass.PUBLIC)
    def item(self) -> str:
        return self.row.item_key or ""

    @resolved("What became of it.", FieldClass.PUBLIC)
    def outcome(self) -> ItemOutcome:
        return self.row.outcome or ItemOutcome.NOTED

    @resolved("The decision in words.", FieldClass.PUBLIC)
    def text(self) -> str:
        return self.row.text

    @resolved("How the vote stood that it was taken on, as JSON; null where nobody voted.", FieldClass.PUBLIC)
    def tally(self) -> JSON | None:
        return None if self.row.tally is None else JSON(self.row.tally)

    @resolved("SHA-256 over the snapshot's hash, the item and the decision, in hex.", FieldClass.PUBLIC)
    def sha256(self) -> str:
        return self.row.sha256

    @resolved("Who recorded it, where it was a person within reach.", FieldClass.PUBLIC)
    async def decider(self, info: Info) -> Person | None:
        found: Person | None = await person_of(info, self.row.decided_by)
        return found

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="The one voice of a department.")
class DepartmentVoice:
    department: str = field("The department.", FieldClass.PUBLIC)
    choice: Choice = field("What most of its members vote; where they are even, it abstains.", FieldClass.PUBLIC)


@strawberry.type(description="How an item's vote stands, by department.")
class VoteTally:
    voices: list[DepartmentVoice] = field("The departments that voted, by name.", FieldClass.PUBLIC)
    silent: list[str] = field("The departments with a voice today that have not voted.", FieldClass.PUBLIC)
    carried: bool = field("Whether a quorum voted and more departments are for it than against it.", FieldClass.PUBLIC)
    lacks: str = field("What it lacks to be carried, in words; empty where nothing does.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Tally) -> "VoteTally":
        voices = [DepartmentVoice(department=name, choice=told.voices[name]) for name in sorted(told.voices)]
        return cls(voices=voices, silent=list(told.silent), carried=told.carried, lacks=told.lacks())


@strawberry.type(description="The day on which a board meets over a review; the last one set stands.")
class MeetingDay(Node):
    row: strawberry.Private[DayRow]
    visible = queries.visible_meeting_days
    key = DayRow.id

    @resolved("The day, in the tenant's zone.", FieldClass.PUBLIC)
    def day(self) -> date:
        return self.row.day

    @resolved("When it was set.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="One item of an agenda: frozen with the snapshot, or added by a member.")
class AgendaItem:
    entry: strawberry.Private[Entry]
    counted: strawberry.Private[Tally | None]

    @resolved("Its key: the same from review to review for what is frozen.", FieldClass.PUBLIC)
    def key(self) -> str:
        return self.entry.key

    @resolved("What it is about.", FieldClass.PUBLIC)
    def title(self) -> str:
        return self.entry.title

    @resolved("Whether it is talked about or voted on.", FieldClass.PUBLIC)
    def kind(self) -> ItemKind:
        return self.entry.kind

    @resolved("What was frozen of it, as JSON: rule, figures now and before; null of an own item.", FieldClass.PUBLIC)
    def facts(self) -> JSON | None:
        return JSON(self.entry.facts) if self.entry.own is None else None

    @resolved("What a member added; null of a frozen item.", FieldClass.PUBLIC)
    def own(self) -> OwnAgendaItem | None:
        return None if self.entry.own is None else OwnAgendaItem.of(self.entry.own)

    @resolved("How its vote stands; null where the review is no board's.", FieldClass.PUBLIC)
    def tally(self) -> VoteTally | None:
        return None if self.counted is None else VoteTally.of(self.counted)

    @resolved("Its minutes in order.", FieldClass.PUBLIC)
    async def notes(self, info: Info) -> list[AgendaItemNote]:
        order = by(NoteRow.recorded_at, NoteRow.id)
        found = await short_list(info, AgendaItemNote, order, column=NoteRow.review_id, of=self.entry.review_id)
        return [each for each in found if each.row.item_key == self.entry.key]

    @resolved("Every vote on it in order, the superseded ones too.", FieldClass.PUBLIC)
    async def votes(self, info: Info) -> list[AgendaItemVote]:
        order = by(VoteRow.recorded_at, VoteRow.id)
        found = await short_list(info, AgendaItemVote, order, column=VoteRow.review_id, of=self.entry.review_id)
        return [each for each in found if each.row.item_key == self.entry.key]

    @resolved("Its decisions, the one that stands first.", FieldClass.PUBLIC)
    async def decisions(self, info: Info) -> list[AgendaItemDecision]:
        order = by(DecisionRow.recorded_at, DecisionRow.id, descending=True)
        found = await short_list(info, AgendaItemDecision, order, column=DecisionRow.review_id, of=self.entry.review_id)
        return [each for each in found if each.row.item_key == self.entry.key]


async def agenda_of(info: Info, review_id: UUID) -> list[AgendaItem]:
    """Give the agenda of a review within reach, each item with its tally: a fixed number of SELECTs."""
    async with info.context.reading() as work:
        entries = await queries.items(work, review_id)
        tallies = await tallies_of(work, review_id, [each.key for each in entries])
    return [AgendaItem(entry=each, counted=tallies.get(each.key)) for each in entries]
