"""The debug log of a FlexNet license server: who took which feature when, and what had to be assumed to say so.

A line holds a time of day only: `15:31:36 (vendor) OUT: "feature" user@host`. The date comes from lines that tell one
(TIMESTAMP, "Time:", start-up); a midnight between two of them shows only as a time that runs backwards. Everything that
is inferred is listed with its line. The log never tells how many licenses there are.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from governance.imports.formats.columns import Column
from governance.imports.formats.flexlm_marks import BACK, Mark, Stamp, read_mark, read_stamp
from governance.imports.rules import ISSUES_SAID, Issue, IssueCode

COLUMNS = (
    Column("time", "H:MM:SS of the server's own zone", required=True),
    Column("daemon", "the vendor daemon, in parentheses", required=True),
    Column("event", "OUT, IN, DENIED or UNSUPPORTED; other lines are passed over", required=True),
    Column("feature", "in quotation marks", required=True),
    Column("user@host", "everything up to the last @ is the user", required=True),
    Column("(N licenses)", "how many at once; one where it is not there"),
    Column("(reason (code))", "why a checkout was denied"),
)
AHEAD = timedelta(hours=18)
"""A time that runs ahead by more is a line of the evening before: every daemon stamps the log each six hours."""
MOST_SAME = 10_000
_EVENT = re.compile(r'(OUT|IN|DENIED|UNSUPPORTED): "([^"]{1,120})" (.*)')
_LOOKS = re.compile(r'\b(OUT|IN|DENIED|UNSUPPORTED): "')
_HINTS = re.compile(r"\([^()]*\)\s+")
_QUANTITY = re.compile(r"(\d{1,9}) licenses?\)")


class EventKind(StrEnum):
    """What a line tells; the value ends the type of the usage event."""

    OUT = "checkout"
    IN = "checkin"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class LogEvent:
    """One event line. `at` is the server's own time; `ordinal` tells equal events of one second apart."""

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
        if event.kind is EventKind.OUT:
            self.seats[feature] += event.quantity
            self.holders[holder] += event.quantity
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

    def drop(self, source: str) -> str:
        """Give back whatever a daemon had given out; says what that was."""
        gone = {key: count for key, count in self.seats.items() if key[0] == source and count}
        for key in gone:
            del self.seats[key]
        for holder in [holder for holder in self.holders if holder[0] == source]:
            del self.holders[holder]
        return ", ".join(f"{count} of {feature}" for (_, feature), count in sorted(gone.items()))


