"""Boards: who meets over a unit's licenses and who speaks for whom; setting one up, its members, its next review."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_

from api.console.acting import id_of
from api.console.board_detail import show
from api.console.board_read import BoardRead, known_members, lacks_of, read_board
from api.console.board_said import board_status, seat_word
from api.console.declare import (
    Action,
    Column,
    Context,
    DetailPage,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Note,
    Opened,
    Option,
    Outcome,
    Query,
    Refused,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import find_people, suggest_people
from api.console.paging import read_rows
from governance.directory.models import OrgUnit
from governance.directory.queries import visible_units
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.reviews.models import Board, BoardMember, Review
from governance.reviews.queries import visible_boards, visible_members
from governance.reviews.rules import Seat
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
from policies.access.actions import Action as Act

UNITS: Final = 500
SETS_UP: Final = "settings:edit"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One board as a list shows it."""

    id: UUID
    name: str
    unit: str
    quorum: int
    departments: int
    people: int
    status: Status


async def boards(ctx: Context, query: Query) -> Rows:
    """The boards within reach by name, each with what its quorum lacks at the page's instant."""
    at = ctx.as_of or ctx.now
    async with ctx.work() as work:
        chosen = visible_boards(work).join(
            OrgUnit, and_(OrgUnit.tenant_id == Board.tenant_id, OrgUnit.id == Board.unit_id)
        )
        chosen = chosen.add_columns(OrgUnit.name)
        read = await read_rows(work, query, chosen, (Order(Board.name), Order(Board.id)))
        ids = [row.id for row, _ in read.page.rows]
        held = (await work.session.execute(visible_members(work).where(BoardMember.board_id.in_(ids)))).scalars().all()
    sitting: dict[UUID, list[BoardMember]] = {}
    for each in known_members(ctx, held):
        if each.start <= at and (each.end is None or at < each.end):
            sitting.setdefault(each.board_id, []).append(each)
    rows = [_row(ctx, row, unit, sitting.get(row.id, [])) for row, unit in read.page.rows]
    return Rows(rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx))


def _row(ctx: Context, row: Board, unit: str, sitting: list[BoardMember]) -> BoardRow:
    return BoardRow(
        row.id, row.name, unit, row.quorum, len({each.department for each in sitting}),
        len({each.person_id for each in sitting}), board_status(ctx, lacks_of(row, sitting)),
    )  # fmt: skip


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The units over which one may set up a board, by name."""
    async with ctx.work() as work:
        query = visible_units(work, Act.SETTINGS_EDIT).order_by(OrgUnit.name, OrgUnit.id).limit(UNITS)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


def _crumbs(ctx: Context, read: BoardRead | None = None) -> tuple[tuple[str, str], ...]:
    above = ((ctx.text("reviews.title"), "/reviews"), (ctx.text("boards.title"), "/boards"))
    return above if read is None else (*above, (read.row.name, f"/boards/{read.row.id}"))


async def setup_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What makes a board, and that its members come next."""
    initial = {"unit": ctx.scope, "quorum": "2", "chair_needed": True}
    note = (Note(ctx.text("boards.set_up_note")),)
    return Opened(ctx.text("boards.set_up"), initial, "", _crumbs(ctx), note, cancel="/boards")


