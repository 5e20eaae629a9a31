"""The second factor: an authenticator app enrolled by its owner, codes that pass once, and ten for when it is lost."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from governance.directory import queries
from governance.directory.errors import CodeRefused
from governance.directory.models import Account, Person, RecoveryCode, SecondFactor, Tenant
from governance.directory.one_time import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    matching_step,
    otpauth_uri,
    recovery_code,
    shown_secret,
    written,
)
from governance.directory.rules import check_fresh
from governance.directory.service.secrets import hashed
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.sealed import seal, unseal
from governance.kernel.work import Change, Work
from policies.access.actions import Action

PURPOSE = "second factor"


@dataclass(frozen=True)
class Enrollment:
    """What an app needs, shown until the first code confirms it: the URI for a picture, the secret to type."""

    uri: str
    secret: str


@dataclass(frozen=True)
class Factor:
    """How an account's second factor stands."""

    confirmed_at: datetime | None
    codes_left: int


async def start_second_factor(work: Work, account_id: UUID) -> Enrollment:
    """Begin to enroll an app for one's own account; asks for nothing until it is confirmed. A repeat starts anew.

    Raises NotFound for another's account, WrongState when one is enrolled, ProofTooOld.
    """
    account, person, tenant = await _own(work, account_id)
    check_fresh(work.actor.authenticated_at, work.now())
    row = await _factor(work, account.id)
    if row is not None and row.confirmed_at is not None:
        raise WrongState("second factor", "ENROLLED", "be enrolled again before it is removed")
    secret = work.ids.secret_bytes(SECRET_BYTES)
    sealed = seal(work.office.secret, work.ids, purpose=PURPOSE, about=str(account.id), text=secret.hex())
    if row is None:
        row = SecondFactor(
            tenant_id=work.tenant_id, id=work.new_id(), account_id=account.id, secret_sealed=sealed, last_step=0,
            created_at=work.now(), confirmed_at=None,
        )  # fmt: skip
        work.session.add(row)
    else:
        row.secret_sealed, row.last_step, row.created_at = sealed, 0, work.now()
    await work.session.flush()
    await work.record(Change("second_factor:start", "account", account.id))
    return _enrollment(secret, tenant, person)


async def pending_enrollment(work: Work, account_id: UUID) -> Enrollment | None:
    """Give what one's own app still has to learn; None where nothing was begun, or it is confirmed."""
    account, person, tenant = await _own(work, account_id)
    row = await _factor(work, account.id)
    if row is None or row.confirmed_at is not None:
        return None
    return _enrollment(_secret(work, row), tenant, person)


async def confirm_second_factor(work: Work, account_id: UUID, code: str) -> tuple[str, ...]:
    """Confirm the app by its first code, and give ten recovery codes, the only time that they are known.

    Raises NotFound, WrongState, CodeRefused, ProofTooOld.
    """
    account, _, _ = await _own(work, account_id)
    check_fresh(work.actor.authenticated_at, work.now())
    row = await _factor(work, account.id)
    if row is None or row.confirmed_at is not None:
        raise WrongState("second factor", "ENROLLED" if row else "NOT STARTED", "be confirmed")
    if not await _app_code(work, row, code):
        raise CodeRefused
    row.confirmed_at = work.now()
    codes = await _new_codes(work, account.id)
    await work.record(Change("second_factor:confirm", "account", account.id))
    return codes


async def remove_second_factor(work: Work, account_id: UUID) -> None:
    """Take the app and its recovery codes away. Raises NotFound, WrongState when there is none, ProofTooOld."""
    account, _, _ = await _own(work, account_id)
    check_fresh(work.actor.authenticated_at, work.now())
    if await _factor(work, account.id) is None:
        raise WrongState("second factor", "NOT ENROLLED", "be removed")
    await clear_second_factor(work, account.id)
    await work.record(Change("second_factor:remove", "account", account.id))


async def reset_second_factor(work: Work, person_id: UUID, reason: str) -> Person:
    """Take the second factor of somebody who lost it, as an admin. Raises NotFound, Refused, WrongState, BadInput."""
    person = await queries.person(work, person_id)
    whose = await queries.ownership(work, unit_id=person.unit_id, region=person.country)
    work.permit(Action.ACCESS_GRANT, whose, f"second factor of person {person.id}")
    if not 0 < len(reason.strip()) <= 400:
        raise BadInput("reason", reason, "1 to 400 characters")
    query = select(Account.id).where(Account.tenant_id == work.tenant_id, Account.person_id == person.id)
    account_id = (await work.session.execute(query)).scalar_one_or_none()
    if account_id is None or await _factor(work, account_id) is None:
        raise WrongState("second factor", "NOT ENROLLED", "be reset")
    await clear_second_factor(work, account_id)
    await work.record(Change("second_factor:reset", "account", account_id, reason=reason.strip()))
    return person


