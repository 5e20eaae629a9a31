"""A right that was taken back while its holder was under way is worth nothing any more when they would commit."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from governance.directory import queries
from governance.directory.errors import SignInAgain
from governance.directory.models import OrgUnit
from governance.directory.rules import UnitKind
from governance.directory.service import (
    NewGrant,
    NewServiceAccount,
    NewToken,
    NewUnit,
    TenantCreated,
    actor_of_session,
    actor_of_token,
    add_unit,
    create_service_account,
    create_token,
    end_grant,
    grant_role,
    mark_left,
    operator,
    revoke_token,
    sign_in,
    sign_out,
)
from governance.kernel.errors import NotFound, RightsMoved
from governance.kernel.work import Office, Work
from policies.access.parties import Actor, Role, ScopeKind
from tests.governance.directory.conftest import PASSWORD


async def session_actor(office: Office) -> Actor:
    _, cookie = await sign_in(office, "born", "ina@born.example", PASSWORD)
    return (await actor_of_session(office, cookie)).actor


async def token_actor(office: Office, born: TenantCreated) -> tuple[Actor, Callable[[Work], Awaitable[object]]]:
    boss = operator(born.tenant.id)
    token, secret = await office.perform(boss, lambda w: create_token(w, NewToken("t", person_id=born.admin.id)))
    return await actor_of_token(office, secret), lambda w: revoke_token(w, token.id)


def unit(code: str) -> Callable[[Work], Awaitable[OrgUnit]]:
    async def verb(work: Work) -> OrgUnit:
        root = (await work.session.execute(select(OrgUnit.id).where(OrgUnit.tenant_id == work.tenant_id))).scalars()
        return await add_unit(work, NewUnit(code, code, UnitKind.DIVISION, parent_id=root.first()))

    return verb


async def units(office: Office, born: TenantCreated) -> set[str]:
    async with office.database.read(born.tenant.id) as session:
        return set((await session.execute(select(OrgUnit.code))).scalars())


async def ending_roles(office: Office, born: TenantCreated) -> None:
    boss = operator(born.tenant.id)
    async with office.reading(boss) as work:
        held = (await work.session.execute(queries.grants(work))).scalars().all()
    for grant in held:
        await office.perform(boss, lambda w, grant=grant: end_grant(w, grant.id, "out"))


async def test_an_ended_role_undoes_what_was_under_way(office: Office, born: TenantCreated) -> None:
    """The verb runs once more under the rights of now: the tree it wanted to add to is outside its scope."""
    actor = await session_actor(office)
    before = await units(office, born)
    await ending_roles(office, born)
    with pytest.raises(NotFound):
        await office.perform(actor, unit("late"))
    assert await units(office, born) == before


async def test_a_transaction_that_is_open_while_a_role_ends_does_not_commit(
    office: Office, born: TenantCreated
) -> None:
    """On PostgreSQL the revoke goes through beside the open transaction; on SQLite it waits for its turn."""
    actor = await session_actor(office)
    if office.database.kind == "sqlite":
        await ending_roles(office, born)
        with pytest.raises(RightsMoved):
            async with office.writing(actor) as work:
                await unit("late")(work)
    else:

        async def under_way() -> None:
            async with office.writing(actor) as work:
                await unit("late")(work)
                await ending_roles(office, born)

        with pytest.raises(RightsMoved):
            await under_way()
    assert "late" not in await units(office, born)


@pytest.mark.parametrize("how", ["revoked token", "left", "signed out"])
async def test_a_credential_that_ended_commits_nothing_more(office: Office, born: TenantCreated, how: str) -> None:
    boss = operator(born.tenant.id)
    if how == "signed out":
        _, cookie = await sign_in(office, "born", "ina@born.example", PASSWORD)
        signed_in = await actor_of_session(office, cookie)
        actor = signed_in.actor
        await sign_out(office, signed_in)
    else:
        actor, revoke = await token_actor(office, born)
        await office.perform(boss, revoke if how == "revoked token" else lambda w: mark_left(w, born.admin.id))
    with pytest.raises((SignInAgain, RightsMoved)):
        await office.perform(actor, unit("late"))
    assert "late" not in await units(office, born)


async def test_rights_of_others_that_move_disturb_nobody(office: Office, born: TenantCreated) -> None:
    actor = await session_actor(office)
    boss = operator(born.tenant.id)
    robot = NewServiceAccount("robot", born.root.id)
    account = await office.perform(boss, lambda w: create_service_account(w, robot))
    auditor = NewGrant(Role.AUDITOR, ScopeKind.TENANT, "looks", service_account_id=account.id)
    await office.perform(boss, lambda w: grant_role(w, auditor))
    async with office.writing(actor) as work:
        await unit("mine")(work)
    assert "mine" in await units(office, born)


async def test_one_who_gives_roles_may_go_on(office: Office, born: TenantCreated) -> None:
    """Raising the number in one's own transaction is no movement of others."""
    actor = await session_actor(office)
    auditor = NewGrant(Role.AUDITOR, ScopeKind.TENANT, "also", person_id=born.admin.id)
    row = await office.perform(actor, lambda w: grant_role(w, auditor))
    assert row.granted_by == actor.principal


async def test_a_revoke_is_answered_after_what_was_decided_before_it(office: Office, born: TenantCreated) -> None:
    """Once the last look is taken, the number cannot be raised until the commit."""
    if office.database.kind == "sqlite":
        pytest.skip("on SQLite a writing transaction is alone")
    actor = await session_actor(office)
    async with office.database.write(born.tenant.id) as session:
        await office.rights.revision(session, born.tenant.id)
        revoking = asyncio.create_task(ending_roles(office, born))
        done, _ = await asyncio.wait({revoking}, timeout=0.5)
        assert not done
    await revoking
    with pytest.raises(NotFound):
        await office.perform(actor, unit("late"))
