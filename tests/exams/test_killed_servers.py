"""Servers are killed under their clients: no acknowledged seat is lost, none is oversold, one effect a key."""

import asyncio
import hashlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import func, select

from api.graphql.engine import encode_node_id
from governance import migrations
from governance.audit.models import Entry
from governance.directory.models import Person, Token
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.seats.models import Assignment, AssignmentStep
from tests.conftest import KINDS
from tests.emptied import at
from tests.estate import Estate
from tests.exams.servers import Answers, Crowd, Server

SEED = int(os.environ.get("LICTOR_SEED", str(random.randrange(1 << 31))))


@pytest.fixture(params=KINDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Give a database as an operator has it: made by the migrations, not by the tests."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'lictor.sqlite'}"
        await migrations.upgrade(url)
        yield url
        return
    cluster, name = request.getfixturevalue("cluster"), f"killed_{uuid4().hex[:8]}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    await migrations.upgrade(at(cluster, name))
    yield at(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _token(estate: Estate) -> str:
    secret = f"lic_{uuid4().hex}"
    await estate.add(
        Token(
            **estate.key(), name="crowd", person_id=estate.people["admin"], prefix=secret[:12],
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), created_at=estate.office.clock.now(),
        )
    )  # fmt: skip
    return secret


async def _people(estate: Estate, size: int) -> list[str]:
    now = estate.office.clock.now()
    people = [
        Person(
            **estate.key(), external_id=f"c{n}", name=f"C {n}", mail=f"c{n}@x.example", mail_key=f"c{n}@x.example",
            status=PersonStatus.ACTIVE, unit_id=estate.units["sales"], country="DE", source="tests", recorded_at=now,
        )
        for n in range(size)
    ]  # fmt: skip
    async with estate.office.database.write(estate.tenant_id) as session:
        session.add_all(people)
    return [encode_node_id("Person", person.id) for person in people]


async def _crowd(
    estate: Estate, url: str, data: Path, *, seats: int, tries: int, processes: int, clients: int, kills: int
) -> Answers:
    built = await estate.license(quantity=seats, first_day=date(2020, 1, 1), last_day=None)
    servers = [Server(url, data) for _ in range(processes)]
    await asyncio.gather(*(server.start() for server in servers))
    try:
        pool, people = encode_node_id("Pool", built.pools["main"]), await _people(estate, tries)
        crowd = Crowd(servers, await _token(estate), pool, people, clients, kills, random.Random(SEED))
        return await crowd.run()
    finally:
        await asyncio.gather(*(server.kill() for server in servers))


async def _judge(estate: Estate, answers: Answers, *, seats: int, tries: int, clients: int) -> None:
    async with estate.office.database.read(estate.tenant_id) as session:
        open_seats = select(Assignment).where(Assignment.released_at.is_(None))
        held = (await session.execute(open_seats)).scalars().all()
        episodes = (await session.execute(select(func.count()).select_from(Assignment))).scalar_one()
        rooms = [tuple(row) for row in await session.execute(select(Room.occupied, Room.over_since))]
        told = {
            "step": select(AssignmentStep.assignment_id).where(AssignmentStep.event == "ASSIGN"),
            "entry": select(Entry.subject_id).where(Entry.act == "seat:assign"),
            "event": select(OutboxEvent.subject_id).where(OutboxEvent.name == "SeatAssigned"),
        }
        counts = {name: Counter((await session.execute(query)).scalars()) for name, query in told.items()}
    there = {encode_node_id("Person", seat.person_id): encode_node_id("Seat", seat.id) for seat in held}
    lost = {person for person, seat in answers.seated.items() if there.get(person) != seat}
    print(
        f"\n{estate.office.database.kind}, seed {SEED}: {tries} tries by {clients} clients for {seats} seats, "
        f"{answers.kills} servers killed, {answers.retries} retries ({answers.masked} after masked errors): oversold {max(0, len(held) - seats)} of {seats}, "
        f"lost {len(lost)} of {len(answers.seated)} acknowledged, {len(answers.changed)} of {tries} keys answered twice "
        f"differently, filled {len(held)}"
    )
    assert lost == set()
    assert len(held) == episodes == len(answers.seated) == seats
    assert len(answers) == tries
    assert answers.changed == []
    assert set(rooms) == {(seats, None)}
    for name, count in counts.items():
        assert count == Counter(seat.id for seat in held), name


async def test_a_server_killed_under_its_clients_loses_nothing_it_acknowledged(
    estate: Estate, database_url: str, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"seats": 40, "tries": 64, "clients": 32}
    answers = await _crowd(estate, database_url, tmp_path, processes=1, kills=1, **given)
    assert (answers.kills, answers.masked) == (1, 0)
    await _judge(estate, answers, **given)


@pytest.mark.exam
async def test_four_servers_killed_at_random_lose_nothing(estate: Estate, database_url: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"seats": 1_000, "tries": 1_600, "clients": 64}
    answers = await _crowd(estate, database_url, tmp_path, processes=4, kills=12, **given)
    await _judge(estate, answers, **given)
