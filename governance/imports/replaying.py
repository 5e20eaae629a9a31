"""What a replay of a license server's log comes to: one object, with everything said that had to be assumed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from governance.imports.formats.flexlm_events import EventKind, Inferred
from governance.imports.formats.flexlm_log import LogReader
from governance.imports.formats.flexlm_marks import YEARS, Survey, lines_of, survey
from governance.imports.replay import Figures, Replay, ReplayAsked
from governance.kernel.errors import BadInput
from governance.seats.leases.terms import Limit

UNKNOWN = "unknown"
UNDATED = date(1970, 1, 1)
AT_ALL = datetime(9999, 12, 31)  # noqa: DTZ001 - the log's own time
ISSUES_SHOWN = 100
A_LINE = 'lines such as 15:31:36 (vendor) OUT: "feature" user@host'


def replay_flexlm(path: Path, asked: ReplayAsked) -> dict[str, Any]:
    """Replay a log of any length in memory bounded by what is held at once; answers one document.

    Raises BadInput where no line is one of such a log, or dates are needed and none is told.
    """
    found = survey(lines_of(path))
    first_day, told = _first_day(asked, found)
    server = asked.server or found.server or UNKNOWN
    reader = LogReader(first_day, server, named=bool(asked.server), latest=AT_ALL)
    replay = Replay(asked)
    for each in reader.happenings(lines_of(path)):
        replay.take(each)
    if not reader.tally.accepted and not reader.tally.rejected and found.day is None and found.server is None:
        raise BadInput("log", f"no line of {path.name}", A_LINE)
    open_at_end = replay.wants.closed()
    own = [*told, *_seats_assumed(asked, replay), *_servers_assumed(replay), *replay.inferred]
    if open_at_end:
        said = "the log ends before anybody satisfied them; they count as true denials"
        own.append(Inferred("end_of_log", reader.tally.rows, f"{open_at_end} denials stay open", said))
    return _document(asked, replay, reader) | {
        "inferred": [asdict(each) for each in (*own, *reader.tally.inferred)]
    }  # fmt: skip


def limits_of(seats: Sequence[str], seats_from: Sequence[str] = ()) -> Mapping[str, tuple[Limit, ...]]:
    """Read `FEATURE=N` and `DATE:FEATURE=N` into seats by feature over time. Raises BadInput."""
    found: dict[str, dict[date | None, int]] = {}
    for text in (part for each in seats for part in _parts(each)):
        feature, number = _pair("seats", text, "FEATURE=N, such as base=6")
        if found.setdefault(feature, {}).setdefault(None, number) != number:
            raise BadInput("seats", text, f"one number for {feature}; it was given {found[feature][None]} before")
    for text in seats_from:
        day, _, rest = text.partition(":")
        try:
            since = date.fromisoformat(day)
        except ValueError:
            raise BadInput("seats-from", text, "DATE:FEATURE=N, such as 2015-04-01:base=8") from None
        feature, number = _pair("seats-from", rest, "DATE:FEATURE=N, such as 2015-04-01:base=8")
        found.setdefault(feature, {None: -1})[since] = number
    return {feature: tuple(_dated(told)) for feature, told in found.items()}


def _parts(text: str) -> list[str]:
    """Part `a=1,b=2`; a comma within a feature's name parts nothing."""
    parts = text.split(",")
    return parts if all("=" in part for part in parts) else [text]


def _pair(option: str, text: str, needs: str) -> tuple[str, int]:
    feature, equals, number = text.rpartition("=")
    feature = feature.strip().strip('"')
    if not equals or not feature or not number.strip().isdecimal() or len(number.strip()) > 9:
        raise BadInput(option, text[:80], f"{needs}; a feature without limit is left out")
    return feature, int(number)


def _dated(told: Mapping[date | None, int]) -> Iterable[Limit]:
    yield Limit(None, None if told.get(None, -1) < 0 else told[None])
    for day in sorted(day for day in told if day is not None):
        yield Limit(datetime.combine(day, time()), told[day])


def _first_day(asked: ReplayAsked, found: Survey) -> tuple[date, list[Inferred]]:
    if asked.first_day is not None:
        if asked.first_day.year not in YEARS:
            raise BadInput("first-day", asked.first_day.isoformat(), f"a day from {YEARS[0]} to {YEARS[-1]}")
        return asked.first_day, []
    if found.first_day is not None:
        if not found.undated:
            return found.first_day, []
        why = f"line {found.day_line} tells {found.day}; {found.midnights} midnights lie between"
        return found.first_day, [Inferred("first_day", 1, found.first_day.isoformat(), why)]
    if any(limit.since is not None for limits in asked.limits.values() for limit in limits):
        raise BadInput("first-day", "no line tells a date", "the day of the first line, since seats change by date")
    return UNDATED, [Inferred("first_day", 1, UNDATED.isoformat(), "no line tells a date; order and times are kept")]


