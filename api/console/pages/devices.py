"""Devices: who keeps each, what it holds, what is installed on it and whether that is covered; registered, seated."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, or_, select

from api.console import formats
from api.console.acting import id_of
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
    Filter,
    FormPage,
    Ids,
    Level,
    Link,
    Missing,
    Opened,
    Option,
    Outcome,
    Panel,
    Part,
    Query,
    Refused,
    Rows,
    Status,
    Table,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.finding_people import escaped, suggest_people
from api.console.naming import people_called
from api.console.paging import read_rows
from api.console.standing import names_of, region_name, units_of
from api.console.supply_fields import unit_options
from governance.catalog.models import Product
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, visible_pools
from governance.inventory.models import Device, Installation
from governance.inventory.queries import device, devices_by_code, rights_to, visible_devices, visible_installations
from governance.inventory.rules import HELD_BY_DEVICES, Cover, DeviceKind, cover_of
from governance.inventory.service import RegisterDevice, register_device, retire_device
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.seats.device_queries import held_by
from governance.seats.errors import SeatRefused
from governance.seats.models import Lease
from governance.seats.service.devices import AssignDevices, assign_devices

HERE: Final = "/devices"
OPTIONS: Final = 500
COVERS: Final = {
    Cover.COVERED: Level.OK, Cover.BEYOND: Level.CRITICAL, Cover.UNLICENSED: Level.WARN, Cover.UNKNOWN: Level.UNKNOWN,
}  # fmt: skip


async def listed(ctx: Context, query: Query) -> Rows:
    """The devices within reach, by code."""
    async with ctx.work() as work:
        chosen = visible_devices(work)
        if query.filters.get("state") != "all":
            chosen = chosen.where(Device.retired_at.is_(None))
        if query.search:
            like = f"%{escaped(query.search.casefold())}%"
            holds = (func.lower(column).like(like, escape="\\") for column in (Device.code, Device.name))
            chosen = chosen.where(or_(*holds))
        read = await read_rows(work, query, chosen, (Order(Device.code, query.descending), Order(Device.id)))
        found = read.page.rows
        names = await names_of(work, [row.person_id for row in found])
        units = await units_of(work, [row.unit_id for row in found])
    rows = [
        {"code": Link(row.code, f"{HERE}/{row.id}"), "name": row.name, "kind": _kind(ctx, row),
         "keeper": names.get(row.person_id, ""), "unit": units.get(row.unit_id, ""), "cores": row.cores}
        for row in found
    ]  # fmt: skip
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("devices.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _kind(ctx: Context, row: Device) -> str:
    return ctx.text(f"devices.kind_{row.kind.value.lower()}")


async def show(ctx: Context, ids: Ids, query: Query) -> Detail:
    """One device: what it is, what it holds of which license, what is installed on it."""
    async with ctx.work() as work:
        row = await device(work, id_of(ids["id"], "device"))
        names, units = await names_of(work, [row.person_id]), await units_of(work, [row.unit_id])
        host = await work.session.get(Device, (work.tenant_id, row.host_id)) if row.host_id else None
        held = await _held(work, row)
        installed = await _installed(ctx, work, row)
    here = f"{HERE}/{row.id}"
    assign = Action("devices.assign", f"{here}/assign", "plus", primary=True, action="seat:assign")
    retire = Action("devices.retire", f"{here}/retire", "x", action="seat:assign")
    return Detail(
        row.name,
        ((ctx.text("devices.title"), HERE), (row.code, here)),
        parts=(_holdings(ctx, held), _installations(ctx, installed)),
        side=(_facts(ctx, row, names.get(row.person_id, ""), units.get(row.unit_id, ""), host),),
        actions=(assign, retire) if row.retired_at is None else (),
        provenance=await provenance_of(ctx),
    )


async def _held(work: Work, row: Device) -> list[tuple[Lease, Pool, Entitlement]]:
    leases = {lease.pool_id: lease for lease in await held_by(work, (row.code,))}
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(leases))
    )
    found = await work.session.execute(query.order_by(Entitlement.name, Pool.name))
    return [(leases[pool.id], pool, license_) for pool, license_ in found]


async def _installed(ctx: Context, work: Work, row: Device) -> list[tuple[Installation, str, Cover]]:
    query = visible_installations(work).where(Installation.device_id == row.id, Installation.gone_at.is_(None))
    found = (await work.session.execute(query.order_by(Installation.release, Installation.id))).scalars().all()
    rights = await rights_to(work, {one.product_id for one in found}, ctx.now)
    ids = {one.product_id for one in found}
    named = select(Product).where(Product.tenant_id == work.tenant_id, Product.id.in_(ids))
    products = {one.id: one.name for one in (await work.session.execute(named)).scalars()}
    return [(one, products[one.product_id], cover_of(one.released_on, rights.get(one.product_id, ()))) for one in found]


def _holdings(ctx: Context, held: Sequence[tuple[Lease, Pool, Entitlement]]) -> Part:
    columns = (
        Column("license", "licenses.license", strong=True, value=lambda row: row[2].name,
               href=lambda row: f"/licenses/{row[2].id}"),
        Column("pool", "seat.pool", value=lambda row: row[1].name),
        Column("quantity", "leases.quantity", kind="number", value=lambda row: row[0].quantity),
        Column("since", "seat.since", value=lambda row: formats.instant(ctx.locale, row[0].granted_at, ctx.zone),
               leaves=1),
    )  # fmt: skip
    empty = Empty(ctx.text("devices.holds_nothing"), ctx.text("devices.holds_nothing_text"), "license")
    title = ctx.text("devices.holds")
    return Panel(title, (Table(title, columns, held, bare=True, empty=empty),))


def _installations(ctx: Context, rows: Sequence[tuple[Installation, str, Cover]]) -> Part:
    columns = (
        Column("product", "license.product", strong=True, value=lambda row: row[1]),
        Column("release", "devices.release", value=lambda row: row[0].release),
        Column("released", "devices.released_on", kind="date", value=lambda row: row[0].released_on, leaves=2),
        Column("source", "consumption.source", value=lambda row: row[0].source, leaves=1, quiet=True),
        Column("cover", "table.status", kind="status", value=lambda row: Status(
            COVERS[row[2]], ctx.text(f"devices.cover_{row[2].value.lower()}"))),
    )  # fmt: skip
    empty = Empty(ctx.text("devices.nothing_seen"), ctx.text("devices.nothing_seen_text"), "search")
    title = ctx.text("devices.installed")
    return Panel(title, (Table(title, columns, rows, bare=True, empty=empty),))


def _facts(ctx: Context, row: Device, keeper: str, unit: str, host: Device | None) -> Part:
    rows: list[tuple[str, Any]] = [
        (ctx.text("devices.code"), row.code),
        (ctx.text("devices.kind"), _kind(ctx, row)),
        (ctx.text("devices.cores"), formats.number(ctx.locale, row.cores)),
        (ctx.text("devices.keeper"), Link(keeper, f"/people/{row.person_id}") if keeper else Missing("")),
        (ctx.text("license.unit"), unit),
        (ctx.text("license.region"), region_name(ctx, row.region)),
    ]
    if host is not None:
        rows.append((ctx.text("devices.host"), Link(host.code, f"{HERE}/{host.id}")))
    if row.cluster:
        rows.append((ctx.text("devices.cluster"), row.cluster))
    if row.retired_at is not None:
        rows.append((ctx.text("devices.retired"), formats.instant(ctx.locale, row.retired_at, ctx.zone)))
    return Panel(ctx.text("devices.what"), (Facts(tuple(rows)),))


async def opens_new(ctx: Context, ids: Ids, query: Query) -> Opened:
    """A workstation of the first unit, to begin with."""
    units = await unit_options(ctx)
    initial = {"kind": DeviceKind.WORKSTATION.value, "cores": 1, "unit_id": units[0].value if units else ""}
    crumbs = ((ctx.text("devices.title"), HERE),)
    return Opened(ctx.text("devices.new"), initial, ctx.text("devices.new_text"), crumbs, cancel=HERE)


async def register(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Register the device, or say anew what it is."""
    people = await people_called(ctx, keeper=values["keeper"])
    if isinstance(people, Refused):
        return people
    keeper = people["keeper"]
    assert keeper is not None
    host_id = None
    if values["host"]:
        async with ctx.work() as work:
            host = (await devices_by_code(work, (values["host"],))).get(values["host"])
        if host is None:
            return Refused({"host": ctx.text("devices.unknown_host", code=values["host"])})
        host_id = host.id
    new = RegisterDevice(
        values["code"], values["name"], DeviceKind(values["kind"]), keeper, id_of(values["unit_id"], "unit"),
        values["cores"], host_id, values["cluster"], (values["region"] or "").upper() or None,
    )  # fmt: skip
    row = await desk_of(ctx).perform(lambda work: register_device(work, new))
    return Done(f"{HERE}/{row.id}", ctx.text("devices.registered", code=row.code))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """The open pools within reach whose lines count devices, each under its license."""
    async with ctx.work() as work:
        query = (
            visible_pools(work)
            .where(MetricLine.model.in_(HELD_BY_DEVICES), Pool.closed_at.is_(None))
            .add_columns(Entitlement.name)
            .order_by(Entitlement.name, Pool.name, Pool.id)
        )
        rows = (await work.session.execute(query.limit(OPTIONS))).all()
    return tuple(Option(str(pool.id), text=f"{name} · {pool.name}") for pool, name in rows)


