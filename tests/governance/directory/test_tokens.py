"""Tokens are kept as hashes only, narrow their owner's rights, and open nothing once revoked or in another tenant."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from governance.directory import queries
from governance.directory.errors import SignInAgain
from governance.directory.models import Person, Token
from governance.directory.service import (
    NewGrant,
    NewServiceAccount,
    NewToken,
    actor_of_token,
    create_service_account,
    create_token,
    grant_role,
    operator,
    revoke_token,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.work import Office
from policies.access.actions import Action
from policies.access.parties import Ownership, Role, ScopeKind
from tests.estate import Estate


async def machine(office: Office, estate: Estate, role: Role = Role.IT_ADMIN, **token: object) -> tuple[Token, str]:
    admin = estate.actor("admin")
    account = await office.perform(
        admin, lambda w: create_service_account(w, NewServiceAccount("ingest", estate.units["it"]))
    )
    grant = NewGrant(role, ScopeKind.TENANT, "for ingest", service_account_id=account.id)
    await office.perform(admin, lambda w: grant_role(w, grant))
    new = NewToken("ci", service_account_id=account.id, **token)  # type: ignore[arg-type]
    return await office.perform(admin, lambda w: create_token(w, new))


async def test_only_the_hash_of_a_token_is_stored(office: Office, estate: Estate) -> None:
    row, secret = await machine(office, estate)
    assert secret.startswith("lic_")
    assert len(secret) == 4 + 43
    assert row.prefix == secret[:12]
    everything = ""
    async with office.database.system_read() as session:
        for table in ("token", "entry", "outbox_event"):
            rows = await session.execute(text(f"SELECT * FROM {table}"))
            everything += str(rows.all())
    assert secret not in everything
    assert secret[12:] not in everything


async def test_a_token_narrows_and_never_widens(office: Office, estate: Estate) -> None:
    _, secret = await machine(office, estate, Role.AUDITOR, actions=frozenset({Action.SEAT_READ, Action.SEAT_ASSIGN}))
    actor = await actor_of_token(office, secret)
    gate = await office.gates(estate.tenant_id)
    all_of_it = Ownership(estate.tenant_id)
    assert gate.permits(actor, Action.SEAT_READ, all_of_it)
    assert not gate.permits(actor, Action.PERSON_READ, all_of_it), "narrowed to seats"
    assert not gate.permits(actor, Action.SEAT_ASSIGN, all_of_it), "an auditor assigns nothing, token or not"


async def test_a_token_cannot_make_a_wider_token(office: Office, estate: Estate) -> None:
    narrow = replace(estate.actor("admin"), token_actions=frozenset({Action.TOKEN_CREATE, Action.SEAT_READ}))
    mine = NewToken("mine", person_id=estate.people["admin"])
    row, _ = await office.perform(narrow, lambda w: create_token(w, mine))
    assert row.actions == ["seat:read", "token:create"]
    wider = replace(mine, actions=frozenset({Action.SEAT_ASSIGN}))
    with pytest.raises(BadInput):
        await office.perform(narrow, lambda w: create_token(w, wider))


async def test_nobody_makes_a_token_that_speaks_for_another_person(office: Office, estate: Estate) -> None:
    for_ada = NewToken("as ada", person_id=estate.people["ada"])
    with pytest.raises(Refused):
        await office.perform(estate.actor("admin"), lambda w: create_token(w, for_ada))
    row, secret = await office.perform(operator(estate.tenant_id), lambda w: create_token(w, for_ada))
    assert (await actor_of_token(office, secret)).person_id == estate.people["ada"]
    assert row.person_id == estate.people["ada"]


async def test_a_revoked_token_is_refused(office: Office, estate: Estate) -> None:
    row, secret = await machine(office, estate)
    await actor_of_token(office, secret)
    admin = estate.actor("admin")
    await office.perform(admin, lambda w: revoke_token(w, row.id, "leaked"))
    with pytest.raises(SignInAgain):
        await actor_of_token(office, secret)
    with pytest.raises(WrongState):
        await office.perform(admin, lambda w: revoke_token(w, row.id))


async def test_an_expired_or_unknown_token_is_refused(office: Office, estate: Estate, clock: HandClock) -> None:
    _, secret = await machine(office, estate, expires_at=clock.now() + timedelta(hours=1))
    await actor_of_token(office, secret)
    clock.advance(timedelta(hours=1))
    for wrong in (secret, "lic_" + "A" * 43, "", "\udcff"):
        with pytest.raises(SignInAgain):
            await actor_of_token(office, wrong)


async def test_a_tokens_last_use_is_seen(office: Office, estate: Estate, clock: HandClock) -> None:
    row, secret = await machine(office, estate)
    await actor_of_token(office, secret)
    async with office.reading(estate.actor("admin")) as work:
        seen = (await work.session.execute(queries.visible_tokens(work).where(Token.id == row.id))).scalar_one()
    assert seen.last_used_at == clock.now()


async def test_a_token_of_one_tenant_cannot_see_another(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    row, secret = await machine(office, other)
    actor = await actor_of_token(office, secret)
    assert actor.tenant_id == other.tenant_id
    async with office.reading(actor) as work:
        people = (await work.session.execute(queries.visible_people(work))).scalars().all()
        assert {p.tenant_id for p in people} == {other.tenant_id}
        with pytest.raises(NotFound):
            await queries.person(work, estate.people["ada"])
        if office.database.kind == "postgresql":
            unfiltered = (await work.session.execute(select(Person.tenant_id))).scalars()
            assert set(unfiltered) == {other.tenant_id}
    with pytest.raises(NotFound):
        await office.perform(estate.actor("admin"), lambda w: revoke_token(w, row.id))


async def test_tokens_are_listed_where_their_owners_are(office: Office, estate: Estate) -> None:
    row, _ = await machine(office, estate)
    async with office.reading(estate.actor("auditor")) as work:
        listed = (await work.session.execute(queries.visible_tokens(work))).scalars().all()
    assert [t.id for t in listed] == [row.id]
    async with office.reading(estate.actor("ada")) as work:
        assert (await work.session.execute(queries.visible_tokens(work))).scalars().all() == []
