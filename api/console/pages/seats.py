"""Seats: who holds what, since when and in which state; giving one back with its preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_

from api.console import formats
from api.console.declare import (
    Column,
    Context,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Ids,
    Itemized,
    Items,
    Level,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Preview,
    Query,
    Rows,
    SeatBar,
    Seats,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import escaped
from api.console.paging import read_rows
from api.console.sealing import check_sealed, sealed
from api.console.seat_rows import SEAT_COLUMNS, SeatRow, seat_rows
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import (
    LINE_OF_POOL,
    rooms_of,
    visible_entitlements,
    visible_pools,
)
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.queries import assignment, occupied_at, visible_assignments
from governance.seats.rules import ReleaseReason, SeatState
from governance.seats.service import ReleaseSeats, release_seats
from governance.seats.shown import shown_in

ALL: Final = "all"
OPTIONS: Final = 500


async def seats(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first; as of an instant, the seats that took room then."""
    async with ctx.work() as work:
        chosen = (
            visible_assignments(work)
            .join(MetricLine, LINE_OF_POOL)
            .join(PersonRow, and_(PersonRow.tenant_id == Assignment.tenant_id, PersonRow.id == Assignment.person_id))
            .where(*_narrowing(query), *_standing(ctx, work, query))
        )
        read = await read_rows(work, query, chosen, (Order(Assignment.started_at, True), Order(Assignment.id, True)))
        rows = await seat_rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("seat.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _narrowing(query: Query) -> list[ColumnElement[bool]]:
    narrowing: list[ColumnElement[bool]] = []
    for name, column in (("license", MetricLine.entitlement_id), ("pool", Assignment.pool_id)):
        if asked := query.filters.get(name):
            narrowing.append(column == _uuid(asked))
    if query.search:
        like = f"%{escaped(query.search.casefold())}%"
        narrowing.append(
            or_(func.lower(PersonRow.name).like(like, escape="\\"), PersonRow.mail_key.like(like, escape="\\"))
        )
    return narrowing


def _standing(ctx: Context, work: Work, query: Query) -> list[ColumnElement[bool]]:
    state = query.filters.get("state", "")
    if ctx.past:
        return [occupied_at(ctx.as_of or ctx.now, ctx.known_at or ctx.now)]
    if not state:
        return [Assignment.released_at.is_(None)]
    return [] if state == ALL else [shown_in(work, [SeatState(state)])]


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("license or pool", asked) from None


async def license_options(ctx: Context) -> tuple[Option, ...]:
    """Licenses within reach by name."""
    async with ctx.work() as work:
        query = visible_entitlements(work).order_by(Entitlement.name, Entitlement.id).limit(OPTIONS)
        rows = (await work.session.execute(query)).scalars().all()
    return (Option("", "licenses.any"), *(Option(str(row.id), text=row.name) for row in rows))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """Pools within reach, each under its license."""
    async with ctx.work() as work:
        query = visible_pools(work).add_columns(Entitlement.name).order_by(Entitlement.name, Pool.name, Pool.id)
        rows = (await work.session.execute(query.limit(OPTIONS))).all()
    return (Option("", "licenses.any"), *(Option(str(pool.id), text=f"{name} · {pool.name}") for pool, name in rows))


STATE_OPTIONS: Final = (
    Option("", "seat.held"),
    *(Option(each.value, f"seat.state_{each.value.lower()}") for each in SeatState),
    Option(ALL, "seat.all"),
)
LIST: Final = TablePage(
    name="seats", path="/seats", title="seat.title", action="seat:read", nav="licenses", rows=seats,
    row_href=lambda row: f"/seats/{row.id}",
    columns=(
        *SEAT_COLUMNS,
        Column("act", "seat.act", kind="link", value=lambda row: row.act, leaves=2),
    ),
    filters=(
        Filter("license", "licenses.license", license_options, icon="license"),
        Filter("pool", "seat.pool", pool_options),
        Filter("state", "table.status", STATE_OPTIONS),
    ),
    search=True, empty=Empty("seat.empty", "seat.empty_text", "people"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Releasing:
    seat: Assignment
    row: SeatRow
    occupied: int
    ceiling: int | None


async def _releasing(ctx: Context, asked: str) -> _Releasing:
    async with ctx.work() as work:
        seat = await assignment(work, _uuid(asked))
        [row] = await seat_rows(ctx, work, [seat])
        rooms = await rooms_of(work, (seat.pool_id,))
        room = rooms.get(seat.pool_id)
    return _Releasing(seat, row, room.occupied if room else 0, room.ceiling if room else 0)


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that gives a seat back; a seat that is released already has none."""
    found = await _releasing(ctx, ids["id"])
    if found.seat.released_at is not None:
        return None
    mine = found.seat.person_id == desk_of(ctx).actor.person_id
    title = ctx.text("seat.give_back" if mine else "seat.release", person=found.row.person.name)
    back = "/my-licenses" if mine else f"/people/{found.seat.person_id}"
    return Opened(title, {"reason": ReleaseReason.ADMIN.value}, f"{found.row.license} · {found.row.pool}", cancel=back)


async def release(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what becomes of the pool, then release exactly this seat."""
    found = await _releasing(ctx, ids["id"])
    diff = {"seat": str(found.seat.id), "version": found.seat.version, "reason": values["reason"]}
    if not token:
        return Preview(_preview(ctx, found), sealed(ctx, "seat:release", diff), ctx.text("seat.release_one"))
    check_sealed(ctx, "seat:release", diff, token)
    desk = desk_of(ctx)
    command = ReleaseSeats((found.seat.id,), ReleaseReason(values["reason"]), values["note"])
    await release_seats(desk.desk, desk.actor, command, desk.request_id)
    mine = found.seat.person_id == desk.actor.person_id
    where = "/my-licenses" if mine else f"/people/{found.seat.person_id}"
    return Done(where, ctx.text("seat.released", person=found.row.person.name, license=found.row.license))


def _preview(ctx: Context, found: _Releasing) -> tuple[Part, ...]:
    row, after = found.row, max(0, found.occupied - 1)
    item = Itemized(row.person, Status(Level.WARN, ctx.text("seat.loses", license=row.license)))
    limit = ctx.text("seats.no_limit") if found.ceiling is None else formats.number(ctx.locale, found.ceiling)
    corner = ctx.text("seat.pool_after", occupied=formats.number(ctx.locale, after), limit=limit)
    return (
        Items(
            (item,), ctx.text("seat.release_one"), corner, above=(Seats(SeatBar(after, found.ceiling), large=False),)
        ),
        Note(ctx.text("seat.release_note")),
    )


REASONS: Final = (ReleaseReason.ADMIN, ReleaseReason.IDLE, ReleaseReason.DOWNGRADE, ReleaseReason.USER_LEFT)
RELEASE: Final = FormPage(
    name="seat-release", path="/seats/{id}/release", opens=opens, submit=release, button="form.preview",
    action="seat:release", nav="people",
    fields=(
        Field("reason", "seat.reason", "select",
              options=tuple(Option(each.value, f"seat.reason_{each.value.lower()}") for each in REASONS)),
        Field("note", "seat.note_field", "textarea", required=False, longest=400),
    ),
)  # fmt: skip
PAGES: Final = (LIST, RELEASE)
