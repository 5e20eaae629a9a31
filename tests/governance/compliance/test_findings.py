"""Findings in people's hands: taken on, waived by another for a time, open again afterwards, the same as of any day."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.compliance.errors import SameHands
from governance.compliance.models import Finding
from governance.compliance.queries import finding, finding_steps, findings_at
from governance.compliance.rules import FindingState, standing
from governance.compliance.service import acknowledge_finding, reopen_waived, waive_finding
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused, WrongState
from governance.kernel.work import Office, Work
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.holding import leave, release, seat


@pytest.fixture
async def found(judge: Any, estate: Estate) -> Finding:
    """Give the open finding of a leaver's seat in a license that Cleo owns."""
    owned = await estate.license("m365", owner="cleo")
    await seat(estate, owned, "ada")
    await leave(estate, "ada")
    await judge.scan()
    (row,) = await judge.findings()
    return row


async def acknowledged(office: Office, estate: Estate, row: Finding, who: str = "admin", version: int = 1) -> Finding:
    return await office.perform(estate.actor(who), lambda work: acknowledge_finding(work, row.id, version, "looking"))


async def waived(office: Office, estate: Estate, row: Finding, actor: Any, version: int, days: float = 30) -> Finding:
    until = office.clock.now() + timedelta(days=days)
    return await office.perform(actor, lambda work: waive_finding(work, row.id, version, "moves in March", until))


async def now_in(office: Office, estate: Estate, *states: FindingState) -> list[UUID]:
    from governance.compliance.queries import visible_findings

    async with office.reading(estate.actor("auditor")) as work:
        return [f.id for f in (await work.session.execute(visible_findings(work, states))).scalars()]


async def test_taken_on_once_by_who_may(office: Office, estate: Estate, found: Finding) -> None:
    with pytest.raises(Refused):
        await acknowledged(office, estate, found, "auditor")
    with pytest.raises(Conflict):
        await acknowledged(office, estate, found, version=7)
    row = await acknowledged(office, estate, found)
    assert (row.state, row.version) == (FindingState.ACKNOWLEDGED, 2)
    with pytest.raises(WrongState):
        await acknowledged(office, estate, found, version=2)


async def test_neither_owner_nor_who_took_it_on_may_waive(office: Office, estate: Estate, found: Finding) -> None:
    owner = estate.actor("cleo", role=Role.LICENSE_OWNER, unit="halden")
    with pytest.raises(SameHands, match="own what it is about"):
        await waived(office, estate, found, owner, 1)
    await acknowledged(office, estate, found)
    with pytest.raises(SameHands, match="acknowledged it"):
        await waived(office, estate, found, estate.actor("admin"), 2)
    row = await waived(office, estate, found, estate.actor("ben", role=Role.IT_ADMIN), 2)
    assert (row.state, row.waived_until) == (FindingState.WAIVED, office.clock.now() + timedelta(days=30))


async def test_a_waiver_needs_a_reason_and_a_day_to_come(office: Office, estate: Estate, found: Finding) -> None:
    for reason, days in (("", 3), ("x", 0), ("x", -1)):
        until = office.clock.now() + timedelta(days=days)

        async def waive(work: Work, reason: str = reason, until: Any = until) -> Finding:
            return await waive_finding(work, found.id, 1, reason, until)

        with pytest.raises(BadInput):
            await office.perform(estate.actor("admin"), waive)


async def test_a_waiver_that_ran_out_is_open_on_every_read_swept_or_not(
    judge: Any, office: Office, estate: Estate, found: Finding, clock: HandClock
) -> None:
    row = await waived(office, estate, found, estate.actor("admin"), 1)
    assert await now_in(office, estate, FindingState.WAIVED) == [found.id]
    until = row.waived_until
    assert until is not None
    clock.set(until - timedelta(microseconds=1))
    await judge.scan()
    await reopen_waived(office)
    assert await now_in(office, estate, FindingState.WAIVED) == [found.id]
    clock.set(until)
    assert await now_in(office, estate, FindingState.OPEN) == [found.id]
    assert standing(FindingState.WAIVED, until, clock.now()) is FindingState.OPEN
    clock.advance(timedelta(seconds=30))
    await reopen_waived(office)
    await reopen_waived(office)
    (swept,) = await judge.findings()
    assert (swept.state, swept.version) == (FindingState.OPEN, 3)
    async with office.reading(estate.actor("auditor")) as work:
        steps = (await work.session.execute(finding_steps(work, found.id))).scalars().all()
    assert [(s.number, s.state, s.at) for s in steps][1:] == [
        (2, FindingState.WAIVED, row.opened_at),
        (3, FindingState.OPEN, until),
    ]


async def test_the_next_scan_reopens_what_no_sweep_did(
    judge: Any, office: Office, estate: Estate, found: Finding, clock: HandClock
) -> None:
    await waived(office, estate, found, estate.actor("admin"), 1, days=1)
    clock.advance(timedelta(days=2))
    await judge.scan()
    (row,) = await judge.findings()
    assert (row.id, row.state, row.waived_until, row.version) == (found.id, FindingState.OPEN, None, 3)
    await acknowledged(office, estate, found, version=3)


async def test_as_of_and_as_known_reproduce_the_list(
    judge: Any, office: Office, estate: Estate, found: Finding, clock: HandClock
) -> None:
    then = clock.now()
    clock.advance(timedelta(days=1))
    await waived(office, estate, found, estate.actor("admin"), 1, days=2)
    day_two = clock.now()
    clock.advance(timedelta(days=5))
    (held,) = await judge.findings()
    await release(estate, held.subject_id)
    await judge.scan()

    async def at(as_of: Any, known_at: Any) -> list[tuple[FindingState, str]]:
        async with office.reading(estate.actor("auditor")) as work:
            rows = (await work.session.execute(findings_at(work, as_of, known_at))).all()
        return [(row.state, row.has) for row in rows]

    has = "the holder has left and still occupies the seat"
    assert await at(then, then) == [(FindingState.OPEN, has)]
    assert await at(then, clock.now()) == [(FindingState.OPEN, has)]
    assert await at(day_two, day_two) == [(FindingState.WAIVED, has)]
    assert await at(day_two + timedelta(days=2), day_two) == [(FindingState.OPEN, has)]
    assert await at(clock.now(), clock.now()) == []
    assert await at(clock.now(), day_two) == [(FindingState.OPEN, has)]
    assert await at(then - timedelta(seconds=1), clock.now()) == []


async def test_what_is_not_there_and_what_is_foreign_answer_alike(
    office: Office, estate: Estate, found: Finding
) -> None:
    other = await Estate.raised(office, "Twin Group")
    for actor, finding_id in ((estate.actor("admin"), uuid4()), (other.actor("admin"), found.id)):
        async with office.reading(actor) as work:
            with pytest.raises(NotFound):
                await finding(work, finding_id)
