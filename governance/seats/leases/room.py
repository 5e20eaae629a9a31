"""How much room a pool of leases has, for whom: what is held, what is kept for groups, who waits before. Pure."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from governance.entitlements.rules import stops
from governance.kernel.errors import Code, Reason
from governance.seats.leases.lease import Lease, Waiter
from governance.seats.leases.terms import LeaseTerms

Held = Mapping[str | None, int]


@dataclass(frozen=True)
class LeasePool:
    """A pool of leases as it stands. Of each client it knows at most one lease; counters say what the leases add up to.

    `held`: seats taken by group; `fence`: the highest token given; `due_at`: nothing happens by itself before then.
    A pool may be in sight in part: what time does to leases out of sight, it does not before `others_due_at`.
    """

    terms: LeaseTerms
    leases: Mapping[Hashable, Lease] = field(default_factory=dict)
    clients: Mapping[str, Hashable] = field(default_factory=dict)
    held: Held = field(default_factory=dict)
    borrowed: int = 0
    waiting: tuple[Waiter, ...] = ()
    fence: int = 0
    due_at: datetime | None = None
    others_due_at: datetime | None = None

    @property
    def occupied(self) -> int:
        return sum(self.held.values())


def own_left(terms: LeaseTerms, held: Held, group: str | None) -> int:
    """Give how many of the seats that are kept for a group nobody of it holds."""
    return 0 if group is None else max(0, terms.reserved.get(group, 0) - held.get(group, 0))


def left_for(terms: LeaseTerms, held: Held, group: str | None, limit: int | None) -> int | None:
    """Give the seats that somebody of a group may still take, never below 0; None: as many as they like.

    limit − Σ max(held, reserved) of each group − held by no group, and of one's own group what is kept and free.
    """
    if limit is None:
        return None
    groups = {*terms.reserved, *(each for each in held if each is not None)}
    spoken_for = held.get(None, 0) + sum(max(held.get(each, 0), terms.reserved.get(each, 0)) for each in groups)
    free = limit - sum(held.values())
    return max(0, min(free, limit - spoken_for + own_left(terms, held, group)))


def must_wait(terms: LeaseTerms, held: Held, waiting: Iterable[Waiter], group: str | None, quantity: int) -> int:
    """Give how many stand before a newcomer: all, or those of its own group where its own kept seats will do."""
    if own_left(terms, held, group) >= quantity:
        return sum(1 for each in waiting if each.group == group)
    return sum(1 for _ in waiting)


def no_seat(
    terms: LeaseTerms, held: Held, group: str | None, quantity: int, limit: int | None, *, before: int = 0
) -> Reason | None:
    """Say why `quantity` more seats cannot be had now; None where they can. A pool that flags is never full."""
    if limit == 0:
        return Reason(Code.NOT_IN_FORCE, "pool", "no supply today", "a lot in force today", "lots", "Renew the lot.")
    left = left_for(terms, held, group, limit)
    if left is None or not stops(terms.overage):
        return None
    if left >= quantity and not before:
        return None
    taken = sum(held.values())
    has = f"{taken} of {limit} taken, {left} free{f' for {group}' if group else ''}"
    if before:
        has += f", {before} waiting before"
    remedy = "Wait in the queue, give a seat back, or allocate more."
    return Reason(Code.LIMIT_REACHED, "pool", has, f"{quantity} free", "room", remedy)


def over(held: Held, quantity: int, limit: int | None) -> bool:
    """Say whether a grant of so many goes over the limit, which a pool that flags allows."""
    return limit is not None and sum(held.values()) + quantity > limit


def with_seats(held: Held, group: str | None, seats: int) -> Held:
    """Give the counters with so many more seats of a group (negative: fewer)."""
    after = {**held, group: held.get(group, 0) + seats}
    if not after[group]:
        del after[group]
    return after
