"""Many people seated in one go: the whole verb, a thousand a call, beside SQL by hand that seats them all at once.

Two hands: one makes the rows from the list of people, as the verb must; the other only copies the rows the verb left,
ids, texts and all, into tables of the same shape, keys and indexes: the bare cost of storing them.
"""

import contextlib
import sqlite3
import time
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Table, func, select

from governance.audit.models import Entry, Unsealed
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.service import AssignSeats, assign_seats
from tests.bench.conftest import Say, burned, settled
from tests.estate import Estate, License
from tests.exams.test_race import _crowd
from tests.governance.seats.ground import occupied, open_desk

PEOPLE, A_CALL = 10_000, 1_000
LEFT = (Assignment, AssignmentStep, Entry, Unsealed, OutboxEvent)
SQL = Path(__file__).parent / "sql"
Spent = tuple[float, float]
"""Seconds by the clock and of CPU, the database server's included."""


async def test_ten_thousand_people_in_one_pool(office: Office, estate: Estate, say: Say) -> None:
    people = [uuid.UUID(person) for person in await _crowd(estate, PEOPLE + A_CALL)]
    terms: dict[str, Any] = {"quantity": None, "first_day": date(2020, 1, 1), "last_day": None}
    warm, license_, by_hand = [await estate.license(code, **terms) for code in ("warm", "bulk", "hand")]
    async with open_desk(office, patience_s=60) as desk:
        admin = estate.actor("admin")
        await assign_seats(desk, admin, AssignSeats(warm.pools["main"], tuple(people[PEOPLE:])))
        settled(office)
        before, start, spent = await _told(office, estate), time.perf_counter(), burned(office)
        for first in range(0, PEOPLE, A_CALL):
            mine = AssignSeats(license_.pools["main"], tuple(people[first : first + A_CALL]))
            answers = await assign_seats(desk, admin, mine)
            assert len(answers.seated) == A_CALL
        ours = time.perf_counter() - start, burned(office) - spent
    after = await _told(office, estate)
    copied = _copied(office)
    hand = _hand(office, estate, by_hand, people[:PEOPLE])
    assert [b - a for a, b in zip(before, after, strict=True)] == [PEOPLE] * len(LEFT)
    assert [b - a for a, b in zip(after, await _told(office, estate), strict=True)] == [PEOPLE] * len(LEFT)
    assert await _facts(office, estate, license_) == await _facts(office, estate, by_hand)
    for what, theirs in (("SQL by hand that makes the same rows", hand), ("a copy of its rows", copied)):
        note = f"{PEOPLE / ours[0]:.0f} against {PEOPLE / theirs[0]:.0f} seats/s"
        cpu = (
            f"{ours[1] / PEOPLE * 1e6:.0f} against {theirs[1] / PEOPLE * 1e6:.0f} µs CPU a seat, the server's included"
        )
        kind = office.database.kind
        say(f"{kind}: seats of a bulk call / {what}, by CPU", theirs[1] / ours[1], 0.25, note=cpu)
        say(f"{kind}: the same by the clock", theirs[0] / ours[0], 0.25, note=note)


async def _told(office: Office, estate: Estate) -> list[int]:
    async with office.database.read(estate.tenant_id) as session:
        return [(await session.execute(select(func.count()).select_from(each))).scalar_one() for each in LEFT]


async def _facts(office: Office, estate: Estate, license_: License) -> list[Any]:
    """Give what the rows of one license say, but for its ids and the instants."""
    ids = {str(license_.line_id): "LINE", str(license_.pools["main"]): "POOL"}
    said: list[Any] = [await occupied(office, estate, room) for room in (license_.line_id, license_.pools["main"])]
    async with office.database.read(estate.tenant_id) as session:
        for told in (Entry.after, OutboxEvent.facts):
            of = Entry.subject_id if told is Entry.after else OutboxEvent.subject_id
            query = select(told).join(Assignment, Assignment.id == of).where(Assignment.line_id == license_.line_id)
            facts = (await session.execute(query)).scalars()
            said.append(sorted(sorted((k, ids.get(str(v), str(v))) for k, v in each.items()) for each in facts))
    return said


