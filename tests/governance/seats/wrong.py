"""Models with one bug each, which the watch over every step must find."""

import math
from dataclasses import replace
from datetime import datetime

from governance.seats.leases import engine
from governance.seats.leases.lease import Ask as LeaseAsk
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import Limit
from governance.seats.ledger.port import Outcome
from governance.seats.rules import SeatEvent, SeatState, next_state
from tests.governance.seats.machine import LENDING, LINES, Model, Part, Seat, Told


class LooksAtThePoolAlone(Model):
    """Knows no room but the pool's: the line is oversold by its pools."""

    def full(self, pool: str) -> bool:
        return self.taken(pool) >= self.most(pool)


class OneTooMany(Model):
    """Asks whether there are more than enough already."""

    def full(self, pool: str) -> bool:
        return any(self.taken(room) > self.most(room) for room in (pool, LINES[pool]))


class HonorsWhatEnded(Model):
    """Grants what was bought, whether it is over or not."""

    def full(self, pool: str) -> bool:
        return any(self.taken(room) >= (self.size[room] or 0) for room in (pool, LINES[pool]))


class KeepsInvitations(Model):
    """Lets nothing lapse but leases."""

    def happen(self, at: datetime) -> None:
        self.now = at
        for pool in LENDING:
            self.pools[pool], _ = engine.advance(self.view(pool), at)

    def next_due(self, now: datetime) -> datetime | None:
        later = (at for at in self._instants() if self.now < at <= now)
        return min(later, default=None)


class MovesByHalves(Model):
    """Does of a call that is all or none what can be done."""

    def call(self, parts: list[Part], *, atomic: bool) -> list[Told]:
        return super().call(parts, atomic=False)


class SeatsTwice(Model):
    """Does not ask who has a seat."""

    def seat_of(self, person: str, line: str) -> Seat | None:
        return None


class ResumesWithoutRoom(Model):
    """Takes back who was suspended, whoever has the seat by now."""

    def move(self, seat: Seat, event: SeatEvent, only_from: SeatState | None = None) -> Told:
        if event is SeatEvent.RESUME and isinstance(next_state(seat.state, event), SeatState):
            seat.state = SeatState.ACTIVE if seat.used else SeatState.ASSIGNED
            return Told(Outcome.DONE)
        return super().move(seat, event, only_from)


class LendsOneTooMany(Model):
    """Counts a seat more when it lends."""

    def view(self, pool: str) -> LeasePool:
        view = super().view(pool)
        (limit,) = view.terms.limits
        more = limit.seats and limit.seats + 1
        return replace(view, terms=replace(view.terms, limits=(Limit(None, more),)))


class LendsWhatEnded(Model):
    """Lends without an end."""

    def view(self, pool: str) -> LeasePool:
        view = super().view(pool)
        seats = self.size[pool]
        return replace(view, terms=replace(view.terms, limits=(Limit(None, seats and math.ceil(seats)),)))


class ForgetsItsClients(Model):
    """Takes who comes again for somebody else."""

    def _lend(self, pool: str, ask: LeaseAsk) -> Told:
        self.pools[pool] = replace(self.pools[pool], clients={})
        return super()._lend(pool, ask)


class LetsNobodyGo(Model):
    """Ends no lease."""

    def happen(self, at: datetime) -> None:
        self.now = at
        for seat in self.seats:
            if seat.state is SeatState.INVITED and seat.expires is not None and seat.expires <= at:
                seat.state = SeatState.RELEASED
        for pool in LENDING:
            self.pools[pool] = replace(self.pools[pool], due_at=None)


class LetsThemWait(Model):
    """Serves nobody who waits, whatever comes free."""

    def serve(self) -> None:
        pass
