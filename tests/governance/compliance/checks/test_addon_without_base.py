"""An add-on without its base: found until a base, or what covers one, is there to be used."""

from datetime import timedelta
from typing import Any

from governance.compliance.checks.addon_without_base import CHECK
from governance.kernel.clock import HandClock
from tests.estate import Estate
from tests.governance.holding import release, seat
from tests.governance.seats.suites import suites


async def test_it_stands_on_its_base_and_on_the_tier_above(judge: Any, estate: Estate, clock: HandClock) -> None:
    made = await suites(estate)
    high = await estate.license("m365-e5", product_id=made.products["m365"], tier_id=made.tiers["E5"])
    stray = await seat(estate, made.addon, "ada")
    for base, who in ((made.suite, "ben"), (high, "cleo")):
        await seat(estate, base, who)
        await seat(estate, made.addon, who)
    await seat(estate, made.part, "ada")
    (found,) = await judge.ask(CHECK)
    assert (found["subject_id"], found["has"]) == (stray, "ADDONS Security alone")
    assert found["needs"] == "M365 E3, or another base of it"
    held = await seat(estate, made.suite, "ada")
    assert await judge.ask(CHECK) == []
    clock.advance(timedelta(days=1))
    await release(estate, held)
    assert len(await judge.ask(CHECK)) == 1
