"""Imports a license server's log as observed use: each event once, people by their login, what was inferred listed."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from governance.directory.models import Tenant
from governance.imports.errors import NoDate
from governance.imports.formats.flexlm_events import EventKind, Inferred, LogEvent, Tally
from governance.imports.formats.flexlm_log import LogReader
from governance.imports.formats.flexlm_marks import YEARS, Survey, lines_of, survey, zone_named
from governance.imports.rest import Rest, rest_for
from governance.imports.rules import CHUNK, ImportOutcome, Issue, IssueCode, bounded
from governance.kernel.errors import BadInput
from governance.runs.desk import RunDesk
from governance.usage.queries import already_kept, people_by_login
from governance.usage.rules import Use
from governance.usage.service import observe

UNKNOWN_SERVER = "unknown"
USED = frozenset({EventKind.OUT, EventKind.IN, EventKind.UPGRADE, EventKind.INUSE})


@dataclass(frozen=True)
class Begin:
    """Where and when a log begins, and what of that was inferred."""

    first_day: date
    server: str
    named: bool
    zone: ZoneInfo
    inferred: tuple[Inferred, ...]


async def import_flexlm_log(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take a log in, a thousand events a transaction; events that came before are left as they are.

    Answers an ImportOutcome as a document (rows are lines, `other` of them tell nothing) with `checkouts`, `returns`,
    `denials` and `peak` by feature, `unsupported`, and `inferred`. Raises BadInput for an option, NoDate, Refused.
    """
    found = await asyncio.to_thread(survey, lines_of(path))
    begin = _begin(desk.asked, found, await _home_zone(desk))
    latest = (desk.office.clock.now() + timedelta(days=1)).astimezone(begin.zone).replace(tzinfo=None)
    reader = LogReader(begin.first_day, begin.server, named=begin.named, latest=latest)
    created, unmatched = await _take_all(desk, reader, path, begin.zone, rest_for(desk.office.database))
    return _document(reader.tally, begin, created, unmatched)


async def _take_all(
    desk: RunDesk, reader: LogReader, path: Path, zone: ZoneInfo, rest: Rest
) -> tuple[int, Mapping[str, LogEvent]]:
    """Keep chunk by chunk, going on after the last one that was; gives how many were new, and logins of nobody."""
    at = desk.resume_at or {"chunks": 0, "created": 0}
    done, created = at["chunks"], at["created"]
    unmatched: dict[str, LogEvent] = {}
    events = reader.events(lines_of(path))
    number = 0
    while part := await asyncio.to_thread(_next, events):
        number += 1
        people, uses = await _matched(desk, part, unmatched), [_use(event, zone) for event in part]
        if desk.asked["dry_run"]:
            async with desk.reading() as work:
                keys = {(use.source, use.source_id) for use in uses}
                created += len(keys - await already_kept(work, sorted(keys)))
        elif number > done:
            async with desk.working() as work:
                created += await observe(work, uses, people)
                await desk.remember({"chunks": number, "created": created})
            await rest()
        await desk.progress("try" if desk.asked["dry_run"] else "merge", reader.tally.rows)
    return created, unmatched


async def _matched(desk: RunDesk, part: Sequence[LogEvent], unmatched: dict[str, LogEvent]) -> Mapping[str, Any]:
    async with desk.reading() as work:
        people = await people_by_login(work, {event.user for event in part})
    for event in part:
        if event.user not in people:
            unmatched.setdefault(event.user, event)
    return people


def _use(event: LogEvent, zone: ZoneInfo) -> Use:
    """Tell an event as use; what was denied names no product, since it was not used (`data` keeps the feature)."""
    data = {"feature": event.feature, "user": event.user, "host": event.host, "quantity": event.quantity}
    if event.reason:
        data["reason"] = event.reason
    at = event.at.replace(tzinfo=zone).astimezone(UTC)
    kind = f"lictor.license.{event.kind.value}"
    product = event.feature if event.kind in USED else None
    return Use(event.source, event.identity, kind, at, data, event.user, product)


def _document(tally: Tally, begin: Begin, created: int, unmatched: Mapping[str, LogEvent]) -> dict[str, Any]:
    nobody = "Nobody, or more than one person, has this login as external id or before the @ of the mail address"
    issues = tally.issues + [
        Issue(event.line, "user@host", IssueCode.UNKNOWN_PERSON, f"{user!r}: {nobody}; its events name no person.")
        for user, event in unmatched.items()
    ]
    outcome = ImportOutcome(
        tally.rows, tally.accepted, tally.rejected, created, 0, tally.accepted - created,
        bounded(sorted(issues, key=lambda issue: issue.row or 0)),
    )  # fmt: skip
    return outcome.document() | {
        "other": tally.other,
        "checkouts": tally.kinds[EventKind.OUT],
        "returns": tally.kinds[EventKind.IN],
        "denials": dict(sorted(tally.denials.items())),
        "unsupported": tally.kinds[EventKind.UNSUPPORTED],
        "peak": dict(sorted(tally.peak.items())),
        "inferred": [asdict(one) for one in (*begin.inferred, *tally.inferred)],
    }


def _begin(options: Mapping[str, Any], found: Survey, home: str) -> Begin:
    """Settle where and when the log begins: by option, by what the log tells, else by an assumption that is listed."""
    inferred: list[Inferred] = []
    first_day = _first_day(options.get("first_day"), found, inferred)
    server = options.get("server") or found.server or UNKNOWN_SERVER
    if not options.get("server") and found.unnamed:
        why = "no line names one" if found.server is None else f"line {found.server_line} is the first to name one"
        inferred.append(Inferred("server", 1, server, why))
    zone = options.get("zone") or (found.zone and zone_named(found.zone)) or home
    if not options.get("zone") and found.zone != "UTC":
        told = f"the log calls its zone {found.zone!r}" if found.zone else "no line names a zone"
        own = "" if found.zone and zone_named(found.zone) else "; this is the tenant's home zone"
        inferred.append(Inferred("zone", found.zone_line or 1, zone, told + own))
    try:
        return Begin(first_day, server, bool(options.get("server")), ZoneInfo(zone), tuple(inferred))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("zone", zone[:60], "a zone by IANA such as America/New_York") from None


def _first_day(option: str | None, found: Survey, inferred: list[Inferred]) -> date:
    if option is not None:
        with suppress(ValueError):
            if (day := date.fromisoformat(option)).year in YEARS:
                return day
        raise BadInput("first_day", option[:60], "a day such as 2015-03-27")
    if found.first_day is None:
        raise NoDate
    if found.undated:
        why = f"line {found.day_line} tells {found.day}; {found.midnights} midnights lie between"
        inferred.append(Inferred("first_day", 1, found.first_day.isoformat(), why))
    return found.first_day


def _next(events: Iterator[LogEvent]) -> list[LogEvent]:
    return list(islice(events, CHUNK))


async def _home_zone(desk: RunDesk) -> str:
    async with desk.reading() as work:
        row = await work.session.get(Tenant, desk.tenant_id)
        assert row is not None
        return row.zone
