"""Boards in the graph: who meets over a unit's licenses, who speaks for which department, its review of a quarter."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, NodeId, asked, changed, command
from api.graphql.nodes import Node, by, listed, short_list
from api.graphql.reviews import Review, ReviewOutcome
from governance.kernel.work import Work
from governance.reviews import queries
from governance.reviews.models import Board as BoardRow
from governance.reviews.models import BoardMember as BoardMemberRow
from governance.reviews.models import Review as ReviewRow
from governance.reviews.rules import Seat as BoardSeat
from governance.reviews.service import (
    AddMember,
    CreateBoard,
    EndMember,
    PrepareMeeting,
    add_member,
    create_board,
    end_member,
    prepare_meeting,
)
from policies.access.parties import Ownership

strawberry.enum(
    BoardSeat, name="BoardSeat", description="CHAIR, MEMBER: speak for their department. DEPUTY: where they have not."
)


@strawberry.type(description="One person speaks for one department of a board.")
class BoardMember(Node):
    row: strawberry.Private[BoardMemberRow]
    visible = queries.visible_members
    key = BoardMemberRow.id

    @resolved("The department.", FieldClass.PUBLIC)
    def department(self) -> str:
        return self.row.department

    @resolved("As chair, member or deputy.", FieldClass.PUBLIC)
    def seat(self) -> BoardSeat:
        return self.row.seat

    @resolved("From when on.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("Until when, that instant excluded; null: no end is known.", FieldClass.PUBLIC)
    def end(self) -> datetime | None:
        return self.row.end

    @resolved("When the membership was recorded.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("Who; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)


@strawberry.type(description="Who meets over a unit's licenses, and how many departments make a review count.")
class Board(Node):
    row: strawberry.Private[BoardRow]
    visible = queries.visible_boards
    key = BoardRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.board_ownership(work, self.row)

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("How many departments must sign.", FieldClass.PUBLIC)
    def quorum(self) -> int:
        return self.row.quorum

    @resolved("Whether the chair must be among the signers.", FieldClass.PUBLIC)
    def chair_needed(self) -> bool:
        return self.row.chair_needed

    @resolved("Departments that must be among the signers.", FieldClass.PUBLIC)
    def departments_needed(self) -> list[str]:
        return self.row.departments_needed

    @resolved("When it was set up.", FieldClass.PUBLIC)
    def created_at(self) -> datetime:
        return self.row.created_at

    @resolved("The unit whose licenses it meets over.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @resolved("Its memberships in the order they began, those that ended too.", FieldClass.PUBLIC)
    async def members(self, info: Info) -> list[BoardMember]:
        order = by(BoardMemberRow.start, BoardMemberRow.id)
        return await short_list(info, BoardMember, order, column=BoardMemberRow.board_id, of=self.row.id)


@strawberry.type(description="What can be asked of boards.")
class BoardQueries:
    @paged("The boards within reach, by name.", FieldClass.PUBLIC)
    async def boards(self, info: Info, paging: Paging) -> Connection[Board]:
        return await listed(info, paging, Board, by(BoardRow.name, BoardRow.id), narrowed=queries.visible_boards)

    @resolved("One board; null where there is none within reach.", FieldClass.PUBLIC)
    async def board(self, info: Info, id: NodeId) -> Board | None:
        return await Board.by_id(info, id)


@strawberry.input(description="A board to set up.")
class CreateBoardInput:
    name: str = asked("What it is called; no other board has this name.")
    unit: strawberry.ID = asked("The unit whose licenses it meets over.", of="Unit")
    quorum: int = asked("How many departments make a review count, 2 to 50.", default=2)
    chair_needed: bool = asked("Whether the chair must be among them.", default=True)
    departments_needed: list[str] | None = asked("Departments that must be among them.", default=None)


@strawberry.input(description="A person who is to speak for a department.")
class AddBoardMemberInput:
    board: strawberry.ID = asked("The board.", of="Board")
    person: strawberry.ID = asked("Who.", of="Person")
    department: str = asked("For which department, up to 120 characters.")
    seat: BoardSeat = asked("As chair, member or deputy.", default=BoardSeat.MEMBER)
    start: datetime | None = asked("From when on; now when left out.", default=None)
    end: datetime | None = asked("Until when, that instant excluded.", default=None)


@strawberry.input(description="A membership to end; what was signed by it stays signed.")
class EndBoardMemberInput:
    member: strawberry.ID = asked("The membership.", of="BoardMember")
    end: datetime | None = asked("When; now when left out, never earlier.", default=None)


@strawberry.input(description="A board's review of the fiscal quarter that ended last: frozen at once.")
class PrepareBoardReviewInput:
    board: strawberry.ID = asked("The board.", of="Board")
    title: str | None = asked("What it is called; the board's name and the quarter when left out.", default=None)
    as_of: datetime | None = asked("The instant its figures speak of; now when left out.", default=None)
    known_at: datetime | None = asked("As they were known then; now when left out.", default=None)


BoardOutcome = Annotated[Board | Refusal, strawberry.union("BoardOutcome", description="A board, or why not.")]
BoardMemberOutcome = Annotated[
    BoardMember | Refusal, strawberry.union("BoardMemberOutcome", description="A membership, or why not.")
]


@strawberry.type(description="What can be done to boards.")
class BoardMutations:
    @resolved("Set up a board over a unit.", FieldClass.PUBLIC)
    async def create_board(self, info: Info, input: Annotated[CreateBoardInput, GIVEN]) -> BoardOutcome:
        def verb(work: Work) -> Awaitable[BoardRow]:
            return create_board(work, command(info, CreateBoard, input))

        return await changed(info, Board, input, verb)

    @resolved("Let a person speak for a department.", FieldClass.PUBLIC)
    async def add_board_member(self, info: Info, input: Annotated[AddBoardMemberInput, GIVEN]) -> BoardMemberOutcome:
        def verb(work: Work) -> Awaitable[BoardMemberRow]:
            return add_member(work, command(info, AddMember, input))

        return await changed(info, BoardMember, input, verb)

    @resolved("End a membership, now or on a later day.", FieldClass.PUBLIC)
    async def end_board_member(self, info: Info, input: Annotated[EndBoardMemberInput, GIVEN]) -> BoardMemberOutcome:
        def verb(work: Work) -> Awaitable[BoardMemberRow]:
            return end_member(work, command(info, EndMember, input))

        return await changed(info, BoardMember, input, verb)

    @resolved("Prepare a board's review of the quarter that ended last, with its agenda; once.", FieldClass.PUBLIC)
    async def prepare_board_review(self, info: Info, input: Annotated[PrepareBoardReviewInput, GIVEN]) -> ReviewOutcome:
        def verb(work: Work) -> Awaitable[ReviewRow]:
            return prepare_meeting(work, command(info, PrepareMeeting, input))

        return await changed(info, Review, input, verb)
