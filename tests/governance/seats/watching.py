"""The promises, held at every step of the model by what was there before it and what is there after."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime

from governance.entitlements.rules import Overage
from governance.seats.leases.lease import Acquire, Heartbeat, LeaseState, Said
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.leases.lease import Ask as LeaseAsk
from governance.seats.leases.room import LeasePool
from governance.seats.ledger.port import Outcome
from governance.seats.rules import SeatEvent, SeatState
from tests.governance.seats.machine import LINES, ROOMS, Ask, Model, Part, Resize, Seat, Told


class Broken(AssertionError):
    """A promise that a step did not keep."""


class Watch:
    """Does with a model whatever is asked, and holds every step to the promises."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tokens: Counter[str] = Counter()
        self._always()

    def call(self, ask: Ask) -> tuple[list[Part], bool, list[Told]]:
        model = self.model
        parts, atomic = model.parts(ask)
        seats, pools = [copy(each) for each in model.seats], dict(model.pools)
        with self._step():
            said = model.call(parts, atomic=atomic)
        done = {each.outcome for each in said} == {Outcome.DONE}
        if ask.what == "transfer" and parts and parts[0].seat is not None:
            self._conserved(seats, parts, done=done)
        self._hold(atomic <= done or model.seats == seats, "a part of all or none was done alone")
        for part, told in zip(parts, said, strict=True):
            if part.seat is not None and part.event is SeatEvent.ACCEPT and told.outcome is Outcome.DONE:
                self._hold(
                    part.seat.expires is None or model.now < part.seat.expires,
                    "an invitation that ran out was accepted",
                )
            if part.lend is not None and told.lent is not None:
                self._honored(pools[part.pool], part.lend, told.lent)
        return parts, atomic, said

    def pass_time(self, now: datetime) -> None:
        """Let everything that is due happen at its own instant, one after the other."""
        while (due := self.model.next_due(now)) is not None:
            with self._step():
                self.model.happen(due)
        self.model.now = now

    def resize(self, change: Resize) -> None:
        with self._step():
            self.model.resize(change)

    def sweep(self) -> None:
        with self._step():
            self.model.sweep()

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Nobody is given more than there is, in no step: what grew did so within what may be taken today."""
        before = {room: self.model.taken(room) for room in ROOMS}
        yield
        for room in ROOMS:
            taken = self.model.taken(room)
            if taken > before[room]:
                self._hold(taken <= self.model.most(room), f"{room} was given beyond its {self.model.most(room)} seats")
                self._hold(self.model.supply(room) > 0, f"{room} was given without supply")
        self._always()

    def _always(self) -> None:
        model = self.model
        holders = Counter((s.person, LINES[s.pool]) for s in model.seats if s.open)
        self._hold(max(holders.values(), default=1) == 1, "somebody has two open seats of one line")
        for name, pool in model.pools.items():
            clients = Counter(each.client for each in pool.leases.values())
            self._hold(max(clients.values(), default=1) == 1, "a client has two leases")
            self._hold(
                pool.occupied == sum(e.quantity for e in pool.leases.values() if e.occupies), "a counter drifted"
            )
            self._hold(self.tokens[name] <= pool.fence, "a token fell")
            self.tokens[name] = pool.fence
            for each in pool.leases.values():
                self._hold(each.due_at is None or each.due_at > model.now, "a lease outlived its end")
            self._hold(not self._could_serve(name), "somebody waits beside free seats")
        for seat in model.seats:
            self._hold(
                seat.state is not SeatState.INVITED or seat.expires is None or model.now < seat.expires,
                "an invitation outlived its end",
            )

    def _could_serve(self, pool: str) -> bool:
        """Say whether the first who waits could have a seat, where none are kept for groups."""
        model, waiting = self.model, self.model.pools[pool].waiting
        if not waiting or model.world.terms.reserved:
            return False
        rooms = (pool, LINES[pool])
        stops = model.world.overage in {Overage.BLOCK, Overage.ALLOW_TO_PERCENT}
        left = min(model.most(room) - model.taken(room) for room in rooms) if stops else math.inf
        return left >= waiting[0].quantity and all(model.supply(room) > 0 for room in rooms)

    def _conserved(self, seats: list[Seat], parts: list[Part], *, done: bool) -> None:
        """A holder who is moved has one seat as before; the line loses and wins none."""
        leaves, comes = parts
        assert leaves.seat is not None
        was = [s.id for s in seats if s.open and s.person == leaves.person]
        now = [s.id for s in self.model.seats if s.open and s.person == leaves.person]
        wanted = [each for each in was if each != leaves.seat.id] + [comes.id] if done else was
        self._hold(sorted(now) == sorted(wanted), "a transfer lost or made a seat")

    def _honored(self, before: LeasePool, ask: LeaseAsk, told: LeaseAnswer) -> None:
        """What is renewed, lent or given back was held under that token and had not ended."""
        now = self.model.now
        if isinstance(ask, Heartbeat) and told.said is Said.RENEWED:
            held = before.leases.get(ask.beats[0].lease_id)
            alive = held is not None and held.state is LeaseState.HELD and held.token == ask.beats[0].token
            self._hold(alive and (held.expires_at is None or held.expires_at > now), "an ended lease was renewed")  # type: ignore[union-attr]
        if told.said is Said.REVIVED and told.lease is not None:
            held = before.leases.get(told.lease.id)
            self._hold(held is not None and held.kept_until is not None and held.kept_until > now, "too late a revival")
        if isinstance(ask, Acquire) and told.said is Said.GRANTED:
            self._hold(ask.client not in before.clients, "a client was lent a second lease")

    def _hold(self, claim: bool, otherwise: str) -> None:
        if not claim:
            raise Broken(otherwise)
