"""A year of days: whatever time alone brings about happens once, on its day in its own zone, whoever looks and how often.

Two workers sweep at every look, each over its own ledger; looks come at irregular hours. What must come is computed here
from days and zones alone.
"""

import asyncio
import os
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from governance.alerts.models import Alert
from governance.audit.models import Entry
from governance.directory.models import Elevation
from governance.entitlements.models import Room
from governance.entitlements.rules import LicenseModel
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reactions import duties, sweeps
from governance.requests.models import SeatRequest
from governance.requests.rules import RequestOrigin, RequestState
from governance.runs.movers import answer_due
from governance.seats.ledger.desk import GroupCommit
from governance.seats.models import Assignment, Lease
from governance.seats.rules import SeatState
from governance.seats.service import AcquireLease, SeatDesk, acquire_lease
from policies.access.parties import Role, ScopeKind
from tests.estate import Estate, License
from tests.governance.holding import seat

SEED = int(os.environ.get("LICTOR_SEED", str(random.randrange(1 << 31))))
LAST_DAYS = {  # the last usable day, near a day on which that zone's clocks move where they do
    "Europe/Zurich": date(2026, 10, 25),
    "America/New_York": date(2026, 11, 1),
    "Pacific/Auckland": date(2026, 9, 27),
    "Pacific/Kiritimati": date(2026, 10, 20),  # UTC+14
    "Etc/GMT+12": date(2026, 10, 20),  # UTC-12
}
HELD_HERE = {
    "seats": "invitations, reclaims, leases, supply's end",
    "requests": "a wish that nobody decides on",
    "alerts": "a pool without supply",
    "ladders": "the rungs before and after a last day",
    "elevations": "a wish for a role that nobody decides on",
}
HELD_ELSEWHERE = {
    "assignment-rules": "tests/governance/assignment_rules",
    "boards": "tests/governance/reviews/test_clockwork.py",
    "matching": "no day brings it about: who was unknown and is known",
    "reorganizations": "tests/governance/reorganization/test_ahead.py",
    "sign-ins": "deletes what is over; nothing is told or recorded",
    "slowdowns": "no day brings it about: seats that are used later than those before",
    "trials": "empties files; nothing is told or recorded",
    "waivers": "tests/governance/compliance/test_findings.py",
}
"""Every sweep, by its name: what of it the year holds to once, or why not here."""
BEFORE, AFTER = (120, 90, 60, 30, 14, 7, 1, 0), range(1, 400, 7)


def midnight_after(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def rungs(zone: str, first: datetime, last: datetime) -> set[date]:
    """Give the days of the zone, between two looks, on which somebody is told."""
    end, days = LAST_DAYS[zone], (-days for days in BEFORE)
    told = {end + timedelta(days=days) for days in (*days, *AFTER)}
    since, until = first.astimezone(ZoneInfo(zone)).date(), last.astimezone(ZoneInfo(zone)).date()
    return {day for day in told if since < day <= until}


async def _raise(estate: Estate, start: datetime) -> tuple[dict[str, License], dict[UUID, datetime]]:
    """Give one license a zone, with a seat taken, an invitation and a reclaim; and when these two end, by their line."""
    made, due_at = {}, {}
    for n, (zone, last_day) in enumerate(LAST_DAYS.items()):
        made[zone] = await estate.license(f"y{n}", quantity=3, zone=zone, last_day=last_day)
        await seat(estate, made[zone], "ada")
        expires = due_at[made[zone].line_id] = start + timedelta(days=2, hours=n)
        await seat(estate, made[zone], "ben", state=SeatState.INVITED, invitation_expires_at=expires)
        await seat(estate, made[zone], "cleo", state=SeatState.RECLAIM_PENDING, reclaim_due_at=expires)
    rooms = [room for license_ in made.values() for room in (license_.line_id, license_.pools["main"])]
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Room).where(Room.id.in_(rooms)).values(occupied=3))
    return made, due_at


async def _wished(estate: Estate, start: datetime, license_: License) -> tuple[UUID, UUID]:
    """Let two wishes run out undecided two days on, one for a role and one for a seat."""
    until = start + timedelta(days=2)
    role = await estate.add(
        Elevation(
            **estate.key(), person_id=estate.people["ada"], role=Role.AUDITOR, scope=ScopeKind.TENANT, hours=2,
            reason="looks", asked_at=start, expires_at=until,
        )
    )  # fmt: skip
    wish = await estate.add(
        SeatRequest(
            **estate.key(), pool_id=license_.pools["main"], person_id=estate.people["auditor"],
            origin=next(iter(RequestOrigin)), state=RequestState.ASKED, reason="works", requested_by="system:tests",
            asked_at=start, expires_at=until,
        )
    )  # fmt: skip
    return role.id, wish.id


