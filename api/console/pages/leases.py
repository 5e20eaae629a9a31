"""Leases: which clients hold seats of concurrent licenses now, since when and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from api.console import formats
from api.console.declare import Column, Context, Empty, Filter, Level, Option, Person, Query, Rows, Status, TablePage
from api.console.desk import provenance_of
from api.console.finding_people import escaped
from api.console.paging import read_rows
from api.console.standing import units_of
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, visible_entitlements, visible_pools
from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import NotFound
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.seats.lease_queries import lent_at, state_at, visible_leases
from governance.seats.leases.lease import LeaseState
from governance.seats.models import Lease

ALL: Final = "all"
OPTIONS: Final = 500
LEVELS: Final = {
    LeaseState.HELD: Level.OK, LeaseState.LINGERING: Level.WARN, LeaseState.EXPIRED: Level.UNKNOWN,
    LeaseState.RETURNED: Level.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """One lease with the names it is read under."""

    person: Person
    client: str
    license: str
    license_id: UUID
    pool: str
    quantity: int
    status: Status
    granted: str
    ends: str


async def leases(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first; without a filter, those that take seats now."""
    async with ctx.work() as work:
        chosen = (
            visible_leases(work)
            .join(MetricLine, LINE_OF_POOL)
            .join(PersonRow, and_(PersonRow.tenant_id == Lease.tenant_id, PersonRow.id == Lease.person_id))
            .where(*_narrowing(query, ctx.now))
        )
        read = await read_rows(work, query, chosen, (Order(Lease.granted_at, True), Order(Lease.id, True)))
        rows = await _rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, note=ctx.text("leases.note"),
        provenance=await provenance_of(ctx),
    )  # fmt: skip


def _narrowing(query: Query, now: datetime) -> list[ColumnElement[bool]]:
    narrowing = [] if query.filters.get("state") == ALL else [lent_at(now)]
    for name, column in (("license", MetricLine.entitlement_id), ("pool", Lease.pool_id)):
        if asked := query.filters.get(name):
            narrowing.append(column == _uuid(asked))
    if query.search:
        like = f"%{escaped(query.search.casefold())}%"
        narrowing.append(
            or_(func.lower(PersonRow.name).like(like, escape="\\"), func.lower(Lease.client).like(like, escape="\\"))
        )
    return narrowing


def _uuid(asked: str) -> UUID:
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound("license or pool", asked) from None


async def _rows(ctx: Context, work: Work, found: Sequence[Lease]) -> list[LeaseRow]:
    """The leases of one page with the names of people, pools and licenses, by three SELECTs."""
    ids = sorted({row.person_id for row in found})
    people = {row.id: row for row in await _each(work, select(PersonRow).where(PersonRow.id.in_(ids)), PersonRow)}
    units = await units_of(work, [person.unit_id for person in people.values()])
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted({row.pool_id for row in found})))
    )
    pools = {pool.id: (pool, license_) for pool, license_ in await work.session.execute(query)}
    rows = []
    for row in found:
        person, (pool, license_) = people[row.person_id], pools[row.pool_id]
        href = f"/people/{person.id}" if ctx.may("person:read") else ""
        named = Person(person.name, units.get(person.unit_id, ""), href)
        rows.append(
            LeaseRow(
                named, row.client if ctx.may("person:read") else "", license_.name, license_.id, pool.name,
                row.quantity, _status(ctx, row), _moment(ctx, row.granted_at),
                _moment(ctx, row.freed_at or row.expires_at or row.kept_until),
            )
        )  # fmt: skip
    return rows


async def _each(work: Work, query: Select[PersonRow], kind: type[PersonRow]) -> Sequence[PersonRow]:
    return (await work.session.execute(query.where(kind.tenant_id == work.tenant_id))).scalars().all()


def _status(ctx: Context, row: Lease) -> Status:
    state = state_at(row, ctx.now)
    note = ctx.text("leases.borrowed") if row.borrowed and state is LeaseState.HELD else ""
    note = ctx.text("leases.overage") if row.overage and state is LeaseState.HELD else note
    return Status(LEVELS[state], ctx.text(f"leases.state_{state.value.lower()}"), note)


def _moment(ctx: Context, at: datetime | None) -> str:
    return "" if at is None else formats.instant(ctx.locale, at, ctx.zone)


async def license_options(ctx: Context) -> tuple[Option, ...]:
    """Licenses within reach that lend seats, by name."""
    async with ctx.work() as work:
        lends = (
            select(MetricLine.entitlement_id)
            .where(MetricLine.tenant_id == work.tenant_id, MetricLine.model == LicenseModel.CONCURRENT_USER)
        )  # fmt: skip
        query = visible_entitlements(work).where(Entitlement.id.in_(lends))
        rows = (await work.session.execute(query.order_by(Entitlement.name, Entitlement.id).limit(OPTIONS))).scalars()
        return (Option("", "licenses.any"), *(Option(str(row.id), text=row.name) for row in rows))


async def pool_options(ctx: Context) -> tuple[Option, ...]:
    """Pools within reach that lend seats, each under its license."""
    async with ctx.work() as work:
        query = (
            visible_pools(work)
            .where(MetricLine.model == LicenseModel.CONCURRENT_USER)
            .add_columns(Entitlement.name)
            .order_by(Entitlement.name, Pool.name, Pool.id)
        )
        rows = (await work.session.execute(query.limit(OPTIONS))).all()
    return (Option("", "licenses.any"), *(Option(str(pool.id), text=f"{name} · {pool.name}") for pool, name in rows))


LIST: Final = TablePage(
    name="leases", path="/leases", title="leases.title", action="seat:read", nav="licenses", rows=leases,
    columns=(
        Column("person", "seat.person", kind="person"),
        Column("client", "leases.client", kind="code", leaves=3),
        Column("license", "licenses.license", href=lambda row: f"/licenses/{row.license_id}", leaves=2),
        Column("pool", "seat.pool", leaves=3, quiet=True),
        Column("quantity", "leases.quantity", kind="number"),
        Column("status", "table.status", kind="status"),
        Column("granted", "seat.since", leaves=4),
        Column("ends", "leases.ends", leaves=4),
    ),
    filters=(
        Filter("license", "licenses.license", license_options, icon="license"),
        Filter("pool", "seat.pool", pool_options),
        Filter("state", "table.status", (Option("", "leases.held"), Option(ALL, "leases.all"))),
    ),
    search=True, empty=Empty("leases.empty", "leases.empty_text", "people"),
)  # fmt: skip
PAGES: Final = (LIST,)
