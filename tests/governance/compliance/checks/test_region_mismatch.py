"""Holders outside the territory of their pool's lots: found by the country of the day, with a pool that would fit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from governance.compliance.checks.region_mismatch import CHECK
from governance.directory.models import Person, PersonPlacement
from governance.kernel.clock import HandClock
from policies.regions.region import Territory, world_tree
from tests.estate import Estate
from tests.governance.holding import leave, release, seat, supply

EVERYWHERE = ("DE", "FR", "CH", "AT", "US", "CA", "JP", "BR", "ZA", "NZ")


async def move(estate: Estate, who: str, country: str) -> None:
    """Place a person in another country from now on."""
    now, person_id = estate.office.clock.now(), estate.people[who]
    async with estate.office.database.write(estate.tenant_id) as session:
        mine = (PersonPlacement.tenant_id == estate.tenant_id, PersonPlacement.person_id == person_id)
        await session.execute(update(PersonPlacement).where(*mine, PersonPlacement.end.is_(None)).values(end=now))
        person = await session.get_one(Person, (estate.tenant_id, person_id))
        person.country = country
        key = {"tenant_id": estate.tenant_id, "id": estate.office.ids.new()}
        row = PersonPlacement(
            **key, person_id=person_id, unit_id=person.unit_id, country=country, start=now, recorded_at=now
        )
        session.add(row)


async def test_a_holder_outside_the_territory_is_found_with_a_pool_that_fits(judge: Any, estate: Estate) -> None:
    product = await estate.product("cad")
    european = await estate.license("cad-eu", included=("150",), product_id=product)
    await estate.license("cad-all", product_id=product)
    await estate.license("other")
    held = await seat(estate, european, "cleo")
    await seat(estate, european, "ada")
    (found,) = await judge.ask(CHECK)
    assert (found["subject_type"], found["subject_id"]) == ("assignment", held)
    assert found["subject_name"] == "Cleo in cad-eu / main"
    assert (found["has"], found["needs"]) == ("the holder's country is US", "a lot in force that covers US")
    assert (found["person_id"], found["country"]) == (estate.people["cleo"], "US")
    assert found["suggested_pool"] == "cad-all / main"


async def test_a_full_pool_is_not_suggested(judge: Any, estate: Estate) -> None:
    product = await estate.product("cad")
    european = await estate.license("cad-eu", included=("150",), product_id=product)
    full = await estate.license("cad-all", product_id=product, quantity=1)
    await seat(estate, full, "ada")
    await seat(estate, european, "cleo")
    (found,) = await judge.ask(CHECK)
    assert found["suggested_pool"] is None


async def test_a_mover_is_found_from_the_day_of_the_move(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("cad", included=("DE", "FR"))
    await seat(estate, owned, "ada")
    clock.advance(timedelta(days=3))
    await move(estate, "ada", "JP")
    before = clock.now() - timedelta(seconds=1)
    assert await judge.ask(CHECK, as_of=before, known_at=clock.now()) == []
    assert [row["has"] for row in await judge.ask(CHECK)] == ["the holder's country is JP"]
    assert await judge.ask(CHECK, as_of=clock.now(), known_at=before) == []
    clock.advance(timedelta(days=1))
    await move(estate, "ada", "FR")
    assert await judge.ask(CHECK) == []


async def test_one_lot_in_force_that_covers_is_enough_and_an_ended_one_is_none(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license("cad", included=("150",))
    await seat(estate, owned, "cleo")
    assert len(await judge.ask(CHECK)) == 1
    await supply(estate, owned, 1, end=clock.now() + timedelta(days=1))
    assert await judge.ask(CHECK) == []
    clock.advance(timedelta(days=1))
    assert len(await judge.ask(CHECK)) == 1


async def test_what_other_checks_tell_of_is_not_told_again(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("cad", included=("150",), last_day=date(2026, 3, 31))
    await seat(estate, owned, "cleo")
    gone = await seat(estate, owned, "dora")
    await move(estate, "dora", "US")
    assert len(await judge.ask(CHECK)) == 2
    await leave(estate, "cleo")
    clock.advance(timedelta(hours=1))
    await release(estate, gone)
    assert await judge.ask(CHECK) == []
    await seat(estate, owned, "emil")
    await move(estate, "emil", "US")
    assert len(await judge.ask(CHECK)) == 1
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    assert await judge.ask(CHECK) == []  # nothing is in force: another check tells of that


@pytest.mark.parametrize(
    ("included", "excluded"),
    [
        (("001",), ()),
        (("001",), ("DE",)),
        (("150",), ("155",)),
        (("150", "DE"), ("155",)),
        (("CH", "US"), ()),
        (("001", "155"), ("150", "019")),
        (("DE-BY",), ()),
    ],
)
async def test_the_database_reads_a_territory_as_the_policy_does(
    judge: Any, estate: Estate, included: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    owned = await estate.license("cad", quantity=20, included=included, excluded=excluded)
    for country in EVERYWHERE:
        who = f"in-{country.lower()}"
        await estate.person(who, country=country)
        await seat(estate, owned, who)
    territory = Territory(frozenset(included), frozenset(excluded))
    outside = {country for country in EVERYWHERE if not territory.covers(country, world_tree())}
    assert {row["country"] for row in await judge.ask(CHECK)} == outside
