"""Local sign-ins: an account for a person, its password changed by its owner or set anew by an admin."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import or_, select, update

from governance.directory import queries
from governance.directory.errors import SignInFailed
from governance.directory.models import Account, Session
from governance.directory.rules import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    LOCKED_MOST,
    PersonStatus,
    checked_password,
    rest,
    same_mail,
)
from governance.directory.service.grants import raise_revision
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action

HASHES = PasswordHash.recommended()


@dataclass(frozen=True)
class NewAccount:
    person_id: UUID
    login: str
    password: str


@dataclass(frozen=True)
class ChangePassword:
    """`current` is asked of the owner; an admin sets a new one without it. `keep_session` stays signed in."""

    account_id: UUID
    new: str
    current: str | None = None
    keep_session: UUID | None = None


async def create_account(work: Work, command: NewAccount) -> Account:
    """Give a person a local sign-in. Raises NotFound, Refused, BadInput, WrongState for a leaver."""
    person = await queries.person(work, command.person_id)
    whose = await queries.ownership(work, unit_id=person.unit_id, region=person.country, people=(person.id,))
    work.permit(Action.ACCESS_GRANT, whose, f"account of person {person.id}")
    if person.status is PersonStatus.LEFT:
        raise WrongState("person", person.status, "get an account")
    login = same_mail(command.login)
    if not 0 < len(login) <= 254:
        raise BadInput("login", command.login, "1 to 254 characters")
    taken = select(Account.id).where(
        Account.tenant_id == work.tenant_id, or_(Account.login == login, Account.person_id == person.id)
    )
    if (await work.session.execute(taken)).first() is not None:
        raise BadInput("login", login, "a login that is free, for a person who has none")
    row = Account(
        tenant_id=work.tenant_id, id=work.new_id(), person_id=person.id, login=login, failures=0, locked_until=None,
        password_hash=await password_hash(checked_password(command.password)),
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("account:create", "account", row.id, after={"person_id": person.id}))
    return row


async def change_password(work: Work, command: ChangePassword) -> Account:
    """Set a password; every other session of the account ends. Raises NotFound, Refused, SignInFailed, BadInput."""
    row = (
        await work.session.execute(
            select(Account)
            .where(Account.tenant_id == work.tenant_id, Account.id == command.account_id)
            .with_for_update(key_share=True)
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("account", str(command.account_id))
    if work.actor.person_id == row.person_id:
        await _prove_own(work, row, command.current or "")
    else:
        person = await queries.person(work, row.person_id)
        whose = await queries.ownership(work, unit_id=person.unit_id, region=person.country)
        work.permit(Action.ACCESS_GRANT, whose, f"account of person {person.id}")
    row.password_hash = await password_hash(checked_password(command.new))
    row.failures, row.locked_until = 0, None
    row.version += 1
    await work.session.flush()
    await end_sessions(work, row.id, keep=command.keep_session)
    await work.record(Change("account:change_password", "account", row.id))
    return row


async def _prove_own(work: Work, row: Account, password: str) -> None:
    """Compare the owner's current password; a wrong one counts towards the lock even though the verb is undone."""

    async def count_failure(after: Work) -> None:
        await attempt(after, row.id)

    if not may_try(row, work.now()):
        raise SignInFailed
    if not await password_matches(password, row.password_hash):
        work.after_refusal.append(count_failure)
        raise SignInFailed


async def attempt(work: Work, account_id: UUID) -> bool:
    """Count a try before it is judged, so that tries side by side cannot pass the limit; False while locked.

    After each five failures in a row the account rests: 15 minutes, then twice as long each time, up to a day.
    """
    now = work.now()
    query = select(Account).where(Account.tenant_id == work.tenant_id, Account.id == account_id)
    row = (
        await work.session.execute(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None or not may_try(row, now):
        return False
    row.failures += 1
    times, left = divmod(row.failures, FAILURES_ALLOWED)
    row.locked_until = now + rest(LOCKED_FOR, times, LOCKED_MOST) if times and not left else None
    await work.session.flush()
    if row.locked_until is not None:
        await work.record(Change("account:lock", "account", row.id, after={"locked_until": row.locked_until}))
    return True


def may_try(row: Account, now: datetime) -> bool:
    """Tell whether an account is not locked at `now`."""
    return row.locked_until is None or row.locked_until <= now


async def end_sessions(work: Work, account_id: UUID, *, keep: UUID | None = None) -> None:
    """End every session of an account but one."""
    ended = update(Session).where(
        Session.tenant_id == work.tenant_id, Session.account_id == account_id, Session.ended_at.is_(None)
    )
    if keep is not None:
        ended = ended.where(Session.id != keep)
    touched = await work.session.execute(ended.values(ended_at=work.now()))
    if touched.rowcount:  # type: ignore[attr-defined]
        await raise_revision(work)


async def password_hash(password: str) -> str:
    """Hash a password with argon2id, off the event loop."""
    return await asyncio.to_thread(HASHES.hash, password)


async def password_matches(password: str, stored: str | None) -> bool:
    """Compare a password with a stored hash; without one, take the same time and say no."""
    matches = await asyncio.to_thread(HASHES.verify, password, stored or _nobodys())
    return matches and bool(stored)


@cache
def _nobodys() -> str:
    return HASHES.hash("no account has this password")
