"""Seats of people who have left: found from the instant of leaving on, until the seat no longer occupies."""

from datetime import timedelta
from typing import Any

from governance.compliance.checks.leaver_holds_seat import CHECK
from governance.kernel.clock import HandClock
from governance.seats.rules import SeatState
from tests.estate import Estate
from tests.governance.holding import change, leave, release, seat


async def test_a_leavers_seat_is_found_with_whose_it_is(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365")
    held = await seat(estate, owned, "ada")
    await seat(estate, owned, "ben")
    clock.advance(timedelta(days=1))
    await leave(estate, "ada")
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_id"]) == ("assignment", held)
    assert found["subject_name"] == "Ada in m365 / main"
    assert (found["has"], found["needs"]) == ("the holder has left and still occupies the seat", "the seat released")
    assert (found["person_id"], found["left_at"]) == (estate.people["ada"], clock.now())
    assert found["owner_id"] == estate.people["admin"]


async def test_people_who_are_here_are_clean(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365")
    await seat(estate, owned, "ada")
    await leave(estate, "ben")
    assert await judge.ask(CHECK) == []


async def test_it_holds_from_the_instant_of_leaving(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365")
    await seat(estate, owned, "ada")
    clock.advance(timedelta(days=3))
    await leave(estate, "ada")
    assert await judge.ask(CHECK, as_of=clock.now() - timedelta(microseconds=1), known_at=clock.now()) == []
    assert len(await judge.ask(CHECK, as_of=clock.now())) == 1


async def test_a_seat_that_waits_for_its_reclaim_is_found_until_released(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("m365")
    held = await seat(estate, owned, "ada")
    await leave(estate, "ada")
    await change(estate, held, state=SeatState.RECLAIM_PENDING, reclaim_due_at=clock.now() + timedelta(days=14))
    assert len(await judge.ask(CHECK)) == 1
    clock.advance(timedelta(days=1))
    await release(estate, held)
    assert await judge.ask(CHECK) == []
    assert len(await judge.ask(CHECK, as_of=clock.now() - timedelta(hours=1), known_at=clock.now())) == 1


async def test_a_leavers_expired_invitation_is_no_seat(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365")
    until = clock.now() + timedelta(days=14)
    await seat(estate, owned, "ada", state=SeatState.INVITED, invitation_expires_at=until)
    await leave(estate, "ada")
    assert len(await judge.ask(CHECK)) == 1
    clock.set(until)
    assert await judge.ask(CHECK) == []
