"""The ledger's hands on PostgreSQL: a batch is two round trips, one to lock and read, one to write, and the commit."""

# ruff: noqa: S608 - texts are made of constants and of column names of our own models

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import SUPPLY, SUPPLY_THEN
from governance.kernel.database.engine import TIMEOUTS
from governance.seats.leases.lease import Lease, LeaseState
from governance.seats.ledger import postgresql_many
from governance.seats.ledger.book import Book, Candidate, Key, PersonLine, PoolLine, RoomLine, SeatLine, Wanted, Writes
from governance.seats.ledger.lending import Lending, LendWanted, TermsLine, lending_of
from governance.seats.ledger.port import Claim
from governance.seats.ledger.postgresql_texts import DIALECT, SHAPES, change, columns, each, insert
from governance.seats.ledger.store import (
    LEASE_MOVES,
    LEASE_ROOM_MOVES,
    ROOM_KINDS,
    ROOM_MOVES,
    SEAT_MOVES,
    WAIT_MOVES,
    compiled,
    old,
)  # fmt: skip

# A look-up per key by `lateral … limit 1`, and nested loops only: on a young table the planner would scan the prefix.
PLANS = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
LOCK = """
SELECT r.id FROM unnest(%b::uuid[], %b::uuid[]) AS k(tenant_id, id)
JOIN room r ON r.tenant_id = k.tenant_id AND r.id = k.id ORDER BY r.tenant_id, r.id FOR NO KEY UPDATE OF r"""
# Shared until the commit: whoever revokes a right waits for what was claimed under it, and is answered after it.
REVISIONS = "SELECT tenant_id, revision FROM policy_revision WHERE tenant_id = ANY(%b) ORDER BY tenant_id FOR SHARE"
POOLS = """
SELECT p.tenant_id, p.id, p.version, p.name, p.closed_at, p.line_id, e.code || '/' || l.code, l.overage,
  l.invitation_days, l.suspended_occupies
FROM unnest(%b::uuid[], %b::uuid[]) AS k(tenant_id, id)
JOIN pool p ON p.tenant_id = k.tenant_id AND p.id = k.id
JOIN metric_line l ON l.tenant_id = p.tenant_id AND l.id = p.line_id
JOIN entitlement e ON e.tenant_id = l.tenant_id AND e.id = l.entitlement_id"""
# A person whose row somebody is changing right now is left out: the claim is asked again, nobody waits.
PERSONS = """
SELECT p.tenant_id, p.id, p.version, p.status FROM unnest(%b::uuid[], %b::uuid[]) AS k(tenant_id, id)
JOIN LATERAL (
  SELECT x.tenant_id, x.id, x.version, x.status FROM person x WHERE x.tenant_id = k.tenant_id AND x.id = k.id
  LIMIT 1 FOR SHARE SKIP LOCKED
) p ON true"""


