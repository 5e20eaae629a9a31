"""Access review: every role and where it reaches, who may try an act, all that one person may; roles given and ended.

What the pages say of the past is what the grants and the policy of that day decided.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_

from api.console.access_said import Holder, act_words, holders_of, placed, principal_name, role_words, scope_words
from api.console.acting import id_of
from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Field,
    Filter,
    FormPage,
    Ids,
    Level,
    Link,
    Missing,
    Note,
    Opened,
    Option,
    Outcome,
    Panel,
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
from api.console.paging import read_rows
from api.console.sealing import check_sealed, sealed
from api.console.standing import units_of
from governance.directory.models import Group, OrgUnit, RoleGrant
from governance.directory.provisioned import visible_groups
from governance.directory.queries import grants, unit_tree, visible_units
from governance.directory.service import NewGrant, end_grant, grant_role
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.rulebook.access import grants_permitting, permitting, what_can
from policies.access.actions import Action as Act
from policies.access.parties import Ownership, Role, ScopeKind

HERE: Final = "/access-review"
END: Final = "access:end"
ENDED, EVER = "ended", "all"
GROUPS_SHOWN: Final = 500


async def roles(ctx: Context, query: Query) -> Rows:
    """The roles that are held at the page's instant, or were; the latest first."""
    at = ctx.as_of or ctx.now
    async with ctx.work() as work:
        chosen = grants(work)
        holds = or_(RoleGrant.end.is_(None), RoleGrant.end > at)
        match query.filters.get("state"):
            case "ended":
                chosen = chosen.where(RoleGrant.end <= at)
            case "all":
                chosen = chosen.where(RoleGrant.start <= at)
            case _:
                chosen = chosen.where(RoleGrant.start <= at, holds)
        if role := query.filters.get("role"):
            chosen = chosen.where(RoleGrant.role == role)
        return await _listed(ctx, work, query, chosen, ctx.text("access.note"))


async def who_can(ctx: Context, query: Query) -> Rows:
    """The roles that let an act be tried in a unit, or in the tenant as a whole. Raises Refused."""
    act = Act(query.filters.get("act") or Act.SEAT_ASSIGN)
    async with ctx.work() as work:
        whose = await _where(work, query.filters.get("unit"))
        found = await permitting(work, act, whose, ctx.as_of)
        chosen = grants_permitting(work, found, whose, ctx.as_of)
        note = ctx.text("access.own_note") if found.everyone else ""
        return await _listed(ctx, work, query, chosen, note)


async def _where(work: Work, unit: str | None) -> Ownership:
    """Say what is asked about: what belongs to a unit, or to the tenant as a whole. Raises NotFound."""
    if not unit:
        return Ownership(work.tenant_id)
    nodes = {str(each.unit.id): each for each in await unit_tree(work)}
    if unit not in nodes:
        raise NotFound("unit", unit)
    path, at, regions = [], nodes.get(unit), work.office.regions
    region = nodes[unit].unit.region
    while at is not None:
        path.append(at.unit.id)
        at = nodes.get(str(at.parent_id))
    return Ownership(work.tenant_id, frozenset(path), regions.path(region))


async def _listed(ctx: Context, work: Work, query: Query, chosen: Any, note: str) -> Rows:
    read = await read_rows(work, query, chosen, (Order(RoleGrant.start, True), Order(RoleGrant.id, True)))
    rows = read.page.rows
    units = await units_of(work, [row.unit_id for row in rows if row.unit_id is not None])
    held = await holders_of(work, rows)
    items = [_row(ctx, row, held[row.id], units) for row in rows]
    return Rows(
        items, total=read.total, next=read.next, previous=read.previous, note=note, provenance=await provenance_of(ctx)
    )


def _row(ctx: Context, row: RoleGrant, holder: Holder, units: Mapping[UUID, str]) -> dict[str, Any]:
    holds = row.end is None or row.end > (ctx.as_of or ctx.now)
    act = Link(ctx.text("access.end"), f"{HERE}/grants/{row.id}/end")
    who = ctx.text("access.in_group", group=holder.name) if holder.kind == "group" else holder.name
    return {
        "who": Link(who, f"/groups/{holder.id}" if holder.kind == "group" else f"{HERE}/{holder.kind}:{holder.id}"),
        "role": role_words(ctx, row.role), "place": placed(ctx, row, units),
        "since": row.start, "until": row.end or Missing(ctx.text("access.endless")), "reason": row.reason,
        "status": Status(Level.OK if holds else Level.UNKNOWN, ctx.text("access.held" if holds else "access.ended")),
        "act": act if holds and ctx.may(Act.ACCESS_GRANT.value) and not ctx.past else None,
    }  # fmt: skip


