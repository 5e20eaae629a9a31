"""The ledger's hands on SQLite: one connection, prepared look-ups, everything flushed to disk before an answer."""

# ruff: noqa: S608 - texts are made of constants and of column names of our own models

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from governance.directory.rules import PersonStatus
from governance.entitlements.rules import Overage, RoomKind
from governance.entitlements.supply import SUPPLY, SUPPLY_THEN
from governance.kernel.database.types import EPOCH, micros_of
from governance.seats.leases.lease import Lease, LeaseState
from governance.seats.ledger import sqlite_many
from governance.seats.ledger.book import Book, Candidate, Key, PersonLine, PoolLine, RoomLine, SeatLine, Wanted, Writes
from governance.seats.ledger.lending import Lending, LendWanted, TermsLine, lending_of
from governance.seats.ledger.port import Claim
from governance.seats.ledger.store import (
    LEASE_MOVES,
    LEASE_ROOM_MOVES,
    ROOM_KINDS,
    ROOM_MOVES,
    SEAT_MOVES,
    WAIT_MOVES,
    Codec,
    Shape,
    Shapes,
    as_is,
    compiled,
    dumped,
    kind_of,
    old,
    optional,
    word_of,
)  # fmt: skip
from governance.seats.rules import SeatState

AT_ONCE = 500
HELD = LeaseState.HELD
OF_POOL = "tenant_id = ? AND pool_id = ? AND ended_at IS NULL"
NOW = "SELECT CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER) * 1000"
POOL = """
SELECT p.version, p.name, p.closed_at, p.line_id, e.code || '/' || l.code, l.overage, l.invitation_days,
  l.suspended_occupies
FROM pool p JOIN metric_line l ON l.tenant_id = p.tenant_id AND l.id = p.line_id
JOIN entitlement e ON e.tenant_id = l.tenant_id AND e.id = l.entitlement_id
WHERE p.tenant_id = ? AND p.id = ?"""


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


@lru_cache(maxsize=4_096)  # tenants, lines and pools come again row after row
def _id(value: bytes) -> UUID:
    return UUID(bytes=value)


CODECS: dict[str, tuple[Codec, Codec]] = {
    "id": (attrgetter("bytes"), optional(_id)),
    "instant": (micros_of, optional(_instant)),
    "json": (dumped, optional(orjson.loads)),
    "bool": (int, optional(bool)),
    "plain": (as_is, as_is),
}


def _codec(column: Column[Any]) -> tuple[Codec, Codec]:
    return word_of(column) or CODECS[kind_of(column)]


SHAPES = Shapes.of(_codec)


@cache
def _supply(kind: RoomKind, then: bool) -> tuple[str, dict[str, Any]]:
    """Compiled at first use, when every table is known."""
    return compiled((SUPPLY_THEN if then else SUPPLY)[kind], SQLiteDialect_pysqlite(paramstyle="named"))


@cache
def _renewing(beats: int) -> str:
    asked = ", ".join(["(?, ?)"] * beats)
    return (
        f"UPDATE lease SET heard_at = ?, expires_at = ?, due_at = ? FROM (VALUES {asked}) AS asked "
        f"WHERE tenant_id = ? AND id = asked.column1 AND token = asked.column2 AND +pool_id = ? AND state = '{HELD}' "
        "AND borrowed = 0 AND ended_at IS NULL RETURNING id, client, quantity, group_name, token, granted_at, overage"
    )


