"""What time it is, told by whoever opens the desk: the system's clock in production, a hand-moved one in tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, always with zone UTC. `virtual` clocks bind the databases too."""

    @property
    def virtual(self) -> bool: ...

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class SystemClock:
    virtual: bool = False

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    at: datetime
    virtual: bool = True

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by

    def set(self, at: datetime) -> None:
        self.at = at
