"""Roles are given within one's reach, taken back at once, and each change raises the revision of rights."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from governance.directory import queries
from governance.directory.service import NewGrant, end_grant, grant_role
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.work import Office
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate


async def revision(office: Office, estate: Estate) -> int:
    async with office.database.read(estate.tenant_id) as session:
        return await queries.policy_revision(session, estate.tenant_id)


async def held(office: Office, estate: Estate, who: str) -> frozenset[Grant]:
    async with office.database.read(estate.tenant_id) as session:
        return await queries.grants_of(
            session, estate.tenant_id, office.clock.now(), person_id=estate.people[who], service_account_id=None
        )


async def test_the_first_roles_of_a_tenant_given_at_once_raise_the_revision_each(
    office: Office, estate: Estate
) -> None:
    def give(who: str, role: Role) -> Awaitable[object]:
        grant = NewGrant(role, ScopeKind.TENANT, "set up", person_id=estate.people[who])
        return office.perform(estate.actor("admin"), lambda work: grant_role(work, grant))

    assert await revision(office, estate) == 0
    await asyncio.gather(*(give(who, role) for who in ("ada", "ben") for role in (Role.AUDITOR, Role.FINANCE)))
    assert await revision(office, estate) == 4


async def test_a_role_given_and_taken_back_raises_the_revision_twice(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    before = await revision(office, estate)
    owner = NewGrant(
        Role.LICENSE_OWNER,
        ScopeKind.UNIT,
        "owns Sales",
        person_id=estate.people["ada"],
        unit_id=estate.units["sales"],
    )
    row = await office.perform(admin, lambda w: grant_role(w, owner))
    assert await held(office, estate, "ada") == {
        Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["sales"])
    }
    clock.advance(timedelta(minutes=1))
    await office.perform(admin, lambda w: end_grant(w, row.id, "moved on"))
    assert await held(office, estate, "ada") == frozenset()
    assert await revision(office, estate) == before + 2
    with pytest.raises(WrongState):
        await office.perform(admin, lambda w: end_grant(w, row.id, "again"))


async def test_nobody_grants_beyond_their_own_reach(office: Office, estate: Estate) -> None:
    below = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    before = await revision(office, estate)
    wide = NewGrant(Role.IT_ADMIN, ScopeKind.TENANT, "more please", person_id=estate.people["cleo"])
    with pytest.raises(Refused):
        await office.perform(below, lambda w: grant_role(w, wide))
    region = NewGrant(Role.IT_ADMIN, ScopeKind.REGION, "more please", person_id=estate.people["cleo"], region="150")
    with pytest.raises(Refused):
        await office.perform(below, lambda w: grant_role(w, region))
    assert await revision(office, estate) == before
    async with office.reading(below) as work:
        assert (await work.session.execute(queries.grants(work))).scalars().all() == []


async def test_grants_outside_reach_answer_as_missing(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    async with office.reading(estate.actor("admin")) as work:
        mine = (await work.session.execute(queries.grants(work))).scalars().all()
    with pytest.raises(NotFound):
        await office.perform(other.actor("admin"), lambda w: end_grant(w, mine[0].id, "not mine"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": ScopeKind.UNIT},
        {"scope": ScopeKind.REGION},
        {"region": "150"},
        {"scope": ScopeKind.REGION, "region": "QQ"},
        {"reason": " "},
    ],
)
async def test_a_grant_that_contradicts_itself_is_refused(
    office: Office, estate: Estate, wrong: dict[str, object]
) -> None:
    values: dict[str, object] = {
        "role": Role.FINANCE, "scope": ScopeKind.TENANT, "reason": "r", "person_id": estate.people["ada"], **wrong
    }  # fmt: skip
    with pytest.raises(BadInput):
        await office.perform(estate.actor("admin"), lambda w: grant_role(w, NewGrant(**values)))  # type: ignore[arg-type]


async def test_a_grant_names_one_principal(office: Office, estate: Estate) -> None:
    with pytest.raises(BadInput):
        await office.perform(
            estate.actor("admin"), lambda w: grant_role(w, NewGrant(Role.FINANCE, ScopeKind.TENANT, "nobody"))
        )
