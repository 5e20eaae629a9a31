"""A part beside its suite: found while both are there and the suite can be used; one tier on two licenses, the later."""

from datetime import date, timedelta
from typing import Any

from governance.catalog.rules import BondKind
from governance.compliance.checks.covered_by_suite import CHECK
from governance.kernel.clock import HandClock
from governance.seats.rules import SeatState
from tests.estate import Estate
from tests.governance.holding import release, seat
from tests.governance.seats.suites import bond, suites


async def test_the_part_is_found_beside_a_suite_that_can_be_used_and_as_of_then(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    made = await suites(estate, last_day=date(2026, 4, 30))
    low = await estate.license("office-std", product_id=made.products["office"], tier_id=made.tiers["Std"])
    held = await seat(estate, made.suite, "ada")
    await seat(estate, made.part, "ada")
    below = await seat(estate, low, "ada")
    await seat(estate, made.part, "ben")
    await seat(estate, made.suite, "cleo", state=SeatState.SUSPENDED)
    await seat(estate, made.part, "cleo")
    found = {row["subject_id"]: row for row in await judge.ask(CHECK)}
    assert len(found) == 2, "what lies below the part is covered too, in the suite's name"
    assert found[below]["has"] == "a seat of OFFICE Std beside M365 E3"
    assert found[below]["needs"] == "M365 E3 alone, which covers it"
    clock.advance(timedelta(days=1))
    await release(estate, held)
    assert await judge.ask(CHECK) == []
    assert len(await judge.ask(CHECK, as_of=clock.now() - timedelta(hours=1), known_at=clock.now())) == 2


async def test_a_whole_product_in_a_suite_covers_each_tier_and_two_licenses_of_one_tier_are_one_too_many(
    judge: Any, estate: Estate, clock: HandClock
) -> None:
    made = await suites(estate)
    again = await estate.license("security-2", product_id=made.products["addons"], tier_id=made.tiers["Security"])
    await seat(estate, made.addon, "ada")
    clock.advance(timedelta(hours=1))
    later = await seat(estate, again, "ada")
    assert [row["subject_id"] for row in await judge.ask(CHECK)] == [later]
    await bond(estate, made.tiers["E5"], BondKind.CONTAINS, product_id=made.products["addons"])
    high = await estate.license("m365-e5", product_id=made.products["m365"], tier_id=made.tiers["E5"])
    await seat(estate, high, "ada")
    suites_said = {row["subject_id"]: row["suite"] for row in await judge.ask(CHECK)}
    assert len(suites_said) == 2
    assert "M365 E5" in suites_said.values()
