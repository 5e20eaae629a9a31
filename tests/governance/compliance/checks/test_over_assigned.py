"""Pools and lines over their supply: found with what they have and need; at the limit or unlimited: clean."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from governance.compliance.checks.over_assigned import CHECK
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.seats.rules import SeatState
from tests.estate import Estate
from tests.governance.holding import change, change_line, release, seat, step


def brief(rows: list[dict[str, Any]]) -> set[tuple[str, str, str, str]]:
    return {(r["subject_type"], r["subject_name"], r["has"], r["needs"]) for r in rows}


async def test_a_pool_above_its_supply_is_found_and_its_line_too(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1, overage=Overage.ALLOW_AND_FLAG)
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    found = await judge.ask(CHECK)
    assert brief(found) == {
        ("pool", "m365 / main", "2 seats occupied", "at most 1 (supply in force)"),
        ("metric_line", "m365 / named", "2 seats occupied", "at most 1 (supply in force)"),
    }
    pool = next(row for row in found if row["subject_type"] == "pool")
    assert pool["subject_id"] == owned.pools["main"]
    assert (pool["unit_id"], pool["region"], pool["owner_id"]) == (
        estate.units["sales"],
        "001",
        estate.people["admin"],
    )
    assert (pool["occupied"], pool["supply"]) == (2, 1)


async def test_a_full_pool_and_an_unlimited_one_are_clean(judge: Any, estate: Estate) -> None:
    full = await estate.license("full", quantity=2)
    free = await estate.license("free", quantity=None)
    for who in ("ada", "ben"):
        await seat(estate, full, who)
        await seat(estate, free, who)
    assert await judge.ask(CHECK) == []


async def test_supply_that_ended_is_told_once_by_another_check(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", quantity=1, last_day=date(2026, 3, 31), zone="Pacific/Auckland")
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    last = datetime(2026, 3, 31, 11, 0, tzinfo=UTC)  # the end of 31 March in Auckland (UTC+13)
    clock.set(last - timedelta(microseconds=1))
    assert {row["needs"] for row in await judge.ask(CHECK)} == {"at most 1 (supply in force)"}
    clock.set(last)
    assert await judge.ask(CHECK) == []


async def test_a_pool_that_never_had_supply_is_over_by_every_seat(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", first_day=date(2026, 6, 1))
    await seat(estate, owned, "ada")
    assert {row["needs"] for row in await judge.ask(CHECK)} == {"at most 0 (supply in force)"}


async def test_a_line_is_over_although_each_pool_has_room(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1, pools={"east": 1, "west": 1})
    await seat(estate, owned, "ada", "east")
    await seat(estate, owned, "ben", "west")
    assert {row["subject_type"] for row in await judge.ask(CHECK)} == {"metric_line"}


async def test_expired_invitations_released_and_freed_seats_do_not_count(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", quantity=1)
    await seat(estate, owned, "ada")
    until = clock.now() + timedelta(days=14)
    await seat(estate, owned, "ben", state=SeatState.INVITED, invitation_expires_at=until)
    assert len(await judge.ask(CHECK)) == 2
    clock.set(until)
    assert await judge.ask(CHECK) == []
    gone = await seat(estate, owned, "cleo")
    assert len(await judge.ask(CHECK)) == 2
    clock.advance(timedelta(days=1))
    await release(estate, gone)
    assert await judge.ask(CHECK) == []


async def test_a_suspended_seat_counts_where_its_line_says_so(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", quantity=1)
    await seat(estate, owned, "ada")
    paused = await seat(estate, owned, "ben")
    clock.advance(timedelta(days=1))
    await change(estate, paused, state=SeatState.SUSPENDED)
    await step(estate, paused, SeatState.SUSPENDED, "suspend")
    assert len(await judge.ask(CHECK)) == 2
    await change_line(estate, owned, suspended_occupies=False)
    assert await judge.ask(CHECK) == []
    assert len(await judge.ask(CHECK, as_of=clock.now() - timedelta(hours=1))) == 2


async def test_as_known_then_a_correction_changes_nothing(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", quantity=1)
    await seat(estate, owned, "ada")
    then = clock.now()
    clock.advance(timedelta(days=5))
    late = await seat(estate, owned, "ben")
    await change(estate, late, started_at=then)  # learned now, true since then
    assert len(await judge.ask(CHECK, as_of=then, known_at=clock.now())) == 2
    assert await judge.ask(CHECK, as_of=then, known_at=then) == []
