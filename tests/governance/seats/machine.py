"""A license in its simplest words, under a clock moved by hand: what both ledgers must answer.

The model keeps plain lists of seats and one pool of leases a pool; it counts everything anew for every question and
knows no counters, batches or databases.
"""

import math
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from governance.entitlements.rules import Overage
from governance.seats.leases import engine
from governance.seats.leases.lease import (
    Acquire,
    Beat,
    Borrow,
    GiveBack,
    Heartbeat,
    Said,
    StopWaiting,
    Tick,
)
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.leases.lease import Ask as LeaseAsk
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import LeaseTerms, Limit
from governance.seats.ledger.port import Outcome
from governance.seats.rules import SeatEvent, SeatState, next_state, occupies

LINES = {"main": "first", "other": "first", "third": "second"}
"""Each pool's line. `main` and `other` also lend."""
LENDING = ("main", "other")
ROOMS = (*LINES, "first", "second")
PEOPLE = ("ada", "ben", "cleo", "auditor")
INVITED_FOR, ANSWERED_IN = timedelta(days=14), timedelta(days=1)
MOVES = [each for each in SeatEvent if each not in {SeatEvent.ASSIGN, SeatEvent.INVITE, SeatEvent.EXPIRE}]
GRANTS = {"grant", "invite", "transfer", "bundle"}


@dataclass(frozen=True)
class World:
    """What was bought: seats of each pool and line (None: unlimited), until when, and how it goes beyond and ends."""

    overage: Overage
    percent: int
    seats: dict[str, int | None]
    ends: datetime | None
    revokes: bool
    suspended_occupies: bool
    terms: LeaseTerms


@dataclass(frozen=True)
class Ask:
    """One thing that somebody wants: `what` of a person, in a pool, on the n-th seat or lease that was ever given."""

    what: str
    person: str
    pool: str
    nth: int
    quantity: int
    stale: bool
    group: str | None


@dataclass(frozen=True)
class Resize:
    """From now on a pool, or a line, has so many seats."""

    room: str
    seats: int


@dataclass
class Seat:
    id: UUID
    person: str
    pool: str
    state: SeatState
    expires: datetime | None
    due: datetime | None = None
    used: bool = False

    @property
    def open(self) -> bool:
        return self.state is not SeatState.RELEASED


@dataclass(frozen=True)
class Part:
    """A part of a call as the ledger is asked for it: a grant, a move of a seat, or something about leases."""

    id: UUID
    pool: str
    person: str
    invite: bool = False
    seat: Seat | None = None
    event: SeatEvent | None = None
    only_from: SeatState | None = None
    lend: LeaseAsk | None = None


@dataclass(frozen=True)
class Told:
    """What the model answers a part."""

    outcome: Outcome
    overage: bool = False
    lent: LeaseAnswer | None = None


