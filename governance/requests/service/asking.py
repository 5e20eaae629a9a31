"""Ask for a seat, for oneself or for somebody else; what no decision could mend is refused at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from governance.directory.models import Person
from governance.directory.queries import ownership, person_or_self
from governance.directory.service import operator
from governance.kernel import given
from governance.kernel.errors import BadInput, NotFound, Reason
from governance.kernel.work import Change, Work
from governance.requests import queries
from governance.requests.models import SeatRequest
from governance.requests.queries import Askable
from governance.requests.rules import GOOD_FOR, REASON_MOST, RequestOrigin, RequestState, only_full
from governance.seats.errors import SeatRefused
from governance.seats.service import AssignSeats
from governance.seats.service.case import open_case
from policies.access.actions import Action


@dataclass(frozen=True)
class RequestSeat:
    """What is asked for: a pool, or a product of which the first fitting pool is taken. `person_id` None: oneself."""

    reason: str
    pool_id: UUID | None = None
    product_id: UUID | None = None
    person_id: UUID | None = None


async def request_seat(work: Work, command: RequestSeat) -> SeatRequest:
    """Ask for a seat. Asked again while it is open, it is the same request.

    Raises NotFound (also for a pool that does not serve the person), Refused, BadInput, SeatRefused (with every
    reason that no free seat would mend).
    """
    person = await _asked_for(work, command.person_id)
    reason = given.text(command.reason, "reason", most=REASON_MOST)
    if (command.pool_id is None) == (command.product_id is None):
        raise BadInput("pool", "both or neither of pool and product", "one of them")
    chosen = await _fitting(work, person, await _named(work, person, command))
    there = await queries.open_request(work, chosen.pool_id, person.id)
    if there is not None and there.state is RequestState.ASKED and there.expires_at <= work.now():
        there.state, there.ended_at = RequestState.EXPIRED, there.expires_at
        there.version += 1
        await work.session.flush()
    elif there is not None:
        return there
    row = opened(work, chosen.pool_id, person.id, RequestOrigin.ASKED, reason)
    work.session.add(row)
    await work.session.flush()
    after = {"pool": chosen.pool_id, "person": person.id, "reason": reason}
    await work.record(Change("seat:request", "seat_request", row.id, after=after))
    await work.emit("SeatRequested", row.id)
    return row


async def may_ask_for(work: Work, person_id: UUID | None = None) -> tuple[Askable, ...]:
    """Give the pools that this person may ask for a seat of, by license. Raises NotFound, Refused."""
    return await queries.askable_pools(work, await _asked_for(work, person_id))


def opened(work: Work, pool_id: UUID, person_id: UUID, origin: RequestOrigin, reason: str) -> SeatRequest:
    """Give a new request that nobody has decided on."""
    now = work.now()
    return SeatRequest(
        tenant_id=work.tenant_id, id=work.new_id(), pool_id=pool_id, person_id=person_id, origin=origin,
        state=RequestState.ASKED, reason=reason, requested_by=work.actor.principal, asked_at=now,
        expires_at=now + GOOD_FOR, priority=0, version=1,
    )  # fmt: skip


async def _asked_for(work: Work, person_id: UUID | None) -> Person:
    wanted = person_id or work.actor.person_id
    if wanted is None:
        raise BadInput("person", "nobody", "for whom the seat is: a service asks for somebody")
    person = await person_or_self(work, wanted)
    owned = await ownership(work, unit_id=person.unit_id, region=person.country, people=(person.id,))
    work.permit(Action.SEAT_REQUEST, owned, f"a seat for person {person.id}")
    return person


async def _named(work: Work, person: Person, command: RequestSeat) -> Sequence[Askable]:
    """Give the pools that the command can mean: those that serve the person, or the very pool one may see."""
    found = await queries.askable_pools(work, person, command.product_id)
    if command.pool_id is None:
        if not found:
            raise NotFound("pool of product", str(command.product_id))
        return found
    named = [each for each in found if each.pool_id == command.pool_id]
    return named or [await queries.pool_asked_for(work, command.pool_id)]


async def _fitting(work: Work, person: Person, pools: Sequence[Askable]) -> Askable:
    """Choose the first pool with room, else the first that is only full. Raises SeatRefused (of the first)."""
    # What a holder may ask for is more than what they may read: the facts are laid out with the eyes of the house.
    house = replace(work, actor=operator(work.tenant_id, "requests"))
    against: list[tuple[Askable, tuple[Reason, ...]]] = []
    for each in pools:
        case = await open_case(house, AssignSeats(each.pool_id, (person.id,)), (person.id,))
        against.append((each, case.reasons(person.id)))
    for fits in (lambda why: not why, only_full):
        for each, why in against:
            if fits(why):
                return each
    raise SeatRefused(against[0][1])
