"""Seats of a lower tier beside a higher one: found by the catalog's ranks; equal, other and unusable ones are clean."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from governance.catalog.models import Tier
from governance.compliance.checks.redundant_tier import CHECK
from governance.kernel.clock import HandClock
from governance.seats.rules import SeatState
from tests.estate import Estate, License
from tests.governance.holding import change, leave, release, seat, step


async def tier_of(estate: Estate, product_id: UUID, code: str) -> UUID:
    async with estate.office.database.read(estate.tenant_id) as session:
        return (
            await session.execute(select(Tier.id).where(Tier.product_id == product_id, Tier.code == code))
        ).scalar_one()


async def tiered(estate: Estate, product_id: UUID, code: str, **values: Any) -> License:
    tier_id = await tier_of(estate, product_id, code)
    return await estate.license(f"m365-{code.lower()}", product_id=product_id, tier_id=tier_id, **values)


async def test_the_lower_seat_is_found_and_the_higher_one_is_not(judge: Any, estate: Estate) -> None:
    product = await estate.product("m365")
    low, high = await tiered(estate, product, "E3"), await tiered(estate, product, "E5")
    held = await seat(estate, low, "ada")
    await seat(estate, high, "ada")
    await seat(estate, low, "ben")
    await seat(estate, high, "cleo")
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_id"]) == ("assignment", held)
    assert (found["subject_name"], found["tier"]) == ("Ada in m365-e3 / main", "E3")
    assert (found["has"], found["needs"]) == (
        "a seat of E3 beside one of a higher tier",
        "one seat, of the higher tier",
    )


async def test_other_products_equal_ranks_and_lines_without_tier_are_clean(judge: Any, estate: Estate) -> None:
    product, other = await estate.product("m365"), await estate.product("adobe")
    for owned in (
        await tiered(estate, product, "E3"),
        await estate.license("adobe", product_id=other, tier_id=await tier_of(estate, other, "E5")),
        await estate.license("plain", product_id=product),
    ):
        await seat(estate, owned, "ada")
    assert await judge.ask(CHECK) == []
    await seat(estate, await tiered(estate, product, "E5"), "ada")
    assert len(await judge.ask(CHECK)) == 1
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Tier).where(Tier.tenant_id == estate.tenant_id).values(rank=0))
    assert await judge.ask(CHECK) == []


async def test_a_higher_seat_that_cannot_be_used_makes_nothing_redundant(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    product = await estate.product("m365")
    low, high = await tiered(estate, product, "E3"), await tiered(estate, product, "E5", last_day=date(2026, 4, 30))
    await seat(estate, low, "ada")
    until = clock.now() + timedelta(days=14)
    held = await seat(estate, high, "ada", state=SeatState.INVITED, invitation_expires_at=until)
    assert await judge.ask(CHECK) == []
    clock.advance(timedelta(days=1))
    await change(estate, held, state=SeatState.ASSIGNED, accepted_at=clock.now())
    await step(estate, held, SeatState.ASSIGNED, "accept")
    assert len(await judge.ask(CHECK)) == 1
    clock.advance(timedelta(days=1))
    await change(estate, held, state=SeatState.SUSPENDED)
    await step(estate, held, SeatState.SUSPENDED, "suspend")
    assert await judge.ask(CHECK) == []
    clock.advance(timedelta(days=1))
    await step(estate, held, SeatState.ASSIGNED, "resume")
    assert len(await judge.ask(CHECK)) == 1
    clock.advance(timedelta(days=60))  # the higher tier's supply has ended: the lower seat is what is left
    assert await judge.ask(CHECK) == []


async def test_it_is_over_with_either_seat_and_leavers_are_told_of_elsewhere(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    product = await estate.product("m365")
    low, high = await tiered(estate, product, "E3"), await tiered(estate, product, "E5")
    held = await seat(estate, low, "ada")
    for who in ("ben", "ada"):
        await seat(estate, high, who)
    await seat(estate, low, "ben")
    assert len(await judge.ask(CHECK)) == 2
    clock.advance(timedelta(days=1))
    await release(estate, held)
    await leave(estate, "ben")
    assert await judge.ask(CHECK) == []
    assert len(await judge.ask(CHECK, as_of=clock.now() - timedelta(hours=1), known_at=clock.now())) == 2
