"""How seats are lent: a pool as it stands and something asked make the pool after it and an answer. Pure.

What is due by now happens first, each at its own instant and in order: nobody is refused for a seat that lapsed.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from governance.kernel.errors import Code, Reason
from governance.seats.leases.keeping import drop, due, next_due, put, seats
from governance.seats.leases.lease import (
    Acquire,
    Answer,
    Ask,
    Beat,
    Befell,
    Borrow,
    GiveBack,
    Happened,
    Heartbeat,
    Lease,
    LeaseState,
    Said,
    StopWaiting,
    Tick,
    Waiter,
)  # fmt: skip
from governance.seats.leases.room import LeasePool, must_wait, no_seat, over


@dataclass(frozen=True)
class Step:
    """The pool after something was asked, one answer for each part of it, and what time had done by then."""

    pool: LeasePool
    answers: tuple[Answer, ...]
    happened: tuple[Happened, ...]

    @property
    def answer(self) -> Answer:
        (one,) = self.answers
        return one


def step(pool: LeasePool, ask: Ask, now: datetime) -> Step:
    """Let what is due happen, then answer, then serve those who wait."""
    pool, happened = advance(pool, now)
    match ask:
        case Acquire():
            pool, answer = _acquire(pool, ask, now)
            answers: tuple[Answer, ...] = (answer,)
        case Heartbeat():
            pool, answers = _heartbeat(pool, ask, now)
        case GiveBack():
            pool, answers = _one(
                pool, ask.lease_id, ask.token, now, lambda p, held, t: _give_back(p, held, t, ask.handed)
            )
        case Borrow():
            pool, answers = _one(pool, ask.lease_id, ask.token, now, lambda p, held, t: _borrow(p, held, ask.until, t))
        case StopWaiting():
            pool, answers = _stop_waiting(pool, ask.client)
        case Tick():
            answers = (Answer(Said.DONE),)
    if isinstance(ask, GiveBack) and ask.handed:
        return Step(pool, answers, happened)
    pool, served = _serve(pool, now)
    return Step(pool, answers, (*happened, *served))


def advance(pool: LeasePool, now: datetime) -> tuple[LeasePool, tuple[Happened, ...]]:
    """Let everything that is due by `now` happen, each at its instant; a lease does not hold at its own end."""
    happened: list[Happened] = []
    while pool.due_at is not None and pool.due_at <= now:
        at = pool.due_at
        for lease in [each for each in pool.leases.values() if each.due_at is not None and each.due_at <= at]:
            pool, told = _lapse(pool, lease, at)
            happened.append(told)
        gone = [each for each in pool.waiting if each.until <= at]
        happened += [Happened(Befell.WAITED_IN_VAIN, at, each.lease_id, each.client) for each in gone]
        pool = replace(pool, waiting=tuple(each for each in pool.waiting if each.until > at))
        pool, served = _serve(pool, at)
        happened += served
        pool = replace(pool, due_at=next_due(pool, at))
    return pool, tuple(happened)


def _lapse(pool: LeasePool, lease: Lease, at: datetime) -> tuple[LeasePool, Happened]:
    """Let one lease pass on: held → may come back, or gone; lingering → gone; not come back → forgotten."""
    was = lease.state
    if was is LeaseState.HELD:
        pool = seats(pool, lease, -1)
        ended = lease._replace(state=LeaseState.EXPIRED, kept_until=at + pool.terms.revival, borrowed=False)
        keeps = pool.terms.revival > timedelta(0)
        return (put(pool, ended) if keeps else drop(pool, lease)), Happened(Befell.EXPIRED, at, lease.id, lease.client)
    what = Befell.LINGERED if was is LeaseState.LINGERING else Befell.FORGOTTEN
    pool = seats(pool, lease, -1) if lease.occupies else pool
    return drop(pool, lease), Happened(what, at, lease.id, lease.client)


def _serve(pool: LeasePool, now: datetime) -> tuple[LeasePool, list[Happened]]:
    """Give seats to those who wait, in order. Who finds none lets nobody pass but onto seats kept for others."""
    served: list[Happened] = []
    ahead: list[Waiter] = []
    for waiter in pool.waiting:
        if _reason(pool, waiter.group, waiter.quantity, now, ahead) is not None:
            ahead.append(waiter)
            continue
        pool = _grant(pool, Acquire(waiter.client, waiter.lease_id, waiter.quantity, waiter.group), now)
        served.append(Happened(Befell.GRANTED, now, waiter.lease_id, waiter.client))
    return (replace(pool, waiting=tuple(ahead)) if served else pool), served


def _acquire(pool: LeasePool, ask: Acquire, now: datetime) -> tuple[LeasePool, Answer]:
    known = pool.clients.get(ask.client)
    if known is not None:
        return _again(pool, pool.leases[known], ask, now)
    place = next((n for n, each in enumerate(pool.waiting, 1) if each.client == ask.client), None)
    if place is not None:
        return pool, Answer(Said.WAITING, place=place)
    reason = _reason(pool, ask.group, ask.quantity, now, () if ask.handed else pool.waiting)
    if reason is None:
        pool = _grant(pool, ask, now)
        return pool, Answer(Said.GRANTED, pool.leases[ask.lease_id])
    return _queue(pool, ask, reason, now)


def _queue(pool: LeasePool, ask: Acquire, reason: Reason, now: datetime) -> tuple[LeasePool, Answer]:
    """Let a client stand in line, if it wants to and the pool could ever give it so many."""
    limit, ever = pool.terms.limit(now), pool.terms.ever
    most = limit if ever is None or limit == 0 else ever
    if ask.waits is None or ask.waits <= timedelta(0) or (most is not None and ask.quantity > most):
        return pool, Answer(Said.REFUSED, reason=reason)
    waiter = Waiter(ask.lease_id, ask.client, ask.quantity, ask.group, now, now + ask.waits)
    pool = due(replace(pool, waiting=(*pool.waiting, waiter)), waiter.until, pool.terms.next_limit(now))
    return pool, Answer(Said.WAITING, place=len(pool.waiting))


def _again(pool: LeasePool, lease: Lease, ask: Acquire, now: datetime) -> tuple[LeasePool, Answer]:
    """Give a client the lease it has: it reconnects, comes back in time, or wants more or fewer seats on it."""
    takes = lease.quantity if lease.occupies else 0
    more = ask.quantity - takes
    before = () if lease.occupies and more <= 0 else pool.waiting
    less = seats(pool, lease, -1) if lease.occupies else pool
    reason = None if more <= 0 and ask.group == lease.group else _reason(less, ask.group, ask.quantity, now, before)
    if reason is not None and lease.occupies:
        return pool, Answer(Said.REFUSED, lease, reason=reason)
    if reason is not None:
        queued, answer = _queue(drop(pool, lease), ask, reason, now)
        return (queued if answer.said is Said.WAITING else pool), answer
    said = Said.RECONNECTED if lease.occupies else Said.REVIVED
    keeps = lease.state is LeaseState.HELD and lease.borrowed
    after = lease._replace(
        quantity=ask.quantity, group=ask.group, token=pool.fence + 1, state=LeaseState.HELD, kept_until=None,
        expires_at=lease.expires_at if keeps else _end(pool, now), borrowed=keeps,
        overage=lease.overage if lease.occupies and more <= 0 else _flagged(less, ask.quantity, now),
    )  # fmt: skip
    pool = put(seats(less, after, 1), after)
    return replace(pool, fence=after.token), Answer(said, after)


def _heartbeat(pool: LeasePool, ask: Heartbeat, now: datetime) -> tuple[LeasePool, tuple[Answer, ...]]:
    """Answer each beat in turn; what is only renewed is kept aside and put into the pool at once."""
    answers: list[Answer] = []
    renewed: dict[Hashable, Lease] = {}
    end = _end(pool, now)
    for beat in ask.beats:
        lease = pool.leases.get(beat.lease_id)
        if lease is not None and only_renews(lease, beat.token):
            renewed[lease.id] = lease._replace(expires_at=end)
            answers.append(Answer(Said.RENEWED, renewed[lease.id]))
            continue
        pool, (answer,) = _beat(pool, beat, now)
        answers.append(answer)
    if renewed:
        pool = due(replace(pool, leases={**pool.leases, **renewed}), end)
    return pool, tuple(answers)


def only_renews(lease: Lease, token: int) -> bool:
    """Say whether a heartbeat does nothing to a lease but move its end; it does so in whatever order they come."""
    return lease.state is LeaseState.HELD and lease.token == token and not lease.borrowed


def _beat(pool: LeasePool, beat: Beat, now: datetime) -> tuple[LeasePool, tuple[Answer, ...]]:
    """Renew a lease; one that ended not long ago comes back if its seats are still free and nobody waits for them."""
    lease = pool.leases.get(beat.lease_id)
    if lease is not None and lease.state is LeaseState.EXPIRED and lease.token == beat.token:
        ask = Acquire(lease.client, lease.id, lease.quantity, lease.group)
        pool, answer = _again(pool, lease, ask, now)
        return pool, (answer._replace(said=Said.LOST) if answer.said is Said.REFUSED else answer,)
    return _one(pool, beat.lease_id, beat.token, now, _keep)


def _keep(pool: LeasePool, lease: Lease, now: datetime) -> tuple[LeasePool, Answer]:
    """Hear of a borrowed lease: it ends on its day, heard of or not."""
    return pool, Answer(Said.RENEWED, lease)


def _give_back(pool: LeasePool, lease: Lease, now: datetime, handed: bool) -> tuple[LeasePool, Answer]:
    if lease.borrowed and not pool.terms.early_return:
        has = f"borrowed until {lease.expires_at:%Y-%m-%d %H:%M} UTC"
        reason = Reason(Code.WRONG_STATE, "lease", has, "terms that allow early return", "terms of the pool")
        return pool, Answer(Said.REFUSED, lease, reason=reason)
    if pool.terms.linger > timedelta(0) and not lease.borrowed and not handed:
        after = lease._replace(state=LeaseState.LINGERING, kept_until=now + pool.terms.linger, expires_at=None)
        return put(pool, after), Answer(Said.RETURNED, after)
    after = lease._replace(state=LeaseState.RETURNED, expires_at=None)
    return drop(seats(pool, lease, -1), lease), Answer(Said.RETURNED, after)


def _borrow(pool: LeasePool, lease: Lease, until: datetime, now: datetime) -> tuple[LeasePool, Answer]:
    """Keep a lease until a day; the same day again, or another one, replaces it."""
    most, terms = timedelta(days=pool.terms.borrow_days), pool.terms
    others = pool.borrowed - (lease.quantity if lease.borrowed else 0)
    reason: Reason | None = None
    if not terms.borrow_days:
        reason = Reason(Code.WRONG_STATE, "pool", "no borrowing", "terms that allow it", "terms of the pool")
    elif not now < until <= now + most:
        has, needs = f"until {until:%Y-%m-%d %H:%M} UTC", f"a day ahead, at most {terms.borrow_days} days"
        reason = Reason(Code.BAD_INPUT, "until", has, needs, "terms of the pool")
    elif terms.borrowable is not None and others + lease.quantity > terms.borrowable:
        has = f"{others} of {terms.borrowable} borrowed"
        reason = Reason(Code.LIMIT_REACHED, "borrowed seats", has, f"{lease.quantity} free", "terms of the pool")
    if reason is not None:
        return pool, Answer(Said.REFUSED, lease, reason=reason)
    after = lease._replace(expires_at=until, borrowed=True)
    return put(pool, after), Answer(Said.BORROWED, after)


def _stop_waiting(pool: LeasePool, client: str) -> tuple[LeasePool, tuple[Answer, ...]]:
    left = tuple(each for each in pool.waiting if each.client != client)
    said = Said.LEFT_THE_QUEUE if len(left) < len(pool.waiting) else Said.DONE
    return replace(pool, waiting=left), (Answer(said),)


def _one(
    pool: LeasePool, lease_id: object, token: int, now: datetime,
    do: Callable[[LeasePool, Lease, datetime], tuple[LeasePool, Answer]],
) -> tuple[LeasePool, tuple[Answer, ...]]:  # fmt: skip
    """Do something to a lease that is held under this token; to any other, say that it is lost."""
    lease = pool.leases.get(lease_id)
    if lease is None or lease.state is not LeaseState.HELD:
        has = "ended" if lease is None else lease.state.value
        return pool, (Answer(Said.LOST, reason=Reason(Code.LEASE_LOST, "lease", has, "HELD", "leases", ACQUIRE)),)
    if lease.token != token:
        has, needs = f"token {token}", f"token {lease.token}"
        return pool, (Answer(Said.LOST, reason=Reason(Code.LEASE_LOST, "lease", has, needs, "leases", OTHER)),)
    pool, answer = do(pool, lease, now)
    return pool, (answer,)


ACQUIRE = "Acquire a lease anew."
OTHER = "Another process of the same client has taken the lease over."


def _reason(
    pool: LeasePool, group: str | None, quantity: int, now: datetime, waiting: tuple[Waiter, ...] | list[Waiter]
) -> Reason | None:
    before = must_wait(pool.terms, pool.held, waiting, group, quantity)
    return no_seat(pool.terms, pool.held, group, quantity, pool.terms.limit(now), before=before)


def _grant(pool: LeasePool, ask: Acquire, now: datetime) -> LeasePool:
    lease = Lease(
        ask.lease_id, ask.client, ask.quantity, ask.group, pool.fence + 1, now, _end(pool, now),
        overage=_flagged(pool, ask.quantity, now),
    )  # fmt: skip
    return replace(put(seats(pool, lease, 1), lease), fence=lease.token)


def _end(pool: LeasePool, now: datetime) -> datetime | None:
    return None if pool.terms.term is None else now + pool.terms.term


def _flagged(pool: LeasePool, quantity: int, now: datetime) -> bool:
    return over(pool.held, quantity, pool.terms.flagged_beyond(now))
