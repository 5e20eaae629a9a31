"""Who may do what, asked of others: the same answers that the gate gives when they try."""

from datetime import timedelta

import pytest

from governance.directory import queries as directory
from governance.directory.rules import EVERYONE
from governance.directory.service import mark_left
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused
from governance.kernel.work import Office, Work
from governance.rulebook.access import (
    explain_access,
    gate_at,
    grants_permitting,
    owners_permitted,
    permitting,
    what_can,
)
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, VersionState, shipped_content
from policies.access.actions import Action
from policies.access.gate import Because
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind
from tests.estate import Estate


async def cast(estate: Estate) -> None:
    """Give roles at several widths to several people."""
    await estate.grant("admin", Role.IT_ADMIN)
    await estate.grant("auditor", Role.AUDITOR)
    await estate.grant("board-sales", Role.BOARD_MEMBER)
    await estate.grant("ada", Role.LICENSE_OWNER, unit="sales")
    await estate.grant("ben", Role.IT_ADMIN, unit="halden")
    await estate.grant("cleo", Role.IT_ADMIN, region="150")


async def places(work: Work, estate: Estate) -> list[Ownership]:
    own = (estate.people["ada"],)
    return [
        Ownership(work.tenant_id),
        *[await directory.ownership(work, unit_id=unit, region="DE", people=own) for unit in estate.units.values()],
    ]


async def held(work: Work, person_id: object) -> frozenset[Grant]:
    return EVERYBODY | await directory.grants_of(
        work.session, work.tenant_id, work.now(), person_id=person_id, service_account_id=None
    )


EVERYBODY = frozenset({EVERYONE})


async def test_who_can_names_exactly_those_whom_the_gate_lets_through(office: Office, estate: Estate) -> None:
    await cast(estate)
    asked = 0
    async with office.reading(estate.actor("admin")) as work:
        actors = {
            who: Actor(work.tenant_id, f"person:{key}", key, await held(work, key))
            for who, key in estate.people.items()
        }
        for whose in await places(work, estate):
            for action in Action:
                found = await permitting(work, action, whose)
                rows = (await work.session.execute(grants_permitting(work, found, whose))).scalars()
                named = {row.person_id for row in rows} | set(owners_permitted(found, whose))
                by_gate = {a.person_id for a in actors.values() if work.gate.permits(a, action, whose)}
                assert named == by_gate, (action, whose)
                asked += 1
    assert asked > 300


async def test_what_one_can_is_what_the_gate_lets_them_reach(office: Office, estate: Estate) -> None:
    await cast(estate)
    async with office.reading(estate.actor("admin")) as work:
        for who in ("ada", "ben", "cleo", "auditor", "board-finance"):
            key = estate.people[who]
            able = await what_can(work, f"person:{key}")
            actor = Actor(work.tenant_id, f"person:{key}", key, await held(work, key))
            assert {one.action: one.reach for one in able} == {
                action: reach for action in Action if not (reach := work.gate.reach(actor, action)).is_nothing
            }
            assert all(one.lines for one in able)


async def test_as_of_a_day_the_grants_and_the_policy_of_that_day_decide(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    """Published on day 2 without the auditors' lines; the auditor's grant ends on day 4."""
    await cast(estate)
    start = clock.now()
    auditor, tenant = f"person:{estate.people['auditor']}", Ownership(estate.tenant_id)
    content = shipped_content(PolicyKind.ROLES)
    without = {"lines": [line for line in content["lines"] if not line.startswith("auditor,")]}
    clock.advance(timedelta(days=2))
    await estate.add(
        PolicyVersion(
            **estate.key(), kind=PolicyKind.ROLES, number=1, state=VersionState.LIVE, content=without, examples=[],
            note="", drafted_by="system:tests", drafted_at=clock.now(), published_by="system:tests",
            published_at=clock.now(),
        )
    )  # fmt: skip
    clock.advance(timedelta(days=2))
    async with office.reading(estate.actor("admin")) as work:
        before = await explain_access(work, auditor, Action.AUDIT_READ, tenant, start + timedelta(days=1))
        after = await explain_access(work, auditor, Action.AUDIT_READ, tenant, start + timedelta(days=3))
        earlier = await explain_access(work, auditor, Action.AUDIT_READ, tenant, start - timedelta(days=1))
        gate = await gate_at(work, start + timedelta(days=3))
    assert (before.permitted, after.permitted, earlier.permitted) == (True, False, False)
    assert {reason.because for reason in after.reasons} == {Because.NO_LINE}
    assert not gate.allows(Role.AUDITOR, Action.AUDIT_READ, ScopeKind.TENANT)


async def test_a_leaver_can_nothing_from_the_day_they_left(office: Office, estate: Estate, clock: HandClock) -> None:
    await cast(estate)
    day = clock.now()
    clock.advance(timedelta(days=1))
    await office.perform(estate.actor("admin"), lambda work: mark_left(work, estate.people["ben"]))
    async with office.reading(estate.actor("admin")) as work:
        ben = f"person:{estate.people['ben']}"
        assert await what_can(work, ben) == ()
        assert len(await what_can(work, ben, day)) > 20


async def test_who_may_not_ask_is_refused_and_strangers_are_missing(office: Office, estate: Estate) -> None:
    await cast(estate)
    other = await Estate.raised(office, "Twin Group")
    tenant = Ownership(estate.tenant_id)
    async with office.reading(estate.actor("board-sales")) as work:
        with pytest.raises(Refused):
            await permitting(work, Action.AUDIT_READ, tenant)
    async with office.reading(estate.actor("admin")) as work:
        with pytest.raises(NotFound):
            await what_can(work, f"person:{other.people['ada']}")
        for bad in ("person:ada", "robot", f"system:{estate.people['ada']}"):
            with pytest.raises(BadInput):
                await what_can(work, bad)
