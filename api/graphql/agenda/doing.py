"""What can be done on an agenda: add, note, vote, decide, give to do, close, and say when the board meets."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from api.graphql.agenda.items import AgendaItemDecision, AgendaItemNote, AgendaItemVote, MeetingDay, OwnAgendaItem
from api.graphql.agenda.tasks import ActionItem
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command, opened, values
from governance.activation.rules import Step
from governance.kernel.errors import BadInput
from governance.kernel.given import shown
from governance.kernel.work import Work
from governance.reviews import service
from governance.reviews.models import ActionItem as ActionRow
from governance.reviews.models import Decision as DecisionRow
from governance.reviews.models import ItemNote as NoteRow
from governance.reviews.models import ItemVote as VoteRow
from governance.reviews.models import MeetingDay as DayRow
from governance.reviews.models import OwnItem as OwnItemRow
from governance.reviews.rules import ActionState, AimMeasure, Choice, Direction, ItemKind, ItemOutcome, SubjectKind

TYPE_OF = {
    SubjectKind.AGREEMENT: "Agreement",
    SubjectKind.ALERT: "Alert",
    SubjectKind.FINDING: "Finding",
    SubjectKind.LICENSE: "Entitlement",
}


@strawberry.input(description="An item to put on the agenda of a review.")
class AddAgendaItemInput:
    review: strawberry.ID = asked("The review.", of="Review")
    title: str = asked("What it is called, up to 200 characters.")
    text: str = asked("What it says, up to 2,000 characters.")
    kind: ItemKind = asked("Whether it is talked about or voted on.", default=ItemKind.TOPIC)
    subject_kind: SubjectKind | None = asked("Of which kind its subject is.", default=None)
    subject: strawberry.ID | None = asked(
        "Its subject: an Agreement, Alert, Finding, or an Entitlement that the review froze.", default=None
    )


@strawberry.input(description="An entry for the minutes of an item.")
class NoteAgendaItemInput:
    review: strawberry.ID = asked("The review.", of="Review")
    item: str = asked("The item's key.", to="item_key")
    text: str = asked("What was said, up to 4,000 characters.")


@strawberry.input(description="A vote on an item.")
class CastVoteInput:
    review: strawberry.ID = asked("The review.", of="Review")
    item: str = asked("The item's key.", to="item_key")
    choice: Choice = asked("For, against or abstain.")
    department: str | None = asked("For which department of the board, where one speaks for several.", default=None)


@strawberry.input(description="A board's decision on one item.")
class DecideAgendaItemInput:
    review: strawberry.ID = asked("The review.", of="Review")
    item: str = asked("The item's key.", to="item_key")
    outcome: ItemOutcome = asked("What becomes of it.")
    text: str = asked("The decision in words, up to 2,000 characters.")
    expected: strawberry.ID | None = asked(
        "The item's standing decision that was read; null: there was none. Another one now is a CONFLICT.",
        of="AgendaItemDecision", to="expected", default=None,
    )  # fmt: skip


@strawberry.input(description="The figure that an action is to move; at most one of license, unit, check and step.")
class AimInput:
    measure: AimMeasure = asked("Which figure.")
    direction: Direction = asked("Whether it is to be at least or at most its target.")
    target: str = asked("The target, as a decimal number in the figure's own unit, such as 80.")
    judge_day: date = asked("The day after whose end it is judged, in the tenant's zone.")
    license: strawberry.ID | None = asked("Of UTILIZATION and IN_USE: of this license alone.", default=None)
    unit: strawberry.ID | None = asked("Of COST_PER_UNIT: of this very unit.", default=None)
    check: str | None = asked("Of OPEN_FINDINGS: of this check alone.", default=None)
    step: str | None = asked(f"Of FUNNEL_SHARE: {', '.join(Step)}.", default=None)


@strawberry.input(description="Something to do.")
class AssignActionInput:
    review: strawberry.ID = asked("The review it follows from.", of="Review")
    what: str = asked("What is to be done, up to 500 characters.")
    owner: strawberry.ID = asked("Who does it.", of="Person")
    due_day: date = asked("The last day on which it is in time, in the tenant's zone.")
    item: str | None = asked("The key of the item it follows from.", to="item_key", default=None)
    aim: AimInput | None = asked("The figure it is to move.", default=None)


@strawberry.input(description="An action that is over.")
class CloseActionInput:
    action: strawberry.ID = asked("The action.", of="ActionItem")
    state: ActionState = asked("DONE or DROPPED.")
    reason: str | None = asked("Why; needed where it is DROPPED.", default=None)


@strawberry.input(description="A day for a board to meet.")
class ScheduleMeetingInput:
    review: strawberry.ID = asked("The review the board meets over.", of="Review")
    day: date = asked("The day, in the tenant's zone, today or later.")


OwnItemOutcome = Annotated[
    OwnAgendaItem | Refusal, strawberry.union("OwnAgendaItemOutcome", description="An own item, or why not.")
]
NoteOutcome = Annotated[
    AgendaItemNote | Refusal, strawberry.union("AgendaItemNoteOutcome", description="A note, or why not.")
]
VoteOutcome = Annotated[
    AgendaItemVote | Refusal, strawberry.union("AgendaItemVoteOutcome", description="A vote, or why not.")
]
ItemDecided = Annotated[
    AgendaItemDecision | Refusal, strawberry.union("AgendaItemDecided", description="A decision, or why not.")
]
ActionOutcome = Annotated[
    ActionItem | Refusal, strawberry.union("ActionItemOutcome", description="An action, or why not.")
]
MeetingDayOutcome = Annotated[
    MeetingDay | Refusal, strawberry.union("MeetingDayOutcome", description="A day, or why not.")
]


@strawberry.type(description="What can be done on agendas.")
class AgendaMutations:
    @resolved("Put an item on the agenda of a review that is not signed; what was frozen stays.", FieldClass.PUBLIC)
    async def add_agenda_item(self, info: Info, input: Annotated[AddAgendaItemInput, GIVEN]) -> OwnItemOutcome:
        def verb(work: Work) -> Awaitable[OwnItemRow]:
            given = {name: each for name, each in values(info, input).items() if name != "subject"}
            return service.add_item(work, service.AddItem(**given, subject_id=_subject(input)))

        return await changed(info, OwnAgendaItem, input, verb)

    @resolved("Append to the minutes of an item.", FieldClass.PUBLIC)
    async def note_agenda_item(self, info: Info, input: Annotated[NoteAgendaItemInput, GIVEN]) -> NoteOutcome:
        def verb(work: Work) -> Awaitable[NoteRow]:
            return service.note_item(work, command(info, service.NoteItem, input))

        return await changed(info, AgendaItemNote, input, verb)

    @resolved("Vote on an item for one's department; an earlier vote of one's own is superseded.", FieldClass.PUBLIC)
    async def cast_vote(self, info: Info, input: Annotated[CastVoteInput, GIVEN]) -> VoteOutcome:
        def verb(work: Work) -> Awaitable[VoteRow]:
            return service.cast_vote(work, command(info, service.CastVote, input))

        return await changed(info, AgendaItemVote, input, verb)

    @resolved("Record the board's decision on an item; a vote needs its quorum and majority.", FieldClass.PUBLIC)
    async def decide_agenda_item(self, info: Info, input: Annotated[DecideAgendaItemInput, GIVEN]) -> ItemDecided:
        def verb(work: Work) -> Awaitable[DecisionRow]:
            return service.decide_item(work, command(info, service.DecideItem, input))

        return await changed(info, AgendaItemDecision, input, verb)

    @resolved("Give somebody something to do by a day.", FieldClass.PUBLIC)
    async def assign_action(self, info: Info, input: Annotated[AssignActionInput, GIVEN]) -> ActionOutcome:
        def verb(work: Work) -> Awaitable[ActionRow]:
            aim = None if input.aim is None else _aim(input.aim)
            return service.assign_action(work, command(info, service.AssignAction, input, aim=aim))

        return await changed(info, ActionItem, input, verb)

    @resolved("Say that an action is done, or dropped and why.", FieldClass.PUBLIC)
    async def close_action(self, info: Info, input: Annotated[CloseActionInput, GIVEN]) -> ActionOutcome:
        def verb(work: Work) -> Awaitable[ActionRow]:
            return service.close_action(work, command(info, service.CloseAction, input))

        return await changed(info, ActionItem, input, verb)

    @resolved("Say on which day a board meets over its review.", FieldClass.PUBLIC)
    async def schedule_meeting(self, info: Info, input: Annotated[ScheduleMeetingInput, GIVEN]) -> MeetingDayOutcome:
        def verb(work: Work) -> Awaitable[DayRow]:
            return service.schedule_meeting(work, command(info, service.ScheduleMeeting, input))

        return await changed(info, MeetingDay, input, verb)


def _subject(given: AddAgendaItemInput) -> UUID | None:
    if given.subject is None:
        return None
    if given.subject_kind is None:
        raise BadInput("subject", shown(given.subject), "a subjectKind beside it, or neither")
    found: UUID = opened(TYPE_OF[given.subject_kind], given.subject, "subject")
    return found


def _aim(given: AimInput) -> service.Aim:
    named = {
        "license": None if given.license is None else str(opened("Entitlement", given.license, "aim.license")),
        "unit": None if given.unit is None else str(opened("Unit", given.unit, "aim.unit")),
        "check": given.check,
        "step": given.step,
    }
    said = {name: each for name, each in named.items() if each is not None}
    if len(said) > 1:
        raise BadInput("aim", ", ".join(said), "at most one of license, unit, check and step")
    subject = next(iter(said.values()), "")
    return service.Aim(given.measure, given.direction, given.target, given.judge_day, subject)
