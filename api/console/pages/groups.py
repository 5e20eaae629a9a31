"""Groups of people as their provider tells of them: who is in each, and which roles that gives its members."""

from typing import Any, Final

from sqlalchemy import or_

from api.console.access_said import placed, role_words
from api.console.acting import id_of
from api.console.declare import (
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Facts,
    Footer,
    Ids,
    Link,
    Missing,
    Panel,
    Query,
    Rows,
    Table,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.paging import read_rows
from api.console.standing import names_of, units_of
from governance.directory.models import Group, GroupMember, RoleGrant
from governance.directory.provisioned import group, visible_groups, visible_members
from governance.directory.queries import grants
from governance.kernel.page import Order, count_each

HERE: Final = "/groups"
SHOWN: Final = 200


async def listed(ctx: Context, query: Query) -> Rows:
    """The groups of today, by name, with how many are in each."""
    async with ctx.work() as work:
        order = (Order(Group.name_key, query.descending), Order(Group.id, query.descending))
        read = await read_rows(work, query, visible_groups(work), order)
        ids = [row.id for row in read.page.rows]
        inside = visible_members(work).where(GroupMember.end.is_(None))
        counts = await count_each(work.session, inside, GroupMember.group_id, ids) if ids else {}
    rows = [
        {"name": Link(row.name, f"{HERE}/{row.id}"), "members": counts[row.id], "source": row.source,
         "changed": row.changed_at}
        for row in read.page.rows
    ]  # fmt: skip
    return Rows(rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx))


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One group at the page's instant: its members and the roles they hold by it. Raises NotFound."""
    at = ctx.as_of or ctx.now
    async with ctx.work() as work:
        row = await group(work, id_of(ids["id"], "group"))
        inside = visible_members(work).where(
            GroupMember.group_id == row.id,
            GroupMember.start <= at,
            or_(GroupMember.end.is_(None), GroupMember.end > at),
        )
        newest = inside.order_by(GroupMember.start.desc(), GroupMember.id.desc()).limit(SHOWN)
        members = (await work.session.execute(newest)).scalars().all()
        held = grants(work).where(
            RoleGrant.group_id == row.id, RoleGrant.start <= at, or_(RoleGrant.end.is_(None), RoleGrant.end > at)
        )
        roles = (await work.session.execute(held.order_by(RoleGrant.start, RoleGrant.id))).scalars().all()
        names = await names_of(work, [each.person_id for each in members])
        units = await units_of(work, [each.unit_id for each in roles if each.unit_id is not None])
    facts = Facts((
        (ctx.text("people.source"), row.source), (ctx.text("groups.external"), row.external_id or Missing("–")),
    ))  # fmt: skip
    return Detail(
        row.name, ((ctx.text("groups.title"), HERE),),
        parts=(_roles(ctx, roles, units), _members(ctx, members, names)),
        side=(Panel(ctx.text("people.facts"), (facts,)),), provenance=await provenance_of(ctx),
    )  # fmt: skip


def _roles(ctx: Context, roles: Any, units: Any) -> Panel:
    rows = [
        {"role": role_words(ctx, each.role), "place": placed(ctx, each, units), "since": each.start,
         "until": each.end or Missing(ctx.text("access.endless")), "reason": each.reason}
        for each in roles
    ]  # fmt: skip
    columns = (
        Column("role", "access.role", strong=True),
        Column("place", "access.place"),
        Column("since", "access.since", kind="date", leaves=2),
        Column("until", "access.until", kind="date", leaves=1),
        Column("reason", "access.reason", leaves=3, quiet=True),
    )
    title = ctx.text("groups.roles")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=Empty(ctx.text("groups.no_roles"), icon="key")),))


def _members(ctx: Context, members: Any, names: Any) -> Panel:
    rows = [
        {"who": Link(names.get(each.person_id, "–"), f"/people/{each.person_id}"), "since": each.start}
        for each in members
    ]
    columns = (Column("who", "access.who", kind="link", strong=True), Column("since", "access.since", kind="date"))
    title = ctx.text("groups.members")
    table = Table(title, columns, rows, bare=True, empty=Empty(ctx.text("groups.no_members"), icon="people"))
    return Panel(title, (table,), footer=Footer((), ctx.text("groups.shown", most=SHOWN)))


LIST: Final = TablePage(
    name="groups", path=HERE, title="groups.title", action="group:read", nav="access-review", rows=listed,
    columns=(
        Column("name", "groups.name", kind="link", strong=True),
        Column("members", "groups.members", kind="number"),
        Column("source", "people.source", leaves=2, quiet=True),
        Column("changed", "groups.changed", kind="date", leaves=1),
    ),
    empty=Empty("groups.empty", "groups.empty_text", "people"),
)  # fmt: skip
ONE: Final = DetailPage(name="group", path=f"{HERE}/{{id}}", gather=show, action="group:read", nav="access-review")
PAGES: Final = (LIST, ONE)
