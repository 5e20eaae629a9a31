"""Two bases of one product: the later is found; tiers that cover each other, and those no add-on names, are clean."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from governance.catalog.models import Tier
from governance.catalog.rules import BondKind
from governance.compliance.checks.two_bases import CHECK
from governance.kernel.clock import HandClock
from tests.estate import Estate
from tests.governance.holding import seat
from tests.governance.seats.suites import bond, suites


async def test_the_later_of_two_equal_bases_is_found(judge: Any, estate: Estate, clock: HandClock) -> None:
    made = await suites(estate)
    other = await estate.license("m365-e5", product_id=made.products["m365"], tier_id=made.tiers["E5"])
    await seat(estate, made.suite, "ada")
    clock.advance(timedelta(hours=1))
    later = await seat(estate, other, "ada")
    await bond(estate, made.tiers["Security"], BondKind.REQUIRES, made.tiers["E5"])
    assert await judge.ask(CHECK) == [], "the higher covers the lower: told as a redundant tier"
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Tier).where(Tier.id.in_(made.tiers.values())).values(rank=0))
    (found,) = await judge.ask(CHECK)
    assert (found["subject_id"], found["has"]) == (later, "M365 E5 beside M365 E3")