async def opens_assign(ctx: Context, ids: Ids, query: Query) -> Opened:
    """The pools that give seats to devices."""
    return await _opened(ctx, ids, "devices.assign", "devices.assign_text")


async def _opened(ctx: Context, ids: Ids, title: str, text: str) -> Opened:
    async with ctx.work() as work:
        row = await device(work, id_of(ids["id"], "device"))
    here = f"{HERE}/{row.id}"
    crumbs = ((ctx.text("devices.title"), HERE), (row.code, here))
    return Opened(ctx.text(title), {}, ctx.text(text), crumbs, cancel=here)


async def give(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Give the device its seat, or say every reason why not."""
    desk, device_id = desk_of(ctx), id_of(ids["id"], "device")
    command = AssignDevices(id_of(values["pool"], "pool"), (device_id,))
    (answer,) = await assign_devices(desk.desk, desk.actor, command, desk.request_id)
    if answer.reasons:
        raise SeatRefused(answer.reasons)
    return Done(f"{HERE}/{ids['id']}", ctx.text("devices.assigned"))


async def opens_retire(ctx: Context, ids: Ids, query: Query) -> Opened:
    """Nothing is asked: what it holds stays taken until it is released."""
    return await _opened(ctx, ids, "devices.retire", "devices.retire_text")


async def retire(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Let the device be there no more."""
    row = await desk_of(ctx).perform(lambda work: retire_device(work, id_of(ids["id"], "device")))
    return Done(f"{HERE}/{row.id}", ctx.text("devices.retired_done", code=row.code))


KINDS: Final = tuple(Option(each.value, f"devices.kind_{each.value.lower()}") for each in DeviceKind)
REGISTER: Final = Action("devices.new", f"{HERE}/new", "plus", primary=True, action="seat:assign")
LIST: Final = TablePage(
    name="devices", path=HERE, title="devices.title", action="seat:read", nav="licenses", rows=listed,
    columns=(
        Column("code", "devices.code", kind="link", sort="code"),
        Column("name", "granting.name", leaves=2),
        Column("kind", "devices.kind", leaves=3),
        Column("keeper", "devices.keeper"),
        Column("unit", "license.unit", leaves=4, quiet=True),
        Column("cores", "devices.cores", kind="number", leaves=3),
    ),
    filters=(Filter("state", "table.status", (Option("", "devices.there"), Option("all", "devices.all"))),),
    search=True, actions=(REGISTER,), empty=Empty("devices.empty", "devices.empty_text", "license", REGISTER),
)  # fmt: skip
VIEW: Final = DetailPage(name="device", path=HERE + "/{id}", gather=show, action="seat:read", nav="licenses")
NEW: Final = FormPage(
    name="device-new", path=f"{HERE}/new", opens=opens_new, submit=register, button="devices.register",
    action="seat:assign", nav="licenses",
    fields=(
        Field("code", "devices.code", longest=120, help="devices.code_help"),
        Field("name", "granting.name", longest=200),
        Field("kind", "devices.kind", "select", options=KINDS),
        Field("cores", "devices.cores", "number", minimum=1, maximum=4096),
        Field("keeper", "devices.keeper", "person", longest=254, suggest=suggest_people, help="boards.member_help"),
        Field("unit_id", "license.unit", "select", options=unit_options),
        Field("region", "license.region", required=False, longest=10, help="devices.region_help"),
        Field("host", "devices.host", required=False, longest=120, help="devices.host_help"),
        Field("cluster", "devices.cluster", required=False, longest=120),
    ),
)  # fmt: skip
ASSIGN: Final = FormPage(
    name="device-assign", path=HERE + "/{id}/assign", opens=opens_assign, submit=give, button="devices.assign",
    action="seat:assign", nav="licenses", fields=(Field("pool", "seat.pool", "select", options=pool_options),),
)  # fmt: skip
RETIRE: Final = FormPage(
    name="device-retire", path=HERE + "/{id}/retire", opens=opens_retire, submit=retire, button="devices.retire",
    action="seat:assign", nav="licenses", fields=(),
)  # fmt: skip
PAGES: Final = (LIST, NEW, VIEW, ASSIGN, RETIRE)