async def new_recovery_codes(work: Work, account_id: UUID) -> tuple[str, ...]:
    """Make ten new recovery codes; the old ones open nothing from now on. Raises NotFound, WrongState, ProofTooOld."""
    account, _, _ = await _own(work, account_id)
    check_fresh(work.actor.authenticated_at, work.now())
    if not await has_second_factor(work, account.id):
        raise WrongState("second factor", "NOT ENROLLED", "have recovery codes")
    codes = await _new_codes(work, account.id)
    await work.record(Change("second_factor:new_codes", "account", account.id))
    return codes


async def has_second_factor(work: Work, account_id: UUID) -> bool:
    """Tell whether an account asks for a code."""
    row = await _factor(work, account_id)
    return row is not None and row.confirmed_at is not None


async def standing_factor(work: Work, account_id: UUID) -> Factor:
    """Say how an account's second factor stands."""
    row = await _factor(work, account_id)
    left = select(func.count()).where(
        RecoveryCode.tenant_id == work.tenant_id, RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return Factor(row.confirmed_at if row else None, int((await work.session.execute(left)).scalar_one()))


async def code_passes(work: Work, account_id: UUID, code: str) -> bool:
    """Take a code of the app or a recovery code, each at most once; the caller counts the try."""
    row = await _factor(work, account_id)
    if row is None or row.confirmed_at is None:
        return False
    return await _app_code(work, row, code) or await _recovery_code(work, account_id, code)


async def clear_second_factor(work: Work, account_id: UUID) -> None:
    """Forget an account's app and codes."""
    for kind in (SecondFactor, RecoveryCode):
        await work.session.execute(delete(kind).where(kind.tenant_id == work.tenant_id, kind.account_id == account_id))


async def _app_code(work: Work, row: SecondFactor, code: str) -> bool:
    """Take a code by moving its step forward: of two who send the same one, one update finds its row."""
    step = matching_step(_secret(work, row), code, work.now(), after=row.last_step)
    if step is None:
        return False
    moved = await work.session.execute(
        update(SecondFactor)
        .where(SecondFactor.tenant_id == work.tenant_id, SecondFactor.id == row.id, SecondFactor.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]


async def _recovery_code(work: Work, account_id: UUID, code: str) -> bool:
    used = await work.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.tenant_id == work.tenant_id,
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == hashed(written(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=work.now())
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    await work.record(Change("second_factor:use_recovery_code", "account", account_id))
    return True


async def _new_codes(work: Work, account_id: UUID) -> tuple[str, ...]:
    await work.session.execute(
        delete(RecoveryCode).where(RecoveryCode.tenant_id == work.tenant_id, RecoveryCode.account_id == account_id)
    )
    codes = tuple(recovery_code(work.ids.secret_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))
    work.session.add_all(
        RecoveryCode(
            tenant_id=work.tenant_id, id=work.new_id(), account_id=account_id, code_hash=hashed(code),
            created_at=work.now(), used_at=None,
        )
        for code in codes
    )  # fmt: skip
    await work.session.flush()
    return codes


async def _own(work: Work, account_id: UUID) -> tuple[Account, Person, Tenant]:
    """Give one's own account. Raises NotFound for anybody else's, whatever one's rights."""
    row = await work.session.get(Account, (work.tenant_id, account_id))
    if row is None or row.person_id != work.actor.person_id:
        raise NotFound("account", str(account_id))
    person = await work.session.get_one(Person, (work.tenant_id, row.person_id))
    return row, person, await work.session.get_one(Tenant, work.tenant_id)


async def _factor(work: Work, account_id: UUID) -> SecondFactor | None:
    query = select(SecondFactor).where(SecondFactor.tenant_id == work.tenant_id, SecondFactor.account_id == account_id)
    return (await work.session.execute(query)).scalar_one_or_none()


def _secret(work: Work, row: SecondFactor) -> bytes:
    return bytes.fromhex(unseal(work.office.secret, row.secret_sealed, purpose=PURPOSE, about=str(row.account_id)))


def _enrollment(secret: bytes, tenant: Tenant, person: Person) -> Enrollment:
    return Enrollment(otpauth_uri(secret, organization=tenant.name, login=person.mail), shown_secret(secret))
