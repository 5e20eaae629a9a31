"""Seating many at once: where a call asks the same for many people, one statement a table seats them all.

Nobody else asks for the line in the same batch, and there is room for the whole call: then it makes no difference who
of it is seated first. Whom anything stands against is decided claim by claim after them, by the same rules as ever.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.directory.rules import PersonStatus
from governance.seats.ledger.book import Book, Candidate, ManySeats, PoolLine
from governance.seats.ledger.judge import Judge
from governance.seats.ledger.port import Answer, Call, Claim, Grant, Outcome
from governance.seats.ledger.store import Store
from governance.seats.ledger.story import Story

MANY = 32
"""From so many on they are worth look-ups of their own."""


@dataclass(frozen=True)
class Crowd:
    """The grants of a call that ask the same for different people; `whole`: the call asks for nothing else."""

    claims: tuple[Claim, ...]
    asks: tuple[Grant, ...]
    whole: bool

    @classmethod
    def of(cls, call: Call, calls: Sequence[Call], many: int = MANY) -> "Crowd | None":
        """Find them; None if they are fewer than `many`, differ in more than the person, or others want the line."""
        pairs = [(claim, claim.ask) for claim in call.claims if isinstance(claim.ask, Grant)]
        if len(pairs) < many or len({ask.person_id for _, ask in pairs}) < len(pairs):
            return None
        same = _shared(*pairs[0])
        if any(_shared(claim, ask) != same for claim, ask in pairs):
            return None
        line = pairs[0][0].tenant_id, pairs[0][1].line_id
        others = (each for other in calls if other is not call for each in other.claims)
        if any((each.tenant_id, each.ask.line_id) == line for each in others):
            return None
        claims, asks = zip(*pairs, strict=True)
        return cls(claims, asks, len(pairs) == len(call.claims))


def _shared(claim: Claim, ask: Grant) -> tuple[Any, ...]:
    return (
        claim.tenant_id, claim.principal, claim.act, claim.request_id, claim.revision, claim.key is None, claim.hash,
        claim.note, ask.pool_id, ask.line_id, ask.pool_version, ask.invite,
    )  # fmt: skip


def seat_at_once(store: Store, judge: Judge, crowd: Crowd, *, atomic: bool) -> dict[UUID, Answer]:
    """Seat those against whom nothing stands, and give their answers by claim; atomic: all of the call, or nobody."""
    book, first, ask = judge.book, crowd.claims[0], crowd.asks[0]
    pool = book.pools.get((first.tenant_id, ask.pool_id))
    if pool is None or not _open_to(judge, crowd, pool) or (atomic and not crowd.whole):
        return {}
    candidates = zip(crowd.claims, crowd.asks, store.candidates(crowd.claims), strict=True)
    clear = [(claim, each, found) for claim, each, found in candidates if found is not None and _fits(each, found)]
    if atomic and len(clear) < len(crowd.claims):
        return {}
    left = [max(0, room.owned - room.occupied) for _, room in judge.rooms(pool) if room.owned is not None]
    owned = min(left, default=len(clear))
    return {
        claim_id: answer
        for part in (clear[:owned], clear[owned:])
        if part
        for claim_id, answer in _seat(judge, pool, part)
    }


def _open_to(judge: Judge, crowd: Crowd, pool: PoolLine) -> bool:
    """Say whether the pool takes everybody of the crowd, whoever they are."""
    first, ask = crowd.claims[0], crowd.asks[0]
    if pool.line_id != ask.line_id or pool.closed_at is not None or judge.right_moved(first) is not None:
        return False
    if ask.pool_version is not None and ask.pool_version != pool.version:
        return False
    for _, room in judge.rooms(pool):
        if room.ceiling == 0:
            return False
        if pool.stops and room.ceiling is not None and room.occupied + len(crowd.claims) > room.ceiling:
            return False
    return True


def _fits(ask: Grant, found: Candidate) -> bool:
    if found.seated or found.status is not PersonStatus.ACTIVE:
        return False
    return ask.person_version is None or ask.person_version == found.version


def _seat(
    judge: Judge, pool: PoolLine, part: Sequence[tuple[Claim, Grant, Candidate]]
) -> Iterator[tuple[UUID, Answer]]:
    """Seat them all as the first of them: one has its room taken and its story told, for the others it is counted."""
    (first, ask, _), count = part[0], len(part)
    seat = judge.seat_of(first, ask, pool)
    if count > 1:
        judge.rooms_take(seat, count - 1, stops=pool.stops)
    aside = Book(judge.book.now)
    Story(aside, judge.ids).begun(first, seat)
    ids = zip(judge.ids.several(count), judge.ids.several(count), strict=True)
    own = [
        (each.person_id, claim.id, found.prior_id, claim.key, entry, event)
        for (claim, each, found), (entry, event) in zip(part, ids, strict=True)
    ]
    told = aside.writes
    judge.book.writes.many.append(ManySeats(seat, told.steps[0], told.entries[0], told.events[0], own))
    for claim, _, _ in part:
        yield claim.id, Answer(Outcome.DONE, claim.id, seat.state, seat.overage)
