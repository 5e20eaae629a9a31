"""Move holders to another pool: shown first, then all of them or none; nobody is without a seat in between."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from governance.kernel.errors import BadInput, BusinessError, Conflict, Reason, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.candidates import At, day_at, holders_at, offers, stacked
from governance.seats.errors import SeatRefused, TooManySeats
from governance.seats.ledger.port import Claim, Grant, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import (
    Holder,
    Matter,
    Need,
    PoolFacts,
    Question,
    ReleaseReason,
    SeatEvent,
    SeatState,
    TierNeed,
    choose,
    occupies,
    reasons,
)
from governance.seats.service.assign import AT_MOST, TRIES
from governance.seats.service.desk import SeatDesk, checked_note
from governance.seats.service.moving import Moving, permitted, refusal
from governance.seats.stacks import holders_to_be, pool_to_seat
from policies.access.actions import Action
from policies.access.parties import Actor

VERB = "seats.transfer"
MOVABLE = frozenset({SeatState.INVITED, SeatState.ASSIGNED, SeatState.ACTIVE})


@dataclass(frozen=True)
class TransferSeats:
    """Which seats go to which pool of the same product. `token`: that of the preview of exactly this."""

    assignment_ids: tuple[UUID, ...]
    to_pool_id: UUID
    note: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class Transferred:
    """One seat that would move: `invite`: its holder must accept anew; `reasons`: why it cannot."""

    seat: Assignment
    invite: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class TransferPreview:
    """What would become of each seat, in the order asked, and of the pool; `token` None: a seat cannot move."""

    seats: tuple[Transferred, ...]
    pool: PoolFacts
    token: str | None


@dataclass(frozen=True)
class _Look:
    moves: tuple[Transferred, ...]
    holders: dict[UUID, Holder]
    pool: PoolFacts
    revision: int


async def preview_transfer(
    desk: SeatDesk, actor: Actor, command: TransferSeats, request_id: UUID | None = None
) -> TransferPreview:
    """Show what `transfer_seats` would do, with every reason where one cannot move, and give its token.

    Raises NotFound, Refused, BadInput, TooManySeats, WrongState (suspended, to be reclaimed, released).
    """
    check_transfer(command)
    look = await desk.look(actor, lambda work: _look(work, command), request_id)
    token = None
    if not any(each.reasons for each in look.moves):
        token = preview_token(
            desk.office.secret, tenant=str(actor.tenant_id), verb=VERB, diff=_diff(look, command),
            now=desk.office.clock.now(),
        )  # fmt: skip
    return TransferPreview(look.moves, look.pool, token)


async def transfer_seats(
    desk: SeatDesk, actor: Actor, command: TransferSeats, request_id: UUID | None = None
) -> tuple[Assignment, ...]:
    """End each seat as TRANSFERRED and begin its holder's next one in the pool, at one instant; all, or none.

    Both are one step of the ledger, so that what one pool loses the other has: totals stay. Gives the new seats.
    Raises what the preview raises, and PreviewStale (no token, or the facts moved), SeatRefused (no room left),
    Conflict, Unavailable.
    """
    check_transfer(command)
    note, request_id = checked_note(command.note), request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        look = await desk.look(actor, lambda work: _look(work, command), request_id)
        if found := tuple(dict.fromkeys(reason for each in look.moves for reason in each.reasons)):
            raise SeatRefused(found)
        check_preview(
            desk.office.secret, command.token or "", tenant=str(actor.tenant_id), verb=VERB,
            diff=_diff(look, command), now=desk.office.clock.now(),
        )  # fmt: skip
        claims = _claims(desk, actor, look, note, request_id)
        answers = await desk.ledger.submit_all(claims, atomic=True)
        failed = next((a for a in answers if a.outcome not in {Outcome.DONE, Outcome.UNDONE}), None)
        if failed is None:
            begun = [answer.assignment_id for answer in answers[len(look.moves) :]]
            async with desk.office.reading(actor) as work:
                return tuple([await work.session.get_one(Assignment, (work.tenant_id, each)) for each in begun])
        error = refusal(failed)
        if failed.outcome is not Outcome.CONFLICT:
            break
    raise error


async def suggest_pool(work: Work, seat: Assignment) -> UUID | None:
    """Give the pool that goes first for the holder where they are now, beside the one they sit in; None: no other."""
    facts, _ = await queries.pool_facts(work, seat.pool_id)
    at = At(work.now(), work.now())
    found = await offers(work, facts.product_id, (), at, Action.SEAT_TRANSFER)
    people = await stacked(work, found, await holders_at(work, (seat.person_id,), at), at)
    own = (each.candidate for each in found if each.candidate.facts.product_id == facts.product_id)
    beside = tuple(each for each in own if each.facts.id != seat.pool_id)
    need = Need(tier=facts.tier)
    matter = Matter(people[seat.person_id], need, await day_at(work, at), beside)
    taken = choose(matter, work.office.regions).taken
    return None if taken is None else taken.candidate.facts.id


async def _look(work: Work, command: TransferSeats) -> _Look:
    right = Moving(SeatEvent.RELEASE, (Action.SEAT_TRANSFER,), Action.SEAT_TRANSFER.value)
    seats, revision = await permitted(work, command.assignment_ids, right)
    pool, owned = await pool_to_seat(work, command.to_pool_id)
    work.permit(Action.SEAT_TRANSFER, owned, f"pool {pool.name}")
    people = await holders_to_be(work, pool, sorted({seat.person_id for seat in seats}))
    today, moves = await queries.today(work), []
    leaving = sum(takes(work, pool, seat) for seat in seats if seat.line_id == pool.line_id)
    freed = replace(pool, line_occupied=pool.line_occupied - leaving)
    olds = {each: (await queries.pool_facts(work, each))[0] for each in dict.fromkeys(s.pool_id for s in seats)}
    for taken, seat in enumerate(seats):
        tier = _movable(seat, olds[seat.pool_id], pool)
        same_line = seat.line_id == pool.line_id
        holder = without(people[seat.person_id], seat, pool)
        invite = seat.state is SeatState.INVITED or (pool.needs_acceptance and not same_line)
        asked = Question(freed, holder, today, work.office.regions, tier, taken)
        moves.append(Transferred(seat, invite, reasons(asked)))
    return _Look(tuple(moves), people, pool, revision)


def without(holder: Holder, seat: Assignment, pool: PoolFacts) -> Holder:
    """Give a holder as they are once they have left a seat: it neither covers them nor stands in the way."""
    stack = tuple(each for each in holder.stack if each.line_id != seat.line_id)
    return replace(holder, stack=stack, seated_in=None if seat.line_id == pool.line_id else holder.seated_in)


def _movable(seat: Assignment, old: PoolFacts, pool: PoolFacts) -> TierNeed | None:
    """Give the tier that the holder has now and keeps. Raises WrongState, BadInput for what cannot move there."""
    if seat.state not in MOVABLE:
        raise WrongState("seat", seat.state.value, "be moved to another pool")
    if old.id == pool.id:
        raise BadInput("toPoolId", pool.name, "another pool than the one where the seat is")
    if old.product_id != pool.product_id:
        raise BadInput("toPoolId", f"a pool of {pool.product}", f"a pool of {old.product}, which the seat is of")
    return old.tier


def takes(work: Work, pool: PoolFacts, seat: Assignment) -> int:
    """Give the room that a seat takes now, by the pool's own rules."""
    expires, suspended = seat.invitation_expires_at, pool.suspended_occupies
    return occupies(seat.state, at=work.now(), invitation_expires_at=expires, suspended_occupies=suspended)