async def abilities(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """All that one person or service account may try, and the lines that say so. Raises NotFound, Refused."""
    async with ctx.work() as work:
        able = await what_can(work, ids["principal"], ctx.as_of)
        name = await principal_name(work, ids["principal"])
        units = await units_of(work, [unit for one in able for unit in one.reach.units])
    rows = [
        {
            "act": one.action.value, "said": act_words(ctx, one.action), "reaches": scope_words(ctx, one.reach, units),
            "lines": "; ".join(one.lines),
        }
        for one in able
    ]  # fmt: skip
    table = Table(
        ctx.text("access.may_try"),
        (
            Column("said", "access.act", sub=lambda row: row["act"], strong=True),
            Column("act", "access.act_name", file_only=True),
            Column("reaches", "access.reaches"),
            Column("lines", "access.lines", kind="code", leaves=2, quiet=True),
        ),
        rows, empty=Empty(ctx.text("access.nothing"), ctx.text("access.nothing_text"), "key"), bare=True,
    )  # fmt: skip
    return Detail(
        name, ((ctx.text("nav.access_review"), HERE),), parts=(Panel(ctx.text("access.may_try"), (table,)),),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def unit_options(ctx: Context) -> tuple[Option, ...]:
    """The tenant as a whole, then the units within reach, by name."""
    async with ctx.work() as work:
        rows = (await work.session.execute(visible_units(work).order_by(OrgUnit.name, OrgUnit.id))).scalars().all()
    return (Option("", "access.whole_tenant"), *(Option(str(row.id), text=row.name) for row in rows))


async def group_options(ctx: Context) -> tuple[Option, ...]:
    """Nobody in particular, then the groups within reach, by name."""
    async with ctx.work() as work:
        rows = await work.session.execute(visible_groups(work).order_by(Group.name_key, Group.id).limit(GROUPS_SHOWN))
        return (Option("", "access.no_group"), *(Option(str(row.id), text=row.name) for row in rows.scalars()))


async def act_options(ctx: Context) -> tuple[Option, ...]:
    """Every act there is, the usual question first."""
    rest = [each for each in Act if each is not Act.SEAT_ASSIGN]
    return (
        Option("", text=act_words(ctx, Act.SEAT_ASSIGN)),
        *(Option(each.value, text=act_words(ctx, each)) for each in rest),
    )


async def grant_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A role to give, and what it is held over."""
    note = (Note(ctx.text("access.grant_note"), "key"),)
    crumbs = ((ctx.text("nav.access_review"), HERE),)
    initial = {"role": Role.LICENSE_OWNER.value, "unit": ""}
    return Opened(ctx.text("access.grant"), initial, "", crumbs, note, cancel=HERE)


async def grant(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Give it."""
    said, group = values["person"] or "", values["group"]
    if bool(said.strip()) == bool(group):
        return Refused({"person": ctx.text("access.one_holder")})
    found = await find_people(ctx, [said])
    if said and not found.people:
        return Refused({"person": ctx.text("access.nobody", who=said)})
    person_id = next(iter(found.people), None)
    unit, region = values["unit"], (values["region"] or "").strip().upper() or None
    if unit and region:
        return Refused({"region": ctx.text("access.one_place")})
    until: datetime | None = None
    if values["until"]:
        until = datetime.combine(values["until"] + timedelta(days=1), time.min, tzinfo=ctx.zone)
        if until <= ctx.now:
            return Refused({"until": ctx.text("tokens.to_come")})
    scope = ScopeKind.UNIT if unit else ScopeKind.REGION if region else ScopeKind.TENANT
    command = NewGrant(
        Role(values["role"]), scope, values["reason"], person_id=person_id, unit_id=UUID(unit) if unit else None,
        region=region, end=until, group_id=UUID(group) if group else None,
    )  # fmt: skip
    row = await desk_of(ctx).perform(lambda work: grant_role(work, command))
    async with ctx.work() as work:
        name = (await holders_of(work, [row]))[row.id].name
    toast = ctx.text("access.granted", who=name, role=role_words(ctx, command.role))
    return Done(HERE if person_id is None else f"{HERE}/person:{person_id}", toast)


async def _grant(ctx: Context, asked: str) -> tuple[RoleGrant, str]:
    grant_id = id_of(asked, "grant")
    async with ctx.work() as work:
        row = (await work.session.execute(grants(work).where(RoleGrant.id == grant_id))).scalar_one_or_none()
        if row is None or (row.end is not None and row.end <= ctx.now):
            raise NotFound("grant", asked)
        return row, (await holders_of(work, [row]))[row.id].name


async def end_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A role that is still held. Raises NotFound."""
    row, name = await _grant(ctx, ids["id"])
    title = ctx.text("access.end_title", who=name, role=role_words(ctx, row.role))
    return Opened(title, {}, crumbs=((ctx.text("nav.access_review"), HERE),), cancel=HERE)


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Say what ends, then end it."""
    row, name = await _grant(ctx, ids["id"])
    diff = {"grant": str(row.id), "reason": values["reason"]}
    if not token:
        note = Note(ctx.text("access.end_text", who=name, role=role_words(ctx, row.role)), "key", Level.HIGH)
        return Preview((note,), sealed(ctx, END, diff), ctx.text("access.end"))
    check_sealed(ctx, END, diff, token)
    await desk_of(ctx).perform(lambda work: end_grant(work, row.id, values["reason"]))
    return Done(HERE, ctx.text("access.ended_toast", who=name, role=role_words(ctx, row.role)))


ROLES: Final = tuple(Option(each.value, f"access.role_{each.value}") for each in Role)
COLUMNS: Final = (
    Column("who", "access.who", kind="link", strong=True),
    Column("role", "access.role"),
    Column("place", "access.place", leaves=1),
    Column("since", "access.since", kind="date", leaves=3),
    Column("until", "access.until", kind="date", leaves=2),
    Column("reason", "access.reason", leaves=3, quiet=True),
    Column("status", "table.status", kind="status", leaves=4),
    Column("act", "seat.act", kind="link"),
)
GROUPS: Final = Action("groups.title", "/groups", "people", changes=False, action="group:read")
WHO_CAN: Final = Action("access.who_can", f"{HERE}/who-can", "search", changes=False, action="access:explain")
HOURS: Final = Action("elevations.title", "/elevations", "clock", changes=False, action="access:request")
GRANT: Final = Action("access.grant", f"{HERE}/grants/new", "key", primary=True, action="access:grant")
LIST: Final = TablePage(
    name="access-review", path=HERE, title="nav.access_review", action="access:read", nav="access-review", rows=roles,
    columns=COLUMNS, actions=(GROUPS, HOURS, WHO_CAN, GRANT),
    empty=Empty("access.empty", "access.empty_text", "key", GRANT), filters=(
        Filter("role", "access.role", (Option("", "licenses.any"), *ROLES)),
        Filter("state", "table.status", (
            Option("", "access.held"), Option(ENDED, "access.ended"), Option(EVER, "licenses.any"))),
    ),
)  # fmt: skip
WHO: Final = TablePage(
    name="who-can", path=f"{HERE}/who-can", title="access.who_can", action="access:explain", nav="access-review",
    rows=who_can, columns=COLUMNS, empty=Empty("access.nobody_can", "access.nobody_can_text", "key"),
    filters=(Filter("act", "access.act", act_options, "key"), Filter("unit", "access.place", unit_options)),
)  # fmt: skip
ONE: Final = DetailPage(
    name="abilities", path=f"{HERE}/{{principal}}", gather=abilities, action="access:explain", nav="access-review"
)
GIVE: Final = FormPage(
    name="grant-new", path=f"{HERE}/grants/new", opens=grant_opens, submit=grant, button="access.grant",
    action="access:grant", nav="access-review",
    fields=(
        Field("person", "access.who", "person", required=False, longest=254, suggest=suggest_people,
              help="boards.member_help"),
        Field("group", "access.group", "select", required=False, options=group_options, help="access.group_help"),
        Field("role", "access.role", "select", options=ROLES),
        Field("unit", "access.unit", "select", required=False, options=unit_options, help="access.place_help"),
        Field("region", "access.region", required=False, longest=10, help="access.region_help"),
        Field("until", "access.until", "date", required=False, help="access.until_help"),
        Field("reason", "access.reason", longest=400),
    ),
)  # fmt: skip
TAKE: Final = FormPage(
    name="grant-end", path=f"{HERE}/grants/{{id}}/end", opens=end_opens, submit=end, button="form.preview",
    action="access:grant", nav="access-review", fields=(Field("reason", "access.reason", longest=400),),
)  # fmt: skip
PAGES: Final = (LIST, WHO, GIVE, TAKE, ONE)
