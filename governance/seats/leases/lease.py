"""A lease: a seat, or several, that a client holds for as long as it is heard of. What is asked, what is answered."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from governance.kernel.errors import Reason


class LeaseState(StrEnum):
    """HELD and LINGERING take seats; EXPIRED and RETURNED do not. Only an EXPIRED one may come back."""

    HELD = "HELD"
    LINGERING = "LINGERING"
    EXPIRED = "EXPIRED"
    RETURNED = "RETURNED"


class Lease(NamedTuple):
    """A lease at an instant. `client` is what a client calls itself: it has one live lease, however it reconnects.

    `token` rises with every grant of the pool: whoever guards what the seat opens lets nobody pass with an older one.
    `expires_at` None: until it is given back. `kept_until`: until when it lingers, or may come back. A tuple, as is its
    answer: heartbeats make hundreds of them a second, and a tuple is made in a seventh of a frozen record's time.
    """

    id: Hashable
    client: str
    quantity: int
    group: str | None
    token: int
    granted_at: datetime
    expires_at: datetime | None
    state: LeaseState = LeaseState.HELD
    borrowed: bool = False
    overage: bool = False
    kept_until: datetime | None = None

    @property
    def occupies(self) -> bool:
        return self.state in {LeaseState.HELD, LeaseState.LINGERING}

    @property
    def due_at(self) -> datetime | None:
        """Give when time alone changes it next."""
        return self.expires_at if self.state is LeaseState.HELD else self.kept_until


@dataclass(frozen=True)
class Waiter:
    """A client in the queue, until somebody gives it a seat or it has waited long enough."""

    lease_id: Hashable
    client: str
    quantity: int
    group: str | None
    since: datetime
    until: datetime


class WaitEnd(StrEnum):
    """How standing in line ended."""

    GRANTED = "GRANTED"
    LEFT = "LEFT"
    IN_VAIN = "IN_VAIN"


@dataclass(frozen=True)
class Acquire:
    """Let a client have seats under `lease_id`, or those it has; `waits`: how long to stand in line if none is free.

    `handed`: it takes what another one hands over in the same call, and passes by those who wait.
    """

    client: str
    lease_id: Hashable
    quantity: int = 1
    group: str | None = None
    waits: timedelta | None = None
    handed: bool = False


@dataclass(frozen=True)
class Beat:
    """One lease that is still used, with the token it was given."""

    lease_id: Hashable
    token: int


@dataclass(frozen=True)
class Heartbeat:
    """Many leases of one call; each is answered by itself."""

    beats: tuple[Beat, ...]


@dataclass(frozen=True)
class GiveBack:
    """End a lease. `handed`: its seats go to another one of the same call: none lingers, nobody in line is served."""

    lease_id: Hashable
    token: int
    handed: bool = False


@dataclass(frozen=True)
class Borrow:
    """Keep a held lease without heartbeats until an instant: the end of the last day it is needed."""

    lease_id: Hashable
    token: int
    until: datetime


@dataclass(frozen=True)
class StopWaiting:
    client: str


@dataclass(frozen=True)
class Tick:
    """Nothing is asked; what is due by now happens."""


Ask = Acquire | Heartbeat | GiveBack | Borrow | StopWaiting | Tick


class Said(StrEnum):
    GRANTED = "GRANTED"
    RECONNECTED = "RECONNECTED"
    REVIVED = "REVIVED"
    RENEWED = "RENEWED"
    BORROWED = "BORROWED"
    RETURNED = "RETURNED"
    WAITING = "WAITING"
    LEFT_THE_QUEUE = "LEFT_THE_QUEUE"
    REFUSED = "REFUSED"
    LOST = "LOST"
    DONE = "DONE"


class Answer(NamedTuple):
    """What became of what was asked. `place` counts from 1; `reason` says why it was REFUSED, or the lease is LOST."""

    said: Said
    lease: Lease | None = None
    place: int | None = None
    reason: Reason | None = None


class Befell(StrEnum):
    """What time alone does."""

    EXPIRED = "EXPIRED"
    LINGERED = "LINGERED"
    FORGOTTEN = "FORGOTTEN"
    GRANTED = "GRANTED"
    WAITED_IN_VAIN = "WAITED_IN_VAIN"


@dataclass(frozen=True)
class Happened:
    """Something that time did, at its own instant, whenever it is noticed; told once."""

    what: Befell
    at: datetime
    lease_id: Hashable
    client: str
