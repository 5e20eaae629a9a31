"""Units: the org tree of the page's day, what each unit has, who holds roles over it, and what may become of it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from api.console.access_said import holders_of, role_words
from api.console.acting import id_of
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
    Ids,
    Link,
    Missing,
    Option,
    Panel,
    Query,
    Rows,
    Table,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.finding_people import escaped
from api.console.paging import read_rows
from api.console.standing import names_of, region_name, today_only, units_of
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.directory.models import OrgUnit, Person, RoleGrant, UnitPlacement
from governance.directory.queries import (
    children_of,
    grants,
    parent_of,
    placed_at,
    visible_people,
    visible_unit,
    visible_units,
)
from governance.directory.rules import PersonStatus, UnitKind
from governance.directory.standing import stands
from governance.entitlements.models import Entitlement, Pool
from governance.entitlements.queries import visible_entitlements, visible_pools
from governance.kernel.page import Order, count_each
from governance.kernel.work import Work

HERE: Final = "/units"
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A unit of the tree, and what hung above it."""

    id: UUID
    name: str
    code: str
    kind: str
    above: str
    region: str
    people: int | None


async def listed(ctx: Context, query: Query) -> Rows:
    """The tree of the page's day, by name: each unit with the one above it."""
    at, known_at = ctx.as_of or ctx.now, ctx.known_at or ctx.now
    async with ctx.work() as work:
        placed = and_(UnitPlacement.tenant_id == OrgUnit.tenant_id, UnitPlacement.unit_id == OrgUnit.id)
        chosen = visible_units(work).join(UnitPlacement, placed).where(placed_at(UnitPlacement, at, known_at))
        if kind := query.filters.get("kind"):
            chosen = chosen.where(OrgUnit.kind == kind)
        if query.search:
            like = f"%{escaped(query.search)}%"
            chosen = chosen.where(or_(OrgUnit.name.ilike(like, escape="\\"), OrgUnit.code.ilike(like, escape="\\")))
        read = await read_rows(
            work, query, chosen, (Order(OrgUnit.name, query.descending), Order(OrgUnit.id, query.descending))
        )
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _rows(ctx: Context, work: Work, found: Any) -> list[Row]:
    ids = [row.id for row in found]
    at, known_at = ctx.as_of or ctx.now, ctx.known_at or ctx.now
    query = select(UnitPlacement.unit_id, UnitPlacement.parent_id).where(
        UnitPlacement.tenant_id == work.tenant_id, UnitPlacement.unit_id.in_(ids),
        placed_at(UnitPlacement, at, known_at),
    )  # fmt: skip
    above = {row.unit_id: row.parent_id for row in await work.session.execute(query)}
    names = await units_of(work, [each for each in above.values() if each is not None])
    here = visible_people(work).where(Person.status != PersonStatus.LEFT)
    counts = {} if ctx.past or not found else await count_each(work.session, here, Person.unit_id, ids)
    return [
        Row(row.id, row.name, row.code, ctx.text(f"units.kind_{row.kind.value.lower()}"),
            names.get(above[row.id], "") if above.get(row.id) else "", region_name(ctx, row.region),
            None if ctx.past else counts.get(row.id, 0))
        for row in found
    ]  # fmt: skip


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """One unit as it is today: what hangs below it, what it has, and the roles over it itself. Raises NotFound."""
    async with ctx.work() as work:
        row = await visible_unit(work, id_of(ids["id"], "unit"))
        above, there = await parent_of(work, row.id), await stands(work, row.id)
        below = visible_units(work).where(OrgUnit.id.in_(await children_of(work, row.id))).order_by(OrgUnit.name)
        children = (await work.session.execute(below)).scalars().all()
        has = await _has(ctx, work, row.id)
        held = grants(work).where(
            RoleGrant.unit_id == row.id, RoleGrant.start <= ctx.now,
            or_(RoleGrant.end.is_(None), RoleGrant.end > ctx.now),
        )  # fmt: skip
        roles = (await work.session.execute(held.order_by(RoleGrant.start, RoleGrant.id))).scalars().all()
        who = await holders_of(work, roles)
        people = visible_people(work).where(Person.unit_id == row.id, Person.status != PersonStatus.LEFT)
        count = (await count_each(work.session, people, Person.unit_id, [row.id]))[row.id]
        names = await units_of(work, [above] if above else [])
    up = Link(names[above], f"{HERE}/{above}") if above in names else Missing(ctx.text("units.no_parent"))
    facts = Facts((
        (ctx.text("units.code"), row.code), (ctx.text("units.kind"), ctx.text(f"units.kind_{row.kind.value.lower()}")),
        (ctx.text("units.parent"), up), (ctx.text("access.region"), region_name(ctx, row.region)),
        (ctx.text("units.people"), str(count)),
    ))  # fmt: skip
    return Detail(
        row.name, ((ctx.text("people.title"), "/people"), (ctx.text("units.title"), HERE)),
        parts=(*today_only(ctx), _below(ctx, children), has, *_roles(ctx, roles, who)),
        side=(Panel(ctx.text("people.facts"), (facts,)),),
        badges=() if there else (Badge(ctx.text("units.ended")),),
        actions=_actions(ctx, row, there=there), provenance=await provenance_of(ctx),
    )  # fmt: skip


