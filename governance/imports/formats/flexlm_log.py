"""The debug log of a FlexNet license server: who took which feature when, and what had to be assumed to say so.

A line holds a time of day only: `15:31:36 (vendor) OUT: "feature" user@host`. The date comes from lines that tell one
(TIMESTAMP, "Time:", start-up); a midnight between two of them shows only as a time that runs backwards. Everything that
is inferred is listed with its line. The log never tells how many licenses there are.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from governance.imports.formats.columns import Column
from governance.imports.formats.flexlm_events import Anew, EventKind, Held, LogEvent, Tally
from governance.imports.formats.flexlm_marks import BACK, Mark, Stamp, read_mark, read_stamp

COLUMNS = (
    Column("time", "H:MM:SS of the server's own zone, by 24 or 12 hours; a date before it is read", required=True),
    Column("daemon", "the vendor daemon, in parentheses", required=True),
    Column("event", "OUT, IN, DENIED, UNSUPPORTED, UPGRADE, QUEUED …; other lines are passed over", required=True),
    Column("feature", "in quotation marks", required=True),
    Column("user@host", "everything up to the last @ is the user", required=True),
    Column("(N licenses)", "how many at once; one where it is not there"),
    Column("(reason (code))", "why a checkout was denied"),
)
AHEAD = timedelta(hours=18)
"""A time that runs ahead by more is a line of the evening before: every daemon stamps the log each six hours."""
MOST_SAME = 10_000
_WORDS = "OUT|IN|DENIED|UNSUPPORTED|UPGRADE|QUEUED|DEQUEUED|INUSE|BORROW|BORROWED|RETURN|RETURNED"
_EVENT = re.compile(rf'({_WORDS}): (?:(\d{{1,9}}) )?"([^"]{{1,120}})" (.*)')
_BARE = re.compile(r"(OUT|IN|DENIED): (?:(\d{1,9}) )?([^\s\"]{1,120}) (?:by |to )?([^\s@]{1,120}@\S.*)")
_LOOKS = re.compile(rf'\b({_WORDS}): "')
_HINTS = re.compile(r"\([^()]*\)\s+")
_QUANTITY = re.compile(r"\(?(?:(\d{1,9})->)?(-?\d{1,9}) licenses?\)\s*")
_VERBOSE = re.compile(r"\s*\^\^\^.*")


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
        self._told: datetime | None = None
        self._begun: set[str] = set()
        self._rereading: set[str] = set()
        self._anew: list[Anew] = []

    def events(self, lines: Iterable[str | None]) -> Iterator[LogEvent]:
        """Read lines (None: one too long to be read) for what was checked out, returned and denied."""
        return (each for each in self.happenings(lines) if isinstance(each, LogEvent))

    def happenings(self, lines: Iterable[str | None]) -> Iterator[LogEvent | Anew]:
        """Read lines for events, and for when nothing is held any more."""
        for number, text in enumerate(lines, start=1):
            self.tally.rows += 1
            event = self._read(number, text)
            yield from self._anew
            self._anew.clear()
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
        found = _EVENT.fullmatch(stamp.rest) or _BARE.fullmatch(stamp.rest)
        if found is None:
            if _LOOKS.match(stamp.rest):
                self.tally.reject(number, None, f"{stamp.rest[:80]!r} cannot be read; needs a feature and user@host.")
            else:
                self.tally.other += 1
            return None
        return self._event(number, at, stamp, found)

    def _event(self, number: int, at: datetime, stamp: Stamp, found: re.Match[str]) -> LogEvent | None:
        body = _VERBOSE.sub("", found[4])
        body = _HINTS.sub("", body, count=1) if body.startswith("(") else body
        if found[2] is not None:
            body = body.removeprefix("to ").removeprefix("by ")
        holder, _, tail = body.partition("  (")
        user, _, host = holder.strip().rpartition("@")
        host, _, rest = host.partition(" ")
        tail = tail or rest.strip()
        if not user or not host or len(user) > 120 or len(host) > 120 or not (user + host + found[3]).isprintable():
            self.tally.reject(number, "user@host", f"{holder[:80]!r} cannot be read; needs user@host.")
            return None
        if at > self._latest:
            self.tally.reject(number, "time", f"{at} lies in the future; give the first day by --first-day.")
            return None
        counted = _QUANTITY.search(tail)
        many = int(counted[2]) if counted else int(found[2] or 1)
        if many < 1:
            self.tally.reject(number, "(N licenses)", f"{many} licenses cannot be taken or given; needs 1 or more.")
            return None
        kind = EventKind[found[1].removesuffix("ED") if found[1] in {"BORROWED", "RETURNED"} else found[1]]
        was = int(counted[1] or 0) if counted and kind is EventKind.UPGRADE else 0
        reason = _QUANTITY.sub("", tail).strip().removeprefix("(").removesuffix(")")[:200]
        ordinal = self._ordinal(at, (self._server, stamp.daemon, kind, found[3], user, host, many))
        return LogEvent(
            number, at, self._server, stamp.daemon, kind, found[3], user, host, many,
            reason if reason.isprintable() else "", ordinal, was,
        )  # fmt: skip

    def _ordinal(self, at: datetime, facts: tuple[object, ...]) -> int:
        if at != self._same_at or len(self._same) > MOST_SAME:
            self._same_at, self._same = at, Counter()
        self._same[facts] += 1
        return self._same[facts] - 1

    def _moment(self, number: int, stamp: Stamp, mark: Mark | None) -> datetime:
        """Say when a line was written: by the date it tells, else by the day that goes on or ends before it."""
        day = stamp.day or (mark.day if mark is not None else None)
        if day is not None:
            self._jump(number, stamp, day)
            self._day, self._clock, self._line = day, stamp.time, number
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
        told = datetime.combine(day, stamp.time)
        ahead = told - datetime.combine(self._day, self._clock)
        if self._line and (ahead < -BACK or ahead > timedelta(days=1)):
            said = f"the line tells {day}; line {self._line} stood at {self._day} {self._clock}"
            self.tally.infer("jump", number, day.isoformat(), said)
        if self._told is not None and told < self._told - BACK and not self._begun:
            gone = self._held.drop(None) or "nothing"
            said = f"the line tells {day}, an earlier one told {self._told}: another log begins, and no start was told"
            self.tally.infer("another_log", number, f"{gone} was still held", said)
            self._anew.append(Anew(number, None))
        self._told = told
        self._begun.clear()

    def _follow(self, number: int, stamp: Stamp, mark: Mark) -> None:
        if mark.server is not None and not self._named:
            self._server = mark.server
        if mark.rereads is not None:
            (self._rereading.add if mark.rereads else self._rereading.discard)(stamp.daemon)
        if mark.reserves:
            said = "for whom seats are kept is no event; they count as anybody's"
            self.tally.infer("reserved", number, stamp.rest[:120], said)
        if mark.starts and stamp.daemon in self._rereading:
            self._rereading.discard(stamp.daemon)
        elif mark.starts:
            source = f"{self._server[:120]}/{stamp.daemon}"
            self._begun.add(source)
            self._anew.append(Anew(number, source))
            if gone := self._held.drop(source):
                said = f"{stamp.daemon} started anew, and nobody had returned them"
                self.tally.infer("restart", number, f"{gone} were given back", said)
