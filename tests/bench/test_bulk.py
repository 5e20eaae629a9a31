"""Many people seated in one go: the whole verb, a thousand a call, beside one INSERT … SELECT of the rows it leaves."""

import contextlib
import sqlite3
import time
import uuid
from datetime import date

import psycopg
from sqlalchemy import Table

from governance.audit.models import Entry, Unsealed
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.service import AssignSeats, assign_seats
from tests.bench.conftest import Say, burned, settled
from tests.estate import Estate
from tests.exams.test_race import _crowd
from tests.governance.seats.ground import open_desk

PEOPLE, A_CALL = 10_000, 1_000
LEFT = (Assignment, AssignmentStep, Entry, Unsealed, OutboxEvent)


async def test_ten_thousand_people_in_one_pool(office: Office, estate: Estate, say: Say) -> None:
    people = [uuid.UUID(person) for person in await _crowd(estate, PEOPLE + A_CALL)]
    terms = {"quantity": None, "first_day": date(2020, 1, 1), "last_day": None}
    warm, license_ = await estate.license("warm", **terms), await estate.license("bulk", **terms)
    async with open_desk(office, patience_s=60) as desk:
        admin = estate.actor("admin")
        await assign_seats(desk, admin, AssignSeats(warm.pools["main"], tuple(people[PEOPLE:])))
        settled(office)
        start, before = time.perf_counter(), burned(office)
        for first in range(0, PEOPLE, A_CALL):
            mine = AssignSeats(license_.pools["main"], tuple(people[first : first + A_CALL]))
            answers = await assign_seats(desk, admin, mine)
            assert len(answers.seated) == A_CALL
        ours, cpu = time.perf_counter() - start, burned(office) - before
    before = burned(office)
    raw = _copied(office)
    raw_cpu = burned(office) - before
    note = (
        f"{PEOPLE / ours:.0f} against {PEOPLE / raw:.0f} seats/s; {cpu / PEOPLE * 1e6:.0f} against "
        f"{raw_cpu / PEOPLE * 1e6:.0f} µs CPU a seat, the server's included"
    )
    kind = office.database.kind
    say(f"{kind}: seats of a bulk call / one INSERT … SELECT of its rows, by CPU", raw_cpu / cpu, 0.25, note=note)
    say(f"{kind}: the same by the clock", raw / ours, 0.25)


def _copied(office: Office) -> float:
    """Insert all those rows again into tables of the same shape, keys and indexes; give the seconds it took."""
    tables = [each.__table__ for each in LEFT if isinstance(each.__table__, Table)]
    if office.database.kind == "sqlite":
        with contextlib.closing(sqlite3.connect(office.database.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            texts = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
            for table in tables:
                for name, of, text in texts:
                    if of == table.name and text.startswith("CREATE TABLE"):
                        connection.execute(text.replace(f"TABLE {name}", f"TABLE raw_{name}", 1))
                for name, of, text in texts:
                    if of == table.name and "INDEX" in text[:20]:
                        connection.execute(text.replace(name, f"raw_{name}", 1).replace(f"ON {of}", f"ON raw_{of}", 1))
            start = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            for table in tables:
                connection.execute(f"INSERT INTO raw_{table.name} SELECT * FROM {table.name}")
            connection.execute("COMMIT")
            return time.perf_counter() - start
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
        start = time.perf_counter()
        for table in tables:
            connection.execute(f"INSERT INTO raw_{table.name} SELECT * FROM {table.name}")
        connection.commit()
        return time.perf_counter() - start