@cache
def _supply(kind: RoomKind, then: bool) -> tuple[str, dict[str, Any]]:
    """Compiled at first use, when every table is known."""
    return compiled((SUPPLY_THEN if then else SUPPLY)[kind], DIALECT)


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
        room = SHAPES.room
        asked: list[tuple[str, list[Any]]] = [
            ("BEGIN", []),
            (LOCK, columns(wanted.lines, 2)),
            ("SELECT clock_timestamp()", []),
            (REVISIONS, [list(wanted.tenants)]),
            (POOLS, columns(wanted.pools, 2)),
            (each(room, "tenant_id", "id"), columns(wanted.lines | wanted.pools, 2)),
            (each(SHAPES.lease_room, "tenant_id", "line_id", order=""), columns(wanted.lines, 2)),
            *_people(wanted),
        ]
        _, _, clock, revisions, pools, rooms, lent, *people = self._ask(asked)
        book = Book(now or clock[0][0])
        book.revisions.update(revisions)
        for row in pools:
            book.pools[row[0], row[1]] = PoolLine(*row)
        for row in rooms:
            line = room.row(row)
            book.rooms[line.tenant_id, line.id] = line
        for row in lent:
            counted = SHAPES.lease_room.row(row)
            book.lease_rooms[counted.tenant_id, counted.id] = counted
        _learn(book, people)
        return book

    def look(self, book: Book, wanted: Wanted) -> None:
        _learn(book, self._ask(_people(wanted)))

    def candidates(self, claims: Sequence[Claim]) -> list[Candidate | None]:
        return postgresql_many.candidates(claims, self._ask(postgresql_many.asked_of(claims, PERSONS)))

    def pools(self, keys: Sequence[Key]) -> list[PoolLine]:
        return [PoolLine(*row) for row in self._connection.execute(POOLS, columns(keys, 2))]

    def lendings(self, wanted: Mapping[Key, LendWanted], book: Book) -> dict[Key, Lending]:
        lease, pools = SHAPES.lease, columns(list(wanted), 2)
        ids = [(tenant, each) for (tenant, _), one in wanted.items() for each in sorted(one.ids)]
        keys = [(tenant, each) for (tenant, _), one in wanted.items() for each in sorted(one.keys)]
        clients = [(*key, each) for key, one in wanted.items() for each in sorted(one.clients)]
        due, named, keyed, own, waits, terms, following = self._ask([
            (DUE.format(columns=lease.columns), [*pools, [book.now]]),
            (each(lease, "tenant_id", "id"), columns(ids, 2)),
            (each(lease, "tenant_id", "claim_key"), columns(keys, 2)),
            (each(lease, "tenant_id", "pool_id", "client", order=OPEN), columns(clients, 3)),
            (each(SHAPES.wait, "tenant_id", "pool_id", order=IN_LINE), pools),
            (each(SHAPES.terms, "tenant_id", "id"), pools),
            (FOLLOWING, [*pools, [book.now]]),
        ])  # fmt: skip
        on_terms = {(row.tenant_id, row.id): row for row in map(SHAPES.terms.row, terms)}
        found = {
            key: lending_of(key, book.lease_rooms.get(key), on_terms.get(key), book.pools[key].line_id)
            for key in wanted
        }  # fmt: skip
        for one in (lease.row(row) for answer in (due, named, keyed, own) for row in answer):
            if (one.tenant_id, one.pool_id) in found:
                found[one.tenant_id, one.pool_id].leases.setdefault(one.id, one)
        for wait in map(SHAPES.wait.row, waits):
            found[wait.tenant_id, wait.pool_id].waits[wait.id] = wait
        for tenant, pool, at in following:
            found[tenant, pool].others_due_at = at
        return found

    def terms(self, keys: Sequence[Key]) -> dict[Key, TermsLine]:
        found = self._connection.execute(each(SHAPES.terms, "tenant_id", "id"), columns(keys, 2))
        return {(line.tenant_id, line.id): line for line in map(SHAPES.terms.row, found)}

    def renew(self, key: Key, tokens: Mapping[UUID, int], now: datetime, end: datetime | None) -> list[Lease]:
        values = [now, end, end, list(tokens), list(tokens.values()), *key]
        found = self._connection.execute(RENEW, values, binary=True)
        return [
            Lease(lease_id, client, quantity, group, token, granted_at, end, LeaseState.HELD, False, overage)
            for lease_id, client, quantity, group, token, granted_at, overage in found
        ]

    def supply(self, room: RoomLine, now: datetime, *, then: bool = False) -> tuple[int | None, datetime | None]:
        text, constants = _supply(room.kind, then)
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
        text = f"SELECT {SHAPES.room.columns} FROM room WHERE tenant_id = %s AND id = ANY(%b)"
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
        keys = "SELECT * FROM unnest(%b::uuid[], %b::uuid[])"
        text = f"SELECT tenant_id, id FROM assignment_step WHERE (tenant_id, id) IN ({keys})"
        return set(self._connection.execute(text, columns(ids, 2)).fetchall())

    def write(self, writes: Writes) -> None:
        new = {(seat.tenant_id, seat.id) for seat in writes.seats}
        moved = [seat for key, seat in writes.moved.items() if key not in new]
        self._ask([
            *change(SHAPES.seat, SEAT_MOVES, moved),
            *insert(SHAPES.seat, writes.seats),
            *(asked for many in writes.many for asked in postgresql_many.written(many)),
            *insert(SHAPES.denial, writes.denials.values()),
            *change(SHAPES.denial, ("count", "last_at"), writes.counted.values()),
            *insert(SHAPES.step, writes.steps),
            *insert(SHAPES.entry, writes.entries),
            *insert(SHAPES.unsealed, writes.entries),
            *insert(SHAPES.event, writes.events),
            *change(SHAPES.room, ROOM_MOVES, writes.rooms.values()),
            *change(SHAPES.wait, WAIT_MOVES, old(writes.waited, writes.waits)),
            *insert(SHAPES.wait, writes.waits),
            *change(SHAPES.lease, LEASE_MOVES, old(writes.lent, writes.leases)),
            *insert(SHAPES.lease, writes.leases),
            *change(SHAPES.lease_room, LEASE_ROOM_MOVES, writes.lease_rooms.values()),
            *insert(SHAPES.lease_room, writes.new_lease_rooms.values()),
        ])  # fmt: skip

    def _ask(self, asked: Sequence[tuple[str, list[Any]]]) -> list[list[Any]]:
        """Send all statements at once and give the rows of each; nothing is asked where there is nothing to find."""
        cursors: list[psycopg.Cursor[Any] | None] = []
        with self._connection.pipeline():
            for text, values in asked:
                empty = bool(values) and all(not column for column in values)
                cursors.append(None if empty else self._connection.execute(text, values))
        return [cursor.fetchall() if cursor is not None and cursor.description else [] for cursor in cursors]


