"""No seat oversold, no acknowledged seat lost, every seat filled: processes race and are killed, on both databases."""

import os
import random
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.models import Assignment, AssignmentStep
from tests.estate import Estate, License
from tests.exams.race import Race, Ran, run

SEED = int(os.environ.get("LICTOR_SEED", str(random.randrange(1 << 31))))


async def _crowd(estate: Estate, size: int) -> tuple[str, ...]:
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
    return tuple(str(person.id) for person in people)


def race_for(
    estate: Estate, url: str, licenses: tuple[License, ...], people: tuple[str, ...], processes: int, claimants: int,
    kills: int, planted: bool = False,
) -> Race:  # fmt: skip
    pools = tuple(str(each.pools["main"]) for each in licenses)
    lines = tuple(str(each.line_id) for each in licenses)
    admin = str(estate.people["admin"])
    return Race(url, str(estate.tenant_id), admin, pools, lines, people, processes, claimants, kills, SEED, planted)


async def _race(
    office: Office, estate: Estate, url: str, *, seats: int, tries: int, processes: int, claimants: int, kills: int,
    planted: bool = False,
) -> tuple[License, Ran]:  # fmt: skip
    license_ = await estate.license(quantity=seats, first_day=date(2020, 1, 1), last_day=None)
    people = await _crowd(estate, tries)
    ran = await run(race_for(estate, url, (license_,), people, processes, claimants, kills, planted))
    print(
        f"\n{office.database.kind}: {claimants} claimants, {processes} processes, {ran.kills} killed, {tries} tries, "
        f"{seats} seats, seed {SEED}: {len(ran.seated)} seats and {len(ran.denied)} refusals acknowledged"
    )
    return license_, ran


async def _seats(office: Office, estate: Estate) -> dict[UUID, UUID]:
    async with office.database.read(estate.tenant_id) as session:
        found = await session.execute(select(Assignment).where(Assignment.released_at.is_(None)))
        return {row.person_id: row.id for row in found.scalars()}


async def _judge(office: Office, estate: Estate, license_: License, ran: Ran, *, seats: int, tries: int) -> None:
    held = await _seats(office, estate)
    lost = {person for person, seat in ran.seated.items() if held.get(person) != seat}
    print(f"oversold {max(0, len(held) - seats)} of {seats}, lost {len(lost)} of {len(ran.seated)}, filled {len(held)}")
    assert len(held) == seats
    assert lost == set()
    assert ran.denied.isdisjoint(held)
    assert len(ran.seated) + len(ran.denied) == tries
    async with office.database.read(estate.tenant_id) as session:
        rooms = (await session.execute(select(Room.occupied, Room.over_since))).all()
        told = {
            model.__tablename__: set((await session.execute(select(column).where(where))).scalars())
            for model, column, where in (
                (AssignmentStep, AssignmentStep.assignment_id, AssignmentStep.event == "ASSIGN"),
                (Entry, Entry.subject_id, Entry.act == "seat:assign"),
                (OutboxEvent, OutboxEvent.subject_id, OutboxEvent.name == "SeatAssigned"),
            )
        }
    assert [tuple(room) for room in rooms] == [(seats, None), (seats, None)]
    for kind, subjects in told.items():
        assert subjects == set(held.values()), kind
    assert license_.line_id


async def test_processes_that_race_and_die_fill_every_seat_once(
    office: Office, estate: Estate, database_url: str
) -> None:
    license_, ran = await _race(
        office, estate, database_url, seats=40, tries=64, processes=2, claimants=8, kills=2
    )  # fmt: skip
    await _judge(office, estate, license_, ran, seats=40, tries=64)


async def test_counting_first_and_inserting_then_is_caught(office: Office, estate: Estate, database_url: str) -> None:
    await _race(office, estate, database_url, seats=4, tries=64, processes=2, claimants=32, kills=0, planted=True)
    assert len(await _seats(office, estate)) > 4


@pytest.mark.exam
async def test_the_race_at_full_budget(office: Office, estate: Estate, database_url: str) -> None:
    license_, ran = await _race(
        office, estate, database_url, seats=1_000, tries=1_600, processes=4, claimants=64, kills=12
    )
    await _judge(office, estate, license_, ran, seats=1_000, tries=1_600)
