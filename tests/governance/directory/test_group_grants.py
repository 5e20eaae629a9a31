"""A role that a group holds is its members' role, from the instant they join until the instant they leave."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.dialects import sqlite

from governance.directory import queries
from governance.directory.granted import GRANTED_TO_PERSON
from governance.directory.models import Group, RoleGrant
from governance.directory.service import NewGrant, end_grant, grant_role
from governance.directory.service.groups import GroupFacts, change_members, end_group, provision_group
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Office, Work
from governance.notices.queries import people_with_role
from governance.rulebook.access import explain_access
from governance.rulebook.queries import grants_by_principal
from policies.access.actions import Action
from policies.access.parties import Grant, Ownership, Role, ScopeKind
from tests.estate import Estate

AUDITS = Role.AUDITOR


def group_of(name: str, *people: UUID) -> Callable[[Work], Awaitable[Group]]:
    return lambda work: provision_group(work, GroupFacts(name, name.casefold(), members=people))


async def held(office: Office, estate: Estate, who: str) -> frozenset[Grant]:
    async with office.database.read(estate.tenant_id) as session:
        return await queries.grants_of(
            session, estate.tenant_id, office.clock.now(), person_id=estate.people[who], service_account_id=None
        )


async def revision(office: Office, estate: Estate) -> int:
    async with office.database.read(estate.tenant_id) as session:
        return await queries.policy_revision(session, estate.tenant_id)


async def granted(office: Office, estate: Estate, group: Group) -> RoleGrant:
    command = NewGrant(AUDITS, ScopeKind.TENANT, "the audit of the year", group_id=group.id)
    return await office.perform(estate.actor("admin"), lambda work: grant_role(work, command))


async def test_members_hold_what_their_group_holds_while_they_are_in_it(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    group = await office.perform(admin, group_of("Auditors", ada))
    first = await revision(office, estate)
    row = await granted(office, estate, group)
    through = Grant(AUDITS, ScopeKind.TENANT, group_id=group.id)
    assert await held(office, estate, "ada") == {through}
    assert await held(office, estate, "ben") == frozenset()
    clock.advance(timedelta(days=1))
    await office.perform(admin, lambda w: change_members(w, group.id, joining=[ben], leaving=[ada]))
    assert await held(office, estate, "ada") == frozenset()
    assert await held(office, estate, "ben") == {through}
    assert await revision(office, estate) == first + 2
    async with office.reading(admin) as work:
        assert estate.people["ben"] in await people_with_role(work, AUDITS)
        assert (await grants_by_principal(work))[f"person:{ben}"] == {through}
        tenant = Ownership(work.tenant_id)
        said = await explain_access(work, f"person:{ben}", Action.AUDIT_READ, tenant)
        assert said.permitted
        assert through in [reason.grant for reason in said.reasons]
        then = await explain_access(work, f"person:{ada}", Action.AUDIT_READ, tenant, clock.now() - timedelta(hours=1))
        assert then.permitted
    clock.advance(timedelta(days=1))
    await office.perform(admin, lambda w: end_grant(w, row.id, "the audit is done"))
    assert await held(office, estate, "ben") == frozenset()


async def test_the_revision_moves_with_the_members_only_while_the_group_holds_a_role(
    office: Office, estate: Estate
) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    group = await office.perform(admin, group_of("Runners", ada))
    first = await revision(office, estate)
    await office.perform(admin, lambda w: change_members(w, group.id, joining=[ben]))
    assert await revision(office, estate) == first
    await granted(office, estate, group)
    await office.perform(admin, lambda w: end_group(w, group.id))
    assert await revision(office, estate) == first + 2
    assert await held(office, estate, "ada") == frozenset()


async def test_a_group_is_named_alone_and_must_be_there(office: Office, estate: Estate) -> None:
    admin, ada = estate.actor("admin"), estate.people["ada"]
    group = await office.perform(admin, group_of("Auditors", ada))
    both = NewGrant(AUDITS, ScopeKind.TENANT, "r", person_id=ada, group_id=group.id)
    with pytest.raises(BadInput):
        await office.perform(admin, lambda w: grant_role(w, both))
    twin = await Estate.raised(office, "Twin Group")
    foreign = NewGrant(AUDITS, ScopeKind.TENANT, "r", group_id=group.id)
    with pytest.raises(NotFound):
        await office.perform(twin.actor("admin"), lambda w: grant_role(w, foreign))


def test_what_a_person_may_do_is_found_by_keys_whatever_the_statistics_say(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Counted when a tenant had ten grants, and never again: a look through all of them would seem cheaper."""
    path = shutil.copyfile(sqlite_template, tmp_path / "young.sqlite")
    with closing(sqlite3.connect(path)) as young:
        young.execute("ANALYZE")
        names = young.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'role_grant'")
        counted = [("role_grant", name, "10 10 1") for (name,) in names]
        young.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", counted)
        young.commit()
    asked = GRANTED_TO_PERSON.compile(dialect=sqlite.dialect())
    with closing(sqlite3.connect(path)) as young:
        plan = young.execute(f"EXPLAIN QUERY PLAN {asked}", [b""] * len(asked.positiontup or ())).fetchall()
    read = [step.split()[:2] for *_, step in plan if step.startswith(("SEARCH", "SCAN"))]
    assert read == [["SEARCH", name] for name in ("role_grant", "group_member", "group_grant", "role_grant")]
