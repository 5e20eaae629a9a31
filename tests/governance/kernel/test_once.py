"""An outcome is kept with its effect or not at all, and belongs to one principal, one place, one body."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from governance.kernel.errors import IdempotencyMismatch
from governance.kernel.once import KeptOutcome, OnceKey, keep, kept
from governance.kernel.work import Office, Work
from tests.estate import Estate

KEY = OnceKey("k", "addVendor", {"name": "Contoso"})


async def _kept(office: Office, estate: Estate, once: OnceKey, who: str = "admin") -> Any:
    async with office.reading(estate.actor(who)) as work:
        return await kept(work, once)


async def _keep(work: Work) -> None:
    keep(work, KEY, {"id": "1"})


async def test_what_was_kept_is_given_again_to_whoever_kept_it(office: Office, estate: Estate) -> None:
    assert await _kept(office, estate, KEY) is None
    await office.perform(estate.actor("admin"), _keep)
    assert await _kept(office, estate, KEY) == {"id": "1"}
    assert await _kept(office, estate, OnceKey("k", "addVendor", {"name": "Contoso"})) == {"id": "1"}
    assert await _kept(office, estate, KEY, "auditor") is None
    assert await _kept(office, estate, OnceKey("k", "other", KEY.body)) is None
    twin = await Estate.raised(office, "Twin")
    assert await _kept(office, twin, KEY) is None


async def test_another_body_is_a_mismatch(office: Office, estate: Estate) -> None:
    await office.perform(estate.actor("admin"), _keep)
    with pytest.raises(IdempotencyMismatch):
        await _kept(office, estate, OnceKey("k", "addVendor", {"name": "Fabrikam"}))


async def test_a_verb_that_breaks_keeps_nothing_and_a_twin_cannot_keep_twice(office: Office, estate: Estate) -> None:
    async def breaks(work: Work) -> None:
        keep(work, KEY, {"id": "1"})
        await work.session.flush()
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await office.perform(estate.actor("admin"), breaks)
    assert await _kept(office, estate, KEY) is None
    await office.perform(estate.actor("admin"), _keep)
    with pytest.raises(IntegrityError):
        await office.perform(estate.actor("admin"), _keep)
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(func.count()).select_from(KeptOutcome))).scalar_one() == 1
