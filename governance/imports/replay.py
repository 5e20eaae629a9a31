"""Replays a license server's log: its own events drive the lease engine, which says what it would have decided alike.

The log never tells how many seats there are; whoever asks says so. A feature of which nobody does has no limit here.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from governance.imports.formats.flexlm_events import Anew, EventKind, Inferred, LogEvent
from governance.seats.leases.engine import step
from governance.seats.leases.lease import Acquire, GiveBack, Lease, Said
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import LeaseTerms, Limit

TOLERANCE = timedelta(minutes=10)
SAME = timedelta(minutes=1)
"""Equal denials of one holder within a minute are one, however often a client tries again."""
SHOWN = 20
_CODE = re.compile(r"\(-(\d{1,3})\b")
ROOM_CODES = {"": "", "4": "Licensed number of users already reached", "24": "Users are queued for this feature",
              "26": "Request for more licenses than this feature supports",
              "101": "All licenses are reserved for others"}  # fmt: skip
"""FlexNet's error codes of a denial for want of seats, as its License Administration Guide lists them."""

Key = tuple[str, str]


@dataclass(frozen=True)
class ReplayAsked:
    """What a replay goes by. `limits`: seats by feature; `first_day`, `server`: where the log tells none."""

    limits: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    first_day: date | None = None
    server: str | None = None
    tolerance: timedelta = TOLERANCE


@dataclass
class Figures:
    """What became of one feature. `denied_at`: how many seats the log had in use whenever it denied one."""

    granted: int = 0
    refused: int = 0
    reproduced: int = 0
    not_reproduced: int = 0
    peak: int = 0
    peak_in_log: int = 0
    denied_at: Counter[int] = field(default_factory=Counter)


@dataclass
class Hold:
    """A checkout that the log says is held: under a lease, or under none where the engine had no seat for it."""

    quantity: int
    lease: Lease | None


@dataclass
class Wants:
    """Denials that nobody has satisfied yet, and how many never were. One row a minute of one holder and feature."""

    tolerance: timedelta
    rows: int = 0
    true: int = 0
    open: dict[Key, list[datetime]] = field(default_factory=dict)

    def denied(self, feature: str, holder: str, at: datetime) -> None:
        waiting = self.open.setdefault((feature, holder), [])
        if waiting and timedelta(0) <= at - waiting[-1] < SAME:
            return
        self.rows += 1
        late = [each for each in waiting if not timedelta(0) <= at - each <= self.tolerance]
        self.true += len(late)
        self.open[feature, holder] = [*(each for each in waiting if each not in late), at]

    def satisfied(self, feature: str, holder: str, at: datetime) -> None:
        """Let a checkout satisfy what its holder wanted not long ago, from whatever server it comes."""
        waiting = self.open.pop((feature, holder), ())
        self.true += sum(1 for each in waiting if not timedelta(0) <= at - each <= self.tolerance)

    def closed(self) -> int:
        """End: what is still open was never satisfied. Gives how many rows the log leaves open."""
        left = sum(len(each) for each in self.open.values())
        self.true += left
        self.open.clear()
        return left