def _claims(desk: SeatDesk, actor: Actor, look: _Look, note: str | None, request_id: UUID) -> list[Claim]:
    """All releases first, then all grants: two pools that are full can still change holders."""
    pool, act = look.pool, Action.SEAT_TRANSFER.value
    asks: list[Move | Grant] = [
        Move(
            s.id, s.line_id, s.pool_id, SeatEvent.RELEASE, ReleaseReason.TRANSFERRED, only_from=s.state
        )
        for s in (each.seat for each in look.moves)
    ]  # fmt: skip
    for each in look.moves:
        holder = look.holders[each.seat.person_id]
        asks.append(Grant(pool.id, pool.line_id, holder.id, holder.version, pool.version, each.invite))
    return [
        Claim(
            desk.office.ids.new(), actor.tenant_id, actor.principal, act, request_id, ask, look.revision, note=note
        )
        for ask in asks
    ]  # fmt: skip


def check_transfer(command: TransferSeats) -> None:
    """Hold to a list of seats that can be moved at once. Raises BadInput, TooManySeats."""
    ids = command.assignment_ids
    if not ids or len(set(ids)) != len(ids):
        raise BadInput("assignmentIds", "empty or repeated", "at least one seat, each once")
    if len(ids) > AT_MOST:
        raise TooManySeats(len(ids), AT_MOST)


def _diff(look: _Look, command: TransferSeats) -> dict[str, Any]:
    shown: Sequence[list[Any]] = [
        [str(each.seat.id), each.seat.state.value, str(each.seat.pool_id), each.invite]
        for each in sorted(look.moves, key=lambda each: each.seat.id)
    ]
    return {"seats": list(shown), "pool": str(command.to_pool_id), "version": look.pool.version}
