"""No seat oversold, no acknowledged seat lost, every seat filled: processes race and are killed, on both databases."""

import os
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Room
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.models import Assignment, AssignmentStep, Denial, Lease
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
        f"\n{office.database.kind}: {claimants} claimants, {processes} processes, {tries} tries, {seats} seats, "
        f"seed {SEED}, {ran.told}: {len(ran.seated)} seats and {len(ran.denied)} refusals acknowledged"
    )
    return license_, ran


class Taken:
    """Seats that were taken and given back at instants; what came and went at one instant counts both ways."""

    def __init__(self, seats: Iterable[tuple[datetime, datetime | None]]) -> None:
        held = list(seats)
        self._begun = sorted(since for since, _ in held)
        self._ended = sorted(until for _, until in held if until is not None)

    def at(self, instant: datetime) -> int:
        return bisect_right(self._begun, instant) - bisect_left(self._ended, instant)


async def wrongly_refused(office: Office, estate: Estate, seats: int, model: type[Assignment | Lease]) -> int:
    """Count the refusals that were told while a seat of their pool was free; each pool has so many seats."""
    since, until = (
        (Assignment.started_at, Assignment.released_at) if model is Assignment else (Lease.granted_at, Lease.freed_at)
    )
    async with office.database.read(estate.tenant_id) as session:
        pools = (await session.execute(select(Denial.pool_id).distinct())).scalars().all()
        wrong = 0
        for pool in pools:
            taken = Taken((await session.execute(select(since, until).where(model.pool_id == pool))).tuples())
            told = (await session.execute(select(Denial.first_at).where(Denial.pool_id == pool))).scalars()
            wrong += sum(1 for at in told if taken.at(at) < seats)
    return wrong


async def _seats(office: Office, estate: Estate) -> dict[UUID, UUID]:
    async with office.database.read(estate.tenant_id) as session:
        found = await session.execute(select(Assignment).where(Assignment.released_at.is_(None)))
        return {row.person_id: row.id for row in found.scalars()}


async def _judge(office: Office, estate: Estate, license_: License, ran: Ran, *, seats: int, tries: int) -> None:
    held, wrong = await _seats(office, estate), await wrongly_refused(office, estate, seats, Assignment)
    lost = {person for person, seat in ran.seated.items() if held.get(person) != seat}
    print(f"oversold {max(0, len(held) - seats)} of {seats}, lost {len(lost)} of {len(ran.seated)}, filled {len(held)}, "
          f"{wrong} of {len(ran.denied)} refusals wrong")  # fmt: skip
    assert len(held) == seats
    assert wrong == 0
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
        office, estate, database_url, seats=6_000, tries=10_000, processes=4, claimants=64, kills=12
    )
    await _judge(office, estate, license_, ran, seats=6_000, tries=10_000)
