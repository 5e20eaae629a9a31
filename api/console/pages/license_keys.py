"""License keys: which a license has and whose each is; taken in from a file, revealed with a reason, retired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

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
    Note,
    Opened,
    Option,
    Outcome,
    Preview,
    Query,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.paging import read_rows
from api.console.sealing import check_sealed, sealed
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, visible_entitlements, visible_pools
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.keys.errors import BadKeyFile
from governance.keys.models import LicenseKey
from governance.keys.queries import license_key, seats_without_key, stands, visible_keys
from governance.keys.rules import FILE_MOST, REASON_MOST, KeyState, key_state, read_file
from governance.keys.service import AddKeys, add_keys, bind_key, retire_key, reveal_key
from governance.seats.models import Assignment

HERE: Final = "/keys"
SHOWN_ONCE: Final = "license_keys.reveal"
OPTIONS: Final = 500
POOLS: Final = 50
LEVELS: Final = {
    KeyState.FREE: Level.OK, KeyState.BOUND: Level.OK, KeyState.SPENT: Level.UNKNOWN, KeyState.RETIRED: Level.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as the list shows it: by its label, never by what it says."""

    id: UUID
    name: str
    license: str
    license_id: UUID
    pool: str
    status: Status
    added: date
    act: Link | None
    bind: Link | None
    retire: Link | None


