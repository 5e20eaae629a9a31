"""Who held which seat at an instant, as it was known at another, and which of these seats took room."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all

from governance.directory.models import OrgUnit, Person
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.page import Order, Window, read_page
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.seats.lease_queries import lent_at, visible_leases
from governance.seats.models import Assignment, Lease
from governance.seats.queries import LINE_OF_SEAT, occupied_at, state_at, visible_assignments
from governance.seats.rules import SeatState
from governance.seats.shown import shown_as, use_told
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.cells import as_number
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking, withheld
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally

KEY = "seats"
PAGE = 1_000
CLASSES = {FieldClass.PERSONAL: ("mail", "country"), FieldClass.USAGE: ("first_use_at",)}
INSTANTS = ("started_at", "invitation_expires_at", "accepted_at", "first_use_at")
LENT = "LEASED"
TEXTS = ("license_code", "license", "pool", "unit", "region", "person_id", "person", "mail", "country")


@dataclass(frozen=True)
class RegisterSheet:
    """The sheet, and how many seats of each license (by code) take room in it."""

    table: Table
    occupies: dict[str, int]


async def register_sheet(ground: Ground) -> RegisterSheet:
    """Gather the register: every episode begun and not released by then, every lease, pool by pool in pages."""
    pools = await _pools(ground.work, ground.when)
    occupies: dict[str, int] = {}
    for pool in pools:
        occupies[pool.license_code] = occupies.get(pool.license_code, 0) + pool.occupies
    hidden = {key for field_class, keys in CLASSES.items() if not ground.may_read(field_class) for key in keys}
    words = ground.words
    usage = "" if "first_use_at" in hidden else f" {words('note.seats_usage')}"
    table = Table(
        key=KEY,
        columns=tuple(column for column in _columns(ground) if column.key not in hidden),
        rows=_rows(ground.work, ground.when, pools, hidden),
        expected=sum(pool.seats for pool in pools),
        totals=("occupies",),
        charts=(_chart(ground),),
        note=words("note.seats") + usage,
        withheld=withheld(ground, KEY, CLASSES),
    )
    return RegisterSheet(table, occupies)


async def gather(ground: Ground) -> Table | LeftOut:
    if not ground.may(Action.SEAT_READ):
        return lacking(ground, KEY, Action.SEAT_READ)
    return (await register_sheet(ground)).table


async def _report(ground: Ground) -> Gathered:
    return gathered(await gather(ground))


REPORT = Report("seat_register", (Action.SEAT_READ,), _report)


@dataclass(frozen=True)
class _PoolOfSeats:
    pool_id: UUID
    pool: str
    unit: str
    region: str
    license_code: str
    license: str
    seats: int
    occupies: int
    leases: int


def _columns(ground: Ground) -> tuple[Column, ...]:
    words = ground.words
    return (
        *(Column(name, words(f"seats.{name}"), width=22) for name in TEXTS),
        Column("state", words("seats.state"), Kind.STATUS, 16),
        Column("occupies", words("seats.occupies"), Kind.INTEGER, 10),
        *(Column(name, words(f"seats.{name}"), Kind.INSTANT, 20) for name in INSTANTS),
        Column("seat_id", words("seats.seat_id"), width=38),
    )


def _chart(ground: Ground) -> Tally:
    """Draw the seats of each state, and which of them took room."""
    words = ground.words
    return Tally(
        lambda sums: words("seats.chart", seats=sum(sums), occupies=sums[0]),
        "state",
        (
            Measure(words("seats.took_room"), lambda row: row["occupies"]),
            Measure(words("seats.took_none"), lambda row: max(0, 1 - int(as_number(row["occupies"])))),
        ),
        ChartKind.STACKED,
        rest=words("note.rest"),
    )


def _held(when: Moments) -> ColumnElement[bool]:
    """Say which episodes had begun and were not released, whether or not they took room."""
    return and_(
        Assignment.started_at <= when.as_of,
        Assignment.recorded_at <= when.known_at,
        or_(
            Assignment.released_at.is_(None),
            Assignment.released_at > when.as_of,
            Assignment.released_recorded_at > when.known_at,
        ),
    )


def _seats(work: Work, when: Moments) -> Select[Any]:
    return (
        visible_assignments(work)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(_held(when))
    )


async def _pools(work: Work, when: Moments) -> list[_PoolOfSeats]:
    """Give the pools with seats in the register and their counts, by license and pool."""
    takes_room = func.sum(case((occupied_at(when.as_of, when.known_at), 1), else_=0))
    held = (
        _seats(work, when)
        .with_only_columns(
            Assignment.pool_id.label("pool_id"), func.count().label("seats"), takes_room.label("occupies"),
            literal(0).label("leases"), maintain_column_froms=True,
        )
        .group_by(Assignment.pool_id)
    )  # fmt: skip
    lent = (
        _leases(work, when)
        .with_only_columns(
            Lease.pool_id, func.count(), func.sum(Lease.quantity), func.count(), maintain_column_froms=True
        )
        .group_by(Lease.pool_id)
    )
    both = union_all(held, lent).subquery("both")
    sums = (func.sum(both.c[name]).label(name) for name in ("seats", "occupies", "leases"))
    counts = select(both.c.pool_id, *sums).group_by(both.c.pool_id).subquery("counts")
    query = (
        select(
            Pool.id, Pool.name, OrgUnit.name, Pool.region, Entitlement.code, Entitlement.name,
            counts.c.seats, counts.c.occupies, counts.c.leases,
        )
        .select_from(Pool)
        .join(counts, counts.c.pool_id == Pool.id)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Pool.tenant_id, OrgUnit.id == Pool.unit_id))
        .join(MetricLine, and_(MetricLine.tenant_id == Pool.tenant_id, MetricLine.id == Pool.line_id))
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id)
        .order_by(Entitlement.code, MetricLine.code, Pool.code, Pool.id)
    )  # fmt: skip
    return [_PoolOfSeats(*row[:6], *map(int, row[6:])) for row in await work.session.execute(query)]


async def _rows(work: Work, when: Moments, pools: list[_PoolOfSeats], hidden: set[str]) -> AsyncIterator[Row]:
    query = (
        _seats(work, when)
        .join(Person, and_(Person.tenant_id == Assignment.tenant_id, Person.id == Assignment.person_id))
        .with_only_columns(
            Assignment.id, Person.external_id, Person.name, Person.mail, Person.country,
            state_at(when.as_of, when.known_at),
            case((occupied_at(when.as_of, when.known_at), 1), else_=0),
            Assignment.started_at, Assignment.invitation_expires_at, Assignment.accepted_at,
            Assignment.first_use_at, Assignment.first_use_recorded_at, case((use_told(work), 1), else_=0),
            maintain_column_froms=True,
        )
    )  # fmt: skip
    order = (Order(Assignment.started_at), Order(Assignment.id))
    for pool in pools:
        window: Window | None = Window(PAGE)
        while window is not None:
            page = await read_page(work.session, query.where(Assignment.pool_id == pool.pool_id), order, window)
            for values in page.rows:
                yield {key: value for key, value in _row(pool, when, *values).items() if key not in hidden}
            window = Window(PAGE, edge=page.keys[-1]) if page.has_next else None
        async for row in _lent(work, when, pool):
            yield {key: value for key, value in row.items() if key not in hidden}


def _leases(work: Work, when: Moments) -> Select[Any]:
    return visible_leases(work).where(lent_at(when.as_of), Lease.granted_at <= when.known_at)


async def _lent(work: Work, when: Moments, pool: _PoolOfSeats) -> AsyncIterator[Row]:
    """Give the leases that took seats of a pool, each as one row with as many seats as it took."""
    query: Any = (
        _leases(work, when)
        .join(Person, and_(Person.tenant_id == Lease.tenant_id, Person.id == Lease.person_id))
        .with_only_columns(
            Lease.id, Person.external_id, Person.name, Person.mail, Person.country, literal(LENT), Lease.quantity,
            Lease.granted_at, maintain_column_froms=True,
        )
    )  # fmt: skip
    order = (Order(Lease.granted_at), Order(Lease.id))
    window: Window | None = Window(PAGE) if pool.leases else None
    while window is not None:
        page = await read_page(work.session, query.where(Lease.pool_id == pool.pool_id), order, window)
        for values in page.rows:
            yield _row(pool, when, *values, None, None, None, None, None)
        window = Window(PAGE, edge=page.keys[-1]) if page.has_next else None


def _row(pool: _PoolOfSeats, when: Moments, *values: Any) -> Row:
    seat_id, number, name, mail, country, state, occupies, started, invited, accepted, used, used_known, told = values
    shown = used is not None and used <= when.as_of and (used_known or used) <= when.known_at and told
    return {
        "license_code": pool.license_code,
        "license": pool.license,
        "pool": pool.pool,
        "unit": pool.unit,
        "region": pool.region,
        "person_id": number,
        "person": name,
        "mail": mail,
        "country": country,
        "state": _stood(state, told=bool(told)),
        "occupies": occupies,
        "started_at": started,
        "invitation_expires_at": invited,
        "accepted_at": accepted if accepted is not None and accepted <= min(when.as_of, when.known_at) else None,
        "first_use_at": used if shown else None,
        "seat_id": str(seat_id),
    }


def _stood(state: Any, *, told: bool) -> str:
    """Name the state a seat is shown in; LEASED and UNKNOWN are none of a seat's."""
    if state is None:
        return "UNKNOWN"
    return str(shown_as(state, told=told)) if isinstance(state, SeatState) else str(state)