class Replay:
    """One log on its way through the engine: a pool for each feature of each server, leases that end when returned."""

    def __init__(self, asked: ReplayAsked) -> None:
        self.limits = asked.limits
        self.figures: dict[str, Figures] = {}
        self.wants = Wants(asked.tolerance)
        self.counts: Counter[str] = Counter()
        self.other_reasons: Counter[str] = Counter()
        self.inferred: list[Inferred] = []
        self.lines: dict[str, list[int]] = {"refused": [], "not_reproduced": []}
        self.servers: dict[str, set[str]] = {}
        self._pools: dict[Key, LeasePool] = {}
        self._holds: dict[tuple[str, str, str], list[Hold]] = {}
        self._in_log: Counter[Key] = Counter()
        self._known: set[str] = set()
        self._serial = 0

    def take(self, each: LogEvent | Anew) -> None:
        """Let one thing that the log tells happen."""
        if isinstance(each, Anew):
            self._anew(each)
            return
        self._known.add(each.source)
        self.servers.setdefault(each.feature, set()).add(each.source)
        DO[each.kind](self, each)

    def out(self, event: LogEvent) -> None:
        figures = self.figures.setdefault(event.feature, Figures())
        self.wants.satisfied(event.feature, _holder(event), event.at)
        if self._hold(event):
            figures.granted += 1
        else:
            figures.refused += 1
            self._line("refused", event)

    def back(self, event: LogEvent) -> None:
        """Give back what the holder took: a checkout of just so many, else one after the other until it is enough."""
        left = event.quantity
        for hold in sorted(self._holds.get(_key(event), ()), key=lambda each: each.quantity != left):
            took = min(left, hold.quantity)
            if took:
                self._resize(event, hold, hold.quantity - took)
            left -= took

    def upgrade(self, event: LogEvent) -> None:
        holds = self._holds.get(_key(event), [])
        hold = next((each for each in holds if each.quantity == event.was), holds[0] if holds else None)
        if hold is None:
            self.in_use(event)
        elif not self._resize(event, hold, event.quantity):
            self.counts["upgrades_refused"] += 1
            self._line("refused", event)

    def denied(self, event: LogEvent) -> None:
        """Ask for what was denied; where the engine would have given it, it is not kept, for the client had it not."""
        self.counts["denials"] += 1
        self.wants.denied(event.feature, _holder(event), event.at)
        found = _CODE.search(event.reason)
        if found is not None and found[1] not in ROOM_CODES:
            self.other_reasons[event.reason] += 1
            return
        figures = self.figures.setdefault(event.feature, Figures())
        figures.denied_at[self._in_log[event.source, event.feature]] += 1
        if self._full(event):
            figures.reproduced += 1
        else:
            figures.not_reproduced += 1
            self._line("not_reproduced", event)

    def queued(self, event: LogEvent) -> None:
        self.counts["queued"] += 1
        self.counts["queued_reproduced"] += self._full(event)

    def dequeued(self, _event: LogEvent) -> None:
        self.counts["dequeued"] += 1

    def unsupported(self, _event: LogEvent) -> None:
        self.counts["unsupported"] += 1

    def in_use(self, event: LogEvent) -> None:
        """Take as held what the log says is in use, though it never told of a checkout."""
        if not self._holds.get(_key(event)):
            self._hold(event)
            said = f"the line says so ({event.kind.name}), and the log has no checkout of it"
            self._infer("held_before", event, f"{_holder(event)} holds {event.quantity} of {event.feature}", said)

    def borrowed(self, event: LogEvent) -> None:
        self.counts["borrowed"] += 1
        if not self._holds.get(_key(event)):
            self.out(event)
        said = "a borrowed seat is held until the log tells its return; the day it ends by itself is not told"
        self._infer("borrowed", event, f"{_holder(event)} holds {event.feature} until it is returned", said)

    def _anew(self, each: Anew) -> None:
        if each.source is not None:
            self.counts["restarts"] += each.source in self._known
            self._known.add(each.source)
        for key, pool in self._pools.items():
            if each.source in {None, key[0]}:
                self._pools[key] = LeasePool(pool.terms, fence=pool.fence)
                del self._in_log[key]
        for holder in [holder for holder in self._holds if each.source in {None, holder[0]}]:
            del self._holds[holder]

    def _hold(self, event: LogEvent) -> bool:
        """Take seats as a client of its own, for one user may hold several; keep that it is held, granted or not."""
        self._serial += 1
        ask = Acquire(f"{_holder(event)}#{self._serial}", self._serial, event.quantity)
        done = step(self._pool(event), ask, event.at)
        hold = Hold(event.quantity, done.answer.lease)
        self._holds.setdefault(_key(event), []).append(hold)
        self._keep(event, done.pool, event.quantity)
        return hold.lease is not None

    def _resize(self, event: LogEvent, hold: Hold, quantity: int) -> bool:
        """Let a checkout hold so many seats from now on, none: give it back. False where the engine has no more."""
        if not quantity:
            self._holds[_key(event)].remove(hold)
        if not self._holds[_key(event)]:
            del self._holds[_key(event)]
        more, hold.quantity, lease = quantity - hold.quantity, quantity, hold.lease
        if lease is None:
            self._keep(event, self._pool(event), more)
            return True
        ask = Acquire(lease.client, lease.id, quantity) if quantity else GiveBack(lease.id, lease.token)
        done = step(self._pool(event), ask, event.at)
        hold.lease = done.answer.lease
        self._keep(event, done.pool, more)
        return done.answer.said is not Said.REFUSED

    def _full(self, event: LogEvent) -> bool:
        """Say whether the engine has no seat for this event, and leave the pool as it is."""
        probe = Acquire(_holder(event), -1, event.quantity)
        return step(self._pool(event), probe, event.at).answer.said is Said.REFUSED

    def _pool(self, event: LogEvent) -> LeasePool:
        key = event.source, event.feature
        if key not in self._pools:
            limits = self.limits.get(event.feature, (Limit(None, None),))
            self._pools[key] = LeasePool(LeaseTerms(term=None, limits=limits))
        return self._pools[key]

    def _keep(self, event: LogEvent, pool: LeasePool, more: int) -> None:
        key, figures = (event.source, event.feature), self.figures.setdefault(event.feature, Figures())
        self._pools[key] = pool
        self._in_log[key] += more
        figures.peak = max(figures.peak, pool.occupied)
        figures.peak_in_log = max(figures.peak_in_log, self._in_log[key])

    def _line(self, what: str, event: LogEvent) -> None:
        if len(self.lines[what]) < SHOWN:
            self.lines[what].append(event.line)

    def _infer(self, kind: str, event: LogEvent, assumed: str, because: str) -> None:
        if sum(1 for each in self.inferred if each.kind == kind) < SHOWN:
            self.inferred.append(Inferred(kind, event.line, assumed, because))


DO: Mapping[EventKind, Callable[[Replay, LogEvent], None]] = {
    EventKind.OUT: Replay.out, EventKind.IN: Replay.back, EventKind.UPGRADE: Replay.upgrade,
    EventKind.DENIED: Replay.denied, EventKind.QUEUED: Replay.queued, EventKind.DEQUEUED: Replay.dequeued,
    EventKind.UNSUPPORTED: Replay.unsupported, EventKind.INUSE: Replay.in_use, EventKind.BORROW: Replay.borrowed,
    EventKind.RETURN: Replay.back,
}  # fmt: skip


def _key(event: LogEvent) -> tuple[str, str, str]:
    return event.source, event.feature, _holder(event)


def _holder(event: LogEvent) -> str:
    return f"{event.user}@{event.host}"
