"""One board: who speaks for which department, what its quorum lacks, its reviews past and next, what it gave to do."""

from datetime import datetime
from typing import Any, Final

from api.console import formats
from api.console.acting import id_of
from api.console.board_read import BoardRead, Held, lacks_of, read_board
from api.console.board_said import action_status, board_status, quorum_steps, review_status, seat_word
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    Empty,
    Facts,
    Ids,
    Link,
    Missing,
    Note,
    Panel,
    Part,
    Path,
    Person,
    Query,
    Table,
)
from api.console.desk import provenance_of
from governance.reviews.models import BoardMember
from governance.reviews.rules import ReviewState, Seat

SETS_UP: Final = "settings:edit"


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one board. Raises NotFound."""
    read = await read_board(ctx, id_of(ids["id"], "board"))
    at = ctx.as_of or ctx.now
    here = f"/boards/{read.row.id}"
    prepare = Action("boards.prepare", f"{here}/prepare", "camera", primary=True, action="review:prepare", dialog=True)
    add = Action("boards.add_member", f"{here}/members/new", "person-plus", action=SETS_UP, dialog=True)
    return Detail(
        read.row.name,
        ((ctx.text("reviews.title"), "/reviews"), (ctx.text("boards.title"), "/boards")),
        (Badge(read.unit),),
        parts=(_members(ctx, read, at), _meetings(ctx, read), _actions(ctx, read, at)),
        side=(_quorum(ctx, read, at), _next(ctx, read), _facts(ctx, read)),
        actions=(*((prepare,) if read.due else ()), add),
        provenance=await provenance_of(ctx),
    )


def _members(ctx: Context, read: BoardRead, at: datetime) -> Part:
    sitting = read.sitting(at)
    changes = ctx.may(SETS_UP) and not ctx.past
    rows = sorted(read.members, key=lambda each: (each not in sitting, each.department.casefold(), each.seat, each.id))
    departments = len({each.department for each in sitting})
    columns = (
        Column("department", "boards.department", strong=True),
        Column("person", "boards.member", kind="person", value=lambda each: Person(read.names.get(each.person_id, ""))),
        Column("seat", "boards.seat", value=lambda each: seat_word(ctx, each.seat), leaves=4),
        Column("since", "boards.since", kind="date", value=lambda each: _day(ctx, each.start), leaves=3, quiet=True),
        Column("until", "boards.until", kind="date", leaves=4, quiet=True,
               value=lambda each: _day(ctx, each.end) or Missing(ctx.text("boards.no_end"))),
        *((Column("act", "boards.change", kind="link", value=lambda each: _ends(ctx, read, each, at)),)
          if changes else ()),
    )  # fmt: skip
    empty = Empty(ctx.text("boards.no_members"), ctx.text("boards.no_members_text"), "people")
    table = Table(ctx.text("boards.members"), columns, rows, bare=True, ident="members", empty=empty)
    sub = ctx.text("boards.speak", people=len({each.person_id for each in sitting}), count=departments)
    return Panel(ctx.text("boards.members"), (table,), sub=sub)


def _day(ctx: Context, moment: datetime | None) -> Any:
    return None if moment is None else moment.astimezone(ctx.zone).date()


def _ends(ctx: Context, read: BoardRead, each: BoardMember, at: datetime) -> Link | None:
    if each.end is not None and each.end <= at:
        return None
    return Link(ctx.text("boards.end"), f"/boards/{read.row.id}/members/{each.id}/end")


def _meetings(ctx: Context, read: BoardRead) -> Part:
    columns = (
        Column("title", "reviews.review", value=lambda held: held.review.title, sub=lambda held: held.period,
               strong=True),
        Column("period", "boards.period", value=lambda held: held.period, file_only=True),
        Column("day", "boards.meets", kind="date", leaves=4,
               value=lambda held: held.day.day if held.day else Missing(ctx.text("boards.no_day"))),
        Column("as_of", "reviews.as_of", kind="date", leaves=3, quiet=True,
               value=lambda held: _day(ctx, held.review.as_of)),
        Column("status", "table.status", kind="status", value=lambda held: review_status(ctx, held.review.state)),
    )  # fmt: skip
    empty = Empty(ctx.text("boards.no_meetings"), ctx.text("boards.no_meetings_text"), "gavel")
    table = Table(
        ctx.text("boards.meetings"), columns, read.meetings, row_href=_href, bare=True, ident="meetings", empty=empty
    )  # fmt: skip
    return Panel(ctx.text("boards.meetings"), (table,))


def _href(held: Held) -> str:
    return f"/reviews/{held.review.id}"


def _actions(ctx: Context, read: BoardRead, at: datetime) -> Part:
    columns = (
        Column("what", "boards.action", value=lambda pair: pair[0].what, strong=True),
        Column("owner", "boards.owner", kind="person", leaves=3,
               value=lambda pair: Person(read.names.get(pair[0].owner_now, ""))),
        Column("due", "reviews.due_day", kind="date", value=lambda pair: pair[0].due_day, leaves=4),
        Column("status", "table.status", kind="status", value=lambda pair: action_status(ctx, pair[0], pair[1], at)),
    )  # fmt: skip
    empty = Empty(ctx.text("boards.no_actions"), ctx.text("boards.no_actions_text"), "check")
    table = Table(
        ctx.text("boards.actions"), columns, read.actions, bare=True, ident="actions", empty=empty,
        row_href=lambda pair: f"/actions/{pair[0].id}",
    )  # fmt: skip
    return Panel(ctx.text("boards.actions"), (table,))


def _quorum(ctx: Context, read: BoardRead, at: datetime) -> Part:
    sitting = read.sitting(at)
    lacks = lacks_of(read.row, sitting)
    chairs = ", ".join(read.names.get(each.person_id, "") for each in sitting if each.seat is Seat.CHAIR)
    steps = quorum_steps(ctx, read.row, lacks, len({each.department for each in sitting}), chairs)
    return Panel(ctx.text("boards.quorum"), (Path(steps),), status=board_status(ctx, lacks))


def _next(ctx: Context, read: BoardRead) -> Part:
    """What is open now, and which quarter follows."""
    waiting = next((each for each in read.meetings if each.review.state is not ReviewState.SIGNED), None)
    ends = formats.day(ctx.locale, read.running.last)
    parts: list[Part] = []
    if read.due is not None:
        parts.append(Note(ctx.text("boards.due", period=read.due.name), "calendar"))
    rows: list[tuple[str, Any]] = []
    if waiting is not None:
        rows.append((ctx.text("boards.open_review"), Link(waiting.review.title, _href(waiting))))
    rows.append((ctx.text("boards.running"), ctx.text("boards.ends_on", period=read.running.name, day=ends)))
    return Panel(ctx.text("boards.next"), (*parts, Facts(tuple(rows))))


def _facts(ctx: Context, read: BoardRead) -> Part:
    row = read.row
    needed = ", ".join(row.departments_needed) or Missing(ctx.text("boards.none_needed"))
    rows = (
        (ctx.text("reviews.unit"), read.unit),
        (ctx.text("boards.quorum"), ctx.text("boards.departments", count=row.quorum)),
        (ctx.text("boards.chair_needed"), ctx.text("agreements.yes" if row.chair_needed else "agreements.no")),
        (ctx.text("boards.departments_needed"), needed),
        (ctx.text("boards.since"), _day(ctx, row.created_at)),
    )
    return Panel(ctx.text("boards.rule"), (Facts(rows),))
