"""Sign-in gives one answer for every failure, rests after five, and ends when idle, when old, and on request."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from governance.audit.models import Entry
from governance.directory.errors import SignInAgain, SignInFailed
from governance.directory.models import Account, HalfSignIn, Session
from governance.directory.service import (
    ChangePassword,
    NewAccount,
    NewTenant,
    TenantCreated,
    actor_of_session,
    change_password,
    create_account,
    create_tenant,
    mark_left,
    operator,
    prove_again,
    sign_in,
    sign_out,
)
from governance.directory.service.coming_in import at_the_door, come_half_way
from governance.directory.service.forgetting import forget_sign_ins
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Office
from policies.access.parties import Actor
from tests.governance.directory.conftest import PASSWORD
from tests.hashing import RECOMMENDED

LOGIN = "ina@born.example"


def test_servers_hash_as_rfc_9106_recommends() -> None:
    """Its second recommended option (section 4): argon2id, 64 MiB, three passes, four lanes."""
    assert RECOMMENDED.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def account_of(office: Office, tenant_id: UUID) -> Account:
    async with office.database.read(tenant_id) as session:
        return (await session.execute(select(Account).where(Account.tenant_id == tenant_id))).scalar_one()


async def test_a_session_says_who_it_is_and_keeps_only_hashes(office: Office, born: TenantCreated) -> None:
    row, cookie = await sign_in(office, "born", "INA@born.example ", PASSWORD)
    signed_in = await actor_of_session(office, cookie)
    assert signed_in.actor.person_id == born.admin.id
    assert signed_in.tenant.slug == "born"
    assert signed_in.csrf == row.csrf
    async with office.database.system_read() as session:
        stored = str((await session.execute(text("SELECT secret_hash FROM session"))).all())
        trail = str([(e.before, e.after) for e in (await session.execute(select(Entry))).scalars()])
    assert cookie not in stored
    assert cookie not in trail
    assert PASSWORD not in trail


async def test_without_a_tenant_a_login_must_be_the_only_one(office: Office, born: TenantCreated) -> None:
    await sign_in(office, None, LOGIN, PASSWORD)
    twin = NewTenant("Twin", "twin", "Ina", LOGIN, admin_password=PASSWORD)
    await create_tenant(office, twin)
    with pytest.raises(SignInFailed):
        await sign_in(office, None, LOGIN, PASSWORD)
    _, cookie = await sign_in(office, "twin", LOGIN, PASSWORD)
    assert (await actor_of_session(office, cookie)).tenant.slug == "twin"


async def test_every_failure_gives_the_same_answer(office: Office, born: TenantCreated) -> None:
    answers = []
    for slug, login, password in (
        ("born", LOGIN, "wrong password!"),
        ("born", "nobody@born.example", PASSWORD),
        ("nowhere", LOGIN, PASSWORD),
        (None, "nobody", ""),
    ):
        with pytest.raises(SignInFailed) as failed:
            await sign_in(office, slug, login, password)
        answers.append((failed.value.message(), dict(failed.value.facts()), failed.value.path()))
    await office.perform(operator(born.tenant.id), lambda w: mark_left(w, born.admin.id))
    with pytest.raises(SignInFailed) as failed:
        await sign_in(office, "born", LOGIN, PASSWORD)
    answers.append((failed.value.message(), dict(failed.value.facts()), failed.value.path()))
    assert all(answer == answers[0] for answer in answers)


async def test_after_five_failures_the_right_password_waits_fifteen_minutes(
    office: Office, born: TenantCreated, clock: HandClock
) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await sign_in(office, "born", LOGIN, "wrong password!")
    with pytest.raises(SignInFailed):
        await sign_in(office, "born", LOGIN, PASSWORD)
    clock.advance(timedelta(minutes=15) - timedelta(microseconds=1))
    with pytest.raises(SignInFailed):
        await sign_in(office, "born", LOGIN, PASSWORD)
    clock.advance(timedelta(microseconds=1))
    await sign_in(office, "born", LOGIN, PASSWORD)
    assert (await account_of(office, born.tenant.id)).failures == 0
    async with office.database.read(born.tenant.id) as session:
        locks = (await session.execute(select(Entry).where(Entry.act == "account:lock"))).scalars().all()
    assert len(locks) == 1


async def test_four_failures_are_forgiven_by_a_success(office: Office, born: TenantCreated) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(SignInFailed):
                await sign_in(office, "born", LOGIN, "wrong password!")
        await sign_in(office, "born", LOGIN, PASSWORD)


async def test_a_session_ends_when_idle_and_for_good_after_seven_days(
    office: Office, born: TenantCreated, clock: HandClock
) -> None:
    _, idle = await sign_in(office, "born", LOGIN, PASSWORD)
    clock.advance(timedelta(hours=11))
    await actor_of_session(office, idle)
    clock.advance(timedelta(hours=11))
    await actor_of_session(office, idle)
    clock.advance(timedelta(hours=12))
    with pytest.raises(SignInAgain):
        await actor_of_session(office, idle)
    _, busy = await sign_in(office, "born", LOGIN, PASSWORD)
    for _ in range(15):
        clock.advance(timedelta(hours=11))
        await actor_of_session(office, busy)
    clock.advance(timedelta(hours=3))
    with pytest.raises(SignInAgain):
        await actor_of_session(office, busy)


async def test_signing_out_ends_this_session_and_no_other(office: Office, born: TenantCreated) -> None:
    _, one = await sign_in(office, "born", LOGIN, PASSWORD)
    _, two = await sign_in(office, "born", LOGIN, PASSWORD)
    await sign_out(office, await actor_of_session(office, one))
    with pytest.raises(SignInAgain):
        await actor_of_session(office, one)
    await actor_of_session(office, two)


async def test_proof_can_be_given_again_and_a_wrong_one_counts(
    office: Office, born: TenantCreated, clock: HandClock
) -> None:
    _, cookie = await sign_in(office, "born", LOGIN, PASSWORD)
    clock.advance(timedelta(hours=1))
    signed_in = await actor_of_session(office, cookie)
    with pytest.raises(SignInFailed):
        await prove_again(office, signed_in, "wrong password!")
    assert (await account_of(office, born.tenant.id)).failures == 1
    proved = await prove_again(office, signed_in, PASSWORD)
    assert proved.actor.authenticated_at == clock.now()
    assert (await actor_of_session(office, cookie)).actor.authenticated_at == clock.now()


async def test_a_new_password_ends_the_other_sessions(office: Office, born: TenantCreated, ina: Actor) -> None:
    _, other = await sign_in(office, "born", LOGIN, PASSWORD)
    row, mine = await sign_in(office, "born", LOGIN, PASSWORD)
    change = ChangePassword(row.account_id, "another long password", PASSWORD, keep_session=row.id)
    await office.perform(ina, lambda w: change_password(w, change))
    await actor_of_session(office, mine)
    with pytest.raises(SignInAgain):
        await actor_of_session(office, other)
    with pytest.raises(SignInFailed):
        await sign_in(office, "born", LOGIN, PASSWORD)
    await sign_in(office, "born", LOGIN, "another long password")


async def test_the_own_password_is_changed_only_by_who_knows_it(
    office: Office, born: TenantCreated, ina: Actor
) -> None:
    account = await account_of(office, born.tenant.id)
    wrong = ChangePassword(account.id, "another long password", "guess")
    right = ChangePassword(account.id, "another long password", PASSWORD)
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await office.perform(ina, lambda w: change_password(w, wrong))
    with pytest.raises(SignInFailed):
        await office.perform(ina, lambda w: change_password(w, right))
    stranger = Actor(born.tenant.id, f"service:{born.admin.id}")
    with pytest.raises(NotFound):
        await office.perform(stranger, lambda w: change_password(w, right))


async def test_an_account_needs_a_free_login_and_a_long_password(office: Office, born: TenantCreated) -> None:
    with pytest.raises(BadInput) as short:
        await create_tenant(office, NewTenant("Q", "q", "Q", "q@q.example", admin_password="short"))
    assert "short" not in short.value.message()
    again = NewAccount(born.admin.id, "other", PASSWORD)
    with pytest.raises(BadInput):
        await office.perform(operator(born.tenant.id), lambda w: create_account(w, again))


async def test_an_unknown_or_foreign_cookie_opens_nothing(office: Office, born: TenantCreated) -> None:
    row, cookie = await sign_in(office, "born", LOGIN, PASSWORD)
    for wrong in ("", "x", cookie + "x", row.secret_hash, "\udcff\x00"):
        with pytest.raises(SignInAgain):
            await actor_of_session(office, wrong)
    async with office.database.read(born.tenant.id) as session:
        assert len((await session.execute(select(Session))).scalars().all()) == 1


async def test_what_is_over_for_a_month_is_forgotten_and_what_stands_stays(
    office: Office, born: TenantCreated, clock: HandClock
) -> None:
    """Of three sessions one ended, one ran out and one stands; the trail keeps its entries and gets no new ones."""

    async def kept() -> tuple[int, int, int]:
        async with office.database.read(born.tenant.id) as session:
            counted = [select(func.count()).select_from(kind) for kind in (Session, HalfSignIn, Entry)]
            first, second, third = [(await session.execute(query)).scalar_one() for query in counted]
        return first, second, third

    _, ended = await sign_in(office, "born", LOGIN, PASSWORD)
    await sign_out(office, await actor_of_session(office, ended))
    await sign_in(office, "born", LOGIN, PASSWORD)
    async with office.writing(at_the_door(born.tenant.id)) as work:
        await come_half_way(work, (await account_of(office, born.tenant.id)).id)
    clock.advance(timedelta(days=29))
    await sign_in(office, "born", LOGIN, PASSWORD)
    sessions, halves, entries = await kept()
    await forget_sign_ins(office)
    assert (sessions, halves) == (3, 1)
    assert await kept() == (3, 0, entries)
    clock.advance(timedelta(days=2))
    await forget_sign_ins(office)
    assert await kept() == (1, 0, entries)