class LogReader:
    """Reads a log line by line in constant memory: `events` yields what it tells, `tally` holds what it comes to."""

    def __init__(self, first_day: date, server: str, *, named: bool, latest: datetime) -> None:
        """Begin on `first_day` at `server`; `named`: that name holds throughout. `latest`: no event can be later."""
        self.tally = Tally()
        self._day, self._clock, self._line = first_day, time(0), 0
        self._server, self._named, self._latest = server, named, latest
        self._held = Held()
        self._same: Counter[tuple[object, ...]] = Counter()
        self._same_at: datetime | None = None

    def events(self, lines: Iterable[str | None]) -> Iterator[LogEvent]:
        """Read lines (None: one too long to be read)."""
        for number, text in enumerate(lines, start=1):
            self.tally.rows += 1
            event = self._read(number, text)
            if event is not None:
                self.tally.accepted += 1
                self.tally.kinds[event.kind] += 1
                if event.kind is EventKind.DENIED:
                    self.tally.denials[event.feature] += 1
                self._held.move(event, self.tally)
                yield event

    def _read(self, number: int, text: str | None) -> LogEvent | None:
        stamp = None if text is None else read_stamp(text)
        if stamp is None:
            if text is None or _LOOKS.search(text):
                self.tally.reject(number, None, "An event without a readable time and daemon, or a line without end.")
            else:
                self.tally.other += 1
            return None
        mark = read_mark(stamp)
        at = self._moment(number, stamp, mark)
        if mark is not None:
            self._follow(number, stamp, mark)
        found = _EVENT.fullmatch(stamp.rest)
        if found is None:
            if _LOOKS.match(stamp.rest):
                self.tally.reject(number, None, f"{stamp.rest[:80]!r} cannot be read; needs a feature and user@host.")
            else:
                self.tally.other += 1
            return None
        return self._event(number, at, stamp, found)

    def _event(self, number: int, at: datetime, stamp: Stamp, found: re.Match[str]) -> LogEvent | None:
        body = _HINTS.sub("", found[3], count=1) if found[3].startswith("(") else found[3]
        holder, _, tail = body.partition("  (")
        user, _, host = holder.strip().rpartition("@")
        host = host.split(" ", 1)[0]
        if not user or not host or len(user) > 120 or len(host) > 120 or not (user + host + found[2]).isprintable():
            self.tally.reject(number, "user@host", f"{holder[:80]!r} cannot be read; needs user@host.")
            return None
        if at > self._latest:
            self.tally.reject(number, "time", f"{at} lies in the future; give the first day by --first-day.")
            return None
        quantity = _QUANTITY.search(body)
        kind, many = EventKind[found[1]], int(quantity[1]) if quantity else 1
        reason = "" if quantity else tail.strip().removesuffix(")")[:200]
        ordinal = self._ordinal(at, (self._server, stamp.daemon, kind, found[2], user, host, many))
        return LogEvent(
            number, at, self._server, stamp.daemon, kind, found[2], user, host, many,
            reason if reason.isprintable() else "", ordinal,
        )  # fmt: skip

    def _ordinal(self, at: datetime, facts: tuple[object, ...]) -> int:
        if at != self._same_at or len(self._same) > MOST_SAME:
            self._same_at, self._same = at, Counter()
        self._same[facts] += 1
        return self._same[facts] - 1

    def _moment(self, number: int, stamp: Stamp, mark: Mark | None) -> datetime:
        """Say when a line was written: by the date it tells, else by the day that goes on or ends before it."""
        if mark is not None and mark.day is not None:
            self._jump(number, stamp, mark.day)
            self._day, self._clock, self._line = mark.day, stamp.time, number
            return datetime.combine(self._day, stamp.time)
        now, was = datetime.combine(self._day, stamp.time), datetime.combine(self._day, self._clock)
        if now - was > AHEAD and self._line:
            said = f"{stamp.time} follows {self._clock} of line {self._line} out of order"
            self.tally.infer("evening_before", number, (self._day - timedelta(days=1)).isoformat(), said)
            return now - timedelta(days=1)
        if was - now > BACK:
            self._day += timedelta(days=1)
            said = f"the time went back from {self._clock} (line {self._line}) to {stamp.time}; no line told the date"
            self.tally.infer("midnight", number, self._day.isoformat(), said)
            now += timedelta(days=1)
        elif now < was:
            said = f"{stamp.time} follows {self._clock} of line {self._line}: out of order, or a clock set back"
            self.tally.infer("same_day", number, self._day.isoformat(), said)
            return now
        self._clock, self._line = stamp.time, number
        return now

    def _jump(self, number: int, stamp: Stamp, day: date) -> None:
        """Note where a date that is told does not go on from the line before: another log begins, or one lacks days."""
        ahead = datetime.combine(day, stamp.time) - datetime.combine(self._day, self._clock)
        if self._line and (ahead < -BACK or ahead > timedelta(days=1)):
            said = f"the line tells {day}; line {self._line} stood at {self._day} {self._clock}"
            self.tally.infer("jump", number, day.isoformat(), said)

    def _follow(self, number: int, stamp: Stamp, mark: Mark) -> None:
        if mark.server is not None and not self._named:
            self._server = mark.server
        if mark.starts:
            gone = self._held.drop(f"{self._server[:120]}/{stamp.daemon}")
            if gone:
                said = f"{stamp.daemon} started anew, and nobody had returned them"
                self.tally.infer("restart", number, f"{gone} were given back", said)