class SqliteStore:
    """Opened in the ledger's thread; the process's turn to write is taken around each batch."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        for text in sqlite_many.LAID_OUT:
            self._connection.execute(text)

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def read(self, wanted: Wanted, now: datetime | None) -> Book:
        """Read the facts; BEGIN IMMEDIATE has locked everything already."""
        book = Book(now or _instant(self._one(NOW)[0]))
        for tenant in wanted.tenants:
            row = self._one("SELECT revision FROM policy_revision WHERE tenant_id = ?", tenant.bytes)
            if row is not None:
                book.revisions[tenant] = row[0]
        for tenant, pool in wanted.pools:
            self._read_pool(book, tenant, pool)
        for tenant, room in wanted.lines | wanted.pools:
            for line in self.rooms(tenant, [room]):
                book.rooms[tenant, room] = line
        self.look(book, wanted)
        for tenant, line_id in wanted.lines:
            for counted in self._some(SHAPES.lease_room, "tenant_id = ? AND line_id = ?", tenant.bytes, line_id.bytes):
                book.lease_rooms[tenant, counted.id] = counted
        return book

    def look(self, book: Book, wanted: Wanted) -> None:
        for tenant, person in wanted.persons:
            row = self._one(
                "SELECT version, status FROM person WHERE tenant_id = ? AND id = ?", tenant.bytes, person.bytes
            )
            if row is not None:
                book.persons[tenant, person] = PersonLine(tenant, person, row[0], PersonStatus(row[1]))
        self._read_seats(book, wanted)

    def candidates(self, claims: Sequence[Claim]) -> list[Candidate | None]:
        return sqlite_many.candidates(self._connection, claims)

    def pools(self, keys: Sequence[Key]) -> list[PoolLine]:
        book = Book(EPOCH)
        for tenant, pool in keys:
            self._read_pool(book, tenant, pool)
        return list(book.pools.values())

    def lendings(self, wanted: Mapping[Key, LendWanted], book: Book) -> dict[Key, Lending]:
        return {key: self._lending(key, each, book) for key, each in wanted.items()}

    def _lending(self, key: Key, wanted: LendWanted, book: Book) -> Lending:
        (tenant, pool), now = (key[0].bytes, key[1].bytes), micros_of(book.now)
        terms = next(iter(self._some(SHAPES.terms, "tenant_id = ? AND id = ?", tenant, pool)), None)
        found = lending_of(key, book.lease_rooms.get(key), terms, book.pools[key].line_id)
        asked: list[tuple[str, Any]] = [(f"{OF_POOL} AND due_at <= ?", now)]
        asked += [(f"{OF_POOL} AND client = ?", client) for client in wanted.clients]
        asked += [("tenant_id = ? AND pool_id = ? AND id = ?", each.bytes) for each in wanted.ids]
        asked += [("tenant_id = ? AND pool_id = ? AND claim_key = ?", each) for each in wanted.keys]
        for where, value in asked:
            for lease in self._some(SHAPES.lease, where, tenant, pool, value):
                found.leases.setdefault(lease.id, lease)
        for wait in self._some(SHAPES.wait, OF_POOL, tenant, pool):
            found.waits[wait.id] = wait
        following = f"SELECT min(due_at) FROM lease WHERE {OF_POOL} AND due_at > ?"
        (at,) = self._one(following, tenant, pool, now)
        found.others_due_at = None if at is None else _instant(at)
        return found

    def terms(self, keys: Sequence[Key]) -> dict[Key, TermsLine]:
        found = (
            each
            for tenant, pool in keys
            for each in self._some(SHAPES.terms, "tenant_id = ? AND id = ?", tenant.bytes, pool.bytes)
        )
        return {(each.tenant_id, each.id): each for each in found}

    def renew(self, key: Key, tokens: Mapping[UUID, int], now: datetime, end: datetime | None) -> list[Lease]:
        heard, until = micros_of(now), None if end is None else micros_of(end)
        found: list[Lease] = []
        for first in range(0, len(tokens), AT_ONCE):
            part = list(tokens.items())[first : first + AT_ONCE]
            ids = {lease_id.bytes: lease_id for lease_id, _ in part}
            asked = [value for lease_id, (_, token) in zip(ids, part, strict=True) for value in (lease_id, token)]
            values = (heard, until, until, *asked, key[0].bytes, key[1].bytes)
            found += [
                Lease(ids[lease_id], client, quantity, group, token, _instant(granted), end, HELD, overage=overage == 1)
                for lease_id, client, quantity, group, token, granted, overage in self._connection.execute(
                    _renewing(len(part)), values
                ).fetchall()
            ]
        return found

    def _read_pool(self, book: Book, tenant: UUID, pool: UUID) -> None:
        row = self._one(POOL, tenant.bytes, pool.bytes)
        if row is not None:
            closed = None if row[2] is None else _instant(row[2])
            book.pools[tenant, pool] = PoolLine(
                tenant, pool, row[0], row[1], closed, _id(row[3]), row[4], Overage(row[5]), row[6], bool(row[7])
            )

    def _read_seats(self, book: Book, wanted: Wanted) -> None:
        seat, denial = SHAPES.seat, SHAPES.denial
        for tenant, line, person in wanted.episodes:
            where = "tenant_id = ? AND person_id = ? AND line_id = ? ORDER BY released_at IS NULL DESC, started_at DESC"
            for row in self._some(seat, f"{where} LIMIT 1", tenant.bytes, person.bytes, line.bytes):
                book.learn(row)
        for tenant, seat_id in wanted.seats:
            for row in self._some(seat, "tenant_id = ? AND id = ?", tenant.bytes, seat_id.bytes):
                book.learn(row)
        for tenant, key in wanted.keys:
            for row in self._some(seat, "tenant_id = ? AND claim_key = ?", tenant.bytes, key):
                book.learn(row)
        for tenant, pool, person in wanted.refusals:
            where = "tenant_id = ? AND pool_id = ? AND person_id = ? ORDER BY first_at DESC LIMIT 8"
            for refusal in self._some(denial, where, tenant.bytes, pool.bytes, person.bytes):
                book.denials.setdefault((tenant, pool, person, refusal.reasons_hash), refusal)

    def supply(self, room: RoomLine, now: datetime, *, then: bool = False) -> tuple[int | None, datetime | None]:
        text, constants = _supply(room.kind, then)
        values = {"tenant": room.tenant_id.bytes, "room": room.id.bytes, "at": micros_of(now)}
        ceiling, changes_at = self._connection.execute(text, constants | values).fetchone()
        return ceiling, None if changes_at is None else _instant(changes_at)

    def expired(self, tenant_id: UUID, line_id: UUID, now: datetime) -> list[SeatLine]:
        where = (
            "tenant_id = ? AND line_id = ? AND released_at IS NULL AND state = ? AND invitation_expires_at <= ? "
            "ORDER BY invitation_expires_at, id"
        )
        return list(
            self._some(
                SHAPES.seat, where, tenant_id.bytes, line_id.bytes, SeatState.INVITED.value, micros_of(now)
            )
        )  # fmt: skip

    def rooms(self, tenant_id: UUID, ids: Sequence[UUID]) -> list[RoomLine]:
        return [
            row
            for room_id in ids
            for row in self._some(SHAPES.room, "tenant_id = ? AND id = ?", tenant_id.bytes, room_id.bytes)
        ]

    def next_lapse(self, room: RoomLine, now: datetime) -> datetime | None:
        row = self._one(
            f"SELECT min(invitation_expires_at) FROM assignment WHERE tenant_id = ? AND {ROOM_KINDS[room.kind]} = ? "
            "AND released_at IS NULL AND state = 'INVITED' AND invitation_expires_at > ?",
            room.tenant_id.bytes, room.id.bytes, micros_of(now),
        )  # fmt: skip
        return None if row[0] is None else _instant(row[0])

    def steps_known(self, ids: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        text = "SELECT 1 FROM assignment_step WHERE tenant_id = ? AND id = ?"
        return {(tenant, step) for tenant, step in ids if self._one(text, tenant.bytes, step.bytes) is not None}

    def write(self, writes: Writes) -> None:
        new = {(seat.tenant_id, seat.id) for seat in writes.seats}
        self._change(SHAPES.seat, SEAT_MOVES, (seat for key, seat in writes.moved.items() if key not in new))
        self._insert(SHAPES.seat, writes.seats)
        for many in writes.many:
            sqlite_many.write(self._connection, many, SHAPES)
        self._insert(SHAPES.denial, writes.denials.values())
        self._change(SHAPES.denial, ("count", "last_at"), writes.counted.values())
        self._insert(SHAPES.step, writes.steps)
        self._insert(SHAPES.entry, writes.entries)
        self._insert(SHAPES.unsealed, writes.entries)
        self._insert(SHAPES.event, writes.events)
        self._change(SHAPES.room, ROOM_MOVES, writes.rooms.values())
        self._change(SHAPES.wait, WAIT_MOVES, old(writes.waited, writes.waits))
        self._insert(SHAPES.wait, writes.waits)
        self._change(SHAPES.lease, LEASE_MOVES, old(writes.lent, writes.leases))
        self._insert(SHAPES.lease, writes.leases)
        self._change(SHAPES.lease_room, LEASE_ROOM_MOVES, writes.lease_rooms.values())
        self._insert(SHAPES.lease_room, writes.new_lease_rooms.values())

    def _insert(self, shape: Shape[Any], rows: Iterable[Any]) -> None:
        marks = ", ".join("?" * len(shape.names))
        text = f'INSERT INTO "{shape.table}" ({shape.columns}) VALUES ({marks})'
        self._connection.executemany(text, [shape.values(row) for row in rows])

    def _change(self, shape: Shape[Any], names: Sequence[str], rows: Iterable[Any]) -> None:
        sets = ", ".join(f'"{name}" = :{name}' for name in names)
        text = f'UPDATE "{shape.table}" SET {sets} WHERE tenant_id = :tenant_id AND id = :id'
        self._connection.executemany(text, [dict(zip(shape.names, shape.values(row), strict=True)) for row in rows])

    def _one(self, text: str, *values: Any) -> Any:
        return self._connection.execute(text, values).fetchone()

    def _some(self, shape: Shape[Any], where: str, *values: Any) -> Iterable[Any]:
        text = f'SELECT {shape.columns} FROM "{shape.table}" WHERE {where}'
        return [shape.row(row) for row in self._connection.execute(text, values).fetchall()]
