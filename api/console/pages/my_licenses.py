"""My licenses: the seats that are one's own, to accept, decline, keep or give back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import (
    Action,
    Attention,
    Attentions,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    FormPage,
    Ids,
    Level,
    Link,
    Opened,
    Outcome,
    Panel,
    Part,
    Query,
    Table,
)
from api.console.desk import desk_of
from api.console.own_actions import own_actions
from api.console.own_help import help_parts, survey_asks
from api.console.own_requests import own_requests
from api.console.seat_rows import SEAT_COLUMNS, SeatRow, seat_rows
from api.console.standing import day_words
from governance.kernel.errors import NotFound
from governance.keys.queries import seats_with_key
from governance.seats.models import Assignment
from governance.seats.queries import assignment, visible_assignments
from governance.seats.rules import SeatState
from governance.seats.service import accept_seat, decline_seat, keep_seat

HERE: Final = "/my-licenses"
SHOWN: Final = 200


async def mine(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One's own seats: what waits for an answer first, then what one holds and held."""
    async with ctx.work() as work:
        own = visible_assignments(work).where(Assignment.person_id == work.actor.person_id)
        newest = own.order_by(Assignment.started_at.desc(), Assignment.id.desc()).limit(SHOWN)
        seats = (await work.session.execute(newest)).scalars().all()
        rows = await seat_rows(ctx, work, seats)
        keyed = await seats_with_key(work, [seat.id for seat in seats])
    pairs = list(zip(seats, rows, strict=True))
    asks = [ask for seat, row in pairs for ask in _asks(ctx, seat, row)]
    asks += await survey_asks(ctx)
    held = [row for seat, row in pairs if seat.released_at is None and seat.state is not SeatState.INVITED]
    past = [row for seat, row in pairs if seat.released_at is not None]
    parts: list[Part] = []
    if asks:
        parts.append(Attentions(tuple(asks), label=ctx.text("my_licenses.asked")))
    parts.append(_table(ctx, "my_licenses.held", held, current=True, keyed=keyed))
    parts += await own_requests(ctx)
    parts += await own_actions(ctx)
    parts += await help_parts(ctx)
    if past:
        parts.append(_table(ctx, "people.past", past, current=False))
    return Detail(ctx.text("my_licenses.title"), parts=tuple(parts))


def _asks(ctx: Context, seat: Assignment, row: SeatRow) -> list[Attention]:
    """What waits for the holder's word: an invitation has two answers, a proposal to reclaim one."""
    if seat.state is SeatState.INVITED:
        lapsed = seat.invitation_expires_at is not None and seat.invitation_expires_at <= ctx.now
        if lapsed:
            return []
        ends = day_words(ctx, seat.invitation_expires_at)
        accept = _post("my_licenses.accept", f"{HERE}/{row.id}/accept")
        decline = _post("my_licenses.decline", f"{HERE}/{row.id}/decline")
        said = ctx.text("my_licenses.invited", license=row.license)
        return [
            Attention(Level.WARN, said, row.pool, ctx.text("my_licenses.until", day=ends), action=accept),
            Attention(Level.UNKNOWN, ctx.text("my_licenses.or_decline", license=row.license), action=decline),
        ]
    if seat.state is SeatState.RECLAIM_PENDING and seat.released_at is None:
        ends = day_words(ctx, seat.reclaim_due_at)
        said = ctx.text("my_licenses.reclaim", license=row.license)
        keep = _post("my_licenses.keep", f"{HERE}/{row.id}/keep")
        return [
            Attention(
                Level.HIGH, said, ctx.text("my_licenses.reclaim_text"), ctx.text("my_licenses.until", day=ends),
                action=keep,
            )
        ]  # fmt: skip
    return []


def _post(label: str, href: str) -> Action:
    return Action(label, href, post=True, action="seat:accept")


def _table(
    ctx: Context, title: str, rows: list[SeatRow], *, current: bool, keyed: frozenset[UUID] = frozenset()
) -> Panel:  # fmt: skip
    shown = tuple(column for column in SEAT_COLUMNS if column.key not in ("person", "license"))
    license_ = Column("license", "licenses.license", strong=True)
    act = Column("act", "seat.act", kind="link", value=lambda row: row.act)
    words = ctx.text("help.ask")
    asks = Column("help", "help.column", kind="link", value=lambda row: Link(words, f"{HERE}/{row.id}/help"), leaves=1)
    gone = Column("released", "people.released", kind="date", leaves=1)
    empty = Empty(ctx.text("my_licenses.none"), ctx.text("my_licenses.none_text"), "license")
    mine = (_key_column(ctx, keyed),) if keyed else ()
    columns = (license_, *shown, *((*mine, asks, act) if current else (gone,)))
    table = Table(ctx.text(title), columns, rows, bare=True, empty=empty)
    return Panel(ctx.text(title), (table,))


def _key_column(ctx: Context, keyed: frozenset[UUID]) -> Column:
    """The way to one's own key, at the seats that have one."""
    word = ctx.text("my_licenses.key")

    def way(row: SeatRow) -> Link | None:
        return Link(word, f"{HERE}/{row.id}/key") if row.id in keyed else None

    return Column("key", "license_keys.key", kind="link", value=way)


Verb = Callable[[Any, Any, UUID], Awaitable[Assignment]]


def _answer(name: str, verb: Verb) -> FormPage:
    """The page of one answer: a question with one button; posted from the list, it is done at once."""

    async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
        row = await _own(ctx, ids["id"])
        return Opened(ctx.text(f"my_licenses.{name}_title", license=row.license), cancel=HERE, sub=row.pool)

    async def submit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
        row = await _own(ctx, ids["id"])
        desk = desk_of(ctx)
        await verb(desk.desk, desk.actor, row.id)
        return Done(HERE, ctx.text(f"my_licenses.{name}_done", license=row.license))

    return FormPage(
        name=f"my-licenses-{name}", path=f"{HERE}/{{id}}/{name}", fields=(), opens=opens, submit=submit,
        button=f"my_licenses.{name}", action="seat:accept", nav="my-licenses",
    )  # fmt: skip


async def _own(ctx: Context, asked: str) -> SeatRow:
    """One's own seat of that id. Raises NotFound for anybody else's."""
    try:
        seat_id = UUID(asked)
    except ValueError:
        raise NotFound("assignment", asked) from None
    async with ctx.work() as work:
        seat = await assignment(work, seat_id)
        if seat.person_id != work.actor.person_id:
            raise NotFound("assignment", asked)
        [row] = await seat_rows(ctx, work, [seat])
    return row


MINE: Final = DetailPage(name="my-licenses", path=HERE, gather=mine, action="seat:accept", nav="my-licenses")
PAGES: Final = (
    MINE,
    _answer("accept", accept_seat),
    _answer("decline", decline_seat),
    _answer("keep", keep_seat),
)
