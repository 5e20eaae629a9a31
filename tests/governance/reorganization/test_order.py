"""Units are locked before what belongs to them, whoever changes what: nobody waits for somebody who waits for them."""

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from governance.agreements import queries
from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.directory.standing import hold_units
from governance.kernel.errors import BusinessError
from governance.kernel.work import Office, Work
from governance.reorganization.service import MergeUnits, merge_units, preview_merge
from tests.estate import Estate

MOST_LOOKS = 2_000


async def somebody_waits(work: Work) -> None:
    """Look until another transaction of this database waits for a lock."""
    for _ in range(MOST_LOOKS):
        waits = await work.session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        if waits.scalar_one():
            return
        await asyncio.sleep(0)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("planted", [False, True], ids=["as it is", "the agreement first"])
async def test_a_merge_and_an_amendment_do_not_wait_for_each_other(
    office: Office, estate: Estate, planted: bool
) -> None:
    """Amid a merge, an agreement of its unit is moved into the unit that gets all: one waits, and both end."""
    if office.database.kind != "postgresql":
        pytest.skip("one transaction writes at a time there")
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    owned = await estate.license("m365", unit="sales-emea", pool_unit="sales-emea")
    amend = AmendAgreement(owned.agreement_id, 1, {"unit_id": it}, ChangeReason.OTHER, office.clock.now().date(), "r")
    async with office.reading(admin) as work:
        command = MergeUnits(emea, it, "one desk")
        command = MergeUnits(emea, it, "one desk", token=(await preview_merge(work, command)).token)
    begun = asyncio.Event()

    async def merging(work: Work) -> Any:
        await hold_units(work, (emea, it), changing=True)
        begun.set()
        await somebody_waits(work)
        return await merge_units(work, command)

    async def amending(work: Work) -> Any:
        await begun.wait()
        if planted:
            await queries.agreement_for_update(work, owned.agreement_id)
        return await amend_agreement(work, amend)

    done = await asyncio.gather(office.perform(admin, merging), office.perform(admin, amending), return_exceptions=True)
    broken = [one for one in done if isinstance(one, DBAPIError)]
    assert bool(broken) is planted, done
    if not planted:
        assert not isinstance(done[0], Exception), done
        assert isinstance(done[1], BusinessError), done  # the merge carried it, so its version moved


async def test_two_merges_into_each_other_end_as_one(office: Office, estate: Estate) -> None:
    admin, emea, it = estate.actor("admin"), estate.units["sales-emea"], estate.units["it"]
    commands = []
    async with office.reading(admin) as work:
        for one, other in ((emea, it), (it, emea)):
            token = (await preview_merge(work, MergeUnits(one, other, "r"))).token
            commands.append(MergeUnits(one, other, "r", token=token))
    done = await asyncio.gather(
        *(office.perform(admin, partial(merge_units, command=each)) for each in commands), return_exceptions=True
    )
    assert sum(isinstance(one, BusinessError) for one in done) == 1, done
    assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, BusinessError)], done
