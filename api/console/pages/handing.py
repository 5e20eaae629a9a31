"""Owners who cannot answer for what they own, and all that somebody answers for handed to somebody else."""

from collections.abc import Mapping
from typing import Any, Final

from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Done,
    Empty,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Preview,
    Query,
    Refused,
    Rows,
    Status,
    Table,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import find_people, suggest_people
from api.console.owners_said import may_hand_over, thing_link
from api.console.paging import read_rows
from api.console.standing import names_of, today_only
from governance.directory.models import Person
from governance.directory.queries import person
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.reorganization.owners import Stale, counts_of, owned_by, stale_of, stale_owners
from governance.reorganization.service import HandOver, Handover, hand_over, preview_handover

HERE: Final = "/stale-owners"
LEVELS: Final = {Stale.LEFT: Level.HIGH, Stale.CONTRACT_ENDED: Level.WARN, Stale.ON_LEAVE: Level.EXEMPT}


async def listed(ctx: Context, query: Query) -> Rows:
    """The owners and deputies within reach who left, are on leave or past their contract's end, by name."""
    async with ctx.work() as work:
        order = (Order(Person.name, query.descending), Order(Person.id, query.descending))
        read = await read_rows(work, query, stale_owners(work), order)
        counts = await counts_of(work, [row.id for row in read.page.rows])
    rows = []
    for row in read.page.rows:
        why = stale_of(row, ctx.now.date())
        said = "" if why is None else ctx.text(f"owners.{why.value.lower()}")
        rows.append({
            "who": Link(row.name, f"/people/{row.id}"), "licenses": counts[row.id].licenses,
            "agreements": counts[row.id].agreements, "tasks": counts[row.id].tasks,
            "why": Status(LEVELS[why] if why else Level.UNKNOWN, said),
            "act": Link(ctx.text("owners.hand_over"), f"/people/{row.id}/hand-over") if may_hand_over(ctx) else None,
        })  # fmt: skip
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx),
        above=today_only(ctx),
    )  # fmt: skip


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What somebody answers for, and the question to whom it goes. Raises NotFound, also where there is nothing."""
    async with ctx.work() as work:
        row = await person(work, id_of(ids["id"], "person"))
        if not await owned_by(work, row.id, acting=True):
            raise NotFound("what a person answers for", ids["id"])
    here = f"/people/{row.id}"
    crumbs = ((ctx.text("people.title"), "/people"), (row.name, here))
    return Opened(ctx.text("owners.title_of", who=row.name), {}, ctx.text("owners.hand_over_text"), crumbs, cancel=here)


async def suggest(ctx: Context, typed: str) -> list[Option]:
    """People within reach who are here."""
    return await suggest_people(ctx, typed)


async def hand(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what goes to whom; with the token of that, hand it over."""
    found = await find_people(ctx, [values["taker"]])
    if not found.people:
        return Refused({"taker": ctx.text("units.nobody", who=values["taker"])})
    (taker_id,) = found.people
    desk = desk_of(ctx)
    command = HandOver(id_of(ids["id"], "person"), taker_id, values["reason"], token)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_handover(work, command)
            names = await names_of(work, [key for one in seen.things for key in (one.owner_id, one.deputy_id)])
        return Preview(_parts(ctx, seen, names), seen.token, ctx.text("owners.hand_over"))
    done = await desk.perform(lambda work: hand_over(work, command))
    return Done(f"/people/{taker_id}", ctx.text("owners.handed", count=len(done.things), who=done.taker.name))


def _parts(ctx: Context, seen: Handover, names: Mapping[Any, str]) -> tuple[Part, ...]:
    rows = [
        {
            "kind": ctx.text(f"units.thing_{one.thing.kind.value.lower()}"),
            "name": thing_link(one.thing),
            "owner": names.get(one.owner_id, "–"), "deputy": names.get(one.deputy_id, "–"),
        }
        for one in seen.things
    ]  # fmt: skip
    columns = (
        Column("kind", "units.what", quiet=True, leaves=3),
        Column("name", "units.name", kind="link", strong=True),
        Column("owner", "owners.owner_then"),
        Column("deputy", "owners.deputy_then"),
    )
    table = Table(ctx.text("owners.goes", who=seen.taker.name), columns, rows)
    beyond = (Note(ctx.text("owners.beyond", count=seen.beyond), level=Level.WARN),) if seen.beyond else ()
    return (table, *beyond)


LIST: Final = TablePage(
    name="stale-owners", path=HERE, title="owners.title", action="person:read", nav="people", rows=listed,
    columns=(
        Column("who", "access.who", kind="link", strong=True, sort="name"),
        Column("why", "table.status", kind="status"),
        Column("licenses", "owners.licenses", kind="number", leaves=3),
        Column("agreements", "owners.agreements", kind="number", leaves=3),
        Column("tasks", "owners.tasks", kind="number", leaves=2),
        Column("act", "seat.act", kind="link"),
    ),
    sort="name",
    empty=Empty("owners.empty", "owners.empty_text", "people", Action("people.title", "/people", action="person:read")),
)  # fmt: skip
HAND: Final = FormPage(
    name="person-hand-over", path="/people/{id}/hand-over", opens=opens, submit=hand, button="form.preview",
    action="person:read", nav="people",
    fields=(
        Field("taker", "owners.taker", "person", longest=254, suggest=suggest, help="boards.member_help"),
        Field("reason", "access.reason", "textarea", longest=400, help="owners.reason_help"),
    ),
)  # fmt: skip
PAGES: Final = (LIST, HAND)
