"""The ledger's hands on PostgreSQL: a batch is two round trips, one to lock and read, one to write, and the commit."""

# ruff: noqa: S608 - texts are made of constants and of column names of our own models

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Column, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from governance.audit.models import Entry, Unsealed
from governance.entitlements.models import Room
from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import SUPPLY
from governance.kernel.database.engine import TIMEOUTS
from governance.kernel.event import OutboxEvent
from governance.seats.ledger.book import Book, PersonLine, PoolLine, RoomLine, SeatLine, Wanted, Writes
from governance.seats.ledger.store import (
    ROOM_KINDS,
    ROOM_MOVES,
    SEAT_MOVES,
    Codec,
    Shape,
    Shapes,
    as_is,
    compiled,
    dumped,
    kind_of,
    optional,
    word_of,
)  # fmt: skip
from governance.seats.models import Assignment, AssignmentStep, Denial

# A look-up per key by `lateral … limit 1`, and nested loops only: on a young table the planner would scan the prefix.
PLANS = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
LOCK = """
SELECT r.id FROM unnest(%s::uuid[], %s::uuid[]) AS k(tenant_id, id)
JOIN room r ON r.tenant_id = k.tenant_id AND r.id = k.id ORDER BY r.tenant_id, r.id FOR NO KEY UPDATE OF r"""
# Shared until the commit: whoever revokes a right waits for what was claimed under it, and is answered after it.
REVISIONS = "SELECT tenant_id, revision FROM policy_revision WHERE tenant_id = ANY(%s) ORDER BY tenant_id FOR SHARE"
POOLS = """
SELECT p.tenant_id, p.id, p.version, p.name, p.closed_at, p.line_id, e.code || '/' || l.code, l.overage,
  l.invitation_days, l.suspended_occupies
FROM unnest(%s::uuid[], %s::uuid[]) AS k(tenant_id, id)
JOIN pool p ON p.tenant_id = k.tenant_id AND p.id = k.id
JOIN metric_line l ON l.tenant_id = p.tenant_id AND l.id = p.line_id
JOIN entitlement e ON e.tenant_id = l.tenant_id AND e.id = l.entitlement_id"""
# A person whose row somebody is changing right now is left out: the claim is asked again, nobody waits.
PERSONS = """
SELECT p.tenant_id, p.id, p.version, p.status FROM unnest(%s::uuid[], %s::uuid[]) AS k(tenant_id, id)
JOIN LATERAL (
  SELECT x.tenant_id, x.id, x.version, x.status FROM person x WHERE x.tenant_id = k.tenant_id AND x.id = k.id
  LIMIT 1 FOR SHARE SKIP LOCKED
) p ON true"""


def _codec(column: Column[Any]) -> tuple[Codec, Codec]:
    if (word := word_of(column)) is not None:
        return word
    return (optional(dumped), as_is) if kind_of(column) == "json" else (as_is, as_is)


def _type_of(column: Column[Any]) -> str:
    """Name a column's type for an array of its values; text without a length, which a cast would cut silently."""
    name = column.type.compile(dialect=DIALECT)
    return "text" if name.startswith("VARCHAR") else name


DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
SHAPES = Shapes.of(_codec)
SQL_TYPES = {
    model.__tablename__: {
        column.name: _type_of(column) for column in model.__table__.columns if isinstance(column, Column)
    }
    for model in (Assignment, AssignmentStep, Denial, Entry, OutboxEvent, Room, Unsealed)
}


@cache
def _supply(kind: RoomKind) -> tuple[str, dict[str, Any]]:
    """Compiled at first use, when every table is known."""
    return compiled(SUPPLY[kind], DIALECT)


