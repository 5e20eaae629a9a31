"""Work orders: what is to be done at vendors, how far it is, and how each pool's seats come to stand there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

from api.console.declare import (
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
    Note,
    Opened,
    Option,
    Outcome,
    Person,
    Preview,
    Query,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.sealing import check_sealed, sealed
from api.console.supply_fields import opened
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.entitlements.queries import pool as pool_of
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.queries import fulfillment_of, told_of, visible_work_orders, work_order
from governance.fulfillment.rules import Fulfilled, Mode
from governance.fulfillment.service import ConfirmOrder, SetFulfillment, confirm_order, retry_order, set_fulfillment
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work

HERE: Final = "/work-orders"
ALL, AGAIN, SHOWN_ONCE = "all", "AGAIN", "fulfillment"
LEVELS: Final = {
    Fulfilled.PENDING: Level.UNKNOWN, Fulfilled.DONE: Level.OK, Fulfilled.FAILED: Level.HIGH,
    Fulfilled.NOT_NEEDED: Level.EXEMPT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order with the names it is read under."""

    act: str
    person: Person
    license: str
    license_id: UUID
    pool: str
    mode: str
    status: Status
    error: str
    asked: date
    change: Link | None


async def orders(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first; without a filter, those that are not done."""
    async with ctx.work() as work:
        chosen = visible_work_orders(work)
        state = query.filters.get("state", "")
        if state != ALL:
            wanted = [Fulfilled(state)] if state in set(Fulfilled) else [Fulfilled.PENDING, Fulfilled.FAILED]
            chosen = chosen.where(WorkOrder.state.in_(wanted))
        read = await read_rows(work, query, chosen, (Order(WorkOrder.asked_at, True), Order(WorkOrder.id, True)))
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("orders.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _rows(ctx: Context, work: Work, found: Sequence[WorkOrder]) -> list[OrderRow]:
    """The orders of one page with the names of people, pools and licenses, by two SELECTs."""
    ids = sorted({row.person_id for row in found if row.person_id is not None})
    who = select(PersonRow).where(PersonRow.tenant_id == work.tenant_id, PersonRow.id.in_(ids))
    people = {row.id: row for row in (await work.session.execute(who)).scalars()}
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(and_(Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted({row.pool_id for row in found}))))
    )
    pools = {pool.id: (pool, license_) for pool, license_ in await work.session.execute(query)}
    return [_row(ctx, row, people, *pools[row.pool_id]) for row in found]


def _row(ctx: Context, row: WorkOrder, people: Mapping[UUID, PersonRow], pool: Pool, license_: Entitlement) -> OrderRow:
    person = None if row.person_id is None else people.get(row.person_id)
    seen = ctx.may("person:read")
    name = person.name if person is not None else (row.account or "") if seen else ""
    open_ = row.state in {Fulfilled.PENDING, Fulfilled.FAILED} and ctx.may("seat:fulfill") and ctx.as_of is None
    note = ctx.text("orders.tries", count=row.attempts) if row.attempts else ""
    change = Link(ctx.text("orders.say"), f"{HERE}/{row.id}/confirm") if open_ else None
    return OrderRow(
        ctx.text(f"orders.act_{row.act.value.lower()}"),
        Person(name, (row.account or "") if seen and person else "", f"/people/{person.id}" if person and seen else ""),
        license_.name, license_.id, pool.name, ctx.text(f"orders.mode_{row.mode.value.lower()}"),
        Status(LEVELS[row.state], ctx.text(f"orders.state_{row.state.value.lower()}"), note),
        row.last_error or "", row.asked_at.astimezone(ctx.zone).date(), change,
    )  # fmt: skip


async def opens_confirm(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that says how an order went; one that is over has none."""
    async with ctx.work() as work:
        row = await work_order(work, _uuid(ids["id"]))
        told = await told_of(work, row.id)
    if row.state not in {Fulfilled.PENDING, Fulfilled.FAILED}:
        return None
    who = row.account or "–" if told.person is None else told.person.name
    about = f"{ctx.text(f'orders.act_{row.act.value.lower()}')} · {who} · {told.license.name}"
    return Opened(ctx.text("orders.say_title"), {"outcome": Fulfilled.DONE.value}, about, cancel=HERE)


async def confirm(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Note how it went, or let it wait anew."""
    order_id, desk = _uuid(ids["id"]), desk_of(ctx)
    if values["outcome"] == AGAIN:
        await desk.perform(lambda work: retry_order(work, order_id))
    else:
        asked = ConfirmOrder(order_id, Fulfilled(values["outcome"]), values["vendor_ref"], values["error"])
        await desk.perform(lambda work: confirm_order(work, asked))
    return Done(HERE, ctx.text("orders.said"))


async def opens_setting(ctx: Context, ids: Ids, query: Query) -> Opened:
    """How a pool's seats come to stand at the vendor today."""
    async with ctx.work() as work:
        pool = await pool_of(work, _uuid(ids["pool"]))
        row = await fulfillment_of(work, pool.id)
    initial = {
        "mode": (Mode.RECORD if row is None else row.mode).value, "url": "" if row is None else row.url or "",
        "version": str(0 if row is None else row.version),
    }  # fmt: skip
    return await opened(ctx, ids, "orders.setting", initial)


async def keep_setting(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Set it; a new key is shown once, and the second step only says that it was kept."""
    back, seen = f"/licenses/{ids['id']}", {"pool": ids["pool"]}
    if token:
        check_sealed(ctx, SHOWN_ONCE, seen, token)
        return Done(back, ctx.text("orders.set"))
    said = str(values["version"])
    command = SetFulfillment(
        _uuid(ids["pool"]), Mode(values["mode"]), values["url"], bool(values["fresh_secret"]),
        int(said) if said.isascii() and said.isdigit() else None,
    )  # fmt: skip
    done = await desk_of(ctx).perform(lambda work: set_fulfillment(work, command))
    if done.secret is None:
        return Done(back, ctx.text("orders.set"))
    shown = Note(done.secret, "key", Level.WARN)
    return Preview((shown,), sealed(ctx, SHOWN_ONCE, seen), ctx.text("tokens.kept"), ctx.text("orders.once"))


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("work order or pool", asked) from None


STATES: Final = (
    Option("", "orders.open"), *(Option(each.value, f"orders.state_{each.value.lower()}") for each in Fulfilled),
    Option(ALL, "orders.all"),
)  # fmt: skip
LIST: Final = TablePage(
    name="work-orders", path=HERE, title="orders.title", action="seat:read", nav="queue", rows=orders,
    columns=(
        Column("act", "orders.act", strong=True),
        Column("person", "seat.person", kind="person"),
        Column("license", "licenses.license", href=lambda row: f"/licenses/{row.license_id}", leaves=2),
        Column("pool", "seat.pool", leaves=1, quiet=True),
        Column("mode", "orders.mode", leaves=1, quiet=True),
        Column("status", "table.status", kind="status"),
        Column("error", "orders.answer", leaves=2),
        Column("asked", "orders.asked", kind="date", leaves=3),
        Column("change", "seat.act", kind="link"),
    ),
    filters=(Filter("state", "table.status", STATES),),
    empty=Empty("orders.empty", "orders.empty_text", "check"),
)  # fmt: skip
CONFIRM: Final = FormPage(
    name="work-order-confirm", path=f"{HERE}/{{id}}/confirm", opens=opens_confirm, submit=confirm, button="orders.say",
    action="seat:fulfill", nav="queue",
    fields=(
        Field("outcome", "orders.outcome", "choice", options=(
            Option("DONE", "orders.state_done"), Option("FAILED", "orders.state_failed"), Option(AGAIN, "orders.again"),
        )),
        Field("vendor_ref", "orders.vendor_ref", required=False, longest=200),
        Field("error", "orders.error", required=False, longest=400, help="orders.error_help"),
    ),
)  # fmt: skip
SETTING: Final = FormPage(
    name="pool-fulfillment", path="/licenses/{id}/pools/{pool}/fulfillment", opens=opens_setting, submit=keep_setting,
    button="orders.set_button", action="pool:create", nav="licenses",
    fields=(
        Field("mode", "orders.mode", "choice",
              options=tuple(Option(each.value, f"orders.mode_{each.value.lower()}") for each in Mode)),
        Field("url", "orders.url", required=False, longest=500, help="orders.url_help"),
        Field("fresh_secret", "orders.fresh_secret", "checkbox", required=False),
        Field("version", "findings.version", "hidden", longest=10),
    ),
)  # fmt: skip
PAGES: Final = (LIST, CONFIRM, SETTING)