async def _lent(office: Office, estate: Estate) -> Lease:
    lends = await estate.license("lent", quantity=1, last_day=None, model=LicenseModel.CONCURRENT_USER)
    ledger = GroupCommit(office.database, office.clock, office.ids)
    await ledger.start()
    asked = AcquireLease(lends.pools["main"], estate.people["ada"], "ada@host")
    had = await acquire_lease(SeatDesk(office, ledger), estate.actor("admin"), asked)
    await ledger.stop()
    assert had.lease is not None
    return had.lease


async def _look(office: Office) -> None:
    """Let two workers sweep beside each other, then answer what was told, until nothing waits."""
    ledgers = [GroupCommit(office.database, office.clock, office.ids) for _ in range(2)]
    for ledger in ledgers:
        await ledger.start()

    async def sweep(ledger: GroupCommit) -> None:
        for each in duties(ledger).sweeps:
            await each.verb(office)

    await asyncio.gather(*(sweep(ledger) for ledger in ledgers))
    while await answer_due(office, duties(ledgers[0])):
        pass
    for ledger in ledgers:
        await ledger.stop()


async def _walk(office: Office, clock: HandClock, until: datetime, most_hours: int) -> tuple[datetime, datetime]:
    """Look until then, at most so many hours apart; give the first and the last look."""
    dice, first = random.Random(SEED), clock.now()
    await _look(office)
    while clock.now() < until:
        clock.advance(timedelta(minutes=dice.randint(30, most_hours * 60)))
        await _look(office)
    return first, clock.now()


async def _rows(office: Office, estate: Estate, model: Any) -> list[Any]:
    async with office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(model))).scalars())


async def _year(
    office: Office, estate: Estate, clock: HandClock, start: datetime, until: datetime, most_hours: int
) -> None:
    clock.set(min(start, datetime(2026, 9, 1, tzinfo=UTC)))
    made, due_at = await _raise(estate, start)
    clock.set(start)
    lease = await _lent(office, estate)
    wishes = await _wished(estate, start, made["Europe/Zurich"])
    first, last = await _walk(office, clock, until, most_hours)
    print(f"\n{office.database.kind}: {first} to {last}, seed {SEED}")

    notices = [each for each in await _rows(office, estate, Notice) if each.text_key.startswith("expiry-")]
    for zone, license_ in made.items():
        told = [each for each in notices if f":{license_.line_id}:" in each.dedupe_key]
        days = Counter(each.recorded_at.astimezone(ZoneInfo(zone)).date() for each in told)
        days.pop(first.astimezone(ZoneInfo(zone)).date(), None)  # the rung it stood on when we came
        assert days == dict.fromkeys(rungs(zone, first, last), 1), zone

    seats = await _rows(office, estate, Assignment)
    happened = Counter((each.name, each.subject_id) for each in await _rows(office, estate, OutboxEvent))
    for each in seats:
        name = {"ben": "InvitationExpired", "cleo": "SeatReleased"}.get(_who(estate, each))
        if name is not None:
            assert happened[name, each.id] == 1, name
            assert each.state is SeatState.RELEASED
            due = due_at[each.line_id]
            assert due <= each.released_at <= due + timedelta(hours=most_hours)
    assert happened["LeaseEnded", lease.id] == 1
    entries = Counter((each.act, each.subject_id) for each in await _rows(office, estate, Entry))
    for wish, name, act in zip(
        wishes, ("ElevationEnded", "SeatRequestAnswered"), ("access:elapse", "request:expire"), strict=True
    ):
        assert happened[name, wish] == entries[act, wish] == 1, name
    (ended,) = await _rows(office, estate, Lease)
    assert ended.freed_at == lease.expires_at
    lost = Counter(each.pool_id for each in await _rows(office, estate, Alert) if each.facts.get("supply") == 0)
    over = [license_ for zone, license_ in made.items() if midnight_after(LAST_DAYS[zone], zone) <= last]
    assert lost == {license_.pools["main"]: 1 for license_ in over}
    for license_ in over:
        assert happened["SupplyChanged", license_.line_id] == 1


def _who(estate: Estate, row: Assignment) -> str:
    return next(name for name, person in estate.people.items() if person == row.person_id)


def test_every_sweep_is_named() -> None:
    assert {each.name for each in sweeps(None)} == HELD_HERE.keys() | HELD_ELSEWHERE.keys()  # type: ignore[arg-type]


async def test_what_time_brings_about_comes_once_through_clock_changes(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    start, until = datetime(2026, 10, 16, 5, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
    await _year(office, estate, clock, start, until, most_hours=22)


@pytest.mark.exam
async def test_a_year_of_days(office: Office, estate: Estate, clock: HandClock) -> None:
    start, until = datetime(2026, 3, 4, 5, tzinfo=UTC), datetime(2027, 3, 5, tzinfo=UTC)
    await _year(office, estate, clock, start, until, most_hours=12)
