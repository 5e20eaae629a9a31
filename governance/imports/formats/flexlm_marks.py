"""Lines of a license server's log that tell a date, a zone, or that a server starts, and how a log begins by them.

Marks are told only by lines of exactly their shape: what users and hosts are called cannot write one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from babel.core import get_global

MOST_BYTES = 4_000
BACK = timedelta(minutes=65)
"""A time that runs back by less is a clock set back (an hour in autumn) or lines out of order, no midnight."""
YEARS = range(1970, 2200)
"""A year that a server may write; any other is a slip, and tells no date."""
EVENTS = ('OUT: "', 'IN: "', 'DENIED: "', 'UNSUPPORTED: "', 'QUEUED: "', 'INUSE: "')
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ABBREVIATED = {
    "CDT": "America/Chicago", "CEST": "Europe/Berlin", "CET": "Europe/Berlin", "CST": "America/Chicago",
    "EDT": "America/New_York", "EST": "America/New_York", "GMT": "UTC", "MDT": "America/Denver",
    "MST": "America/Denver", "PDT": "America/Los_Angeles", "PST": "America/Los_Angeles", "UTC": "UTC",
}  # fmt: skip
"""What servers commonly call their zone. An abbreviation may mean another one elsewhere, so its use is told."""

_STAMP = re.compile(
    r"\s{0,4}(?:(\d{1,4})[-/](\d{1,2})[-/](\d{1,4})[ T])? ?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:[.,]\d{1,9})?Z?"
    r"(?: ?([AaPp])\.?[Mm]\.?)? \(([^()\s](?:[^()]{0,58}[^()\s])?)\) (.*)",
    re.ASCII,
)
_TIMESTAMP = re.compile(r"(?:TIMESTAMP |.*\()(\d{1,2})/(\d{1,2})/(\d{4})\)?", re.ASCII)
_SPOKEN = re.compile(
    r"(?:\(@\S{1,60}-SLOG@\) (?:Start-Date|Time)|Server's System Date and Time): "
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{4}) (\d{1,2}):(\d{2}):(\d{2})(?: (.{1,60}))?",
)
_LMGRD = re.compile(r"FlexNet Licensing \(.* started on (\S{1,120}) .*\(\d{1,2}/\d{1,2}/\d{4}\)")
_DAEMON = re.compile(r"(?:\[NEW\] )?Server started (?:on (\S{1,120}) )?for:.*")
_REREADS = re.compile(r"Rereading license file.*")
_RESERVES = re.compile(r"RESERV(?:E|ED|ING)\b.*", re.IGNORECASE)
_REREAD = re.compile(r"\.{0,3} ?Finished rereading.*")


@dataclass(frozen=True)
class Stamp:
    """How every line begins: a time of day and who wrote it; few servers write the `day` too."""

    time: time
    daemon: str
    rest: str
    day: date | None = None


@dataclass(frozen=True)
class Mark:
    """What a line tells beside events. `starts`: the daemon begins anew and holds nothing.

    `rereads`: it begins (False: ends) to read its license file anew, whereby it says that it started and keeps all.
    `reserves`: it keeps seats for somebody.
    """

    day: date | None = None
    zone: str | None = None
    server: str | None = None
    starts: bool = False
    rereads: bool | None = None
    reserves: bool = False


@dataclass
class Survey:
    """How a log begins: the first date and server it tells and the first zone, each with its line.

    `midnights` lie between the first timed line and the first date; `undated`, `unnamed` tell whether an event comes
    before the first date, the first server.
    """

    day: date | None = None
    day_line: int = 0
    midnights: int = 0
    undated: bool = False
    unnamed: bool = False
    zone: str | None = None
    zone_line: int = 0
    server: str | None = None
    server_line: int = 0

    @property
    def first_day(self) -> date | None:
        return None if self.day is None else self.day - timedelta(days=self.midnights)


def lines_of(path: Path) -> Iterator[str | None]:
    """Give the lines of a log, whatever their encoding; None for one too long to be read."""
    with path.open("rb") as file:
        if (wide := _wide(file.read(4))) is not None:
            yield from _wide_lines(path, wide)
            return
        file.seek(0)
        first = True
        while raw := file.readline(MOST_BYTES):
            if len(raw) == MOST_BYTES and not raw.endswith(b"\n"):
                while (more := file.readline(MOST_BYTES)) and not more.endswith(b"\n"):
                    pass
                yield None
                continue
            yield _text(raw.removeprefix(b"\xef\xbb\xbf") if first else raw).rstrip("\r\n")
            first = False


def read_stamp(text: str) -> Stamp | None:
    """Read how a line begins, by a clock of 24 or 12 hours; None for one without a time and a daemon."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    hour, half = int(found[4]), found[7]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    at = time(hour, int(found[5]), int(found[6] or 0))
    try:
        return Stamp(at, found[8], found[9], _day_before(found[1], found[2], found[3]))
    except ValueError:
        return None


