"""Seats whose supply has ended: found once, by the line or by the pool alone; renewed and unused ones are clean."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from governance.compliance.checks import over_assigned
from governance.compliance.checks.expired_in_use import CHECK
from governance.kernel.clock import HandClock
from governance.seats.rules import SeatState
from tests.estate import Estate
from tests.governance.holding import release, seat, supply

END_IN_AUCKLAND = datetime(2026, 3, 31, 11, 0, tzinfo=UTC)  # of 31 March (UTC+13)


async def test_a_line_whose_supply_ended_is_found_and_speaks_for_its_pools(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", quantity=None, last_day=date(2026, 3, 31), zone="Pacific/Auckland")
    await seat(estate, owned, "ada")
    clock.set(END_IN_AUCKLAND)
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_id"]) == ("metric_line", owned.line_id)
    assert (found["subject_name"], found["owner_id"]) == ("m365 / named", estate.people["admin"])
    assert (found["has"], found["needs"]) == (
        "1 seats occupied, all supply has ended",
        "supply in force, or the seats released",
    )
    assert (found["occupied"], found["ended_at"]) == (1, END_IN_AUCKLAND)


async def test_it_holds_from_the_instant_the_last_usable_day_is_over(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", last_day=date(2026, 3, 31), zone="Pacific/Auckland")
    await seat(estate, owned, "ada")
    clock.set(END_IN_AUCKLAND - timedelta(microseconds=1))
    assert await judge.ask(CHECK) == []
    clock.set(END_IN_AUCKLAND)
    assert len(await judge.ask(CHECK)) == 1
    assert await judge.ask(CHECK, as_of=END_IN_AUCKLAND - timedelta(seconds=1), known_at=END_IN_AUCKLAND) == []


async def test_a_pool_alone_is_found_where_its_line_still_has_supply(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365", quantity=2, pools={"east": 1, "west": 1}, last_day=date(2026, 3, 31))
    await seat(estate, owned, "ada", "east")
    await seat(estate, owned, "ben", "west")
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    await supply(estate, owned, 5, "east")
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_id"]) == ("pool", owned.pools["west"])
    assert await judge.ask(over_assigned.CHECK) == []


async def test_what_is_found_here_is_not_over_assigned_as_well(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", quantity=1, last_day=date(2026, 3, 31))
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    assert (len(await judge.ask(CHECK)), len(await judge.ask(over_assigned.CHECK))) == (0, 2)
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    assert (len(await judge.ask(CHECK)), len(await judge.ask(over_assigned.CHECK))) == (1, 0)


async def test_renewed_perpetual_coming_and_empty_ones_are_clean(judge: Any, estate: Estate, clock: HandClock) -> None:
    renewed = await estate.license("renewed", last_day=date(2026, 3, 31))
    perpetual = await estate.license("perpetual", last_day=None)
    coming = await estate.license("coming", first_day=date(2026, 6, 1))
    empty = await estate.license("empty", last_day=date(2026, 3, 31))
    for owned in (renewed, perpetual, coming):
        await seat(estate, owned, "ada")
    gone = await seat(estate, empty, "ada")
    until = clock.now() + timedelta(days=14)
    await seat(estate, empty, "ben", state=SeatState.INVITED, invitation_expires_at=until)
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    await supply(estate, renewed, 5)
    await release(estate, gone)
    assert await judge.ask(CHECK) == []


async def test_a_renewal_learned_later_leaves_what_was_known_then(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", last_day=date(2026, 3, 31))
    await seat(estate, owned, "ada")
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    then = clock.now()
    clock.advance(timedelta(days=1))
    await supply(estate, owned, 5)
    assert len(await judge.ask(CHECK, as_of=then)) == 1
    assert await judge.ask(CHECK) == []
