"""Alerts on the use of pools: once per crossing, held with slack, armed again, and seen when only time moved."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from governance.alerts.models import Alert
from governance.alerts.queries import alert
from governance.alerts.rules import AlertState
from governance.alerts.service import Evaluated, acknowledge_alert, evaluate_pool_use
from governance.audit.models import Entry
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.errors import Conflict, NotFound, Refused, WrongState
from governance.kernel.work import Office
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState
from governance.runs.principals import system_actor
from governance.seats.rules import SeatState
from policies.access.parties import Role
from policies.thresholds.threshold import Level
from tests.estate import Estate
from tests.governance.holding import seat, supply


async def test_an_alert_rises_in_place_holds_with_slack_and_is_armed_again(watch: Any, estate: Estate) -> None:
    owned = await estate.license(quantity=20)
    (pool,) = owned.pools.values()
    story = []
    for occupied in (15, 16, 17, 18, 20, 19, 18, 17, 16, 15, 14, 16):
        await watch.fill(owned, occupied)
        await watch.look(pool)
        newest = (await watch.alerts())[-1:] or [None]
        story.append((occupied, newest[0] and (newest[0].level.name, newest[0].state.value)))
    opened, resolved = "OPEN", "RESOLVED"
    assert story == [
        (15, None),
        (16, ("WARN", opened)),
        (17, ("WARN", opened)),
        (18, ("HIGH", opened)),
        (20, ("CRITICAL", opened)),
        (19, ("CRITICAL", opened)),  # 95 % is not below 100 less 5
        (18, ("HIGH", opened)),
        (17, ("HIGH", opened)),
        (16, ("WARN", opened)),
        (15, ("WARN", opened)),
        (14, ("WARN", resolved)),
        (16, ("WARN", opened)),
    ]
    assert await watch.count() == 2
    assert await watch.raised() == ["WARN", "HIGH", "CRITICAL", "WARN"]


async def test_use_that_flaps_around_a_line_tells_once(watch: Any, estate: Estate) -> None:
    owned = await estate.license(quantity=20)
    (pool,) = owned.pools.values()
    for occupied in (16, 15, 16, 15, 16, 15, 16):
        await watch.fill(owned, occupied)
        await watch.look(pool)
    assert await watch.count() == 1
    assert await watch.raised() == ["WARN"]


async def test_an_alert_is_armed_again_after_capacity_grew(watch: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license(quantity=10)
    (pool,) = owned.pools.values()
    await watch.fill(owned, 10)
    await watch.look(pool)
    clock.advance(timedelta(days=1))
    await supply(estate, owned, 10)
    assert await watch.look(pool) == Evaluated(resolved=1)
    await watch.fill(owned, 16)
    assert await watch.look(pool) == Evaluated(raised=1)
    assert [(a.level, a.state) for a in await watch.alerts()] == [
        (Level.CRITICAL, AlertState.RESOLVED),
        (Level.WARN, AlertState.OPEN),
    ]


async def test_when_only_time_moved_the_sweep_still_sees_it(watch: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license(quantity=10)
    await supply(estate, owned, 10, end=clock.now() + timedelta(days=3))
    await watch.fill(owned, 10)
    await watch.sweep()
    assert await watch.alerts() == []
    clock.advance(timedelta(days=3))
    await watch.sweep()
    await watch.sweep()
    assert [(a.level, a.facts["supply"]) for a in await watch.alerts()] == [(Level.CRITICAL, 10)]


async def test_the_last_usable_day_is_usable_and_its_end_alerts(watch: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license(quantity=10, last_day=date(2026, 3, 31), zone="America/New_York")
    await watch.fill(owned, 2)
    clock.set(datetime(2026, 4, 1, 3, 59, 59, tzinfo=UTC))  # 23:59:59 of 31 March in New York
    await watch.sweep()
    assert await watch.alerts() == []
    clock.advance(timedelta(seconds=1))
    await watch.sweep()
    (row,) = await watch.alerts()
    assert (row.level, row.facts["supply"], row.facts["percent"]) == (Level.CRITICAL, 0, None)
    await watch.fill(owned, 0)
    await watch.sweep()
    assert [a.state for a in await watch.alerts()] == [AlertState.RESOLVED]


async def test_all_expired_is_never_unlimited_and_unlimited_is_never_full(
    watch: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license(quantity=None, last_day=date(2026, 3, 31))
    await watch.fill(owned, 3)
    await watch.sweep()
    assert await watch.alerts() == []
    clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    await watch.sweep()
    assert [a.level for a in await watch.alerts()] == [Level.CRITICAL]


async def test_an_invitation_that_ran_out_frees_its_seat_for_alerts_too(
    watch: Any, estate: Estate, clock: HandClock
) -> None:
    owned = await estate.license(quantity=1, overage=Overage.BLOCK)
    until = clock.now() + timedelta(days=14)
    await seat(estate, owned, "ada", state=SeatState.INVITED, invitation_expires_at=until)
    await watch.sweep()
    assert [a.state for a in await watch.alerts()] == [AlertState.OPEN]
    clock.set(until)
    await watch.sweep()
    assert [a.state for a in await watch.alerts()] == [AlertState.RESOLVED]


async def test_many_who_look_at_once_raise_one_alert(watch: Any, estate: Estate, office: Office) -> None:
    owned = await estate.license(quantity=1)
    (pool,) = owned.pools.values()
    await watch.fill(owned, 1)
    actor = system_actor(estate.tenant_id, "tests")
    looks = [office.perform(actor, lambda work: evaluate_pool_use(work, [pool])) for _ in range(8)]
    changed = sum(await asyncio.gather(*looks), Evaluated())
    assert (changed, await watch.count(), await watch.raised()) == (Evaluated(raised=1), 1, ["CRITICAL"])


async def test_a_pools_own_lines_come_from_the_published_rulebook(watch: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license(quantity=10, pools={"east": 5, "west": 5})
    for state, warn in ((VersionState.DRAFT, 10), (VersionState.LIVE, 40)):
        await estate.add(
            PolicyVersion(
                **estate.key(), kind=PolicyKind.THRESHOLDS, number=warn, state=state, examples=[], note="tests",
                content={"overrides": [{"origin": "POOL", "id": str(owned.pools["east"]), "warn": warn}]},
                drafted_by="system:tests", drafted_at=clock.now(),
            )
        )  # fmt: skip
    for pool in ("east", "west"):
        await watch.fill(owned, 2, pool)
    await watch.look(*owned.pools.values())
    assert [a.pool_id for a in await watch.alerts()] == [owned.pools["east"]]


async def test_taken_on_by_who_may_and_open_again_when_it_rises(watch: Any, estate: Estate, office: Office) -> None:
    owned = await estate.license(quantity=10)
    (pool,) = owned.pools.values()
    await watch.fill(owned, 8)
    await watch.look(pool)
    (row,) = await watch.alerts()
    for who, version, error in (("board-sales", 1, Refused), ("admin", 5, Conflict)):
        with pytest.raises(error):
            await office.perform(estate.actor(who), lambda work, v=version: acknowledge_alert(work, row.id, v))  # type: ignore[misc]
    taken = await office.perform(estate.actor("admin"), lambda work: acknowledge_alert(work, row.id, 1))
    assert (taken.state, taken.acknowledged_by) == (AlertState.ACKNOWLEDGED, f"person:{estate.people['admin']}")
    with pytest.raises(WrongState):
        await office.perform(estate.actor("admin"), lambda work: acknowledge_alert(work, row.id, 2))
    await watch.fill(owned, 9)
    await watch.look(pool)
    (row,) = await watch.alerts()
    assert (row.level, row.state, row.acknowledged_at) == (Level.HIGH, AlertState.OPEN, None)
    async with office.database.read(estate.tenant_id) as session:
        acts = (await session.execute(select(Entry.act).where(Entry.subject_type == "alert"))).scalars().all()
    assert sorted(acts) == ["alert:acknowledge", "alert:raise", "alert:rise"]


async def test_alerts_outside_ones_units_are_not_there(watch: Any, estate: Estate, office: Office) -> None:
    owned = await estate.license(quantity=1, pool_unit="finance", owner=None)
    await watch.fill(owned, 1)
    await watch.sweep()
    (row,) = await watch.alerts()
    other = await Estate.raised(office, "Twin Group")
    for actor, alert_id in (
        (estate.actor("ben", role=Role.LICENSE_OWNER, unit="sales"), row.id),
        (other.actor("admin"), row.id),
        (estate.actor("admin"), uuid4()),
    ):
        async with office.reading(actor) as work:
            with pytest.raises(NotFound):
                await alert(work, alert_id)
    async with office.reading(estate.actor("ben", role=Role.LICENSE_OWNER, unit="finance")) as work:
        assert isinstance(await alert(work, row.id), Alert)