class PostgresqlStore:
    """A connection of the ledger's role, which sees every tenant and is granted only the verbs of the tables."""

    def __init__(self, url: str) -> None:
        dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        options = f"-c role=lictor_ledger {PLANS} {TIMEOUTS}"
        self._connection = psycopg.connect(dsn, autocommit=True, options=options, connect_timeout=10)

    def begin(self) -> None:
        """The first statement of `read` begins the transaction, in the same round trip."""

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        if not self._connection.closed:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def read(self, wanted: Wanted, now: datetime | None) -> Book:
        seat, denial, room = SHAPES.seat, SHAPES.denial, SHAPES.room
        asked: list[tuple[str, list[Any]]] = [
            ("BEGIN", []),
            (LOCK, _columns(wanted.lines, 2)),
            ("SELECT clock_timestamp()", []),
            (REVISIONS, [list(wanted.tenants)]),
            (POOLS, _columns(wanted.pools, 2)),
            (_each(room, "tenant_id", "id"), _columns(wanted.lines | wanted.pools, 2)),
            (PERSONS, _columns(wanted.persons, 2)),
            (_each(seat, "tenant_id", "line_id", "person_id", order=LATEST), _columns(wanted.episodes, 3)),
            (_each(seat, "tenant_id", "id"), _columns(wanted.seats, 2)),
            (_each(seat, "tenant_id", "claim_key"), _columns(wanted.keys, 2)),
            (_each(denial, "tenant_id", "pool_id", "person_id", order=NEWEST), _columns(wanted.refusals, 3)),
        ]
        _, _, clock, revisions, pools, rooms, persons, *seats, denials = self._ask(asked)
        book = Book(now or clock[0][0])
        book.revisions.update(revisions)
        for row in pools:
            book.pools[row[0], row[1]] = PoolLine(*row)
        for row in rooms:
            line = room.row(row)
            book.rooms[line.tenant_id, line.id] = line
        for row in persons:
            book.persons[row[0], row[1]] = PersonLine(*row)
        for row in (row for answer in seats for row in answer):
            book.learn(seat.row(row))
        for row in denials:
            refusal = denial.row(row)
            key = (refusal.tenant_id, refusal.pool_id, refusal.person_id, refusal.reasons_hash)
            book.denials.setdefault(key, refusal)
        return book

    def supply(self, room: RoomLine, now: datetime) -> tuple[int | None, datetime | None]:
        text, constants = _supply(room.kind)
        values = {"tenant": room.tenant_id, "room": room.id, "at": now}
        row = self._connection.execute(text, constants | values).fetchone()
        assert row is not None
        return row[0], row[1]

    def expired(self, tenant_id: UUID, line_id: UUID, now: datetime) -> list[SeatLine]:
        text = (
            f"SELECT {SHAPES.seat.columns} FROM assignment WHERE tenant_id = %s AND line_id = %s "
            "AND released_at IS NULL AND state = 'INVITED' AND invitation_expires_at <= %s "
            "ORDER BY invitation_expires_at, id"
        )
        return [SHAPES.seat.row(row) for row in self._connection.execute(text, (tenant_id, line_id, now))]

    def rooms(self, tenant_id: UUID, ids: Sequence[UUID]) -> list[RoomLine]:
        text = f"SELECT {SHAPES.room.columns} FROM room WHERE tenant_id = %s AND id = ANY(%s)"
        return [SHAPES.room.row(row) for row in self._connection.execute(text, (tenant_id, list(ids)))]

    def next_lapse(self, room: RoomLine, now: datetime) -> datetime | None:
        text = (
            f"SELECT min(invitation_expires_at) FROM assignment WHERE tenant_id = %s AND {ROOM_KINDS[room.kind]} = %s "
            "AND released_at IS NULL AND state = 'INVITED' AND invitation_expires_at > %s"
        )
        row = self._connection.execute(text, (room.tenant_id, room.id, now)).fetchone()
        assert row is not None
        return cast("datetime | None", row[0])

    def steps_known(self, ids: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        keys = "SELECT * FROM unnest(%s::uuid[], %s::uuid[])"
        text = f"SELECT tenant_id, id FROM assignment_step WHERE (tenant_id, id) IN ({keys})"
        return set(self._connection.execute(text, _columns(ids, 2)).fetchall())

    def write(self, writes: Writes) -> None:
        new = {(seat.tenant_id, seat.id) for seat in writes.seats}
        moved = [seat for key, seat in writes.moved.items() if key not in new]
        self._ask([
            *_change(SHAPES.seat, SEAT_MOVES, moved),
            *_insert(SHAPES.seat, writes.seats),
            *_insert(SHAPES.denial, writes.denials.values()),
            *_change(SHAPES.denial, ("count", "last_at"), writes.counted.values()),
            *_insert(SHAPES.step, writes.steps),
            *_insert(SHAPES.entry, writes.entries),
            *_insert(SHAPES.unsealed, writes.entries),
            *_insert(SHAPES.event, writes.events),
            *_change(SHAPES.room, ROOM_MOVES, writes.rooms.values()),
        ])  # fmt: skip

    def _ask(self, asked: Sequence[tuple[str, list[Any]]]) -> list[list[Any]]:
        """Send all statements at once and give the rows of each; nothing is asked where there is nothing to find."""
        cursors: list[psycopg.Cursor[Any] | None] = []
        with self._connection.pipeline():
            for text, values in asked:
                empty = bool(values) and all(not column for column in values)
                cursors.append(None if empty else self._connection.execute(text, values))
        return [cursor.fetchall() if cursor is not None and cursor.description else [] for cursor in cursors]


LATEST = "ORDER BY t.released_at IS NULL DESC, t.started_at DESC LIMIT 1"
NEWEST = "ORDER BY t.first_at DESC LIMIT 8"


def _columns(rows: Collection[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _type(shape: Shape[Any], name: str) -> str:
    return SQL_TYPES[shape.table][name]


@cache
def _each(shape: Shape[Any], *keys: str, order: str = "LIMIT 1") -> str:
    arrays = ", ".join(f"%s::{_type(shape, key)}[]" for key in keys)
    same = " AND ".join(f'x."{key}" = k."{key}"' for key in keys)
    found = f'SELECT x.* FROM "{shape.table}" x WHERE {same} {order.replace("t.", "x.")}'
    names = ", ".join(f'"{key}"' for key in keys)
    columns = ", ".join(f't."{name}"' for name in shape.names)
    return f"SELECT {columns} FROM unnest({arrays}) AS k({names}) JOIN LATERAL ({found}) t ON true"


def _insert(shape: Shape[Any], rows: Iterable[Any]) -> Iterable[tuple[str, list[Any]]]:
    lists = shape.lists(rows)
    if lists:
        yield f'INSERT INTO "{shape.table}" ({shape.columns}) SELECT * FROM {_unnest(shape, shape.names)}', lists


def _change(shape: Shape[Any], names: Sequence[str], rows: Iterable[Any]) -> Iterable[tuple[str, list[Any]]]:
    lists = shape.lists(rows)
    if lists:
        used = ("tenant_id", "id", *names)
        sets = ", ".join(f'"{name}" = v."{name}"' for name in names)
        text = (
            f'UPDATE "{shape.table}" t SET {sets} FROM {_unnest(shape, used)} '
            "WHERE t.tenant_id = v.tenant_id AND t.id = v.id"
        )
        yield text, [lists[shape.names.index(name)] for name in used]


def _unnest(shape: Shape[Any], names: Sequence[str]) -> str:
    arrays = ", ".join(f"%s::{_type(shape, name)}[]" for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    return f"unnest({arrays}) AS v({columns})"
