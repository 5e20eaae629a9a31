"""People: who is here, who has left, and what each of them holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_

from api.console import formats
from api.console.declare import (
    Action,
    Badge,
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Filter,
    Footer,
    Ids,
    Level,
    Link,
    Missing,
    Option,
    Panel,
    Query,
    Rows,
    Status,
    Table,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.finding_people import escaped
from api.console.owners_said import may_hand_over, thing_link
from api.console.paging import read_rows
from api.console.seat_rows import SEAT_COLUMNS, seat_rows
from api.console.standing import names_of, region_name, today_only, units_of
from governance.directory.models import Person
from governance.directory.queries import person, visible_people
from governance.directory.rules import PersonStatus
from governance.kernel.errors import NotFound
from governance.kernel.page import Order, count_each
from governance.kernel.work import Work
from governance.reorganization.owners import Owned, owned_by
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments

LEVELS: Final = {
    PersonStatus.ACTIVE: Level.OK, PersonStatus.ON_LEAVE: Level.EXEMPT, PersonStatus.LEFT: Level.UNKNOWN,
}  # fmt: skip
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A person with the names around them."""

    id: UUID
    name: str
    mail: str
    unit: str
    country: str
    seats: int
    status: Status


async def people(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, by name."""
    async with ctx.work() as work:
        chosen = visible_people(work)
        if status := query.filters.get("status"):
            chosen = chosen.where(Person.status == status)
        if query.search:
            like = f"%{escaped(query.search.casefold())}%"
            chosen = chosen.where(
                or_(
                    func.lower(Person.name).like(like, escape="\\"),
                    Person.mail_key.like(like, escape="\\"),
                    Person.external_id == query.search,
                )
            )
        order = (Order(Person.name, query.descending), Order(Person.id, query.descending))
        read = await read_rows(work, query, chosen, order)
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx),
        above=today_only(ctx),
    )  # fmt: skip


async def _rows(ctx: Context, work: Work, found: Any) -> list[Row]:
    units = await units_of(work, [row.unit_id for row in found])
    held = visible_assignments(work).where(Assignment.released_at.is_(None))
    counts = await count_each(work.session, held, Assignment.person_id, [row.id for row in found]) if found else {}
    return [
        Row(
            row.id, row.name, row.mail, units.get(row.unit_id, ""), region_name(ctx, row.country), counts[row.id],
            status_of_person(ctx, row),
        )
        for row in found
    ]  # fmt: skip


def status_of_person(ctx: Context, row: Person) -> Status:
    """Here, on leave, or gone since a day."""
    note = "" if row.left_at is None else formats.day(ctx.locale, row.left_at.astimezone(ctx.zone).date())
    return Status(LEVELS[row.status], ctx.text(f"people.status_{row.status.value.lower()}"), note)


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One person: what they hold, what they held, what they answer for."""
    try:
        person_id = UUID(ids["id"])
    except ValueError:
        raise NotFound("person", ids["id"]) from None
    async with ctx.work() as work:
        row = await person(work, person_id)
        seats = visible_assignments(work).where(
            Assignment.person_id == row.id, Assignment.started_at <= (ctx.as_of or ctx.now)
        )
        newest = seats.order_by(Assignment.started_at.desc(), Assignment.id.desc()).limit(SHOWN)
        rows = await seat_rows(ctx, work, (await work.session.execute(newest)).scalars().all())
        licenses = await owned_by(work, row.id, acting=False)
        units = await units_of(work, [row.unit_id])
        names = await names_of(work, [row.manager_id])
    held = [each for each in rows if each.released is None]
    past = [each for each in rows if each.released is not None]
    return Detail(
        row.name,
        ((ctx.text("people.title"), "/people"), (units.get(row.unit_id, ""), "")),
        (Badge(ctx.text(f"people.status_{row.status.value.lower()}")),),
        parts=(
            *today_only(ctx),
            _seats(ctx, "people.held", held, "people.holds_nothing"),
            *((_seats(ctx, "people.past", past, "people.held_nothing"),) if past else ()),
        ),
        side=(
            Panel(ctx.text("people.facts"), (_facts(ctx, row, units, names),)),
            *(
                (Panel(ctx.text("people.owns"), (_owned(ctx, licenses),)),) if licenses else ()
            ),
        ),
        actions=_actions(ctx, row, owns=bool(licenses)),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _facts(ctx: Context, row: Person, units: dict[UUID, str], names: dict[UUID, str]) -> Facts:
    manager = Link(names[row.manager_id], f"/people/{row.manager_id}") if row.manager_id in names else None
    return Facts(
        (
            (ctx.text("people.mail"), row.mail),
            (ctx.text("people.unit"), units.get(row.unit_id, "")),
            (ctx.text("people.country"), region_name(ctx, row.country)),
            (ctx.text("people.manager"), manager or Missing(ctx.text("people.no_manager"))),
            (ctx.text("people.contract_end"), row.contract_end or Missing(ctx.text("people.no_end"))),
            (ctx.text("people.source"), f"{row.source} · {row.external_id}"),
            *(
                ((ctx.text("people.licenses"), Link(ctx.text("rights.title"), f"/people/{row.id}/rights")),)
                if ctx.may("seat:read")
                else ()
            ),
        )
    )


def _actions(ctx: Context, row: Person, *, owns: bool) -> tuple[Action, ...]:
    rights = Action("access.may_do", f"/access-review/person:{row.id}", "key", changes=False)
    story = Action("license.tab_story", f"/trail/person/{row.id}", "history", changes=False)
    hand = Action("people.hand_over", f"/people/{row.id}/hand-over", "swap")
    ways = ((rights, "access:explain"), (story, "audit:read"))
    offered = (hand,) if owns and may_hand_over(ctx) else ()
    return (*offered, *(way for way, action in ways if ctx.may(action)))


def _owned(ctx: Context, owned: Sequence[Owned]) -> Facts:
    return Facts(tuple((each.code, thing_link(each)) for each in owned))


def _seats(ctx: Context, title: str, rows: Any, empty: str) -> Panel:
    columns = tuple(column for column in SEAT_COLUMNS if column.key != "person")
    act = Column("act", "seat.act", kind="link", value=lambda row: row.act)
    gone = Column("released", "people.released", kind="date", leaves=1)
    last = (gone,) if rows and rows[0].released is not None else (act,)
    table = Table(ctx.text(title), (*columns, *last), rows, bare=True, empty=Empty(ctx.text(empty), icon="license"))
    return Panel(ctx.text(title), (table,), footer=Footer((), ctx.text("people.count", count=len(rows))))


LIST: Final = TablePage(
    name="people", path="/people", title="people.title", action="person:read", nav="people", rows=people,
    columns=(
        Column("name", "people.name", href=lambda row: f"/people/{row.id}", sub=lambda row: row.mail, sort="name",
               strong=True),
        Column("unit", "people.unit", leaves=2),
        Column("country", "people.country", leaves=3, quiet=True),
        Column("seats", "people.seats", kind="number"),
        Column("status", "table.status", kind="status", leaves=4),
    ),
    filters=(
        Filter("status", "table.status", (
            Option("", "licenses.any"),
            *(Option(each.value, f"people.status_{each.value.lower()}") for each in PersonStatus))),
    ),
    search=True, sort="name", row_href=lambda row: f"/people/{row.id}",
    actions=(
        Action("people.units", "/units", "scope", action="unit:read", changes=False),
        Action("people.stale", "/stale-owners", "person-check", action="person:read", changes=False),
        Action("people.import", "/settings/imports/new", "import", primary=True, action="person:import"),
    ),
    empty=Empty("people.empty", "people.empty_text", "people",
                Action("people.import", "/settings/imports/new", "import", action="person:import")),
)  # fmt: skip
DETAIL: Final = DetailPage(name="person", path="/people/{id}", gather=show, action="person:read", nav="people")
PAGES: Final = (LIST, DETAIL)
