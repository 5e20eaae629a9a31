"""Roles for some hours: asked for by whoever needs one, decided by somebody else, ended by the clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from api.console.access_said import placed, role_words
from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Ids,
    Level,
    Link,
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
from api.console.paging import read_rows
from api.console.standing import units_of
from governance.directory.elevated import HOURS_MOST, ElevationState, elevation, readable_elevations, state_of
from governance.directory.models import Elevation, OrgUnit, Person
from governance.directory.queries import person_or_self, unit_path, visible_units
from governance.directory.service.elevations import (
    NOTE_MOST,
    AskElevation,
    approve_elevation,
    ask_elevation,
    end_elevation,
    refuse_elevation,
    withdraw_elevation,
)
from governance.kernel.page import Order
from governance.kernel.work import Work
from policies.access.actions import Action as Act
from policies.access.parties import Role, ScopeKind

HERE: Final = "/elevations"
ALL: Final = "all"
LEVELS: Final = {
    ElevationState.ASKED: Level.WARN, ElevationState.HELD: Level.OK, ElevationState.REFUSED: Level.UNKNOWN,
    ElevationState.EXPIRED: Level.UNKNOWN, ElevationState.ENDED: Level.UNKNOWN,
    ElevationState.WITHDRAWN: Level.UNKNOWN,
}  # fmt: skip


async def elevations(ctx: Context, query: Query) -> Rows:
    """One's own wishes and those within reach, the latest first; without a filter, what is undecided or held."""
    async with ctx.work() as work:
        chosen = readable_elevations(work)
        if query.filters.get("state") != ALL:
            chosen = chosen.where(_standing(ctx.now))
        order = (Order(Elevation.asked_at, True), Order(Elevation.id, True))
        read = await read_rows(work, query, chosen, order)
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("elevations.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _standing(now: datetime) -> ColumnElement[bool]:
    undecided = and_(Elevation.approved.is_(None), Elevation.expires_at > now, Elevation.ended_at.is_(None))
    return or_(undecided, and_(Elevation.approved.is_(True), Elevation.grant_end > now))


async def _rows(ctx: Context, work: Work, found: Any) -> list[dict[str, Any]]:
    units = await units_of(work, [row.unit_id for row in found if row.unit_id is not None])
    names = await _names(work, [row.person_id for row in found])
    rows = []
    for row in found:
        state = state_of(row, ctx.now)
        decides = (
            state is ElevationState.ASKED and row.person_id != work.actor.person_id and ctx.may(Act.ACCESS_GRANT.value)
        )
        until = row.grant_end if row.approved else row.expires_at
        rows.append({
            "who": names.get(row.person_id, "–"), "role": role_words(ctx, row.role), "place": placed(ctx, row, units),
            "hours": row.hours, "reason": row.reason, "until": until, "answer": row.note or "",
            "status": Status(LEVELS[state], ctx.text(f"elevations.state_{state.value.lower()}")),
            "act": _way(ctx, row, state, decides=decides),
            "no": Link(ctx.text("requests.refuse"), f"{HERE}/{row.id}/refuse") if decides else None,
        })  # fmt: skip
    return rows


def _way(ctx: Context, row: Elevation, state: ElevationState, *, decides: bool) -> Link | None:
    """What one may do: decide, withdraw one's own wish, end one's own role or one that one may give."""
    if decides:
        return Link(ctx.text("requests.approve"), f"{HERE}/{row.id}/approve")
    own = row.person_id == desk_of(ctx).actor.person_id
    if own and state is ElevationState.ASKED:
        return Link(ctx.text("elevations.withdraw"), f"{HERE}/{row.id}/withdraw")
    if state is ElevationState.HELD and (own or ctx.may(Act.ACCESS_GRANT.value)):
        return Link(ctx.text("elevations.end"), f"{HERE}/{row.id}/end")
    return None


async def _names(work: Work, ids: list[UUID]) -> dict[UUID, str]:
    query = select(Person.id, Person.name).where(Person.tenant_id == work.tenant_id, Person.id.in_(sorted(set(ids))))
    return {row.id: row.name for row in await work.session.execute(query)}


async def opens_ask(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form in which one asks for oneself; a service has none."""
    if desk_of(ctx).actor.person_id is None:
        return None
    initial = {"role": Role.IT_ADMIN.value, "hours": 4}
    return Opened(
        ctx.text("elevations.ask"), initial, ctx.text("elevations.ask_text"), ((ctx.text("elevations.title"), HERE),),
        cancel=HERE,
    )  # fmt: skip


async def ask(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Ask; who may give it is told."""
    unit, region = values["unit"], (values["region"] or "").strip().upper() or None
    if unit and region:
        return Refused({"region": ctx.text("access.one_place")})
    scope = ScopeKind.UNIT if unit else ScopeKind.REGION if region else ScopeKind.TENANT
    given = AskElevation(
        Role(values["role"]), scope, values["hours"], values["reason"], unit_id=UUID(unit) if unit else None,
        region=region,
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: ask_elevation(work, given))
    return Done(HERE, ctx.text("elevations.asked"))


async def opens_approve(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that gives the role; what is decided or over has none."""
    return await _opens(ctx, ids, "elevations.approve_title")


async def opens_refuse(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that refuses it; what is decided or over has none."""
    return await _opens(ctx, ids, "elevations.refuse_title")


async def opens_withdraw(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that takes one's own wish back; another's, and what is decided or over, has none."""
    return await _opens(ctx, ids, "elevations.withdraw_title", own=True)


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that ends a role before its time; what is not held has none."""
    return await _opens(ctx, ids, "elevations.end_title", ElevationState.HELD)


async def _opens(
    ctx: Context, ids: Ids, title: str, state: ElevationState = ElevationState.ASKED, *, own: bool = False
) -> Opened | None:
    async with ctx.work() as work:
        row = await elevation(work, id_of(ids["id"], "elevation"))
        [said] = await _rows(ctx, work, [row])
    if state_of(row, ctx.now) is not state or (own and row.person_id != desk_of(ctx).actor.person_id):
        return None
    about = ctx.text("elevations.about", place=said["place"], hours=row.hours, reason=row.reason)
    crumbs = ((ctx.text("elevations.title"), HERE),)
    return Opened(ctx.text(title, role=said["role"], who=said["who"]), {}, about, crumbs, cancel=HERE)


async def approve(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Give it for the hours asked."""
    wish = id_of(ids["id"], "elevation")
    row = await desk_of(ctx).perform(lambda work: approve_elevation(work, wish, values["note"]))
    return Done(HERE, ctx.text("elevations.approved", role=role_words(ctx, row.role), hours=row.hours))


async def refuse(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Refuse it; who asked is told why."""
    wish = id_of(ids["id"], "elevation")
    await desk_of(ctx).perform(lambda work: refuse_elevation(work, wish, values["note"]))
    return Done(HERE, ctx.text("elevations.refused"))


async def withdraw(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take one's own wish back."""
    wish = id_of(ids["id"], "elevation")
    await desk_of(ctx).perform(lambda work: withdraw_elevation(work, wish))
    return Done(HERE, ctx.text("elevations.withdrawn"))


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """End the role now; where it is another's, they are told why."""
    wish = id_of(ids["id"], "elevation")
    await desk_of(ctx).perform(lambda work: end_elevation(work, wish, values["note"]))
    return Done(HERE, ctx.text("elevations.ended_early"))


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The tenant as a whole, then one's own unit and those above it, then those within reach."""
    person_id = desk_of(ctx).actor.person_id
    async with ctx.work() as work:
        reach = visible_units(work).order_by(OrgUnit.name, OrgUnit.id)
        rows = {row.id: row.name for row in (await work.session.execute(reach)).scalars()}
        if person_id is not None:
            own = await unit_path(work, (await person_or_self(work, person_id)).unit_id)
            rows = await units_of(work, sorted(own)) | rows
    return (Option("", "access.whole_tenant"), *(Option(str(key), text=name) for key, name in rows.items()))


ROLES: Final = tuple(Option(each.value, f"access.role_{each.value}") for each in Role if each is not Role.HOLDER)
ASK: Final = Action("elevations.ask", f"{HERE}/ask", "key", primary=True, action="access:request")
LIST: Final = TablePage(
    name="elevations", path=HERE, title="elevations.title", action="access:request", nav="access-review",
    rows=elevations, actions=(ASK,), empty=Empty("elevations.empty", "elevations.empty_text", "key", ASK),
    columns=(
        Column("who", "access.who", strong=True),
        Column("role", "access.role"),
        Column("place", "access.place", leaves=3),
        Column("hours", "elevations.hours", kind="number", leaves=4),
        Column("reason", "access.reason", leaves=2, quiet=True),
        Column("status", "table.status", kind="status"),
        Column("until", "access.until", leaves=2),
        Column("answer", "requests.answer", leaves=1, quiet=True),
        Column("act", "seat.act", kind="link"),
        Column("no", "requests.refuse", kind="link", leaves=4),
    ),
    filters=(Filter("state", "table.status", (Option("", "elevations.open"), Option(ALL, "licenses.any"))),),
)  # fmt: skip
ASKING: Final = FormPage(
    name="elevation-ask", path=f"{HERE}/ask", opens=opens_ask, submit=ask, button="requests.ask_button",
    action="access:request", nav="access-review",
    fields=(
        Field("role", "access.role", "select", options=ROLES),
        Field("unit", "access.unit", "select", required=False, options=unit_options, help="access.place_help"),
        Field("region", "access.region", required=False, longest=10, help="access.region_help"),
        Field("hours", "elevations.hours", "number", minimum=1, maximum=HOURS_MOST, help="elevations.hours_help"),
        Field("reason", "access.reason", "textarea", longest=NOTE_MOST, help="requests.reason_help"),
    ),
)  # fmt: skip
APPROVE: Final = FormPage(
    name="elevation-approve", path=f"{HERE}/{{id}}/approve", opens=opens_approve, submit=approve,
    button="requests.approve", action="access:grant", nav="access-review",
    fields=(Field("note", "requests.decision_note", "textarea", required=False, longest=NOTE_MOST),),
)  # fmt: skip
REFUSE: Final = FormPage(
    name="elevation-refuse", path=f"{HERE}/{{id}}/refuse", opens=opens_refuse, submit=refuse,
    button="requests.refuse", action="access:grant", nav="access-review",
    fields=(Field("note", "requests.why_not", "textarea", longest=NOTE_MOST, help="requests.why_not_help"),),
)  # fmt: skip
WITHDRAW: Final = FormPage(
    name="elevation-withdraw", path=f"{HERE}/{{id}}/withdraw", opens=opens_withdraw, submit=withdraw,
    button="elevations.withdraw", action="access:request", nav="access-review", fields=(),
)  # fmt: skip
END: Final = FormPage(
    name="elevation-end", path=f"{HERE}/{{id}}/end", opens=opens_end, submit=end,
    button="elevations.end", action="access:request", nav="access-review",
    fields=(Field("note", "access.reason", "textarea", longest=NOTE_MOST, help="elevations.end_help"),),
)  # fmt: skip
PAGES: Final = (LIST, ASKING, APPROVE, REFUSE, WITHDRAW, END)
