"""Boards: who meets over a unit's licenses, who speaks for which department, and from when until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.directory.queries import ownership, visible_unit
from governance.directory.queries import person as person_in_reach
from governance.directory.standing import unit_there
from governance.kernel import given
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from governance.reviews.models import Board, BoardMember
from governance.reviews.queries import board, board_ownership, speakers, visible_members
from governance.reviews.rules import SIGNERS, Seat
from policies.access.actions import Action

NAME_MOST = 200
DEPARTMENT_MOST = 120
QUORUM_MOST = 50


@dataclass(frozen=True)
class CreateBoard:
    """`quorum`: how many departments make a review count, `departments_needed` among them."""

    name: str
    unit_id: UUID
    quorum: int = SIGNERS
    chair_needed: bool = True
    departments_needed: tuple[str, ...] | None = None


@dataclass(frozen=True)
class AddMember:
    """`start` and `end` are half-open instants; `start` is now when left out."""

    board_id: UUID
    person_id: UUID
    department: str
    seat: Seat = Seat.MEMBER
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class EndMember:
    """`end`: now when left out, and never earlier: what was signed stays signed."""

    member_id: UUID
    end: datetime | None = None


async def create_board(work: Work, command: CreateBoard) -> Board:
    """Set up a board over a unit. Raises NotFound, Refused, BadInput (name, quorum, departments)."""
    unit = await visible_unit(work, command.unit_id)
    work.permit(Action.SETTINGS_EDIT, await ownership(work, unit_id=unit.id, region=unit.region), f"unit {unit.code}")
    await unit_there(work, unit.id)
    name = given.text(command.name, "name", most=NAME_MOST)
    needed = tuple(
        given.text(each, "departmentsNeeded", most=DEPARTMENT_MOST) for each in command.departments_needed or ()
    )
    if not SIGNERS <= command.quorum <= QUORUM_MOST:
        raise BadInput("quorum", str(command.quorum), f"{SIGNERS} to {QUORUM_MOST} departments")
    if len(set(needed)) != len(needed):
        raise BadInput("departmentsNeeded", ", ".join(needed), "each department once")
    row = Board(
        tenant_id=work.tenant_id, id=work.new_id(), name=name, unit_id=unit.id, quorum=command.quorum,
        chair_needed=command.chair_needed, departments_needed=list(needed), created_by=work.actor.principal,
        created_at=work.now(), version=1,
    )  # fmt: skip
    await add_single(work, row, field="name", has=name)
    after = {"name": name, "unit": unit.id, "quorum": row.quorum, "chair_needed": row.chair_needed,
             "departments_needed": row.departments_needed}  # fmt: skip
    await work.record(Change("board:create", "board", row.id, after=after))
    await work.emit("BoardCreated", row.id)
    return row


async def add_member(work: Work, command: AddMember) -> BoardMember:
    """Let a person speak for a department. Raises NotFound, Refused, BadInput (department, dates, twice the same)."""
    of = await board(work, command.board_id, lock=True)
    work.permit(Action.SETTINGS_EDIT, await board_ownership(work, of), f"board {of.name}")
    person = await person_in_reach(work, command.person_id)
    department = given.text(command.department, "department", most=DEPARTMENT_MOST)
    start = command.start or work.now()
    if command.end is not None and command.end <= start:
        raise BadInput("end", command.end.isoformat(), f"an instant after {start.isoformat()}")
    for each in await speakers(work, of.id):
        over = each.end is not None and each.end <= start
        if each.person_id == person.id and each.department == department and not over:
            raise BadInput("department", department, "a department that this person does not speak for already")
    row = BoardMember(
        tenant_id=work.tenant_id, id=work.new_id(), board_id=of.id, person_id=person.id, department=department,
        seat=given.word(command.seat, "seat", Seat), start=start, end=command.end, recorded_at=work.now(),
        ended_recorded_at=None if command.end is None else work.now(),
    )  # fmt: skip
    work.session.add(row)
    after = {"board_id": of.id, "person_id": person.id, "department": department, "seat": row.seat,
             "start": start, "end": row.end}  # fmt: skip
    await work.record(Change("board:add-member", "board_member", row.id, after=after))
    await work.emit("BoardMemberAdded", row.id)
    return row


async def end_member(work: Work, command: EndMember) -> BoardMember:
    """End a membership, today or on a later day. Raises NotFound, Refused, BadInput (end), WrongState (ended)."""
    found = await work.session.execute(visible_members(work).where(BoardMember.id == command.member_id))
    row = found.scalar_one_or_none()
    if row is None:
        raise NotFound("board member", str(command.member_id))
    of = await board(work, row.board_id, lock=True)
    work.permit(Action.SETTINGS_EDIT, await board_ownership(work, of), f"board {of.name}")
    await work.session.refresh(row)
    now = work.now()
    if row.end is not None and row.end <= now:
        raise WrongState("membership", f"ended {row.end.isoformat()}", "be ended")
    end = command.end or now
    if end < now or end <= row.start:
        raise BadInput("end", end.isoformat(), "now or later, and after the membership's start")
    before = row.end
    row.end, row.ended_recorded_at = end, now
    await work.record(Change("board:end-member", "board_member", row.id, {"end": before}, {"end": end}))
    await work.emit("BoardMemberEnded", row.id)
    return row
