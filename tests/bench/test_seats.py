"""Seats on one hot pool: the ledger's group commit beside one claim a transaction; on SQLite beside two loops."""

import asyncio
import contextlib
import sqlite3
import time
import uuid
from typing import Any

from sqlalchemy import StaticPool, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from governance.audit.models import Entry, Unsealed
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.ledger.port import Outcome
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import SeatState
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
        orm = await _orm_loop(office, estate, people[:100])
        again, _ = await _rate(office, estate, warm, people[300:])
        best, orm = max(grouped, again), max(orm, await _orm_loop(office, estate, people[100:200]))
        note = f"{best:.0f} against {orm:.0f} claims/s, the better of two each, both synchronous=FULL"
        say("sqlite: group commit / SQLAlchemy over aiosqlite", best / orm, 20, note=note)


async def _orm_loop(office: Office, estate: Estate, people: list[uuid.UUID]) -> float:
    """Seat with the ORM, one transaction each: the counters as objects, and the five rows of a claim."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{office.database.path}", poolclass=StaticPool)
    other = await estate.license(f"by-the-orm-{people[0]}"[-30:], quantity=None)
    start = time.perf_counter()
    async with engine.connect() as connection:
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            await connection.execute(text(f"PRAGMA {pragma}"))
    for person in people:
        async with AsyncSession(engine) as session, session.begin():
            for room_id in (other.pools["main"], other.line_id):
                (await session.get_one(Room, (estate.tenant_id, room_id))).occupied += 1
            session.add_all(_rows(estate, other, person))
    rate = len(people) / (time.perf_counter() - start)
    await engine.dispose()
    return rate


def _rows(estate: Estate, license_: License, person: uuid.UUID) -> list[Any]:
    now, actor, key = estate.office.clock.now(), "person:bench", {"tenant_id": estate.tenant_id}
    seat, entry = uuid.uuid4(), uuid.uuid4()
    said = {"state": "ASSIGNED", "pool_id": str(license_.pools["main"]), "person_id": str(person), "overage": False}
    return [
        Assignment(
            **key, id=seat, line_id=license_.line_id, pool_id=license_.pools["main"], person_id=person,
            state=SeatState.ASSIGNED, overage=False, started_at=now, recorded_at=now,
        ),
        AssignmentStep(
            **key, id=seat, assignment_id=seat, state=SeatState.ASSIGNED, event="ASSIGN", at=now, recorded_at=now,
            actor=actor,
        ),
        Entry(
            **key, id=entry, recorded_at=now, actor=actor, act="seat:assign", subject_type="assignment",
            subject_id=seat, after=said, request_id=uuid.uuid4(),
        ),
        Unsealed(**key, id=entry),
        OutboxEvent(
            **key, id=uuid.uuid4(), name="SeatAssigned", subject_id=seat, facts=said, recorded_at=now,
            available_at=now, attempts=0,
        ),
    ]  # fmt: skip


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
