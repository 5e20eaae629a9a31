"""A reorganization of a day to come: done once by the clock as of its day, or stopped where what was shown moved."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.directory.models import PersonPlacement
from governance.directory.queries import placed_at
from governance.directory.service.grants import NewGrant, end_grant, grant_role
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.rules import PlannedState
from governance.reorganization.service import (
    MergeUnits,
    MoveUnit,
    SplitUnit,
    merge_units,
    plan_ahead,
    preview_merge,
    preview_move,
    preview_split,
    sweep_planned,
    withdraw_planned,
)
from governance.reorganization.service.ahead import carry_out
from governance.reorganization.telling import tell_of_plan
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.estate import Estate

LOOKS: dict[type[Any], Any] = {MoveUnit: preview_move, MergeUnits: preview_merge, SplitUnit: preview_split}


async def planned(office: Office, actor: Actor, command: Any) -> PlannedReorganization:
    async with office.reading(actor) as work:
        token = (await LOOKS[type(command)](work, command)).token
    return await office.perform(actor, lambda work: plan_ahead(work, replace(command, token=token)))


async def states(office: Office, estate: Estate) -> list[tuple[PlannedState, str | None]]:
    async with office.database.read(estate.tenant_id) as session:
        kind = PlannedReorganization
        rows = await session.execute(select(kind.state, kind.why).order_by(kind.planned_at, kind.id))
        return [(row.state, row.why) for row in rows]


async def acts(office: Office, estate: Estate, act: str) -> int:
    async with office.database.read(estate.tenant_id) as session:
        query = select(func.count()).where(Entry.tenant_id == estate.tenant_id, Entry.act == act)
        return (await session.execute(query)).scalar_one()


async def test_the_clock_carries_a_plan_out_once_and_as_of_its_day(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, units, ada = estate.actor("admin"), estate.units, estate.people["ada"]
    emea, it, began = units["sales-emea"], units["it"], clock.now()
    day = began + timedelta(days=5)
    merge = MergeUnits(emea, it, "one desk", at=day)
    async with office.reading(admin) as work:
        token = (await preview_merge(work, merge)).token
    with pytest.raises(BadInput):  # what is to come is planned, not done
        await office.perform(admin, lambda work: merge_units(work, replace(merge, token=token)))
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: plan_ahead(work, merge))
    for wrong in (None, began, began + timedelta(days=1_000)):
        with pytest.raises(BadInput):
            await office.perform(admin, lambda work, at=wrong: plan_ahead(work, replace(merge, at=at)))
    row = await planned(office, admin, merge)
    await planned(office, admin, MoveUnit(units["finance"], units["sales"], "nearer", at=day))
    await planned(
        office, admin, SplitUnit(units["sales"], "desk", "Desk", "grown", people=(estate.people["cleo"],), at=day)
    )
    clock.advance(timedelta(days=5) - timedelta(seconds=1))
    await sweep_planned(office)
    assert await states(office, estate) == [(PlannedState.PLANNED, None)] * 3
    clock.advance(timedelta(hours=3))
    await asyncio.gather(*(carry_out(office, estate.tenant_id, row.id) for _ in range(3)))
    await sweep_planned(office)
    await sweep_planned(office)
    assert await states(office, estate) == [(PlannedState.DONE, None)] * 3
    assert await acts(office, estate, "unit:carry-out") == 3
    assert await acts(office, estate, "unit:merge") == 2  # one entry on each unit, though three tried
    async with office.database.read(estate.tenant_id) as session:
        kind = PersonPlacement
        places = await session.execute(
            select(kind.unit_id, kind.start).where(kind.person_id == ada, placed_at(kind, clock.now(), clock.now()))
        )
        assert [tuple(row) for row in places] == [(it, day)]  # from its day on, though the clock looked later
        by = select(Entry.actor).where(Entry.act == "unit:merge").distinct()
        assert (await session.execute(by)).scalars().all() == [admin.principal]


async def test_a_plan_stops_where_what_was_shown_or_who_may_moved_and_may_be_withdrawn(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, units = estate.actor("admin"), estate.units
    emea, it, day = units["sales-emea"], units["it"], clock.now() + timedelta(days=5)
    given = NewGrant(Role.IT_ADMIN, ScopeKind.TENANT, "r", person_id=estate.people["cleo"])
    grant = await office.perform(admin, lambda work: grant_role(work, given))
    cleo = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.TENANT))
    await planned(office, admin, MergeUnits(emea, it, "one desk", at=day))
    await planned(office, cleo, MoveUnit(units["finance"], it, "nearer", at=day))
    withdrawn = await planned(office, admin, MoveUnit(units["finance"], it, "nearer", at=day))
    outsider = estate.actor("ben", Grant(Role.IT_ADMIN, ScopeKind.UNIT, unit_id=units["it"]))
    reader = estate.actor("ben", Grant(Role.AUDITOR, ScopeKind.TENANT))
    for actor, error in ((outsider, NotFound), (reader, Refused)):
        with pytest.raises(error):
            await office.perform(actor, lambda work: withdraw_planned(work, withdrawn.id, "r"))
    await office.perform(admin, lambda work: withdraw_planned(work, withdrawn.id, "not needed"))
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: withdraw_planned(work, withdrawn.id, "r"))
    await estate.person("newcomer", "sales-emea")
    await office.perform(admin, lambda work: end_grant(work, grant.id, "moved on"))
    clock.advance(timedelta(days=5))
    await sweep_planned(office)
    (moved, first), (refused, second), (gone, third) = await states(office, estate)
    assert (moved, refused, gone) == (PlannedState.STOPPED, PlannedState.STOPPED, PlannedState.WITHDRAWN)
    assert (first or "").startswith("What unit:merge of sales-emea would do is not what was shown")
    assert (bool(second), third) == (True, "not needed")
    async with office.database.read(estate.tenant_id) as session:
        query = select(OutboxEvent).where(OutboxEvent.name == "ReorganizationStopped").order_by(OutboxEvent.id)
        events = (await session.execute(query)).scalars().all()
    for event in events:
        await office.perform(admin, lambda work, event=event: tell_of_plan(work, event))
    async with office.database.read(estate.tenant_id) as session:
        told = await session.execute(select(Notice.person_id, Notice.text_key).order_by(Notice.recorded_at))
        assert {tuple(row) for row in told} == {(estate.people[who], "plan-stopped") for who in ("admin", "cleo")}
