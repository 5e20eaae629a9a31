"""Set how a pool's seats are fulfilled at the vendor."""

from dataclasses import dataclass
from uuid import UUID

from governance.fulfillment import queries
from governance.fulfillment.models import PoolFulfillment
from governance.fulfillment.rules import SECRET_BYTES, Mode, checked_url, new_secret
from governance.kernel import given
from governance.kernel.errors import Conflict
from governance.kernel.sealed import seal
from governance.kernel.work import Change, Work
from governance.seats.queries import pool_facts
from policies.access.actions import Action

PURPOSE = "fulfillment"


@dataclass(frozen=True)
class SetFulfillment:
    """`url`: whom a WEBHOOK pool calls. `fresh_secret`: sign with a new key from now on, the old one is over.

    `expected_version` None: whatever is set now.
    """

    pool_id: UUID
    mode: Mode
    url: str | None = None
    fresh_secret: bool = False
    expected_version: int | None = None


@dataclass(frozen=True)
class FulfillmentSet:
    """How it is set now, and the key that signs, once: nobody reads it again."""

    row: PoolFulfillment
    secret: str | None


async def set_fulfillment(work: Work, command: SetFulfillment) -> FulfillmentSet:
    """Set a pool's mode. Orders that stand go on in the mode they were made in; those made from now on follow it.

    Raises NotFound, Refused, BadInput, Conflict.
    """
    pool, owned = await pool_facts(work, command.pool_id)
    work.permit(Action.POOL_CREATE, owned, f"pool {pool.name}")
    mode = given.word(command.mode, "mode", Mode)
    url = checked_url(command.url, mode)
    row = await queries.fulfillment_of(work, pool.id)
    has = 0 if row is None else row.version
    if command.expected_version is not None and command.expected_version != has:
        raise Conflict(f"The fulfillment of pool {pool.name}", str(command.expected_version), str(has))
    before = None if row is None else {"mode": row.mode, "url": row.url}
    if row is None:
        row = PoolFulfillment(tenant_id=work.tenant_id, id=pool.id, secret_sealed=None, version=0)
        work.session.add(row)
    secret = None
    if mode is not Mode.WEBHOOK:
        row.secret_sealed = None
    elif command.fresh_secret or row.secret_sealed is None:
        secret = new_secret(work.ids.secret_bytes(SECRET_BYTES))
        row.secret_sealed = seal(work.office.secret, work.ids, purpose=PURPOSE, about=str(pool.id), text=secret)
    row.mode, row.url, row.set_at, row.set_by = mode, url, work.now(), work.actor.principal
    row.version += 1
    await work.session.flush()
    after = {"mode": mode, "url": url} | ({"secret": "made anew"} if secret else {})
    await work.record(Change("pool:fulfill", "pool", pool.id, before=before, after=after))
    return FulfillmentSet(row, secret)