def _hand(office: Office, estate: Estate, license_: License, people: list[uuid.UUID]) -> Spent:
    """Seat them by hand; the list of people lies in a table before the clock starts."""
    ids = {
        "tenant": estate.tenant_id,
        "line": license_.line_id,
        "pool": license_.pools["main"],
        "request": uuid.uuid4(),
    }
    actor = f"person:{estate.people['admin']}"
    text = (SQL / f"bulk_{office.database.kind}.sql").read_text("utf-8")
    if office.database.kind == "postgresql":
        with psycopg.connect(office.database.url) as connection:
            connection.execute("CREATE TABLE picked (person uuid)")
            connection.cursor().executemany("INSERT INTO picked VALUES (%s)", [(each,) for each in people])
            connection.execute("ANALYZE picked")
            connection.commit()
            start, spent = time.perf_counter(), burned(office)
            connection.execute(text, ids | {"actor": actor})
            connection.commit()
            return time.perf_counter() - start, burned(office) - spent
    with contextlib.closing(_opened(office)) as connection:
        connection.execute("CREATE TEMP TABLE picked (person BLOB)")
        connection.executemany("INSERT INTO picked VALUES (?)", [(each.bytes,) for each in people])
        values: dict[str, Any] = {name: each.bytes for name, each in ids.items()}
        values |= {"line_said": str(license_.line_id), "pool_said": str(license_.pools["main"]), "actor": actor}
        values |= {"now": time.time_ns() // 1_000, "head": (time.time_ns() // 1_000_000).to_bytes(6, "big")}
        start, spent = time.perf_counter(), burned(office)
        connection.execute("BEGIN IMMEDIATE")
        for statement in text.split(";\n"):
            connection.execute(statement, values)
        connection.execute("COMMIT")
        return time.perf_counter() - start, burned(office) - spent


def _opened(office: Office) -> sqlite3.Connection:
    connection = sqlite3.connect(office.database.path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _copied(office: Office) -> Spent:
    """Insert all those rows again into tables of the same shape, keys and indexes."""
    tables = [each.__table__ for each in LEFT if isinstance(each.__table__, Table)]
    if office.database.kind == "sqlite":
        with contextlib.closing(_opened(office)) as connection:
            texts = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            for table in tables:
                for name, of, text in texts:
                    if of == table.name and text.startswith("CREATE TABLE"):
                        connection.execute(text.replace(f"TABLE {name}", f"TABLE raw_{name}", 1))
                for name, of, text in texts:
                    if of == table.name and "INDEX" in text[:20]:
                        connection.execute(text.replace(name, f"raw_{name}", 1).replace(f"ON {of}", f"ON raw_{of}", 1))
            start, spent = time.perf_counter(), burned(office)
            connection.execute("BEGIN IMMEDIATE")
            for table in tables:
                connection.execute(f"INSERT INTO raw_{table.name} SELECT * FROM {table.name}")
            connection.execute("COMMIT")
            return time.perf_counter() - start, burned(office) - spent
    with psycopg.connect(office.database.url) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE raw_{table.name} (LIKE {table.name} INCLUDING ALL)")
            for n, key in enumerate(table.foreign_key_constraints):
                columns, others = ", ".join(key.column_keys), ", ".join(each.column.name for each in key.elements)
                connection.execute(
                    f"ALTER TABLE raw_{table.name} ADD CONSTRAINT raw_{n} FOREIGN KEY ({columns}) "
                    f"REFERENCES {key.referred_table.name} ({others})"
                )
        connection.commit()
        start, spent = time.perf_counter(), burned(office)
        for table in tables:
            connection.execute(f"INSERT INTO raw_{table.name} SELECT * FROM {table.name}")
        connection.commit()
        return time.perf_counter() - start, burned(office) - spent
