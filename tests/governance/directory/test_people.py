"""People are entered once by their natural key, placed from a day on, and leave nothing open behind them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory import queries
from governance.directory.errors import SignInAgain
from governance.directory.models import Person, PersonPlacement
from governance.directory.rules import PersonStatus
from governance.directory.service import (
    NewToken,
    PersonFacts,
    TenantCreated,
    actor_of_session,
    actor_of_token,
    create_token,
    mark_left,
    operator,
    sign_in,
    upsert_person,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate
from tests.governance.directory.conftest import PASSWORD


def facts(estate: Estate, **changes: Any) -> PersonFacts:
    base = PersonFacts("e-1", "Dora Secretname", "Dora@Halden.example", estate.units["sales"], "DE")
    return replace(base, **changes)


async def events(office: Office, tenant_id: UUID) -> list[str]:
    async with office.database.read(tenant_id) as session:
        rows = await session.execute(select(OutboxEvent.name).where(OutboxEvent.tenant_id == tenant_id))
        return sorted(rows.scalars())


async def test_the_same_facts_twice_change_nothing(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    first = await office.perform(admin, lambda w: upsert_person(w, facts(estate)))
    again = await office.perform(admin, lambda w: upsert_person(w, facts(estate)))
    assert (first.id, first.version) == (again.id, again.version)
    assert await events(office, estate.tenant_id) == []


async def test_a_move_is_dated_and_the_trail_names_personal_fields_without_their_values(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    row = await office.perform(admin, lambda w: upsert_person(w, facts(estate)))
    clock.advance(timedelta(days=3))
    moved = facts(estate, unit_id=estate.units["it"], country="FR", name="Dora Othername")
    row = await office.perform(admin, lambda w: upsert_person(w, moved))
    assert row.version == 2
    async with office.database.read(estate.tenant_id) as session:
        entries = (await session.execute(select(Entry).where(Entry.subject_id == row.id))).scalars().all()
        places = (
            (await session.execute(select(PersonPlacement).where(PersonPlacement.person_id == row.id))).scalars().all()
        )
    assert "Othername" not in str([(e.before, e.after) for e in entries])
    assert "Secretname" not in str([(e.before, e.after) for e in entries])
    changed = next(e for e in entries if e.before)
    assert changed.after == {"changed": ["country", "name"], "unit_id": str(estate.units["it"])}
    live = sorted((p.country, p.end is None) for p in places if p.superseded_at is None)
    assert live == [("DE", False), ("FR", True)]


async def test_a_leaver_loses_session_and_token_at_once(office: Office, born: TenantCreated) -> None:
    tenant_id, admin_id = born.tenant.id, born.admin.id
    _, cookie = await sign_in(office, "born", "ina@born.example", PASSWORD)
    _, secret = await office.perform(
        operator(tenant_id), lambda w: create_token(w, NewToken("laptop", person_id=admin_id))
    )
    left = await office.perform(operator(tenant_id), lambda w: mark_left(w, admin_id))
    assert left.status is PersonStatus.LEFT
    with pytest.raises(SignInAgain):
        await actor_of_session(office, cookie)
    with pytest.raises(SignInAgain):
        await actor_of_token(office, secret)
    assert "PersonLeft" in await events(office, tenant_id)
    with pytest.raises(WrongState):
        await office.perform(operator(tenant_id), lambda w: mark_left(w, admin_id))


async def test_one_who_returns_is_known_again_and_says_so(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    for status in (PersonStatus.ACTIVE, PersonStatus.LEFT, PersonStatus.ACTIVE):
        row = await office.perform(admin, lambda w, s=status: upsert_person(w, facts(estate, status=s)))
    assert row.left_at is None
    assert await events(office, estate.tenant_id) == ["PersonLeft", "PersonReturned"]


@pytest.mark.parametrize(
    "wrong", [{"mail": "nowhere"}, {"name": " "}, {"country": "XX"}, {"country": "150"}, {"external_id": "x" * 121}]
)
async def test_facts_that_cannot_be_are_refused_by_field(office: Office, estate: Estate, wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        await office.perform(estate.actor("admin"), lambda w: upsert_person(w, facts(estate, **wrong)))
    assert [refused.value.field] == list(wrong)


async def test_people_are_edited_only_within_reach(office: Office, estate: Estate) -> None:
    owner = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    await office.perform(owner, lambda w: upsert_person(w, facts(estate)))
    with pytest.raises(NotFound):
        await office.perform(owner, lambda w: upsert_person(w, facts(estate, unit_id=estate.units["it"])))
    with pytest.raises(NotFound):
        await office.perform(owner, lambda w: mark_left(w, estate.people["admin"]))
    taken = facts(estate, external_id="admin")
    with pytest.raises(Refused):
        await office.perform(owner, lambda w: upsert_person(w, taken))
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda w: mark_left(w, estate.people["ada"]))


async def test_a_person_is_found_by_mail_however_it_is_written(office: Office, estate: Estate) -> None:
    async with office.reading(estate.actor("admin")) as work:
        found = await queries.person_by_mail(work, " ADA@halden.EXAMPLE ")
        assert found is not None
        assert found.id == estate.people["ada"]
        assert await queries.person_by_mail(work, "nobody@halden.example") is None
    async with office.database.read(estate.tenant_id) as session:
        assert await session.get(Person, (estate.tenant_id, estate.people["ada"])) is not None
