"""A unit is moved, merged into another one, or split: a form each, what it would do, then exactly that."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from api.console.acting import id_of
from api.console.declare import (
    Context,
    Done,
    Field,
    FormPage,
    Ids,
    Opened,
    Option,
    Outcome,
    Preview,
    Query,
    Refused,
)
from api.console.desk import desk_of
from api.console.finding_people import find_people
from api.console.reorganized_said import plan_parts
from api.console.standing import day_words
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.directory.models import OrgUnit, UnitPlacement
from governance.directory.queries import children_of, placed_at, visible_unit, visible_units
from governance.directory.rules import UnitKind
from governance.directory.standing import stands
from governance.entitlements.models import Entitlement, Pool
from governance.entitlements.queries import visible_entitlements, visible_pools
from governance.kernel.due import start_of
from governance.kernel.errors import NotFound
from governance.reorganization.rules import RolesFate
from governance.reorganization.service import (
    MergeUnits,
    MoveUnit,
    SplitUnit,
    merge_units,
    move_unit,
    plan_ahead,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)
from governance.reorganization.service import Preview as Foreseen
from policies.access.actions import Action as Act

HERE: Final = "/units"
PLANNED: Final = "/planned-changes"


def _here(ctx: Context) -> UUID:
    return id_of(ctx.path.split("/")[2], "unit")


async def other_units(ctx: Context) -> tuple[Option, ...]:
    """The units that stand in today's tree and that one may change, but for the one of this page."""
    async with ctx.work() as work:
        query = (
            visible_units(work, Act.UNIT_EDIT)
            .join(
                UnitPlacement,
                (UnitPlacement.tenant_id == OrgUnit.tenant_id) & (UnitPlacement.unit_id == OrgUnit.id),
            )
            .where(placed_at(UnitPlacement, ctx.now, ctx.now), OrgUnit.id != _here(ctx))
        )
        rows = (await work.session.execute(query.order_by(OrgUnit.name, OrgUnit.id))).scalars().all()
    return tuple(Option(str(row.id), text=f"{row.name} · {row.code}") for row in rows)


async def parents(ctx: Context) -> tuple[Option, ...]:
    """Beside the unit itself, or below any that one may change."""
    return (Option("", "units.beside"), *await other_units(ctx))


async def children(ctx: Context) -> tuple[Option, ...]:
    """The units directly below."""
    async with ctx.work() as work:
        query = visible_units(work).where(OrgUnit.id.in_(await children_of(work, _here(ctx)))).order_by(OrgUnit.name)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def licenses(ctx: Context) -> tuple[Option, ...]:
    """The licenses of the unit itself."""
    async with ctx.work() as work:
        query = visible_entitlements(work).where(Entitlement.unit_id == _here(ctx)).order_by(Entitlement.name)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.name) for row in rows)


async def agreements(ctx: Context) -> tuple[Option, ...]:
    """The agreements of the unit itself."""
    async with ctx.work() as work:
        query = visible_agreements(work).where(Agreement.unit_id == _here(ctx)).order_by(Agreement.title)
        rows = (await work.session.execute(query)).scalars().all()
    return tuple(Option(str(row.id), text=row.title) for row in rows)


async def pools(ctx: Context) -> tuple[Option, ...]:
    """The pools of the unit itself, of whatever license."""
    async with ctx.work() as work:
        query = visible_pools(work).where(Pool.unit_id == _here(ctx)).with_only_columns(
            Pool.id, Pool.name, Entitlement.name)  # fmt: skip
        rows = (await work.session.execute(query.order_by(Entitlement.name, Pool.name))).all()
    return tuple(Option(str(row[0]), text=f"{row[2]} · {row[1]}") for row in rows)


async def _opens(ctx: Context, ids: Ids, title: str, initial: Mapping[str, Any]) -> Opened:
    async with ctx.work() as work:
        row = await visible_unit(work, id_of(ids["id"], "unit"))
        if not await stands(work, row.id):
            raise NotFound("unit", ids["id"])
    here = f"{HERE}/{row.id}"
    crumbs = ((ctx.text("units.title"), HERE), (row.name, here))
    return Opened(ctx.text(title, unit=row.name), initial, ctx.text(f"{title}_text"), crumbs, cancel=here)


