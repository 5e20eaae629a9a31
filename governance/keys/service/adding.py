"""Take keys in: sealed at once, each once a pool, and the first of them to those who sit there without one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from governance.kernel.errors import BadInput
from governance.kernel.sealed import seal
from governance.kernel.work import Change, Work
from governance.keys import queries
from governance.keys.errors import TooManyKeys
from governance.keys.models import LicenseKey
from governance.keys.rules import AT_MOST, NewKey, checked, fingerprint, hint
from governance.keys.service.binding import bound
from governance.seats.models import Assignment
from governance.seats.queries import pool_facts
from governance.seats.rules import SeatState
from policies.access.actions import Action

PURPOSE = "license-key"


@dataclass(frozen=True)
class AddKeys:
    pool_id: UUID
    keys: tuple[NewKey, ...]


@dataclass(frozen=True)
class KeysAdded:
    """How many keys are new, how many were there already, and how many went to seats that had none."""

    added: int
    known: int
    bound: int


async def add_keys(work: Work, command: AddKeys) -> KeysAdded:
    """Take keys in; one that the pool has already is left as it is, so that the same file twice changes nothing.

    Raises NotFound, Refused, BadInput (which never repeats a key), TooManyKeys.
    """
    pool, owned = await pool_facts(work, command.pool_id)
    work.permit(Action.POOL_ALLOCATE, owned, f"pool {pool.name}")
    if not command.keys:
        raise BadInput("keys", "[]", "at least one key")
    if len(command.keys) > AT_MOST:
        raise TooManyKeys(len(command.keys), AT_MOST)
    secret = work.office.secret
    asked = {fingerprint(secret, pool.id, key.secret): key for key in map(checked, command.keys)}
    known = await queries.there_already(work, pool.id, asked)
    rows = [_row(work, pool.id, print_, key) for print_, key in asked.items() if print_ not in known]
    work.session.add_all(rows)
    await work.session.flush()
    if rows:
        after = {"keys": len(rows), "kinds": sorted({row.kind for row in rows})}
        await work.record(Change("key:add", "pool", pool.id, after=after))
    return KeysAdded(len(rows), len(command.keys) - len(rows), await _hand_out(work, pool.id))


def _row(work: Work, pool_id: UUID, print_: str, key: NewKey) -> LicenseKey:
    key_id = work.new_id()
    sealed = seal(work.office.secret, work.ids, purpose=PURPOSE, about=str(key_id), text=key.secret)
    return LicenseKey(
        tenant_id=work.tenant_id, id=key_id, pool_id=pool_id, kind=key.kind, label=key.label, hint=hint(key.secret),
        secret_sealed=sealed, secret_hash=print_, reusable=key.reusable, added_at=work.now(),
        added_by=work.actor.principal, version=1,
    )  # fmt: skip


async def _hand_out(work: Work, pool_id: UUID) -> int:
    """Give free keys to the seats of the pool that have none, in the order in which those were given."""
    keyed = select(LicenseKey.assignment_id).where(
        LicenseKey.tenant_id == work.tenant_id, LicenseKey.assignment_id.is_not(None)
    )
    query = (
        select(Assignment)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.pool_id == pool_id,
            Assignment.state.in_((SeatState.ASSIGNED, SeatState.ACTIVE)),
            Assignment.id.not_in(keyed),
        )
        .order_by(Assignment.started_at, Assignment.id)
        .limit(AT_MOST)
    )
    count = 0
    for seat in (await work.session.execute(query)).scalars().all():
        key = await queries.next_free(work, pool_id)
        if key is None:
            break
        await bound(work, key, seat)
        count += 1
    return count
