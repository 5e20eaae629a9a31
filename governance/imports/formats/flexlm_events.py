"""What a license server's log tells, event by event, and what it comes to: seats in use, denials, what was inferred."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from governance.imports.rules import ISSUES_SAID, Issue, IssueCode


class EventKind(StrEnum):
    """What a line tells; the value ends the type of the usage event. UPGRADE: a checkout takes more, or fewer."""

    OUT = "checkout"
    IN = "checkin"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    UPGRADE = "upgrade"
    QUEUED = "queued"
    DEQUEUED = "dequeued"
    INUSE = "inuse"
    BORROW = "borrowed"
    RETURN = "returned"


@dataclass(frozen=True)
class LogEvent:
    """One event line. `at` is the server's own time; `ordinal` tells equal events of one second apart.

    `was`: how many an UPGRADE had before.
    """

    line: int
    at: datetime
    server: str
    daemon: str
    kind: EventKind
    feature: str
    user: str
    host: str
    quantity: int
    reason: str
    ordinal: int
    was: int = 0

    @property
    def source(self) -> str:
        return f"{self.server[:120]}/{self.daemon}"

    @property
    def identity(self) -> str:
        """Give what makes this event itself in whatever file it comes: its facts and its ordinal among equal ones."""
        facts = (
            self.source, self.at.isoformat(), self.kind, self.feature, self.user, self.host, str(self.quantity),
            str(self.ordinal),
        )  # fmt: skip
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Anew:
    """Nothing is held any more: of `source` as its daemon started anew, of every one (None) as another log begins."""

    line: int
    source: str | None


@dataclass(frozen=True)
class Inferred:
    """Something the log does not tell: what was assumed at which line, and because of what."""

    kind: str
    line: int
    assumed: str
    because: str


@dataclass
class Tally:
    """What a log comes to. `other` lines tell nothing of licenses; `rejected` ones should have and cannot be read."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    other: int = 0
    kinds: Counter[EventKind] = field(default_factory=Counter)
    denials: Counter[str] = field(default_factory=Counter)
    peak: dict[str, int] = field(default_factory=dict)
    inferred: list[Inferred] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def infer(self, kind: str, line: int, assumed: str, because: str) -> None:
        if len(self.inferred) < ISSUES_SAID:
            self.inferred.append(Inferred(kind, line, assumed, because))

    def reject(self, line: int, column: str | None, message: str) -> None:
        self.rejected += 1
        if len(self.issues) <= ISSUES_SAID:
            self.issues.append(Issue(line, column, IssueCode.LINE_UNREADABLE, message))


@dataclass
class Held:
    """Seats in use as the log replays: by feature, and by whoever holds them."""

    seats: Counter[tuple[str, str]] = field(default_factory=Counter)
    holders: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def move(self, event: LogEvent, tally: Tally) -> None:
        feature, holder = (event.source, event.feature), (event.source, event.feature, event.user, event.host)
        if event.kind in {EventKind.OUT, EventKind.UPGRADE}:
            self.seats[feature] += event.quantity - event.was
            self.holders[holder] += event.quantity - event.was
            tally.peak[event.feature] = max(tally.peak.get(event.feature, 0), self.seats[feature])
        elif event.kind is EventKind.IN:
            back = min(event.quantity, self.holders[holder])
            if back < event.quantity:
                said = "it is returned, and the log has no checkout of it since the server started"
                tally.infer("held_before", event.line, f"{event.user} held {event.feature} before", said)
            self.seats[feature] -= back
            self.holders[holder] -= back
            if not self.holders[holder]:
                del self.holders[holder]

    def drop(self, source: str | None) -> str:
        """Give back whatever a daemon (None: any) had given out; says what that was."""
        gone = {key: count for key, count in self.seats.items() if source in {None, key[0]} and count}
        for key in gone:
            del self.seats[key]
        for holder in [holder for holder in self.holders if source in {None, holder[0]}]:
            del self.holders[holder]
        return ", ".join(f"{count} of {feature}" for (_, feature), count in sorted(gone.items()))