async def keys(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first."""
    async with ctx.work() as work:
        chosen = visible_keys(work).join(MetricLine, LINE_OF_POOL)
        if asked := query.filters.get("license"):
            chosen = chosen.where(MetricLine.entitlement_id == _uuid(asked))
        if (state := query.filters.get("state", "")) in set(KeyState):
            chosen = chosen.where(stands(KeyState(state)))
        read = await read_rows(work, query, chosen, (Order(LicenseKey.added_at, True), Order(LicenseKey.id, True)))
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("license_keys.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _rows(ctx: Context, work: Work, found: Sequence[LicenseKey]) -> list[KeyRow]:
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted({row.pool_id for row in found})))
    )
    pools = {pool.id: (pool, license_) for pool, license_ in await work.session.execute(query)}
    holders = await _holders(work, [row.assignment_id for row in found if row.assignment_id])
    opens, retires = ctx.may("key:reveal") and not ctx.past, ctx.may("pool:allocate") and not ctx.past
    rows = []
    for row in found:
        pool, license_ = pools[row.pool_id]
        state = key_state(row.assignment_id, row.freed_at, row.retired_at)
        there = state is not KeyState.RETIRED
        who = holders.get(row.assignment_id, "") if row.assignment_id else ""
        rows.append(
            KeyRow(
                row.id, _name(ctx, row), license_.name, license_.id, pool.name,
                Status(LEVELS[state], ctx.text(f"license_keys.state_{state.value.lower()}"), who),
                row.added_at.astimezone(ctx.zone).date(),
                Link(ctx.text("license_keys.reveal"), f"{HERE}/{row.id}/reveal") if opens and there else None,
                Link(ctx.text("license_keys.bind"), f"{HERE}/{row.id}/bind")
                if retires and state is KeyState.FREE else None,
                Link(ctx.text("license_keys.retire"), f"{HERE}/{row.id}/retire") if retires and there else None,
            )
        )  # fmt: skip
    return rows


async def _holders(work: Work, seats: Sequence[UUID]) -> dict[UUID, str]:
    query = (
        select(Assignment.id, PersonRow.name)
        .join(PersonRow, and_(PersonRow.tenant_id == Assignment.tenant_id, PersonRow.id == Assignment.person_id))
        .where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(seats))
    )
    rows = (await work.session.execute(query)).all()
    return {row.id: row.name for row in rows}


def _name(ctx: Context, row: LicenseKey) -> str:
    return row.label or ctx.text(f"license_keys.kind_{row.kind.value.lower()}")


async def opens_one(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form about one key; a retired one has none."""
    async with ctx.work() as work:
        row = await license_key(work, _uuid(ids["id"]))
        [shown] = await _rows(ctx, work, [row])
    if row.retired_at is not None:
        return None
    ends = f"…{row.hint}" if row.hint and ctx.may("key:reveal") else ""  # on the form alone: a list is exported
    return Opened(" ".join(filter(None, (shown.name, ends))), {}, f"{shown.license} · {shown.pool}", cancel=HERE)


async def reveal(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Show what the key says, once its entry is written; the second step only says that it was seen."""
    key_id, seen = _uuid(ids["id"]), {"key": ids["id"], "reason": values["reason"]}
    if token:
        check_sealed(ctx, SHOWN_ONCE, seen, token)
        return Done(HERE, ctx.text("license_keys.seen"))
    found = await desk_of(ctx).perform(lambda work: reveal_key(work, key_id, values["reason"]))
    shown = Note(found.key, "key", Level.WARN)
    return Preview(
        (shown,), sealed(ctx, SHOWN_ONCE, seen), ctx.text("license_keys.close"), ctx.text("license_keys.kept")
    )


async def opens_bind(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that gives a free key to a seat; a key that is not free has none."""
    async with ctx.work() as work:
        row = await license_key(work, _uuid(ids["id"]))
    free = key_state(row.assignment_id, row.freed_at, row.retired_at) is KeyState.FREE
    return await opens_one(ctx, ids, query) if free else None


async def bind(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Give it to the seat."""
    key_id, seat_id = _uuid(ids["id"]), _uuid(values["seat"])
    await desk_of(ctx).perform(lambda work: bind_key(work, key_id, seat_id))
    return Done(HERE, ctx.text("license_keys.bound"))


async def seat_options(ctx: Context) -> tuple[Option, ...]:
    """The seats without a key, of the pools within reach that have free ones, each by its holder."""
    async with ctx.work() as work:
        free = visible_keys(work).where(stands(KeyState.FREE)).with_only_columns(LicenseKey.pool_id).distinct()
        pools = (await work.session.execute(free.order_by(LicenseKey.pool_id).limit(POOLS))).scalars().all()
        seats = [seat for each in pools for seat in await seats_without_key(work, each, most=OPTIONS)][:OPTIONS]
        names = await _holders(work, [seat.id for seat in seats])
        held = {pool.id: pool.name for pool in (await work.session.execute(
            select(Pool).where(Pool.tenant_id == work.tenant_id, Pool.id.in_(pools)))).scalars()}  # fmt: skip
    return tuple(Option(str(seat.id), text=f"{names.get(seat.id, '–')} · {held[seat.pool_id]}") for seat in seats)


async def retire(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Take it out of use for good."""
    key_id = _uuid(ids["id"])
    await desk_of(ctx).perform(lambda work: retire_key(work, key_id, values["reason"]))
    return Done(HERE, ctx.text("license_keys.retired"))


async def opens_add(ctx: Context, ids: Ids, query: Query) -> Opened | None:
    """The form that takes a file of keys in."""
    return Opened(ctx.text("license_keys.add_title"), {}, ctx.text("license_keys.add_sub"), cancel=HERE)


async def add(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Seal the keys of the file; those that the pool has already are left as they are."""
    try:
        text = values["file"].content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadKeyFile("file", "no UTF-8 text", "CSV with a header") from None
    given = AddKeys(_uuid(values["pool"]), read_file(text))
    done = await desk_of(ctx).perform(lambda work: add_keys(work, given))
    return Done(HERE, ctx.text("license_keys.added", added=done.added, known=done.known, bound=done.bound))


async def license_options(ctx: Context) -> tuple[Option, ...]:
    """Licenses within reach that have keys, by name."""
    async with ctx.work() as work:
        keyed = (
            select(MetricLine.entitlement_id)
            .join(Pool, LINE_OF_POOL)
            .join(LicenseKey, and_(LicenseKey.tenant_id == Pool.tenant_id, LicenseKey.pool_id == Pool.id))
            .where(MetricLine.tenant_id == work.tenant_id)
        )
        query = visible_entitlements(work).where(Entitlement.id.in_(keyed))
        rows = (await work.session.execute(query.order_by(Entitlement.name, Entitlement.id).limit(OPTIONS))).scalars()
        return (Option("", "licenses.any"), *(Option(str(row.id), text=row.name) for row in rows))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """Open pools within reach, each under its license."""
    async with ctx.work() as work:
        query = visible_pools(work).where(Pool.closed_at.is_(None)).add_columns(Entitlement.name)
        query = query.order_by(Entitlement.name, Pool.name, Pool.id).limit(OPTIONS)
        rows = (await work.session.execute(query)).all()
    return tuple(Option(str(pool.id), text=f"{name} · {pool.name}") for pool, name in rows)


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("license key", asked) from None


REASON: Final = Field("reason", "license_keys.reason", "textarea", longest=REASON_MOST, help="license_keys.reason_help")
STATES: Final = (
    Option("", "license_keys.any"),
    *(Option(each.value, f"license_keys.state_{each.value.lower()}") for each in KeyState),
)
LIST: Final = TablePage(
    name="keys", path=HERE, title="license_keys.title", action="pool:read", nav="licenses", rows=keys,
    columns=(
        Column("name", "license_keys.key", strong=True),
        Column("license", "licenses.license", href=lambda row: f"/licenses/{row.license_id}", leaves=2),
        Column("pool", "seat.pool", leaves=3, quiet=True),
        Column("status", "table.status", kind="status"),
        Column("added", "license_keys.added_on", kind="date", leaves=4),
        Column("act", "license_keys.reveal", kind="link"),
        Column("bind", "license_keys.bind", kind="link", leaves=5),
        Column("retire", "license_keys.retire", kind="link", leaves=4),
    ),
    filters=(Filter("license", "licenses.license", license_options, icon="license"),
             Filter("state", "table.status", STATES)),
    actions=(Action("license_keys.add", f"{HERE}/add", action="pool:allocate"),),
    empty=Empty("license_keys.empty", "license_keys.empty_text", "key"),
)  # fmt: skip
REVEAL: Final = FormPage(
    name="key-reveal", path=f"{HERE}/{{id}}/reveal", opens=opens_one, submit=reveal, button="license_keys.reveal",
    action="key:reveal", nav="licenses", fields=(REASON,),
)  # fmt: skip
RETIRE: Final = FormPage(
    name="key-retire", path=f"{HERE}/{{id}}/retire", opens=opens_one, submit=retire, button="license_keys.retire",
    action="pool:allocate", nav="licenses", fields=(REASON,),
)  # fmt: skip
ADD: Final = FormPage(
    name="keys-add", path=f"{HERE}/add", opens=opens_add, submit=add, button="license_keys.add_button",
    action="pool:allocate", nav="licenses",
    fields=(
        Field("pool", "seat.pool", "select", options=pool_options),
        Field(
            "file", "license_keys.file", "file", longest=FILE_MOST, accept=".csv,text/csv",
            help="license_keys.file_help",
        ),
    ),
)  # fmt: skip
BIND: Final = FormPage(
    name="key-bind", path=f"{HERE}/{{id}}/bind", opens=opens_bind, submit=bind, button="license_keys.bind",
    action="pool:allocate", nav="licenses",
    fields=(Field("seat", "license_keys.seat", "select", options=seat_options, help="license_keys.seat_help"),),
)  # fmt: skip
PAGES: Final = (LIST, ADD, REVEAL, BIND, RETIRE)
