"""Leases and bundles under processes that race and are killed: nothing lent twice, nothing acknowledged lost, no half."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from governance.entitlements.models import Room
from governance.entitlements.rules import LicenseModel
from governance.kernel.work import Office
from governance.seats.models import Assignment, Lease
from tests.estate import Estate
from tests.exams.race import run_children
from tests.exams.test_race import _crowd, race_for, wrongly_refused

LAST = ("REFUSED", "KEPT", "GONE")


async def _rows(office: Office, estate: Estate, model: Any) -> list[Any]:
    async with office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(model))).scalars())


async def _lease_race(office: Office, estate: Estate, url: str, *, seats: int, tries: int, **how: Any) -> None:
    license_ = await estate.license(
        quantity=seats, first_day=date(2020, 1, 1), last_day=None, model=LicenseModel.CONCURRENT_USER
    )
    people = await _crowd(estate, tries)
    told: dict[str, list[str | None]] = {}

    def hear(person: str, said: Any) -> bool:
        told[person] = said
        return said[0] in LAST

    ran = await run_children("tests.exams.lease_race", race_for(estate, url, (license_,), people, **how), hear)
    leases = await _rows(office, estate, Lease)
    live = {str(each.person_id): each for each in leases if each.ended_at is None}
    assert _most_at_once(leases) <= seats, "oversold"
    kept = {person: lease for person, (what, lease) in told.items() if what == "KEPT"}
    gone = {person for person, (what, _) in told.items() if what == "GONE"}
    refused = {person for person, (what, _) in told.items() if what == "REFUSED"}
    wrong = await wrongly_refused(office, estate, seats, Lease)
    print(
        f"\n{office.database.kind}: {seats} seats, {tries} clients, {ran}; {len(kept)} kept, {len(gone)} gone, "
        f"{len(refused)} refused, {wrong} wrongly"
    )
    assert len(kept) + len(gone) + len(refused) == tries
    assert {person: str(live[person].id) for person in kept if person in live} == kept
    assert live.keys() == kept.keys()
    assert wrong == 0
    assert {(room.occupied, room.over_since) for room in await _rows(office, estate, Room)} == {(len(kept), None)}


def _most_at_once(leases: list[Lease]) -> int:
    moves: dict[datetime, int] = defaultdict(int)
    for each in leases:
        moves[each.granted_at] += each.quantity
        if each.freed_at is not None:
            moves[each.freed_at] -= each.quantity
    held = most = 0
    for at in sorted(moves):
        held += moves[at]
        most = max(most, held)
    return most


async def _bundle_race(office: Office, estate: Estate, url: str, *, seats: int, tries: int, **how: int) -> None:
    licenses = tuple(
        [await estate.license(f"b{n}", quantity=seats, first_day=date(2020, 1, 1), last_day=None) for n in range(6)]
    )
    people = await _crowd(estate, tries)
    told: dict[str, list[str] | None] = {}

    def hear(person: str, pools: Any) -> bool:
        told[person] = pools
        return True

    ran = await run_children("tests.exams.bundle_race", race_for(estate, url, licenses, people, **how), hear)
    held: dict[str, set[str]] = defaultdict(set)
    taken: dict[str, int] = defaultdict(int)
    for seat in await _rows(office, estate, Assignment):
        held[str(seat.person_id)].add(str(seat.pool_id))
        taken[str(seat.pool_id)] += 1
    given = {person: set(pools) for person, pools in told.items() if pools is not None}
    wrong = await wrongly_refused(office, estate, seats, Assignment)
    print(
        f"\n{office.database.kind}: bundles over 6 pools of {seats}, {tries} people, {ran}; {len(given)} given, "
        f"{tries - len(given)} refused, {wrong} wrongly"
    )
    assert wrong == 0
    assert len(told) == tries
    assert held == given
    assert max(taken.values()) <= seats
    assert seats in taken.values()
    rooms = {str(room.id): room.occupied for room in await _rows(office, estate, Room)}
    assert {pool: rooms[pool] for pool in taken} == taken


async def test_processes_that_race_and_die_lend_no_seat_twice(
    office: Office, estate: Estate, database_url: str
) -> None:
    await _lease_race(office, estate, database_url, seats=12, tries=36, processes=2, claimants=16, kills=1)


async def test_counting_first_and_lending_then_is_caught(office: Office, estate: Estate, database_url: str) -> None:
    with pytest.raises(AssertionError, match="oversold"):
        await _lease_race(
            office, estate, database_url, seats=4, tries=64, processes=2, claimants=32, kills=0, planted=True
        )


async def test_bundles_in_any_order_are_given_whole_or_not_at_all(
    office: Office, estate: Estate, database_url: str
) -> None:
    await _bundle_race(office, estate, database_url, seats=10, tries=36, processes=2, claimants=16, kills=1)


@pytest.mark.exam
async def test_leases_at_full_budget(office: Office, estate: Estate, database_url: str) -> None:
    await _lease_race(office, estate, database_url, seats=2_500, tries=10_000, processes=4, claimants=64, kills=12)


@pytest.mark.exam
async def test_bundles_at_full_budget(office: Office, estate: Estate, database_url: str) -> None:
    await _bundle_race(office, estate, database_url, seats=3_000, tries=10_000, processes=4, claimants=64, kills=12)