@dataclass
class Model:
    world: World
    now: datetime
    new_id: Callable[[], UUID]
    seats: list[Seat] = field(default_factory=list)
    size: dict[str, int | None] = field(default_factory=dict)
    pools: dict[str, LeasePool] = field(default_factory=dict)
    given: list[tuple[str, object, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.size = dict(self.world.seats)
        terms = replace(self.world.terms, overage=self.world.overage)
        self.pools = {pool: LeasePool(terms) for pool in LENDING}

    # What there is.

    def supply(self, room: str) -> float:
        ended = self.world.ends is not None and self.now >= self.world.ends
        seats = 0 if ended and room not in {"third", "second"} else self.size[room]
        return math.inf if seats is None else seats

    def most(self, room: str) -> float:
        """Count the seats that may be taken one by one: each stands for percent / 100 of a seat."""
        supply, overage = self.supply(room), self.overage_of(room)
        if overage in {Overage.ALLOW_AND_FLAG, Overage.TRUE_UP} and supply:
            return math.inf
        if overage is not Overage.ALLOW_TO_PERCENT or supply is math.inf:
            return supply
        return sum(self.world.percent for _ in range(int(supply))) // 100

    def overage_of(self, room: str) -> Overage:
        return Overage.BLOCK if room in {"third", "second"} else self.world.overage

    def taken(self, room: str) -> int:
        pools = [pool for pool, line in LINES.items() if room in {pool, line}]
        return sum(self.takes(each) for each in self.seats if each.pool in pools) + sum(
            each.quantity for pool in pools if pool in self.pools
            for each in self.pools[pool].leases.values() if each.occupies
        )  # fmt: skip

    def takes(self, seat: Seat) -> bool:
        always = seat.pool == "third" or self.world.suspended_occupies
        return occupies(seat.state, at=self.now, invitation_expires_at=seat.expires, suspended_occupies=always)

    def full(self, pool: str) -> bool:
        return any(self.taken(room) >= self.most(room) for room in (pool, LINES[pool]))

    def seat_of(self, person: str, line: str) -> Seat | None:
        return next((s for s in self.seats if s.open and s.person == person and LINES[s.pool] == line), None)

    # What is asked.

    def parts(self, ask: Ask) -> tuple[list[Part], bool]:
        """Put what somebody wants into the parts of one call, and whether it is all or none."""
        grant = Part(self.new_id(), ask.pool, ask.person, invite=ask.what == "invite")
        seat = self.seats[ask.nth % len(self.seats)] if self.seats else None
        if ask.what == "crowd":
            who = [PEOPLE[(PEOPLE.index(ask.person) + n) % len(PEOPLE)] for n in range(1 + ask.quantity)]
            crowd = [replace(grant, id=self.new_id(), person=each, invite=ask.group is not None) for each in who]
            return crowd, ask.stale
        if ask.what == "bundle":
            return [grant, Part(self.new_id(), "third" if ask.pool != "third" else "main", ask.person)], True
        if ask.what == "transfer" and seat is not None:
            leaves = Part(self.new_id(), seat.pool, seat.person, False, seat, SeatEvent.RELEASE, seat.state)
            return [leaves, replace(grant, person=seat.person, invite=seat.state is SeatState.INVITED)], True
        if ask.what in GRANTS:
            return [grant], False
        if ask.what in SeatEvent.__members__:
            moves = (
                []
                if seat is None
                else [Part(self.new_id(), seat.pool, seat.person, seat=seat, event=SeatEvent(ask.what))]
            )
            return moves, False
        return [replace(grant, pool=pool, lend=lend) for pool, lend in self._lends(ask, grant.id)], False

    def _lends(self, ask: Ask, lease_id: UUID) -> Iterator[tuple[str, LeaseAsk]]:
        pool = ask.pool if ask.pool in LENDING else "main"
        if ask.what in {"get", "wait"}:
            waits = timedelta(hours=1) if ask.what == "wait" else None
            yield pool, Acquire(ask.person, lease_id, ask.quantity, ask.group, waits)
        elif ask.what == "stop":
            yield pool, StopWaiting(ask.person)
        elif self.given:
            pool, held, token = self.given[ask.nth % len(self.given)]
            now_held = self.pools[pool].leases.get(held)
            token = token if ask.stale or now_held is None else now_held.token
            until = self.now + timedelta(days=ask.quantity)
            yield pool, {
                "beat": Heartbeat((Beat(held, token),)), "back": GiveBack(held, token), "borrow": Borrow(held, token, until),
            }[ask.what]  # fmt: skip

    def call(self, parts: list[Part], *, atomic: bool) -> list[Told]:
        """Answer the parts of one call in their order; then whoever waits has what came free."""
        before = [copy(each) for each in self.seats] if atomic else None
        said = [self._answer(part) for part in parts]
        if before is not None and any(each.outcome is not Outcome.DONE for each in said):
            kept = {each.id: each for each in self.seats}
            self.seats[:] = [self._restored(kept[each.id], each) for each in before]
            said = [replace(each, outcome=Outcome.UNDONE) if each.outcome is Outcome.DONE else each for each in said]
        self.serve()
        return said

    def _restored(self, seat: Seat, before: Seat) -> Seat:
        seat.__dict__.update(before.__dict__)
        return seat

    def _answer(self, part: Part) -> Told:
        if part.lend is not None:
            return self._lend(part.pool, part.lend)
        if part.seat is None:
            return self.grant(part)
        return self.move(part.seat, part.event or SeatEvent.RELEASE, part.only_from)

    def grant(self, part: Part) -> Told:
        if self.seat_of(part.person, LINES[part.pool]) is not None or self.full(part.pool):
            return Told(Outcome.DENIED)
        beyond = any(self.taken(room) >= self.supply(room) for room in (part.pool, LINES[part.pool]))
        state, expires = (SeatState.INVITED, self.now + INVITED_FOR) if part.invite else (SeatState.ASSIGNED, None)
        self.seats.append(Seat(part.id, part.person, part.pool, state, expires))
        return Told(Outcome.DONE, beyond)

    def move(self, seat: Seat, event: SeatEvent, only_from: SeatState | None = None) -> Told:
        after = next_state(seat.state, event, used=seat.used)
        if not isinstance(after, SeatState) or (only_from is not None and seat.state is not only_from):
            return Told(Outcome.FAILED)
        moved = replace(seat, state=after)
        if self.takes(moved) > self.takes(seat) and self.full(seat.pool):
            return Told(Outcome.DENIED)
        seat.state, seat.used = after, seat.used or event is SeatEvent.USE
        seat.due = self.now + ANSWERED_IN if event is SeatEvent.PROPOSE_RECLAIM else None
        return Told(Outcome.DONE)

    def _lend(self, pool: str, ask: LeaseAsk) -> Told:
        done = engine.step(self.view(pool), ask, self.now)
        self.pools[pool] = done.pool
        (told,) = done.answers
        if told.said in {Said.GRANTED, Said.REVIVED, Said.RECONNECTED} and told.lease is not None:
            self.given.append((pool, told.lease.id, told.lease.token))
        refused = {Said.REFUSED: Outcome.DENIED, Said.LOST: Outcome.FAILED}.get(told.said, Outcome.DONE)
        return Told(Outcome.DONE if isinstance(ask, Heartbeat) else refused, lent=told)

    def view(self, pool: str) -> LeasePool:
        """Give a pool of leases with the seats that nobody else of its pool and line has."""
        held, rooms = self.pools[pool].occupied, (pool, LINES[pool])
        terms = self.pools[pool].terms
        if any(self.supply(room) == 0 for room in rooms):
            return replace(self.pools[pool], terms=replace(terms, limits=(Limit(None, 0),), owned=None))
        stops = self.world.overage in {Overage.BLOCK, Overage.ALLOW_TO_PERCENT}
        most = min((self.most if stops else self.supply)(room) - self.taken(room) + held for room in rooms)
        owned = min(self.supply(room) - self.taken(room) + held for room in rooms)
        ever = min((self.most if stops else self.supply)(room) for room in rooms)
        limits = (Limit(None, None if most == math.inf else int(most) or -1),)
        finite = {name: None if n == math.inf else int(n) for name, n in (("owned", owned), ("ever", ever))}
        return replace(self.pools[pool], terms=replace(terms, limits=limits, **finite))

    # What time does.

    def serve(self) -> None:
        for pool in LENDING:
            if self.pools[pool].waiting:
                self.pools[pool] = engine.step(self.view(pool), Tick(), self.now).pool

    def next_due(self, now: datetime) -> datetime | None:
        return min((at for at in self._instants() if at <= now), default=None)

    def happen(self, at: datetime) -> None:
        """Let happen what is due at an instant; nothing was due before it."""
        self.now = at
        for seat in self.seats:
            if seat.state is SeatState.INVITED and seat.expires is not None and seat.expires <= at:
                seat.state = SeatState.RELEASED
        for pool in LENDING:
            self.pools[pool], _ = engine.advance(self.view(pool), at)
        self.serve()

    def _instants(self) -> Iterator[datetime]:
        yield from (s.expires for s in self.seats if s.state is SeatState.INVITED and s.expires is not None)
        for pool in self.pools.values():
            yield from (each for each in (pool.due_at,) if each is not None)
        if self.world.ends is not None and self.world.ends > self.now:
            yield self.world.ends

    def resize(self, change: Resize) -> None:
        self.size[change.room] = change.seats
        self.serve()

    def sweep(self) -> None:
        """Let go who did not answer in time, and who sits in what has ended and is taken away."""
        ended = self.world.revokes and self.world.ends is not None and self.now >= self.world.ends
        for seat in self.seats:
            late = seat.state is SeatState.RECLAIM_PENDING and seat.due is not None and seat.due <= self.now
            if late or (ended and seat.open and seat.pool != "third"):
                seat.state = SeatState.RELEASED
        self.serve()
