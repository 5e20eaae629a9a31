"""A role for some hours: somebody else decides, the clock alone ends it, and each step stands in the trail."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory import queries
from governance.directory.elevated import ElevationState, elevation, state_of
from governance.directory.errors import OwnElevation
from governance.directory.models import Elevation
from governance.directory.service.elevations import (
    AskElevation,
    approve_elevation,
    ask_elevation,
    end_elevation,
    end_elevations,
    refuse_elevation,
    withdraw_elevation,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.notices.elevations import tell_of_decision, tell_of_end, tell_of_wish
from governance.notices.models import Notice
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.estate import Estate

AUDITS = AskElevation(Role.AUDITOR, ScopeKind.TENANT, 4, "the quarter's proof")
EVERYBODY = Grant(Role.HOLDER, ScopeKind.OWN)


async def held(office: Office, estate: Estate, who: str) -> set[Role]:
    async with office.database.read(estate.tenant_id) as session:
        grants = await queries.grants_of(
            session, estate.tenant_id, office.clock.now(), person_id=estate.people[who], service_account_id=None
        )
    return {grant.role for grant in grants}


async def stands(office: Office, actor: Actor, key: UUID) -> ElevationState:
    async with office.reading(actor) as work:
        row = await elevation(work, key)
        return state_of(row, work.now())


async def told(office: Office, estate: Estate, text: str) -> set[UUID]:
    async with office.database.read(estate.tenant_id) as session:
        return set((await session.execute(select(Notice.person_id).where(Notice.text_key == text))).scalars())


async def events(office: Office, estate: Estate, name: str) -> list[OutboxEvent]:
    async with office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(OutboxEvent).where(OutboxEvent.name == name))).scalars())


async def asked(office: Office, actor: Actor, command: AskElevation = AUDITS) -> Elevation:
    return await office.perform(actor, lambda work: ask_elevation(work, command))


async def test_a_role_for_hours_is_given_by_somebody_else_and_ended_by_the_clock_alone(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    ada, admin = estate.actor("ada", EVERYBODY), estate.actor("admin")
    row = await asked(office, ada)
    [wish] = await events(office, estate, "ElevationAsked")
    await office.perform(admin, lambda work: tell_of_wish(work, wish))
    assert await told(office, estate, "elevation-asked") == {estate.people["admin"]}
    assert await held(office, estate, "ada") == set()
    await office.perform(admin, lambda work: approve_elevation(work, row.id, "until tonight"))
    [answer] = await events(office, estate, "ElevationAnswered")
    await office.perform(admin, lambda work: tell_of_decision(work, answer))
    assert await told(office, estate, "elevation-approved") == {estate.people["ada"]}
    clock.advance(timedelta(hours=4) - timedelta(microseconds=1))
    assert await held(office, estate, "ada") == {Role.AUDITOR}
    assert await stands(office, ada, row.id) is ElevationState.HELD
    clock.advance(timedelta(microseconds=1))
    assert await held(office, estate, "ada") == set()
    assert await stands(office, ada, row.id) is ElevationState.ENDED
    clock.advance(timedelta(hours=1))
    assert [await office.perform(admin, end_elevations) for _ in range(2)] == [1, 0]
    assert len(await events(office, estate, "ElevationEnded")) == 1
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: approve_elevation(work, row.id))
    async with office.database.read(estate.tenant_id) as session:
        query = select(Entry.act).where(Entry.subject_id == row.id).order_by(Entry.recorded_at, Entry.id)
        acts = list((await session.execute(query)).scalars())
    assert acts == ["access:request", "access:approve", "access:elapse"]


async def test_who_asked_does_not_decide_whatever_they_may(office: Office, estate: Estate) -> None:
    """An admin who wants another role asks as well, and no token of theirs, nor a narrower grant, decides it."""
    admin = estate.actor("admin", EVERYBODY, Grant(Role.IT_ADMIN, ScopeKind.TENANT))
    row = await asked(office, admin)
    with pytest.raises(OwnElevation):
        await office.perform(admin, lambda work: approve_elevation(work, row.id, "mine"))
    with pytest.raises(OwnElevation):
        await office.perform(admin, lambda work: refuse_elevation(work, row.id, "mine"))
    below = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    with pytest.raises((NotFound, Refused)):
        await office.perform(below, lambda work: approve_elevation(work, row.id))
    twin = await Estate.raised(office, "Twin Group")
    with pytest.raises(NotFound):
        await office.perform(twin.actor("admin"), lambda work: approve_elevation(work, row.id))
    assert await held(office, estate, "admin") == {Role.IT_ADMIN}


async def test_a_no_and_silence_give_nothing(office: Office, estate: Estate, clock: HandClock) -> None:
    ada, admin = estate.actor("ada", EVERYBODY), estate.actor("admin")
    own_unit = AskElevation(Role.LICENSE_OWNER, ScopeKind.UNIT, 8, "covers", unit_id=estate.units["sales"])
    refused, silent = await asked(office, ada, own_unit), await asked(office, ada)
    await office.perform(admin, lambda work: refuse_elevation(work, refused.id, "not needed"))
    assert await stands(office, ada, refused.id) is ElevationState.REFUSED
    clock.advance(timedelta(days=3))
    assert await stands(office, ada, silent.id) is ElevationState.EXPIRED
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: approve_elevation(work, silent.id))
    assert await office.perform(admin, end_elevations) == 1
    assert await held(office, estate, "ada") == set()
    for wrong in ({"hours": 0}, {"hours": 169}, {"reason": " "}, {"scope": ScopeKind.UNIT}, {"scope": ScopeKind.OWN}):
        command = AskElevation(**({"role": Role.AUDITOR, "scope": ScopeKind.TENANT, "hours": 1, "reason": "r"} | wrong))  # type: ignore[arg-type]

        async def verb(work: Work, command: AskElevation = command) -> Elevation:
            return await ask_elevation(work, command)

        with pytest.raises(BadInput):
            await office.perform(ada, verb)


async def test_a_wish_is_withdrawn_by_who_asked_alone_and_a_role_ends_before_its_time(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    ada, ben, admin = estate.actor("ada", EVERYBODY), estate.actor("ben", EVERYBODY), estate.actor("admin")
    wish = await asked(office, ada)
    for other in (ben, admin):
        with pytest.raises((NotFound, Refused)):
            await office.perform(other, lambda work: withdraw_elevation(work, wish.id))
    await office.perform(ada, lambda work: withdraw_elevation(work, wish.id))
    assert await stands(office, ada, wish.id) is ElevationState.WITHDRAWN
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: approve_elevation(work, wish.id))
    assert await office.perform(admin, end_elevations) == 0
    for ender, reason, event in ((ada, "done", "ElevationEnded"), (admin, "over", "ElevationTakenBack")):
        row = await asked(office, ada)
        with pytest.raises(WrongState):
            await office.perform(admin, partial(end_elevation, elevation_id=row.id, reason="not held yet"))
        await office.perform(admin, partial(approve_elevation, elevation_id=row.id))
        clock.advance(timedelta(minutes=5))
        with pytest.raises((NotFound, Refused)):
            await office.perform(ben, partial(end_elevation, elevation_id=row.id, reason="not his"))
        assert await held(office, estate, "ada") == {Role.AUDITOR}
        await office.perform(ender, partial(end_elevation, elevation_id=row.id, reason=reason))
        assert await held(office, estate, "ada") == set()
        assert await stands(office, ada, row.id) is ElevationState.ENDED
        assert len(await events(office, estate, event)) == 1
    [taken] = await events(office, estate, "ElevationTakenBack")
    await office.perform(admin, lambda work: tell_of_end(work, taken))
    assert await told(office, estate, "elevation-ended") == {estate.people["ada"]}
    clock.advance(timedelta(days=4))
    assert await office.perform(admin, end_elevations) == 0


async def test_only_who_may_give_it_there_is_told_of_a_wish(office: Office, estate: Estate, clock: HandClock) -> None:
    """The admin nearest above the unit, else the tenant's; not one of another unit, and never who asked."""
    ada = estate.actor("ada", EVERYBODY)
    emea = AskElevation(Role.LICENSE_OWNER, ScopeKind.UNIT, 8, "covers", unit_id=estate.units["sales-emea"])
    async with estate.at_once():
        await estate.grant("ben", Role.IT_ADMIN, unit="finance")
        await estate.grant("auditor", Role.IT_ADMIN, unit="sales")
    system = estate.actor("admin")
    await asked(office, ada, emea)
    [wish] = await events(office, estate, "ElevationAsked")
    await office.perform(system, lambda work: tell_of_wish(work, wish))
    assert await told(office, estate, "elevation-asked") == {estate.people["auditor"]}
    wider = AskElevation(Role.LICENSE_OWNER, ScopeKind.UNIT, 8, "covers", unit_id=estate.units["halden"])
    await asked(office, estate.actor("cleo", EVERYBODY), wider)
    *_, wish = await events(office, estate, "ElevationAsked")
    await office.perform(system, lambda work: tell_of_wish(work, wish))
    assert await told(office, estate, "elevation-asked") == {estate.people["auditor"], estate.people["admin"]}
