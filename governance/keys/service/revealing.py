"""Show what a key says: a permitted act of its own, with a reason, and its entry in the trail before it is shown."""

from dataclasses import dataclass
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import WrongState
from governance.kernel.sealed import unseal
from governance.kernel.work import Change, Work
from governance.keys import queries
from governance.keys.models import LicenseKey
from governance.keys.rules import REASON_MOST, KeyState
from governance.keys.service.adding import PURPOSE
from policies.access.actions import Action


@dataclass(frozen=True)
class Revealed:
    row: LicenseKey
    key: str


async def reveal_key(work: Work, key_id: UUID, reason: str) -> Revealed:
    """Open a key, and write down who did, when and why; what it says never enters the trail.

    Raises NotFound, Refused (kept as an entry, too), BadInput, WrongState (it is retired), SealBroken.
    """
    row = await queries.license_key(work, key_id, locked=True)
    work.permit(Action.KEY_REVEAL, await queries.key_ownership(work, row), f"license key {row.id}")
    why = given.text(reason, "reason", most=REASON_MOST)
    if row.retired_at is not None:
        raise WrongState("license key", KeyState.RETIRED, "be revealed")
    key = unseal(work.office.secret, row.secret_sealed, purpose=PURPOSE, about=str(row.id))
    row.revealed_at = work.now()
    row.version += 1
    await work.session.flush()
    after = {"assignment": row.assignment_id}
    await work.record(Change("key:reveal", "license_key", row.id, after=after, reason=why))
    return Revealed(row, key)
