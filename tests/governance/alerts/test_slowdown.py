"""A slow-down: one alert per pool by the clock alone, cleared and armed again by the facts, silent within noise."""

from datetime import timedelta

from governance.alerts.models import Alert
from governance.alerts.rules import SLOWER, AlertState
from governance.alerts.slowdown import evaluate_slowdowns
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from policies.thresholds.threshold import Level
from tests.estate import Estate, License
from tests.governance.alerts.conftest import Watch
from tests.governance.metrics.held import crowd, held

DAY = timedelta(days=1)


async def rollout(estate: Estate, license_: License, waits: list[int | None], ago: int) -> None:
    started = estate.office.clock.now() - ago * DAY
    async with estate.at_once():
        for who, wait in zip(await crowd(estate, len(waits)), waits, strict=True):
            used = None if wait is None else started + wait * DAY
            await held(estate, license_, who, started_at=started, first_use_at=used)


async def alerts(office: Office, watch: Watch) -> list[Alert]:
    await evaluate_slowdowns(office)
    return [row for row in await watch.alerts() if row.rule == SLOWER]


async def test_a_slow_down_is_raised_once_told_once_and_clears_by_the_clock(
    office: Office, estate: Estate, clock: HandClock, watch: Watch
) -> None:
    lic = await estate.license("e5", quantity=200)
    await rollout(estate, lic, [1, 2, 3, 2, 1, 4, 3, 2, 5, 1, 2, 3, 4, 6, 2, 1] * 2, 120)
    await rollout(estate, lic, [20, None, 25, None, None, 24, None, None, None, 28, None, None, None, None], 30)
    [row] = await alerts(office, watch)
    assert (row.level, row.state) == (Level.HIGH, AlertState.OPEN)
    assert (row.facts["recent_n"], row.facts["baseline_n"]) == (14, 32)
    assert len(await alerts(office, watch)) == 1
    assert await watch.raised() == ["HIGH"]
    clock.advance(20 * DAY)  # nobody is recent any more: nothing can be told of the pace
    [row] = await alerts(office, watch)
    assert row.state is AlertState.RESOLVED
    await rollout(estate, lic, [None] * 20, 30)
    assert sorted(row.state for row in await alerts(office, watch)) == [AlertState.OPEN, AlertState.RESOLVED]


async def test_faster_equal_and_few_raise_nothing(office: Office, estate: Estate, watch: Watch) -> None:
    usual = [1, 9, 3, 7, 2, 14, 4, 5, 11, 3, 8, 6, 2, 10, None, 5]
    for code, recent in (
        ("faster", [1] * 14),
        ("equal", [2, 8, 3, 9, 1, 13, 5, 4, 12, 3, 7, 6, 2, None]),
        ("few", [None] * 11),
    ):
        lic = await estate.license(code, quantity=200)
        await rollout(estate, lic, usual * 2, 120)
        await rollout(estate, lic, recent, 30)
    assert await alerts(office, watch) == []
