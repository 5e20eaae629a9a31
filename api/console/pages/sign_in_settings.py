"""Providers that say who people are: which the tenant trusts, and which roles their groups give."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from api.console.declare import (
    Action,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Facts,
    Field,
    FormPage,
    Ids,
    Level,
    Link,
    Note,
    Opened,
    Option,
    Outcome,
    Panel,
    Prose,
    Query,
    Rows,
    Status,
    Table,
    TablePage,
)
from api.console.desk import desk_of
from api.console.paging import read_rows
from api.console.providers_read import mapping_named, provider_named, role_options, unit_names, unit_options
from governance.directory import vouched
from governance.directory.models import GroupMapping, IdentityProvider
from governance.directory.service import (
    ChangeProvider,
    NewMapping,
    NewProvider,
    add_provider,
    change_provider,
    end_mapping,
    end_provider,
    map_group,
)
from governance.kernel.page import Order
from policies.access.parties import Role, ScopeKind

HERE: Final = "/settings/sign-in"
SEE: Final = "identity:read"
EDIT: Final = "identity:edit"


async def providers(ctx: Context, query: Query) -> Rows:
    """Every provider, ended ones too, by name."""
    async with ctx.work() as work:
        order = (Order(IdentityProvider.name), Order(IdentityProvider.id))
        read = await read_rows(work, query, vouched.visible_providers(work), order)
    rows = [
        {
            "id": row.id, "name": row.name, "issuer": row.issuer, "created_at": row.created_at,
            "joins": ctx.text("providers.joins" if row.joins else "providers.known_only"),
            "status": _status(ctx, row),
        }
        for row in read.page.rows
    ]  # fmt: skip
    return Rows(rows, total=read.total, next=read.next, previous=read.previous)


def _status(ctx: Context, row: IdentityProvider | GroupMapping) -> Status:
    holds = row.ended_at is None
    return Status(Level.OK if holds else Level.UNKNOWN, ctx.text("providers.holds" if holds else "providers.ended"))


async def provider(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One provider: what is asked of it, where its administration sends people back to, what its groups give."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
        mappings = (
            (
                await work.session.execute(
                    vouched.visible_mappings(work)
                    .where(GroupMapping.provider_id == row.id)
                    .order_by(GroupMapping.created_at.desc(), GroupMapping.id)
                    .limit(200)
                )
            )
            .scalars()
            .all()
        )
        units = await unit_names(work, [row.unit_id, *(each.unit_id for each in mappings)])
    address = desk_of(ctx).settings.address
    facts = _asked(ctx, row, units)
    theirs = (
        (ctx.text("providers.callback"), f"{address}/sign-in/from/{row.id}"),
        (ctx.text("providers.logout"), f"{address}/sign-in/from/{row.id}/logout"),
        (ctx.text("providers.left"), f"{address}/sign-in"),
    )
    table = _mappings(ctx, mappings, units)
    edit = (Action("providers.edit", f"{HERE}/{row.id}/edit", "edit", action=EDIT),
            Action("providers.end", f"{HERE}/{row.id}/end", "trash", action=EDIT))  # fmt: skip
    add = (Action("providers.map", f"{HERE}/{row.id}/map", "plus", action=EDIT),)
    return Detail(
        row.name, ((ctx.text("shell.settings"), "/settings"), (ctx.text("providers.title"), HERE)),
        parts=(
            Panel(ctx.text("providers.theirs"), (Prose(ctx.text("providers.theirs_text"), quiet=True), Facts(theirs))),
            Panel(ctx.text("providers.groups"), (table,), actions=() if row.ended_at else add),
        ),
        side=(Panel(ctx.text("providers.asked"), (Facts(facts),), status=_status(ctx, row)),),
        actions=() if row.ended_at else edit,
    )  # fmt: skip


def _asked(ctx: Context, row: IdentityProvider, units: Mapping[UUID | None, str]) -> tuple[tuple[str, Any], ...]:
    """What is asked of a provider, line by line."""
    return (
        (ctx.text("providers.issuer"), row.issuer),
        (ctx.text("providers.client_id"), row.client_id),
        (ctx.text("providers.secret"), ctx.text("providers.sealed" if row.secret_sealed else "providers.no_secret")),
        (ctx.text("providers.scopes"), " ".join(str(each) for each in row.scopes)),
        (ctx.text("providers.groups_claim"), row.groups_claim),
        (ctx.text("providers.match_claim"), row.match_claim or ctx.text("providers.by_hand")),
        (
            ctx.text("providers.newcomers"),
            units.get(row.unit_id, "–") if row.joins else ctx.text("providers.known_only"),
        ),
    )  # fmt: skip


def _mappings(ctx: Context, rows: Any, units: Mapping[UUID | None, str]) -> Table:
    def where(row: GroupMapping) -> str:
        return units.get(row.unit_id, "–") if row.unit_id else row.region or ctx.text("door.all_units")

    def act(row: GroupMapping) -> Link | None:
        if row.ended_at is not None or not ctx.may(EDIT) or ctx.past:
            return None
        return Link(ctx.text("providers.unmap"), f"{HERE}/{row.provider_id}/map/{row.id}/end")

    columns = (
        Column("group_name", "providers.group", strong=True, sub=lambda row: row.reason),
        Column("role", "providers.role", value=lambda row: ctx.text(f"door.role_{row.role}")),
        Column("where", "providers.where", value=where, leaves=2),
        Column("status", "table.status", kind="status", value=lambda row: _status(ctx, row), leaves=1),
        Column("act", "seat.act", kind="link", value=act),
    )
    empty = Empty(ctx.text("providers.no_groups"), ctx.text("providers.no_groups_text"), "people")
    return Table(ctx.text("providers.groups"), columns, rows, bare=True, empty=empty)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": values["name"], "client_id": values["client_id"], "client_secret": values["client_secret"] or None,
        "scopes": tuple(values["scopes"].split()), "groups_claim": values["groups_claim"],
        "match_claim": values["match_claim"] or None, "joins": values["joins"] == "yes",
        "unit_id": UUID(values["unit"]) if values["unit"] else None, "country": values["country"] or None,
    }  # fmt: skip


async def opens_add(ctx: Context, ids: Ids, query: Query) -> Opened:
    """An empty form, with what most providers understand."""
    crumbs = ((ctx.text("shell.settings"), "/settings"), (ctx.text("providers.title"), HERE))
    initial = {"scopes": "openid profile email", "groups_claim": "groups", "joins": "no"}
    return Opened(ctx.text("providers.add"), initial, ctx.text("providers.add_text"), crumbs, cancel=HERE)


async def add(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Trust a provider."""
    command = NewProvider(issuer=values["issuer"], **_given(values))
    row = await desk_of(ctx).perform(lambda work: add_provider(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("providers.added", name=row.name))


async def opens_edit(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What is asked of a provider now; its secret is never shown."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    initial = {
        "name": row.name, "client_id": row.client_id, "scopes": " ".join(str(each) for each in row.scopes),
        "groups_claim": row.groups_claim, "match_claim": row.match_claim or "", "joins": "yes" if row.joins else "no",
        "unit": str(row.unit_id or ""), "country": row.country or "", "version": str(row.version),
    }  # fmt: skip
    return Opened(row.name, initial, ctx.text("providers.edit_text"), cancel=f"{HERE}/{row.id}")


async def edit(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Change what is asked of a provider."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    command = ChangeProvider(row.id, row.version, **_given(values))
    await desk_of(ctx).perform(lambda work: change_provider(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("providers.changed", name=values["name"]))


async def opens_end(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What ending a provider ends."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    note = Note(ctx.text("providers.end_text", name=row.name), "key", Level.HIGH)
    return Opened(ctx.text("providers.end_title", name=row.name), parts=(note,), cancel=f"{HERE}/{row.id}")


async def end(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Trust a provider no more."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    await desk_of(ctx).perform(lambda work: end_provider(work, row.id, values["reason"]))
    return Done(HERE, ctx.text("providers.ended_toast", name=row.name))


async def opens_map(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A group of this provider."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    return Opened(ctx.text("providers.map"), {}, ctx.text("providers.map_text"), cancel=f"{HERE}/{row.id}")


async def give(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let a group give a role, at a unit or over the whole tenant."""
    async with ctx.work() as work:
        row = await provider_named(work, ids["id"])
    unit_id = UUID(values["unit"]) if values["unit"] else None
    command = NewMapping(
        row.id, values["group_name"], Role(values["role"]), ScopeKind.UNIT if unit_id else ScopeKind.TENANT,
        values["reason"], unit_id=unit_id,
    )  # fmt: skip
    await desk_of(ctx).perform(lambda work: map_group(work, command))
    return Done(f"{HERE}/{row.id}", ctx.text("providers.mapped", group=command.group_name))


async def opens_unmap(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A group that still gives its role. Raises NotFound."""
    async with ctx.work() as work:
        row = await mapping_named(work, ids["mapping"])
    title = ctx.text("providers.unmap_title", group=row.group_name)
    return Opened(title, sub=ctx.text("providers.unmap_text"), cancel=f"{HERE}/{row.provider_id}")


async def take(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let a group give its role no more."""
    async with ctx.work() as work:
        row = await mapping_named(work, ids["mapping"])
    await desk_of(ctx).perform(lambda work: end_mapping(work, row.id, values["reason"]))
    return Done(f"{HERE}/{row.provider_id}", ctx.text("providers.unmapped", group=row.group_name))


YES_NO: Final = (Option("no", "providers.known_only"), Option("yes", "providers.joins"))
FIELDS: Final = (
    Field("name", "people.name", longest=80, help="providers.name_help"),
    Field("client_id", "providers.client_id", longest=200),
    Field("client_secret", "providers.secret", required=False, longest=500, help="providers.secret_help"),
    Field("scopes", "providers.scopes", longest=400),
    Field("groups_claim", "providers.groups_claim", longest=80),
    Field("match_claim", "providers.match_claim", required=False, longest=80, help="providers.match_help"),
    Field("joins", "providers.newcomers", "select", options=YES_NO),
    Field("unit", "providers.unit", "select", required=False, options=unit_options, help="providers.unit_help"),
    Field("country", "providers.country", required=False, longest=2),
)
ISSUER: Final = Field("issuer", "providers.issuer", longest=500, help="providers.issuer_help")
REASON: Final = Field("reason", "providers.why", longest=400)
NEW: Final = Action("providers.add", f"{HERE}/new", "plus", primary=True, action=EDIT)
LIST: Final = TablePage(
    name="providers", path=HERE, title="providers.title", action=SEE, nav="settings", rows=providers,
    columns=(
        Column("name", "people.name", sub=lambda row: row["issuer"], strong=True),
        Column("joins", "providers.newcomers", leaves=2, quiet=True),
        Column("created_at", "providers.since", kind="date", leaves=3),
        Column("status", "table.status", kind="status"),
    ),
    row_href=lambda row: f"{HERE}/{row['id']}", actions=(NEW,),
    empty=Empty("providers.empty", "providers.empty_text", "key", NEW),
)  # fmt: skip


def _form(name: str, path: str, opens: Any, submit: Any, button: str, *fields: Field) -> FormPage:
    return FormPage(
        name=f"provider-{name}", path=f"{HERE}/{path}", fields=fields, opens=opens, submit=submit, button=button,
        action=EDIT, nav="settings",
    )  # fmt: skip


PAGES: Final = (
    LIST,
    _form("new", "new", opens_add, add, "providers.add", ISSUER, *FIELDS),
    DetailPage(name="provider", path=f"{HERE}/{{id}}", gather=provider, action=SEE, nav="settings"),
    _form("edit", "{id}/edit", opens_edit, edit, "providers.edit", *FIELDS),
    _form("end", "{id}/end", opens_end, end, "providers.end", REASON),
    _form(
        "map", "{id}/map", opens_map, give, "providers.map", Field("group_name", "providers.group", longest=200),
        Field("role", "providers.role", "select", options=role_options),
        Field("unit", "providers.where", "select", required=False, options=unit_options, help="providers.where_help"),
        REASON,
    ),
    _form("unmap", "{id}/map/{mapping}/end", opens_unmap, take, "providers.unmap", REASON),
)  # fmt: skip