def _seats_assumed(asked: ReplayAsked, replay: Replay) -> Iterable[Inferred]:
    """Say where seats were not given, given for nothing, or other than the log's denials and checkouts tell."""
    for feature, figures in sorted(replay.figures.items()):
        limits = asked.limits.get(feature)
        if limits is None:
            said = f"no --seats names {feature}: nothing of it is refused, no denial of it can be reproduced"
            yield Inferred("seats", 0, f"{feature} has no limit", f"{said}; {_told(feature, figures)}")
        elif len(limits) > 1 and limits[0].seats is None:
            said = f"--seats-from names {feature} from a day on, no --seats before it"
            yield Inferred("seats", 0, f"{feature} has no limit before {limits[1].since:%Y-%m-%d}", said)
        elif figures.refused or figures.not_reproduced:
            said = f"{figures.refused} checkouts refused, {figures.not_reproduced} denials not reproduced"
            yield Inferred(
                "seats", 0, f"{feature} has {_spoken(limits)}", f"as told; {said}; {_told(feature, figures)}"
            )
    for feature in sorted(set(asked.limits) - set(replay.figures) - set(replay.servers)):
        alike = [each for each in replay.servers if each.casefold() == feature.casefold()]
        named = ", ".join(alike or sorted(replay.servers)[:20]) or "none"
        said = f"the log never names it; {'perhaps meant' if alike else 'it names'}: {named}"
        yield Inferred("unknown_feature", 0, f"{feature} is left aside", said)


def _told(feature: str, figures: Figures) -> str:
    if not figures.denied_at:
        return f"at most {figures.peak_in_log} were in use at once"
    if len(figures.denied_at) == 1:
        (seats,) = figures.denied_at
        return f"each of its {figures.denied_at[seats]} denials came with {seats} in use: --seats {feature}={seats}"
    least, most = min(figures.denied_at), max(figures.denied_at)
    return f"its {sum(figures.denied_at.values())} denials came with {least} to {most} in use"


def _spoken(limits: Sequence[Limit]) -> str:
    return ", ".join(
        f"{each.seats} seats" + (f" from {each.since:%Y-%m-%d}" if each.since is not None else "") for each in limits
    )


def _servers_assumed(replay: Replay) -> Iterable[Inferred]:
    for feature, servers in sorted(replay.servers.items()):
        if len(servers) > 1 and feature in replay.limits:
            said = f"{len(servers)} servers give it out: {', '.join(sorted(servers)[:5])}"
            yield Inferred("servers", 0, f"each server has the seats told for {feature}", said)


def _document(asked: ReplayAsked, replay: Replay, reader: LogReader) -> dict[str, Any]:
    tally, figures, wants = reader.tally, replay.figures, replay.wants
    return {
        "lines": tally.rows, "events": tally.accepted, "other": tally.other, "rejected": tally.rejected,
        "checkouts_granted": sum(each.granted for each in figures.values()),
        "checkouts_refused": sum(each.refused for each in figures.values()),
        "returns": tally.kinds[EventKind.IN] + tally.kinds[EventKind.RETURN],
        "denials": replay.counts["denials"],
        "denials_reproduced": sum(each.reproduced for each in figures.values()),
        "denials_not_reproduced": sum(each.not_reproduced for each in figures.values()),
        "denials_for_other_reasons": dict(sorted(replay.other_reasons.items())),
        "denial_rows": wants.rows, "true_denials": wants.true,
        "tolerance_s": int(asked.tolerance.total_seconds()),
        **{name: replay.counts[name] for name in NAMED},
        "peak": {name: each.peak for name, each in sorted(figures.items())},
        "peak_in_log": {name: each.peak_in_log for name, each in sorted(figures.items())},
        "features": {name: _feature(asked, name, each) for name, each in sorted(figures.items())},
        "refused_lines": replay.lines["refused"], "not_reproduced_lines": replay.lines["not_reproduced"],
        "issues": [asdict(issue) for issue in tally.issues[:ISSUES_SHOWN]],
    }  # fmt: skip


NAMED = ("unsupported", "restarts", "upgrades_refused", "queued", "queued_reproduced", "dequeued", "borrowed")


def _feature(asked: ReplayAsked, name: str, figures: Figures) -> dict[str, Any]:
    limits = asked.limits.get(name, ())
    return {
        "seats": [{"from": None if each.since is None else each.since.date().isoformat(), "seats": each.seats}
                  for each in limits],
        "granted": figures.granted, "refused": figures.refused, "reproduced": figures.reproduced,
        "not_reproduced": figures.not_reproduced,
        "denied_at": {str(seats): count for seats, count in sorted(figures.denied_at.items())},
    }  # fmt: skip