def _people(wanted: Wanted) -> list[tuple[str, list[Any]]]:
    seat, denial = SHAPES.seat, SHAPES.denial
    return [
        (PERSONS, columns(wanted.persons, 2)),
        (each(seat, "tenant_id", "line_id", "person_id", order=LATEST), columns(wanted.episodes, 3)),
        (each(seat, "tenant_id", "id"), columns(wanted.seats, 2)),
        (each(seat, "tenant_id", "claim_key"), columns(wanted.keys, 2)),
        (each(denial, "tenant_id", "pool_id", "person_id", order=NEWEST), columns(wanted.refusals, 3)),
    ]


def _learn(book: Book, answers: Sequence[list[Any]]) -> None:
    persons, *seats, denials = answers
    for row in persons:
        book.persons[row[0], row[1]] = PersonLine(*row)
    for row in (row for answer in seats for row in answer):
        book.learn(SHAPES.seat.row(row))
    for row in denials:
        refusal = SHAPES.denial.row(row)
        key = (refusal.tenant_id, refusal.pool_id, refusal.person_id, refusal.reasons_hash)
        book.denials.setdefault(key, refusal)


RENEW = f"""
UPDATE lease t SET heard_at = %s, expires_at = %s, due_at = %s
FROM unnest(%b::uuid[], %b::integer[]) AS asked(id, token)
WHERE t.tenant_id = %s AND t.id = asked.id AND t.token = asked.token AND t.pool_id = %s
  AND t.state = '{LeaseState.HELD}' AND NOT t.borrowed AND t.ended_at IS NULL
RETURNING t.id, t.client, t.quantity, t.group_name, t.token, t.granted_at, t.overage"""
OPEN = "AND t.ended_at IS NULL LIMIT 1"
IN_LINE = "AND t.ended_at IS NULL ORDER BY t.place"
DUE = """
SELECT {columns} FROM unnest(%b::uuid[], %b::uuid[]) AS k(of_tenant, of_pool), unnest(%b::timestamptz[]) AS n(now)
JOIN LATERAL (
  SELECT x.* FROM lease x
  WHERE x.tenant_id = k.of_tenant AND x.pool_id = k.of_pool AND x.ended_at IS NULL AND x.due_at <= n.now
) t ON true"""
FOLLOWING = """
SELECT k.tenant_id, k.pool_id, (
  SELECT min(x.due_at) FROM lease x
  WHERE x.tenant_id = k.tenant_id AND x.pool_id = k.pool_id AND x.ended_at IS NULL AND x.due_at > n.now
) FROM unnest(%b::uuid[], %b::uuid[]) AS k(tenant_id, pool_id), unnest(%b::timestamptz[]) AS n(now)"""
LATEST = "ORDER BY t.released_at IS NULL DESC, t.started_at DESC LIMIT 1"
NEWEST = "ORDER BY t.first_at DESC LIMIT 8"