async def opens_move(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Where it goes. Raises NotFound."""
    return await _opens(ctx, ids, "units.move_title", {})


async def opens_merge(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Which unit gets all of it. Raises NotFound."""
    return await _opens(ctx, ids, "units.merge_title", {"roles": RolesFate.END.value})


async def opens_split(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What the new unit is called and what it gets. Raises NotFound."""
    return await _opens(
        ctx, ids, "units.split_title", {"roles": RolesFate.END.value, "kind": UnitKind.DEPARTMENT.value}
    )


async def move(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the move does; with the token, move it."""
    unit_id, desk = id_of(ids["id"], "unit"), desk_of(ctx)
    command = MoveUnit(unit_id, UUID(values["parent"]), values["reason"], _since(ctx, values["at"]), token)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_move(work, command)
        return _preview(ctx, seen, "units.move")
    if _ahead(ctx, command):
        return await _planned(ctx, command)
    await desk.perform(lambda work: move_unit(work, command))
    return Done(f"{HERE}/{unit_id}", ctx.text("units.moved"))


async def merge(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the merge does; with the token, merge them."""
    unit_id, desk = id_of(ids["id"], "unit"), desk_of(ctx)
    command = MergeUnits(
        unit_id, UUID(values["into"]), values["reason"], RolesFate(values["roles"]), _since(ctx, values["at"]), token
    )
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_merge(work, command)
        return _preview(ctx, seen, "units.merge")
    if _ahead(ctx, command):
        return await _planned(ctx, command)
    await desk.perform(lambda work: merge_units(work, command))
    return Done(f"{HERE}/{command.into_id}", ctx.text("units.merged"))


async def split(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the split does; with the token, split it."""
    found = await find_people(ctx, values["people"] or (), Act.PERSON_EDIT)
    if found.wrong:
        return Refused({"people": ctx.text("units.nobody", who=", ".join(found.wrong))})
    chosen = {
        name: tuple(UUID(each) for each in values[name] or ())
        for name in ("children", "agreements", "licenses", "pools")
    }
    command = SplitUnit(
        id_of(ids["id"], "unit"), values["code"], values["name"], values["reason"], UnitKind(values["kind"]),
        UUID(values["parent"]) if values["parent"] else None, people=tuple(found.people),
        roles=RolesFate(values["roles"]), at=_since(ctx, values["at"]), token=token, **chosen,
    )  # fmt: skip
    desk = desk_of(ctx)
    if not token:
        async with desk.office.reading(desk.actor, desk.request_id) as work:
            seen = await preview_split(work, command)
        return _preview(ctx, seen, "units.split")
    if _ahead(ctx, command):
        return await _planned(ctx, command)
    made = await desk.perform(lambda work: split_unit(work, command))
    return Done(f"{HERE}/{made.id}", ctx.text("units.was_split"))


def _ahead(ctx: Context, command: MoveUnit | MergeUnits | SplitUnit) -> bool:
    return command.at is not None and command.at > ctx.now


async def _planned(ctx: Context, command: MoveUnit | MergeUnits | SplitUnit) -> Done:
    row = await desk_of(ctx).perform(lambda work: plan_ahead(work, command))
    return Done(PLANNED, ctx.text("units.is_planned", day=day_words(ctx, row.due_at)))


def _preview(ctx: Context, seen: Foreseen, verb: str) -> Preview:
    to = seen.plan.to
    sentence = ctx.text(f"{verb}_sentence", unit=seen.plan.unit.name, to="" if to is None else to.name)
    said = f"{ctx.text('form.preview_text')} {sentence}"
    if seen.plan.at is not None and seen.plan.at > ctx.now:
        said = f"{said} {ctx.text('units.ahead_sentence', day=day_words(ctx, seen.plan.at))}"
    return Preview(plan_parts(ctx, seen.plan), seen.token, ctx.text(verb), said)


def _since(ctx: Context, day: date | None) -> datetime | None:
    """The beginning of the day that was named, where the reader is; None: this moment."""
    return None if day is None else start_of(day, ctx.zone.key)


AT: Final = Field("at", "units.since", "date", required=False, help="units.since_help")
REASON: Final = Field("reason", "access.reason", "textarea", longest=400, help="units.reason_help")
ROLES: Final = Field(
    "roles", "units.fate", "choice", help="units.fate_help",
    options=tuple(Option(each.value, f"units.fate_{each.value.lower()}") for each in RolesFate),
)  # fmt: skip
STAYS: Final = Field(
    "roles", "units.fate", "choice", help="units.fate_help",
    options=(Option(RolesFate.END.value, "units.fate_stay"), Option(RolesFate.CARRY.value, "units.fate_carry")),
)  # fmt: skip
MOVE: Final = FormPage(
    name="unit-move", path=f"{HERE}/{{id}}/move", opens=opens_move, submit=move, button="form.preview",
    action="unit:edit", nav="people",
    fields=(Field("parent", "units.below_which", "select", options=other_units), AT, REASON),
)  # fmt: skip
MERGE: Final = FormPage(
    name="unit-merge", path=f"{HERE}/{{id}}/merge", opens=opens_merge, submit=merge, button="form.preview",
    action="unit:edit", nav="people",
    fields=(Field("into", "units.into", "select", options=other_units), ROLES, AT, REASON),
)  # fmt: skip
SPLIT: Final = FormPage(
    name="unit-split", path=f"{HERE}/{{id}}/split", opens=opens_split, submit=split, button="form.preview",
    action="unit:edit", nav="people",
    fields=(
        Field("name", "units.new_name", longest=200),
        Field("code", "units.new_code", longest=80),
        Field("kind", "units.kind", "select",
              options=tuple(Option(each.value, f"units.kind_{each.value.lower()}") for each in UnitKind)),
        Field("parent", "units.below_which", "select", required=False, options=parents),
        Field("children", "units.children", "select", required=False, options=children, multiple=True,
              heading="units.what_goes"),
        Field("people", "units.people", "person", required=False, multiple=True, help="units.people_help"),
        Field("licenses", "units.licenses", "select", required=False, options=licenses, multiple=True,
              help="units.licenses_help"),
        Field("agreements", "units.agreements", "select", required=False, options=agreements, multiple=True),
        Field("pools", "units.pools", "select", required=False, options=pools, multiple=True),
        STAYS, AT, REASON,
    ),
)  # fmt: skip
PAGES: Final = (MOVE, MERGE, SPLIT)
