"""Show what a key says: a permitted act of its own, with a reason, and its entry in the trail before it is shown."""

from dataclasses import dataclass
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import NotFound, WrongState
from governance.kernel.sealed import unseal
from governance.kernel.work import Change, Work
from governance.keys import queries
from governance.keys.models import LicenseKey
from governance.keys.rules import REASON_MOST, KeyState
from governance.keys.service.adding import PURPOSE
from governance.keys.service.binding import HELD
from governance.seats.queries import assignment, seat_ownership
from policies.access.actions import Action

OWN = "the holder looked at their own key"


@dataclass(frozen=True)
class Revealed:
    row: LicenseKey
    key: str


async def reveal_own_key(work: Work, assignment_id: UUID) -> Revealed:
    """Open the key of one's own seat, which its holder needs no other right for; the trail says that they did.

    Raises NotFound (another's seat, or one without a key), WrongState (the seat is over, or not accepted yet),
    SealBroken.
    """
    seat = await assignment(work, assignment_id)
    if seat.person_id != work.actor.person_id:
        raise NotFound("assignment", str(assignment_id))
    work.permit(Action.SEAT_ACCEPT, await seat_ownership(work, seat), f"seat {seat.id}")
    if seat.state not in HELD:
        raise WrongState("seat", seat.state, "have its key revealed")
    row = await queries.key_of_seat(work, seat.id)
    if row is None:
        raise NotFound("license key of the seat", str(assignment_id))
    return await _open(work, row, OWN)


async def reveal_key(work: Work, key_id: UUID, reason: str) -> Revealed:
    """Open a key, and write down who did, when and why; what it says never enters the trail.

    Raises NotFound, Refused (kept as an entry, too), BadInput, WrongState (it is retired), SealBroken.
    """
    row = await queries.license_key(work, key_id, locked=True)
    work.permit(Action.KEY_REVEAL, await queries.key_ownership(work, row), f"license key {row.id}")
    why = given.text(reason, "reason", most=REASON_MOST)
    if row.retired_at is not None:
        raise WrongState("license key", KeyState.RETIRED, "be revealed")
    return await _open(work, row, why)


async def _open(work: Work, row: LicenseKey, why: str) -> Revealed:
    """Write down that a key is opened, and open it."""
    key = unseal(work.office.secret, row.secret_sealed, purpose=PURPOSE, about=str(row.id))
    row.revealed_at = work.now()
    row.version += 1
    await work.session.flush()
    after = {"assignment": row.assignment_id}
    await work.record(Change("key:reveal", "license_key", row.id, after=after, reason=why))
    return Revealed(row, key)
