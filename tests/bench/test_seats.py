"""Seats on one hot pool: the ledger's group commit beside one claim a transaction, and beside a raw loop on SQLite."""

import asyncio
import contextlib
import sqlite3
import time
import uuid
from typing import Any

from governance.kernel.work import Office
from governance.seats.ledger.port import Outcome
from tests.bench.conftest import Say, burned, settled
from tests.estate import Estate, License
from tests.exams.test_race import _crowd
from tests.governance.seats.ground import grant, running

WAITING, CLAIMS = 256, 8_192


async def _rate(
    office: Office, estate: Estate, license_: License, people: list[uuid.UUID], **options: Any
) -> tuple[float, float]:
    """Give claims a second with 256 callers who each wait for their answer, and the seconds of CPU of a claim."""
    left = list(people)

    async def caller() -> None:
        while left:
            answer = await ledger.submit(grant(estate, license_, left.pop()))
            assert answer.outcome is Outcome.DONE

    async with running(office, **options) as ledger:
        start, before = time.perf_counter(), burned(office)
        await asyncio.gather(*(caller() for _ in range(WAITING)))
        return len(people) / (time.perf_counter() - start), (burned(office) - before) / len(people)


async def test_a_hot_pool(office: Office, estate: Estate, say: Say) -> None:
    people = [uuid.UUID(person) for person in await _crowd(estate, CLAIMS)]
    alone, together = await estate.license("alone", quantity=None), await estate.license("together", quantity=None)
    warm = await estate.license("warm", quantity=None)
    await _rate(office, estate, warm, people[:300])
    settled(office)
    single, single_cpu = await _rate(office, estate, alone, people[:400], at_most=1, in_flight=1, patience_s=60)
    grouped, cpu = await _rate(office, estate, together, people)
    note = (
        f"{grouped:.0f} against {single:.0f} claims/s in process, {WAITING} waiting; "
        f"{cpu * 1e6:.0f} against {single_cpu * 1e6:.0f} µs CPU a claim"
    )
    say(f"{office.database.kind}: group commit / one claim a transaction", grouped / single, 8, note=note)
    if office.database.kind == "sqlite":
        raw = await asyncio.to_thread(_raw_loop, office, together, people[0], 400)
        note = f"{grouped:.0f} against {raw:.0f} claims/s, both synchronous=FULL"
        say("sqlite: group commit / a raw loop on one connection", grouped / raw, 2, note=note)


def _raw_loop(office: Office, license_: License, person: uuid.UUID, claims: int) -> float:
    """Seat by hand, one transaction each: the counter, then the rows a ledger's claim leaves (seat, step, entry, event)."""
    with contextlib.closing(sqlite3.connect(office.database.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE raw_seat (id BLOB PRIMARY KEY, pool BLOB, person BLOB, at INTEGER)")
        connection.execute("CREATE TABLE raw_told (id BLOB PRIMARY KEY, kind TEXT, seat BLOB, at INTEGER, said TEXT)")
        pool, start = license_.pools["main"].bytes, time.perf_counter()
        for n in range(claims):
            seat = uuid.uuid4().bytes
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE room SET occupied = occupied + 1 WHERE id = ?", (pool,))
            connection.execute("INSERT INTO raw_seat VALUES (?, ?, ?, ?)", (seat, pool, person.bytes, n))
            for kind in ("step", "entry", "event"):
                connection.execute(
                    "INSERT INTO raw_told VALUES (?, ?, ?, ?, ?)", (uuid.uuid4().bytes, kind, seat, n, "{}")
                )
            connection.execute("COMMIT")
        return claims / (time.perf_counter() - start)