async def set_up(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Set it up and lead to it."""
    needed = tuple(line.strip() for line in (values["departmentsNeeded"] or "").splitlines() if line.strip())
    command = CreateBoard(values["name"], UUID(values["unit"]), values["quorum"], values["chair_needed"], needed)

    async def verb(work: Work) -> Board:
        return await create_board(work, command)

    row = await desk_of(ctx).perform(verb)
    return Done(f"/boards/{row.id}", ctx.text("boards.is_set_up"))


async def member_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Who is to speak for which department. Raises NotFound."""
    read = await read_board(ctx, id_of(ids["id"], "board"))
    initial = {"seat": Seat.MEMBER.value}
    here = f"/boards/{read.row.id}"
    return Opened(ctx.text("boards.add_member"), initial, read.row.name, _crumbs(ctx, read), cancel=here)


async def add(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let the one person who was meant speak for a department."""
    board_id = id_of(ids["id"], "board")
    found = await find_people(ctx, [values["person"]])
    if not found.people:
        return Refused({"person": ctx.text("reviews.nobody", mail=values["person"])})
    (person_id,) = found.people
    command = AddMember(
        board_id, person_id, values["department"], Seat(values["seat"]), values["start"], values["end"]
    )  # fmt: skip

    async def verb(work: Work) -> BoardMember:
        return await add_member(work, command)

    await desk_of(ctx).perform(verb)
    return Done(f"/boards/{board_id}", ctx.text("boards.added"))


async def end_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Whose voice ends, and what a quorum then lacks. Raises NotFound."""
    read = await read_board(ctx, id_of(ids["id"], "board"))
    each = _membership(read, ids["member"])
    without = [other for other in read.sitting(ctx.now) if other.id != each.id]
    after = board_status(ctx, lacks_of(read.row, without))
    said = ctx.text("boards.after_end", status=f"{after.word} {after.note}".strip())
    sub = f"{read.names.get(each.person_id, '')} · {each.department} · {seat_word(ctx, each.seat)}"
    crumbs, here = _crumbs(ctx, read), f"/boards/{read.row.id}"
    return Opened(ctx.text("boards.end_member"), {}, sub, crumbs, (Note(said),), cancel=here)


def _membership(read: BoardRead, asked: str) -> BoardMember:
    member_id = id_of(asked, "board member")
    found = next((each for each in read.members if each.id == member_id), None)
    if found is None:
        raise NotFound("board member", asked)
    return found


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """End it now, or on the instant that was named."""
    board_id = id_of(ids["id"], "board")
    command = EndMember(_membership(await read_board(ctx, board_id), ids["member"]).id, values["end"])

    async def verb(work: Work) -> BoardMember:
        return await end_member(work, command)

    await desk_of(ctx).perform(verb)
    return Done(f"/boards/{board_id}", ctx.text("boards.ended"))


async def prepare_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Which quarter is frozen, and what with it. Raises NotFound."""
    read = await read_board(ctx, id_of(ids["id"], "board"))
    crumbs, here = _crumbs(ctx, read), f"/boards/{read.row.id}"
    notes = (
        Note(ctx.text("boards.prepare_note", period=read.ended.name), "calendar"),
        Note(ctx.text("reviews.prepare_note")),
    )
    return Opened(ctx.text("boards.prepare"), {}, read.row.name, crumbs, notes, cancel=here)


async def prepare(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Freeze the quarter with its agenda and lead to it."""
    if values["as_of"] is not None and values["as_of"] > ctx.now:
        return Refused({"as_of": ctx.text("reports.not_yet")})
    command = PrepareMeeting(id_of(ids["id"], "board"), values["title"], values["as_of"])

    async def verb(work: Work) -> Review:
        return await prepare_meeting(work, command)

    row = await desk_of(ctx).perform(verb)
    return Done(f"/reviews/{row.id}", ctx.text("reviews.prepared"))


LIST: Final = TablePage(
    name="boards", path="/boards", title="boards.title", action="review:read", nav="reviews", rows=boards,
    columns=(
        Column("name", "boards.board", sub=lambda row: row.unit, strong=True),
        Column("unit", "reviews.unit", file_only=True),
        Column("people", "boards.members", kind="number", leaves=3),
        Column("departments", "boards.speaking", kind="number", leaves=2),
        Column("quorum", "boards.quorum", kind="number", leaves=1),
        Column("status", "table.status", kind="status"),
    ),
    row_href=lambda row: f"/boards/{row.id}",
    actions=(
        Action("boards.set_up", "/boards/new", "plus", primary=True, action=SETS_UP, dialog=True),
        Action("reviews.title", "/reviews", "gavel", changes=False),
    ),
    empty=Empty("boards.empty", "boards.empty_text", "people"),
)  # fmt: skip
SET_UP: Final = FormPage(
    name="board-set-up", path="/boards/new", opens=setup_opens, submit=set_up, button="boards.set_up",
    action=SETS_UP, nav="reviews",
    fields=(
        Field("name", "boards.name", longest=200, help="boards.name_help"),
        Field("unit", "reviews.unit", "select", options=unit_options, help="reviews.unit_help"),
        Field("quorum", "boards.quorum", "number", minimum=2, maximum=50, help="boards.quorum_help"),
        Field("chair_needed", "boards.chair_needed_field", "checkbox", required=False),
        Field("departmentsNeeded", "boards.departments_needed", "textarea", required=False, longest=2000,
              help="boards.departments_needed_help"),
    ),
)  # fmt: skip
DETAIL: Final = DetailPage(name="board", path="/boards/{id}", gather=show, action="review:read", nav="reviews")
MEMBER: Final = FormPage(
    name="board-member", path="/boards/{id}/members/new", opens=member_opens, submit=add, button="boards.add_member",
    action=SETS_UP, nav="reviews",
    fields=(
        Field("person", "boards.member", "person", longest=254, suggest=suggest_people, help="boards.member_help"),
        Field("department", "boards.department", longest=120, help="boards.department_help"),
        Field("seat", "boards.seat", "choice",
              options=tuple(Option(each.value, f"boards.seat_{each.value.lower()}") for each in Seat)),
        Field("start", "boards.since", "datetime", required=False, help="boards.start_help"),
        Field("end", "boards.until", "datetime", required=False, help="boards.end_help"),
    ),
)  # fmt: skip
END: Final = FormPage(
    name="board-member-end", path="/boards/{id}/members/{member}/end", opens=end_opens, submit=end,
    button="boards.end_member", action=SETS_UP, nav="reviews",
    fields=(Field("end", "boards.until", "datetime", required=False, help="boards.end_now_help"),),
)  # fmt: skip
PREPARE: Final = FormPage(
    name="board-prepare", path="/boards/{id}/prepare", opens=prepare_opens, submit=prepare, button="boards.prepare",
    action="review:prepare", nav="reviews",
    fields=(
        Field("title", "reviews.title_field", required=False, longest=200, help="boards.title_help"),
        Field("as_of", "reviews.as_of", "datetime", required=False, help="reports.as_of_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, SET_UP, DETAIL, MEMBER, END, PREPARE)
