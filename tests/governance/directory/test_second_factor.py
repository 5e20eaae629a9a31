"""With an app enrolled a password is half a sign-in; codes and recovery codes pass once; tries are counted."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from governance.audit.models import Entry
from governance.directory.errors import CodeRefused, ProofTooOld, SignInAgain, SignInFailed
from governance.directory.models import Account, HalfSignIn, Session
from governance.directory.one_time import code_at, step_of
from governance.directory.service import (
    TenantCreated,
    actor_of_session,
    confirm_second_factor,
    finish_sign_in,
    mark_left,
    new_recovery_codes,
    operator,
    pending_enrollment,
    prove_again,
    remove_second_factor,
    reset_second_factor,
    sign_in,
    standing_factor,
    start_second_factor,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused, WrongState
from governance.kernel.sealed import SealBroken, seal, unseal
from governance.kernel.work import Office
from policies.access.parties import Actor
from tests.governance.directory.conftest import PASSWORD

LOGIN = "ina@born.example"


class Ina:
    """Ina at her keys: what her app shows, and what she does with it."""

    def __init__(self, office: Office, clock: HandClock, tenant_id: UUID) -> None:
        self.office, self.clock, self.tenant_id = office, clock, tenant_id
        self.secret = b""
        self.codes: tuple[str, ...] = ()

    def shown(self, steps: int = 0) -> str:
        return code_at(self.secret, step_of(self.clock.now()) + steps)

    async def enter(self) -> tuple[Session | HalfSignIn, str]:
        return await sign_in(self.office, "born", LOGIN, PASSWORD)

    async def enroll(self) -> None:
        row, cookie = await self.enter()
        actor = (await actor_of_session(self.office, cookie)).actor
        begun = await self.office.perform(actor, lambda w: start_second_factor(w, row.account_id))
        self.secret = _plain(begun.secret)
        self.codes = await self.office.perform(actor, lambda w: confirm_second_factor(w, row.account_id, self.shown()))
        self.clock.advance(timedelta(seconds=30))


def _plain(secret: str) -> bytes:
    import base64

    return base64.b32decode(secret + "=" * (-len(secret) % 8))


@pytest.fixture
async def enrolled(office: Office, clock: HandClock, born: TenantCreated) -> Ina:
    ina = Ina(office, clock, born.tenant.id)
    await ina.enroll()
    return ina


async def entries(office: Office, tenant_id: UUID, act: str) -> int:
    async with office.database.read(tenant_id) as session:
        return len((await session.execute(select(Entry).where(Entry.act == act))).scalars().all())


async def test_a_password_alone_is_half_a_sign_in(office: Office, enrolled: Ina) -> None:
    half, secret = await enrolled.enter()
    assert isinstance(half, HalfSignIn)
    with pytest.raises(SignInAgain):
        await actor_of_session(office, secret)
    row, cookie = await finish_sign_in(office, secret, enrolled.shown())
    assert cookie != secret, "a session has a secret of its own"
    assert (await actor_of_session(office, cookie)).session_id == row.id
    with pytest.raises(SignInAgain):
        await actor_of_session(office, secret)


async def test_the_same_code_does_not_pass_twice(office: Office, enrolled: Ina) -> None:
    code = enrolled.shown()
    await finish_sign_in(office, (await enrolled.enter())[1], code)
    with pytest.raises(SignInFailed):
        await finish_sign_in(office, (await enrolled.enter())[1], code)
    enrolled.clock.advance(timedelta(seconds=30))
    await finish_sign_in(office, (await enrolled.enter())[1], enrolled.shown())


async def test_of_many_who_send_one_code_at_once_one_comes_in(office: Office, enrolled: Ina) -> None:
    halves = [(await enrolled.enter())[1] for _ in range(2)]
    code = enrolled.shown()
    tried = await asyncio.gather(*(finish_sign_in(office, half, code) for half in halves), return_exceptions=True)
    assert [type(each).__name__ for each in tried].count("tuple") == 1, tried


async def test_half_a_sign_in_ends_after_five_minutes_and_when_used(office: Office, enrolled: Ina) -> None:
    _, used = await enrolled.enter()
    await finish_sign_in(office, used, enrolled.shown())
    enrolled.clock.advance(timedelta(seconds=30))
    _, old = await enrolled.enter()
    enrolled.clock.advance(timedelta(minutes=5))
    for secret in (used, old, "", "x"):
        with pytest.raises(SignInFailed):
            await finish_sign_in(office, secret, enrolled.shown())


async def test_codes_cannot_be_tried_by_giving_the_password_again(office: Office, enrolled: Ina) -> None:
    _, secret = await enrolled.enter()
    for _ in range(4):
        with pytest.raises(SignInFailed):
            await finish_sign_in(office, secret, "000000")
    with pytest.raises(SignInFailed):
        await finish_sign_in(office, secret, enrolled.shown())
    with pytest.raises(SignInFailed):
        await enrolled.enter()
    enrolled.clock.advance(timedelta(minutes=15))
    await finish_sign_in(office, (await enrolled.enter())[1], enrolled.shown())


async def test_a_recovery_code_passes_once_and_is_kept_as_a_hash(office: Office, enrolled: Ina) -> None:
    code = enrolled.codes[3]
    await finish_sign_in(office, (await enrolled.enter())[1], code.upper().replace("-", " "))
    with pytest.raises(SignInFailed):
        await finish_sign_in(office, (await enrolled.enter())[1], code)
    assert await entries(office, enrolled.tenant_id, "second_factor:use_recovery_code") == 1
    async with office.database.system_read() as session:
        kept = str((await session.execute(text("SELECT code_hash FROM recovery_code"))).all())
        sealed = str((await session.execute(text("SELECT secret_sealed FROM second_factor"))).all())
    assert not any(each in kept for each in enrolled.codes)
    assert enrolled.secret.hex() not in sealed


async def test_proof_again_asks_for_the_code_too(office: Office, enrolled: Ina) -> None:
    _, cookie = await finish_sign_in(office, (await enrolled.enter())[1], enrolled.shown())
    enrolled.clock.advance(timedelta(hours=1))
    signed_in = await actor_of_session(office, cookie)
    for code in ("", "000000"):
        with pytest.raises(SignInFailed):
            await prove_again(office, signed_in, PASSWORD, code)
    proved = await prove_again(office, signed_in, PASSWORD, enrolled.shown())
    assert proved.actor.authenticated_at == enrolled.clock.now()


async def test_enrolling_asks_for_a_fresh_proof_and_for_the_first_code(
    office: Office, clock: HandClock, born: TenantCreated, ina: Actor
) -> None:
    row, cookie = await sign_in(office, "born", LOGIN, PASSWORD)
    account = row.account_id
    with pytest.raises(ProofTooOld):
        await office.perform(ina, lambda w: start_second_factor(w, account))
    actor = (await actor_of_session(office, cookie)).actor
    begun = await office.perform(actor, lambda w: start_second_factor(w, account))
    async with office.reading(actor) as work:
        assert await pending_enrollment(work, account) == begun
    with pytest.raises(CodeRefused):
        await office.perform(actor, lambda w: confirm_second_factor(w, account, "000000"))
    again, _ = await sign_in(office, "born", LOGIN, PASSWORD)
    assert isinstance(again, Session), "what was not confirmed asks for nothing"
    clock.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(ProofTooOld):
        await office.perform(actor, lambda w: confirm_second_factor(w, account, "000000"))


async def test_only_the_owner_enrolls_and_only_an_admin_resets(
    office: Office, enrolled: Ina, born: TenantCreated
) -> None:
    half, _ = await enrolled.enter()
    account = half.account_id
    stranger = Actor(born.tenant.id, f"service:{born.admin.id}", authenticated_at=enrolled.clock.now())
    for verb in (start_second_factor, remove_second_factor, new_recovery_codes):
        with pytest.raises(NotFound):
            await office.perform(stranger, lambda w, verb=verb: verb(w, account))
    ina = born.admin.id
    with pytest.raises((NotFound, Refused)):
        await office.perform(stranger, lambda w: reset_second_factor(w, ina, "lost"))
    await office.perform(operator(born.tenant.id), lambda w: reset_second_factor(w, ina, "lost the phone"))
    assert isinstance((await enrolled.enter())[0], Session)
    with pytest.raises(WrongState):
        await office.perform(operator(born.tenant.id), lambda w: reset_second_factor(w, ina, "again"))


async def test_new_codes_end_the_old_and_removing_ends_all(office: Office, enrolled: Ina) -> None:
    row, cookie = await finish_sign_in(office, (await enrolled.enter())[1], enrolled.shown())
    actor = (await actor_of_session(office, cookie)).actor
    fresh = await office.perform(actor, lambda w: new_recovery_codes(w, row.account_id))
    assert set(fresh).isdisjoint(enrolled.codes)
    with pytest.raises(SignInFailed):
        await finish_sign_in(office, (await enrolled.enter())[1], enrolled.codes[0])
    await finish_sign_in(office, (await enrolled.enter())[1], fresh[0])
    async with office.reading(actor) as work:
        assert (await standing_factor(work, row.account_id)).codes_left == 9
    await office.perform(actor, lambda w: remove_second_factor(w, row.account_id))
    assert isinstance((await enrolled.enter())[0], Session)


async def test_a_leaver_does_not_come_in_by_a_code(office: Office, enrolled: Ina, born: TenantCreated) -> None:
    _, secret = await enrolled.enter()
    await office.perform(operator(born.tenant.id), lambda w: mark_left(w, born.admin.id))
    with pytest.raises(SignInFailed):
        await finish_sign_in(office, secret, enrolled.shown())


async def test_what_is_sealed_opens_for_its_owner_and_purpose_only(office: Office) -> None:
    sealed = seal(office.secret, office.ids, purpose="second factor", about="one", text="the text")
    assert unseal(office.secret, sealed, purpose="second factor", about="one") == "the text"
    broken = ("x" if sealed[-1] != "x" else "y").join((sealed[:-1], ""))
    for secret, given, purpose, about in (
        (b"another secret of thirty-two bytes", sealed, "second factor", "one"),
        (office.secret, sealed, "provider", "one"),
        (office.secret, sealed, "second factor", "two"),
        (office.secret, broken[:20] + "A" + broken[21:], "second factor", "one"),
        (office.secret, "", "second factor", "one"),
        (office.secret, "ä", "second factor", "one"),
    ):
        with pytest.raises(SealBroken):
            unseal(secret, given, purpose=purpose, about=about)


async def test_an_account_rests_longer_each_time(office: Office, born: TenantCreated, clock: HandClock) -> None:
    for minutes in (15, 30, 60):
        for _ in range(5):
            with pytest.raises(SignInFailed):
                await sign_in(office, "born", LOGIN, "wrong password!")
        async with office.database.read(born.tenant.id) as session:
            locked = (await session.execute(select(Account.locked_until))).scalar_one()
        assert locked == clock.now() + timedelta(minutes=minutes)
        clock.advance(timedelta(minutes=minutes))
    await sign_in(office, "born", LOGIN, PASSWORD)
