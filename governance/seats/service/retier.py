"""Holders go to another tier, up or down: what it costs and what they lose is shown, then exactly that is done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.catalog.bonds import TierBook, TierFacts
from governance.catalog.models import Feature
from governance.catalog.shelf import tier_book
from governance.directory.models import Tenant
from governance.kernel.errors import BadInput, BusinessError, Conflict, WrongState
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.errors import SeatRefused
from governance.seats.feature_use import FeatureLost, users_of
from governance.seats.ledger.port import Claim, Grant, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import Holder, PoolFacts, Question, ReleaseReason, SeatEvent, SeatState, reasons
from governance.seats.service.assign import TRIES
from governance.seats.service.change_line import MonthlyCost
from governance.seats.service.desk import SeatDesk, checked_note
from governance.seats.service.moving import Moving, permitted, refusal
from governance.seats.service.taking import check_taking, within_cap
from governance.seats.service.transfer import (
    MOVABLE,
    TransferPreview,
    Transferred,
    TransferSeats,
    check_transfer,
    takes,
    without,
)
from governance.seats.stacks import SeatLoss, holders_to_be, losses_with, pool_to_seat
from policies.access.actions import Action
from policies.access.parties import Actor

VERB = "seats.retier"


@dataclass(frozen=True)
class RetierPreview:
    """What another tier does to each seat and its holder. `down`: they end as DOWNGRADE; `transfer` has the token.

    `lost`: features that neither the new tier nor what everybody of them holds beside grants; `cost`: by the list.
    """

    transfer: TransferPreview
    before: str
    after: str
    down: bool
    lost: tuple[FeatureLost, ...]
    gained: tuple[str, ...]
    losses: tuple[SeatLoss, ...]
    cost: MonthlyCost


@dataclass(frozen=True)
class _Look:
    preview: RetierPreview
    holders: dict[UUID, Holder]
    revision: int

    def diff(self) -> dict[str, Any]:
        """Give all that was shown, as the token digests it."""
        seen = self.preview
        seats = [[str(e.seat.id), e.seat.state.value, str(e.seat.pool_id), e.invite] for e in seen.transfer.seats]
        pool = seen.transfer.pool
        return {
            "seats": sorted(seats), "pool": str(pool.id), "version": pool.version, "down": seen.down,
            "tiers": [seen.before, seen.after], "lost": [[each.code, each.users] for each in seen.lost],
            "gained": list(seen.gained), "losses": [each.told() for each in seen.losses],
            "cost": [seen.cost.currency, seen.cost.before, seen.cost.after],
        }  # fmt: skip


async def preview_retier(
    desk: SeatDesk, actor: Actor, command: TransferSeats, request_id: UUID | None = None
) -> RetierPreview:
    """Show what `retier_seats` would do, with every reason where a seat cannot go, and give its token.

    Raises NotFound, Refused, BadInput, TooManySeats, WrongState (suspended, to be reclaimed, released), on the way
    down RevocationCapped and RevocationRests.
    """
    check_transfer(command)
    look = await desk.look(actor, lambda work: _look(work, command), request_id)
    seen = look.preview
    if any(each.reasons for each in seen.transfer.seats):
        return seen
    await desk.look(actor, lambda work: check_taking(work, _taken(look)), request_id)
    token = preview_token(
        desk.office.secret, tenant=str(actor.tenant_id), verb=VERB, diff=look.diff(), now=desk.office.clock.now()
    )
    return replace(seen, transfer=replace(seen.transfer, token=token))


async def retier_seats(
    desk: SeatDesk, actor: Actor, command: TransferSeats, request_id: UUID | None = None
) -> tuple[Assignment, ...]:
    """End each seat (as DOWNGRADE, or TRANSFERRED on the way up) and begin the next at the same instant; all, or none.

    Gives the new seats: nobody is without one in between. Raises what the preview raises, and PreviewStale (no token,
    or the facts moved), SeatRefused, Conflict, Unavailable.
    """
    check_transfer(command)
    note, request_id = checked_note(command.note), request_id or desk.office.ids.new()
    error: BusinessError = Conflict("policy", "one revision", "changing")
    for tried in range(TRIES):
        actor = await desk.office.refreshed(actor) if tried else actor
        look = await desk.look(actor, lambda work: _look(work, command), request_id)
        moves = look.preview.transfer.seats
        if found := tuple(dict.fromkeys(reason for each in moves for reason in each.reasons)):
            raise SeatRefused(found)
        check_preview(
            desk.office.secret, command.token or "", tenant=str(actor.tenant_id), verb=VERB, diff=look.diff(),
            now=desk.office.clock.now(),
        )  # fmt: skip
        try:
            async with within_cap(desk, actor, _taken(look), request_id):
                begun = await _begun(desk, _claims(desk, actor, look, note, request_id), len(moves))
        except Conflict as moved:
            error = moved
            continue
        async with desk.office.reading(actor) as work:
            return tuple([await work.session.get_one(Assignment, (work.tenant_id, each)) for each in begun])
    raise error


async def _begun(desk: SeatDesk, claims: Sequence[Claim], ends: int) -> list[UUID | None]:
    """Do all of it or nothing; gives the new seats. Raises what stood in the way."""
    answers = await desk.ledger.submit_all(claims, atomic=True)
    failed = next((a for a in answers if a.outcome not in {Outcome.DONE, Outcome.UNDONE}), None)
    if failed is not None:
        raise refusal(failed)
    return [answer.assignment_id for answer in answers[ends:]]


async def _look(work: Work, command: TransferSeats) -> _Look:
    right = Moving(SeatEvent.RELEASE, (Action.SEAT_TRANSFER,), Action.SEAT_TRANSFER.value)
    seats, revision = await permitted(work, command.assignment_ids, right)
    pool, owned = await pool_to_seat(work, command.to_pool_id)
    work.permit(Action.SEAT_TRANSFER, owned, f"pool {pool.name}")
    old, _ = await queries.pool_facts(work, seats[0].pool_id)
    book = await tier_book(work, {old.product_id, pool.product_id})
    _check(seats, old, pool, book)
    people = await holders_to_be(work, pool, sorted({seat.person_id for seat in seats}))
    today, moves = await queries.today(work), []
    leaving = sum(takes(work, pool, seat) for seat in seats if seat.line_id == pool.line_id)
    freed = replace(pool, line_occupied=pool.line_occupied - leaving)
    for taken, seat in enumerate(seats):
        asked = Question(freed, without(people[seat.person_id], seat, pool), today, work.office.regions, taken=taken)
        invite = seat.state is SeatState.INVITED or (pool.needs_acceptance and seat.line_id != pool.line_id)
        moves.append(Transferred(seat, invite, reasons(asked)))
    transfer = TransferPreview(tuple(moves), pool, None)
    return _Look(await _seen(work, transfer, old, book, people), people, revision)


def _taken(look: _Look) -> list[Assignment]:
    """Give the seats that are taken from their holders: on the way down, what was theirs is."""
    return [each.seat for each in look.preview.transfer.seats] if look.preview.down else []


def _check(seats: Sequence[Assignment], old: PoolFacts, pool: PoolFacts, book: TierBook) -> None:
    """Hold to one tier that goes to another one which has to do with it. Raises WrongState, BadInput."""
    for seat in seats:
        if seat.state not in MOVABLE:
            raise WrongState("seat", seat.state.value, "go to another tier")
        if seat.line_id != seats[0].line_id:
            raise BadInput("assignmentIds", "seats of several lines", "seats of one line, whose tier changes")
    related = old.product_id == pool.product_id or old.key in book.covers(pool.key) or pool.key in book.covers(old.key)
    if old.line_id == pool.line_id or not related:
        needs = f"a pool of another tier of {old.product}, of a suite that covers it, or of a part of it"
        raise BadInput("toPoolId", f"{pool.name}, {book.name(pool.key)}", needs)


async def _seen(
    work: Work, transfer: TransferPreview, old: PoolFacts, book: TierBook, people: dict[UUID, Holder]
) -> RetierPreview:
    pool, seats = transfer.pool, tuple(each.seat for each in transfer.seats)
    was, becomes = book.tiers.get(old.key), book.tiers.get(pool.key)
    before, after = book.grants(old.key), book.grants(pool.key)
    beside = [
        after.union(*(book.grants(held.key) for held in people[seat.person_id].stack if held.line_id != seat.line_id))
        for seat in seats
    ]
    gone = sorted(code for code in before if any(code not in kept for kept in beside))
    names = select(Feature.code, Feature.name).where(Feature.tenant_id == work.tenant_id, Feature.code.in_(gone))
    named = {row[0]: row[1] for row in await work.session.execute(names)}
    holders = select(Assignment.person_id).where(
        Assignment.tenant_id == work.tenant_id, Assignment.id.in_([seat.id for seat in seats])
    )
    tenant, lost = await work.session.get_one(Tenant, work.tenant_id), []
    for code in gone:
        users, shown = await users_of(work, holders, old.product_id, code)
        few = len(seats) < tenant.small_group  # whoever picks few seats would learn what each of them does
        lost.append(FeatureLost(code, named[code], None if few else users, shown))
    cost = MonthlyCost(tenant.currency, _price(was, len(seats)), _price(becomes, len(seats)))
    losses = await losses_with(work, seats, pool.key)
    gained = tuple(sorted(after - before))
    return RetierPreview(
        transfer, book.name(old.key) if was else old.product, book.name(pool.key) if becomes else pool.product,
        _is_down(book, was, becomes, gone), tuple(lost), gained, losses, cost,
    )  # fmt: skip


def _is_down(book: TierBook, was: TierFacts | None, becomes: TierFacts | None, gone: Sequence[str]) -> bool:
    """Say whether it leads down: to a lower rank, from a suite to its part, else to fewer features."""
    if was is not None and becomes is not None:
        if becomes.id in book.covers(was.id):
            return True
        if was.id in book.covers(becomes.id):
            return False
        if was.product_id == becomes.product_id and was.rank != becomes.rank:
            return becomes.rank < was.rank
    return bool(gone)


def _price(tier: TierFacts | None, seats: int) -> int | None:
    return None if tier is None or tier.micros is None else tier.micros * seats


def _claims(desk: SeatDesk, actor: Actor, look: _Look, note: str | None, request_id: UUID) -> list[Claim]:
    """All releases first, then all grants, in one step of the ledger."""
    seen, act = look.preview, Action.SEAT_TRANSFER.value
    reason = ReleaseReason.DOWNGRADE if seen.down else ReleaseReason.TRANSFERRED
    pool, moves = seen.transfer.pool, seen.transfer.seats
    asks: list[Move | Grant] = [
        Move(e.seat.id, e.seat.line_id, e.seat.pool_id, SeatEvent.RELEASE, reason, only_from=e.seat.state)
        for e in moves
    ]
    for each in moves:
        holder = look.holders[each.seat.person_id]
        asks.append(Grant(pool.id, pool.line_id, holder.id, holder.version, pool.version, each.invite))
    ids, principal = desk.office.ids, actor.principal
    return [
        Claim(ids.new(), actor.tenant_id, principal, act, request_id, ask, look.revision, note=note) for ask in asks
    ]
