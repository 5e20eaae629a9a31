r"""Ends and notice deadlines as a calendar that any calendar program can open: whole days, stable ids.

Source of the form: RFC 5545 (iCalendar). Lines end in CR LF and are folded at 75 octets; text escapes \\ ; , and line
ends.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from governance.kernel.work import Work
from governance.renewals.rules import RenewalState
from policies.access.actions import Action
from reports.asking import ReportRequest
from reports.ground import ground_of
from reports.renewals_calendar import Ending, endings_of
from reports.words import Words

FOLD = 75
OVER = frozenset({RenewalState.RENEWED, RenewalState.AUTO_RENEWED, RenewalState.CANCELLED, RenewalState.LAPSED})


async def renewals_calendar(
    work: Work, locale: str, as_of: datetime | None = None, known_at: datetime | None = None
) -> str:
    """Give the calendar of what ends within reach, as of now and as it is known now unless asked otherwise.

    Raises Refused, BadInput.
    """
    request = ReportRequest("renewals_calendar", as_of, known_at, locale=locale)
    ground = await ground_of(work, request, (Action.RENEWAL_READ,))
    return calendar_of(await endings_of(ground), ground.words, work.now())


def calendar_of(endings: Iterable[Ending], words: Words, made_at: datetime) -> str:
    """Give the calendar of what ends: each last usable day, and each last day for notice that is still to come."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lictor//Renewals//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines.append(f"X-WR-CALNAME:{_text(words('title.renewals_calendar'))}")
    for each in endings:
        lines += _event(
            each, "end", each.last_day, words("renewals.ical_end", license=each.license.name), words, made_at
        )
        if each.ends.deadline is not None and each.state not in OVER:
            said = words("renewals.ical_notice", license=each.license.name)
            lines += _event(each, "notice", each.ends.deadline, said, words, made_at)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _event(each: Ending, kind: str, day: date, title: str, words: Words, made_at: datetime) -> list[str]:
    state = words(f"renewals.state_{each.state.value.lower()}")
    order = each.lot.po_number or "–"
    return [
        "BEGIN:VEVENT",
        f"UID:{each.lot.lot_key}-{kind}@lictor",
        f"DTSTAMP:{_instant(made_at)}",
        f"SEQUENCE:{int(each.lot.recorded_at.timestamp()) + each.agreement.version}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(title)}",
        f"DESCRIPTION:{_text(f'{each.agreement.number}, {order}: {state}')}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    for mark in ("\\", ";", ","):
        said = said.replace(mark, f"\\{mark}")
    return said.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Cut a line so that none is longer than 75 octets, and no character is cut in two."""
    part, size, room = "", 0, FOLD
    for mark in line:
        width = len(mark.encode())
        if size + width > room:
            yield part
            part, size, room = " ", 1, FOLD
        part, size = part + mark, size + width
    yield part
