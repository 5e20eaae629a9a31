"""How a proven account comes in: at once, or half way until its code is given; each time with a new secret."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, update

from governance.directory.errors import SignInFailed
from governance.directory.models import Account, HalfSignIn, Person, Session
from governance.directory.rules import ABSOLUTE_TIMEOUT, CODE_AWAITED_FOR, PersonStatus
from governance.directory.service.accounts import attempt
from governance.directory.service.second_factor import code_passes
from governance.directory.service.secrets import hashed, new_secret
from governance.kernel.work import Change, Office, Work
from policies.access.parties import Actor


async def open_session(
    work: Work, account_id: UUID, authenticated_at: datetime | None = None, by: str = "password"
) -> tuple[Session, str]:
    """Open a session and give its cookie's value, the only time that it is known; failures of before are forgiven."""
    secret, now = new_secret(work.ids), work.now()
    await clear_failures(work, account_id)
    row = Session(
        tenant_id=work.tenant_id, id=work.new_id(), account_id=account_id, secret_hash=hashed(secret),
        csrf=new_secret(work.ids), created_at=now, authenticated_at=authenticated_at or now, last_seen_at=now,
        ends_at=now + ABSOLUTE_TIMEOUT, ended_at=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("session:create", "account", account_id, after={"session_id": row.id, "by": by}))
    return row, secret


async def come_half_way(work: Work, account_id: UUID) -> tuple[HalfSignIn, str]:
    """Keep for five minutes that the password was right; the failures counted so far stay, so codes cannot be tried."""
    secret, now = new_secret(work.ids), work.now()
    row = HalfSignIn(
        tenant_id=work.tenant_id, id=work.new_id(), account_id=account_id, secret_hash=hashed(secret), created_at=now,
        expires_at=now + CODE_AWAITED_FOR, spent_at=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("session:await_code", "account", account_id))
    return row, secret


async def finish_sign_in(office: Office, half_secret: str, code: str) -> tuple[Session, str]:
    """Open the session that a right password began, by a code of the app or a recovery code.

    Raises SignInFailed, alike for a wrong or used code, a half sign-in too old or used, a locked account, a leaver.
    """
    half = await _half(office, half_secret)
    if half is None:
        raise SignInFailed
    async with office.writing(at_the_door(half.tenant_id)) as work:
        may = await attempt(work, half.account_id)
    if not may:
        raise SignInFailed
    async with office.writing(at_the_door(half.tenant_id)) as work:
        passed = await code_passes(work, half.account_id, code) and await _spend(work, half)
        opened = await open_session(work, half.account_id, by="password and code") if passed else None
    if opened is None:
        raise SignInFailed
    return opened


async def clear_failures(work: Work, account_id: UUID) -> None:
    """Forget the failed tries of an account."""
    await work.session.execute(
        update(Account)
        .where(Account.tenant_id == work.tenant_id, Account.id == account_id)
        .values(failures=0, locked_until=None)
    )


def at_the_door(tenant_id: UUID) -> Actor:
    """Give the door itself as the one who acts: nobody is known yet."""
    return Actor(tenant_id, "system:sign-in")


async def _half(office: Office, secret: str) -> HalfSignIn | None:
    query = (
        select(HalfSignIn)
        .join(Account, and_(Account.tenant_id == HalfSignIn.tenant_id, Account.id == HalfSignIn.account_id))
        .join(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(
            HalfSignIn.secret_hash == hashed(secret),
            HalfSignIn.expires_at > office.clock.now(),
            HalfSignIn.spent_at.is_(None),
            Person.status != PersonStatus.LEFT,
        )
    )
    async with office.database.system_read() as session:
        return (await session.execute(query)).scalar_one_or_none()


async def _spend(work: Work, half: HalfSignIn) -> bool:
    spent = await work.session.execute(
        update(HalfSignIn)
        .where(HalfSignIn.tenant_id == work.tenant_id, HalfSignIn.id == half.id, HalfSignIn.spent_at.is_(None))
        .values(spent_at=work.now())
        .execution_options(synchronize_session=False)
    )
    return bool(spent.rowcount)  # type: ignore[attr-defined]