def read_mark(stamp: Stamp) -> Mark | None:
    """Read what a line tells beside events; None for nothing, and for a date that is in no calendar."""
    text = stamp.rest
    if _RESERVES.fullmatch(text):
        return Mark(reserves=True)
    if _REREADS.fullmatch(text) or _REREAD.fullmatch(text):
        return Mark(rereads=_REREADS.fullmatch(text) is not None)
    if (daemon := _DAEMON.fullmatch(text)) is not None:
        return Mark(server=daemon[1], starts=True)
    with suppress(ValueError):
        if (spoken := _SPOKEN.fullmatch(text)) is not None:
            day = _day(spoken[3], MONTHS.index(spoken[1]) + 1, spoken[2])
            told = datetime.combine(day, time(int(spoken[4]), int(spoken[5]), int(spoken[6])))
            return Mark(_nearest(told, stamp.time), spoken[7])
        lmgrd = _LMGRD.fullmatch(text)
        if (lmgrd is not None or text.startswith("TIMESTAMP ")) and (numbers := _TIMESTAMP.fullmatch(text)):
            day = _day(numbers[3], numbers[1], numbers[2])
            return Mark(day, server=lmgrd[1] if lmgrd else None)
    return None


def survey(lines: Iterable[str | None]) -> Survey:
    """Look through a log for how it begins."""
    found, was = Survey(), None
    for number, text in enumerate(lines, start=1):
        stamp = None if text is None else read_stamp(text)
        if stamp is None:
            continue
        mark, tells = read_mark(stamp) or Mark(), stamp.rest.startswith(EVENTS)
        found.unnamed |= tells and found.server is None
        if found.day is None:
            found.midnights += was is not None and _seconds(was) - _seconds(stamp.time) > BACK.total_seconds()
            was = stamp.time
            found.undated |= tells and stamp.day is None
            if (day := mark.day or stamp.day) is not None:
                found.day, found.day_line = day, number
        if mark.zone and found.zone is None:
            found.zone, found.zone_line = mark.zone, number
        if mark.server and found.server is None:
            found.server, found.server_line = mark.server, number
        if found.day and found.zone and found.server:
            break
    return found


def zone_named(text: str) -> str | None:
    """Give the IANA zone that a server's word for its zone means, None where nobody knows."""
    known: Mapping[str, str] = get_global("windows_zone_mapping")
    named = known.get(text.replace("Daylight", "Standard").replace("Summer", "Standard"))
    return ABBREVIATED.get(text, named)


def _nearest(told: datetime, written: time) -> date:
    """Give the day of the line: what it tells may be of a second before midnight while it is written after."""
    days = [told.date() + timedelta(days=shift) for shift in (-1, 0, 1)]
    return min(days, key=lambda day: abs(datetime.combine(day, written) - told))


def _day_before(one: str | None, two: str, three: str) -> date | None:
    """Read the day before a time: year first, or month, day and year. Raises ValueError for one in no calendar."""
    if one is None:
        return None
    return _day(one, two, three) if len(one) == 4 else _day(three, one, two)


def _day(year: str, month: str | int, day: str) -> date:
    """Give a day that a server may have written. Raises ValueError."""
    if int(year) not in YEARS:
        raise ValueError(year)
    return date(int(year), int(month), int(day))


def _wide(begin: bytes) -> str | None:
    """Name the encoding of two bytes a letter that a file begins in; None for any other."""
    if begin[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    odd, even = begin[1::2], begin[::2]
    if len(begin) == 4 and odd == b"\0\0" and 0 not in even:
        return "utf-16-le"
    return "utf-16-be" if len(begin) == 4 and even == b"\0\0" and 0 not in odd else None


def _wide_lines(path: Path, encoding: str) -> Iterator[str | None]:
    with path.open(encoding=encoding, errors="replace", newline="\n") as file:
        while text := file.readline(MOST_BYTES):
            if len(text) == MOST_BYTES and not text.endswith("\n"):
                while (more := file.readline(MOST_BYTES)) and not more.endswith("\n"):
                    pass
                yield None
                continue
            yield text.rstrip("\r\n")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
