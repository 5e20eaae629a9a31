"""Both clocks as the terminal says them: a snapshot stands for the two instants that were frozen in it."""

from datetime import UTC, datetime, timedelta

import pytest

from api.cli.instants import instants_of
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.reviews.models import Review
from governance.reviews.rules import ReviewState
from tests.estate import Estate


async def test_a_snapshot_stands_for_both_clocks_and_nothing_out_of_reach_does(office: Office, estate: Estate) -> None:
    now = office.clock.now()
    then, known = now - timedelta(days=30), now - timedelta(days=20)
    row = await estate.add(Review(
        **estate.key(), title="Q1", unit_id=estate.units["halden"], state=ReviewState.PREPARED,
        prepared_by="system:tests", prepared_at=now, as_of=then, known_at=known,
    ))  # fmt: skip
    named = f"Snapshot:{row.id}"
    async with office.reading(estate.actor("admin")) as work:
        assert await instants_of(work, named, None) == (then, known)
        assert await instants_of(work, named, "2026-03-01T10:00:00Z") == (then, datetime(2026, 3, 1, 10, tzinfo=UTC))
        assert await instants_of(work, None, None) == (None, None)
        for wrong in (("snapshot:Q7-2026", None), (None, named)):
            with pytest.raises(BadInput):
                await instants_of(work, *wrong)
    async with office.reading(estate.actor("ada")) as work:
        with pytest.raises(BadInput):
            await instants_of(work, named, None)
