"""Let the seat of a device go on to another pool, another device or another keeper; nobody else has it in between."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from governance.inventory.queries import device
from governance.kernel.errors import BadInput, BusinessError, Code, Conflict, Reason
from governance.kernel.work import Work
from governance.seats import device_queries, lease_queries, queries
from governance.seats.leases.lease import Acquire, GiveBack
from governance.seats.ledger.port import Claim, Deny, Lend, Outcome
from governance.seats.models import Lease
from governance.seats.rules import PoolFacts
from governance.seats.service.assign import TRIES
from governance.seats.service.desk import SeatDesk
from governance.seats.service.devices import DeviceCase, judged, keep_until_released
from governance.seats.service.lease import permitted_lease
from governance.seats.service.moving import refusal
from policies.access.actions import Action
from policies.access.parties import Actor


@dataclass(frozen=True)
class MoveDevice:
    """Where the seat that a device has in a pool shall be. None: the same pool, the same device.

    With neither, the seat goes on to whoever keeps the device now.
    """

    device_id: UUID
    from_pool_id: UUID
    to_pool_id: UUID | None = None
    to_device_id: UUID | None = None


@dataclass(frozen=True)
class _Look:
    held: Lease
    pool: PoolFacts
    case: DeviceCase
    revision: int
    has_terms: bool


async def move_device(desk: SeatDesk, actor: Actor, command: MoveDevice, request_id: UUID | None = None) -> Lease:
    """End what a device holds in a pool and let it be held where it shall be, in one step of the ledger.

    Within a line it keeps its room on the way, so that nobody who waits has it in between. What cannot be done leaves
    the seat where it is, and its denial. Raises NotFound, Refused, BadInput (nothing there to move, or nowhere to
    move it to), SeatRefused, LeaseLost, Conflict, Unavailable.
    """
    request_id = request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        look = await desk.look(actor, partial(_look, command), request_id)
        if not look.has_terms and not look.case.reasons:
            await desk.office.perform(actor, partial(keep_until_released, look.pool.id), request_id)
        answers = await desk.ledger.submit_all(_claims(desk, actor, look, request_id), atomic=True)
        failed = next((a for a in answers if a.outcome not in {Outcome.DONE, Outcome.UNDONE}), None)
        if failed is None:
            lent = answers[1].lent[0]
            assert lent.lease is not None
            async with desk.office.reading(actor) as work:
                return await work.session.get_one(Lease, (work.tenant_id, lent.lease.id))
        error = refusal(failed)
        if failed.outcome is not Outcome.CONFLICT:
            break
    raise error


async def _look(command: MoveDevice, work: Work) -> _Look:
    row = await device(work, command.device_id)
    target = row if command.to_device_id in {None, row.id} else await device(work, command.to_device_id or row.id)
    found = await device_queries.held_by(work, (row.code,))
    held = next((one for one in found if one.pool_id == command.from_pool_id), None)
    if held is None:
        raise BadInput("device_id", row.code, "a device that has a seat in that pool")
    await permitted_lease(held.id, (Action.SEAT_LEASE, Action.SEAT_RELEASE), work)
    pool, owned = await queries.pool_facts(work, command.to_pool_id or held.pool_id)
    work.permit(Action.SEAT_ASSIGN, owned, f"pool {pool.name}")
    if (pool.id, target.id, target.person_id) == (held.pool_id, row.id, held.person_id):
        needs = "another pool or device, or a device that somebody else keeps now"
        raise BadInput("to_pool_id", f"{row.code} in pool {pool.name}, as it is", needs)
    (case,) = await judged(work, pool, (target,), held.id)
    terms = await lease_queries.terms_of(work, pool.id)
    case = await _beside(work, pool, case, held)
    return _Look(held, pool, case, await queries.revision(work), terms is not None)


async def _beside(work: Work, pool: PoolFacts, case: DeviceCase, held: Lease) -> DeviceCase:
    """Refuse a device that has a seat in the pool: the seat that goes there would be nobody's."""
    beside = await device_queries.held_by(work, (case.taken.by.code,))
    if case.reasons or all(one.pool_id != pool.id or one.id == held.id for one in beside):
        return case
    why = Reason(
        Code.ALREADY_SEATED, f"device {case.taken.by.code}", f"a seat in pool {pool.name}", "no seat there yet",
        "leases", "Release one of the two seats.",
    )  # fmt: skip
    return DeviceCase(case.row, case.taken, (why,))


def _claims(desk: SeatDesk, actor: Actor, look: _Look, request_id: UUID) -> list[Claim]:
    """First the end, then the grant; on another line nothing is handed over, and who waits there comes first.

    Where something stands against it by rule: the denial alone.
    """
    held, pool, taken = look.held, look.pool, look.case.taken
    same_line, lease_id = held.line_id == pool.line_id, desk.office.ids.new()
    client = device_queries.client_of(taken.by.code)
    takes = Acquire(client, lease_id, taken.quantity, handed=same_line)
    ends, person_id = GiveBack(held.id, held.token, same_line), look.case.row.person_id
    asks: list[tuple[UUID, str, Lend | Deny]] = [
        (desk.office.ids.new(), "lease:release", Lend(held.pool_id, held.line_id, ends)),
        (lease_id, Action.SEAT_ASSIGN.value, Lend(pool.id, pool.line_id, takes, person_id)),
    ]
    if look.case.reasons:
        asks = [(lease_id, Action.SEAT_ASSIGN.value, Deny(pool.id, pool.line_id, person_id, look.case.reasons))]
    return [
        Claim(claim_id, actor.tenant_id, actor.principal, act, request_id, ask, look.revision)
        for claim_id, act, ask in asks
    ]