def _actions(ctx: Context, row: OrgUnit, *, there: bool) -> tuple[Action, ...]:
    here = f"{HERE}/{row.id}"
    ways = (
        Action("units.move", f"{here}/move", "arrow-right", action="unit:edit"),
        Action("units.merge", f"{here}/merge", "link", action="unit:edit"),
        Action("units.split", f"{here}/split", "swap", action="unit:edit"),
        Action("license.tab_story", f"/trail/unit/{row.id}", "history", changes=False, action="audit:read"),
    )
    fixed = ctx.past or not there
    return tuple(way for way in ways if ctx.may(way.action) and not (fixed and way.changes))


async def _has(ctx: Context, work: Work, unit_id: UUID) -> Panel:
    rows: list[dict[str, Any]] = []
    licenses = visible_entitlements(work).where(Entitlement.unit_id == unit_id).order_by(Entitlement.name)
    agreements = visible_agreements(work).where(Agreement.unit_id == unit_id).order_by(Agreement.title)
    pools = (
        visible_pools(work).where(Pool.unit_id == unit_id, Pool.closed_at.is_(None))
        .add_columns(Entitlement.id, Entitlement.name, Entitlement.owner_id).order_by(Entitlement.name, Pool.name)
    )  # fmt: skip
    for kind, path, query in (("license", "/licenses/", licenses), ("agreement", "/agreements/", agreements)):
        for each in (await work.session.execute(query.limit(SHOWN))).scalars():
            title = each.name if isinstance(each, Entitlement) else each.title
            rows.append({"kind": kind, "name": Link(title, f"{path}{each.id}"), "owner": each.owner_id})
    for pool, license_id, license_, owner in (await work.session.execute(pools.limit(SHOWN))).all():
        name = f"{license_} · {pool.name}"
        rows.append({"kind": "pool", "name": Link(name, f"/licenses/{license_id}?tab=pools"), "owner": owner})
    names = await names_of(work, [each["owner"] for each in rows])
    for each in rows:
        each["kind"] = ctx.text(f"units.thing_{each['kind']}")
        each["owner"] = names.get(each["owner"], "–")
    columns = (
        Column("kind", "units.what", quiet=True),
        Column("name", "units.name", kind="link", strong=True),
        Column("owner", "units.owner", leaves=3),
    )
    title = ctx.text("units.has")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=Empty(ctx.text("units.has_nothing"))),))


def _below(ctx: Context, children: Any) -> Panel:
    rows = [
        {"name": Link(each.name, f"{HERE}/{each.id}"), "code": each.code,
         "kind": ctx.text(f"units.kind_{each.kind.value.lower()}")}
        for each in children
    ]  # fmt: skip
    columns = (
        Column("name", "units.name", kind="link", strong=True),
        Column("code", "units.code", kind="code"),
        Column("kind", "units.kind", leaves=3, quiet=True),
    )
    title = ctx.text("units.below")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=Empty(ctx.text("units.nothing_below"))),))


def _roles(ctx: Context, roles: Any, who: Any) -> tuple[Panel, ...]:
    if not ctx.may("access:read"):
        return ()
    rows = [
        {"who": who[each.id].name, "role": role_words(ctx, each.role), "since": each.start,
         "until": each.end or Missing(ctx.text("access.endless"))}
        for each in roles
    ]  # fmt: skip
    columns = (
        Column("who", "access.who", strong=True),
        Column("role", "access.role"),
        Column("since", "access.since", kind="date", leaves=2),
        Column("until", "access.until", kind="date", leaves=1),
    )
    title = ctx.text("units.roles")
    return (Panel(title, (Table(title, columns, rows, bare=True, empty=Empty(ctx.text("units.no_roles"))),)),)


LIST: Final = TablePage(
    name="units", path=HERE, title="units.title", action="unit:read", nav="people", rows=listed,
    columns=(
        Column("name", "units.name", href=lambda row: f"{HERE}/{row.id}", sub=lambda row: row.code, sort="name",
               strong=True),
        Column("code", "units.code", file_only=True),
        Column("above", "units.parent", leaves=2),
        Column("kind", "units.kind", leaves=1, quiet=True),
        Column("region", "access.region", leaves=3, quiet=True),
        Column("people", "units.people", kind="number"),
    ),
    filters=(
        Filter("kind", "units.kind", (
            Option("", "licenses.any"),
            *(Option(each.value, f"units.kind_{each.value.lower()}") for each in UnitKind))),
    ),
    search=True, sort="name", row_href=lambda row: f"{HERE}/{row.id}",
    actions=(Action("units.planned", "/planned-changes", "calendar", action="unit:read", changes=False),),
    empty=Empty("units.empty", "units.empty_text", "people"),
)  # fmt: skip
DETAIL: Final = DetailPage(name="unit", path=f"{HERE}/{{id}}", gather=show, action="unit:read", nav="people")
PAGES: Final = (LIST, DETAIL)
