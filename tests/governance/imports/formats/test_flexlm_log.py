"""A license server's log is read line by line: dates and midnights inferred and listed, hostile lines counted."""

# ruff: noqa: DTZ001 - a log holds the times of its own server, without a zone

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.imports.formats.flexlm_events import EventKind, LogEvent, Tally
from governance.imports.formats.flexlm_log import LogReader
from governance.imports.formats.flexlm_marks import lines_of, survey, zone_named
from tests.real_data import real_file, real_rows

LATEST = datetime(2030, 1, 1)


def read(*lines: str | None, first_day: date = date(2026, 3, 2)) -> tuple[list[LogEvent], Tally]:
    reader = LogReader(first_day, "srv", named=False, latest=LATEST)
    return list(reader.events(lines)), reader.tally


def read_file(path: Path) -> tuple[list[LogEvent], Tally]:
    begins = survey(lines_of(path))
    assert begins.first_day is not None
    reader = LogReader(begins.first_day, begins.server or "unknown", named=False, latest=LATEST)
    return list(reader.events(lines_of(path))), reader.tally


def kinds(tally: Tally) -> list[tuple[str, int, str]]:
    return [(one.kind, one.line, one.assumed) for one in tally.inferred]


def test_what_a_line_tells_is_read_whatever_surrounds_it() -> None:
    events, tally = read(
        ' 8:01:02 (vendor) OUT: "base" ada@host7  ',
        '08:01:03 (vendor) OUT: "hpc" José Ruiz (lab)@node1.example  (20 licenses) ',
        '  8:01:04 (vendor) DENIED: "base" ben@x@H9  (Licensed number of users already reached. (-4,342:10054 ""))',
        ' 8:01:05 (vendor) UNSUPPORTED: "pex" (PORT_AT_HOST_PLUS   ) cleo@h1  (No such feature exists. (-5,346))',
        ' 8:01:06 (vendor) IN: "base" ada@host7  (SHUTDOWN)',
        " 8:01:07 (lmgrd) Done rereading",
        "",
    )
    assert [(e.kind, e.feature, e.user, e.host, e.quantity, e.reason) for e in events] == [
        (EventKind.OUT, "base", "ada", "host7", 1, ""),
        (EventKind.OUT, "hpc", "José Ruiz (lab)", "node1.example", 20, ""),
        (EventKind.DENIED, "base", "ben@x", "H9", 1, 'Licensed number of users already reached. (-4,342:10054 "")'),
        (EventKind.UNSUPPORTED, "pex", "cleo", "h1", 1, "No such feature exists. (-5,346)"),
        (EventKind.IN, "base", "ada", "host7", 1, "SHUTDOWN"),
    ]
    assert (tally.rows, tally.accepted, tally.rejected, tally.other) == (7, 5, 0, 2)
    assert (tally.peak, tally.denials) == ({"base": 1, "hpc": 20}, Counter({"base": 1}))


def test_a_midnight_that_no_line_tells_is_inferred_and_one_that_is_told_is_not() -> None:
    events, tally = read(
        '23:50:00 (vendor) OUT: "base" ada@h', ' 0:10:00 (vendor) IN: "base" ada@h',
        "23:55:00 (lmgrd) TIMESTAMP 3/3/2026", " 5:55:00 (lmgrd) TIMESTAMP 3/4/2026",
        ' 6:00:00 (vendor) OUT: "base" ada@h',
    )  # fmt: skip
    assert [e.at.date().day for e in events] == [2, 3, 4]
    assert kinds(tally) == [("midnight", 2, "2026-03-03")]
    assert tally.inferred[0].because.startswith("the time went back from 23:50:00 (line 1) to 00:10:00")


def test_an_hour_set_back_is_no_midnight_and_a_line_of_the_evening_before_moves_nothing() -> None:
    events, tally = read(
        ' 1:59:00 (vendor) OUT: "base" ada@h', ' 1:01:00 (vendor) IN: "base" ada@h',
        '23:59:58 (vendor) OUT: "base" ben@h', ' 2:10:00 (vendor) IN: "base" ben@h', first_day=date(2026, 10, 25),
    )  # fmt: skip
    assert [e.at for e in events] == [
        datetime(2026, 10, 25, 1, 59), datetime(2026, 10, 25, 1, 1), datetime(2026, 10, 24, 23, 59, 58),
        datetime(2026, 10, 25, 2, 10),
    ]  # fmt: skip
    assert kinds(tally) == [("same_day", 2, "2026-10-25"), ("evening_before", 3, "2026-10-24")]


def test_what_a_server_gave_out_ends_with_it_and_a_return_without_checkout_takes_nothing() -> None:
    events, tally = read(
        ' 8:00:00 (vendor) OUT: "base" ada@h', ' 8:00:01 (vendor) OUT: "base" ben@h',
        " 9:00:00 (vendor) Server started on other for:\tbase", ' 9:01:00 (vendor) OUT: "base" ada@h',
        ' 9:02:00 (vendor) IN: "base" cleo@h', ' 9:03:00 (vendor) OUT: "base" ben@h',
    )  # fmt: skip
    assert tally.peak == {"base": 2}
    assert kinds(tally) == [("held_before", 5, "cleo held base before")]
    assert {e.server for e in events} == {"srv", "other"}
    _, again = read(
        " 7:00:00 (vendor) Server started on srv for:\tbase", ' 8:00:00 (vendor) OUT: "base" ada@h',
        " 9:00:00 (vendor) Server started on srv for:\tbase",
    )  # fmt: skip
    assert kinds(again) == [("restart", 3, "1 of base were given back")]


def test_equal_lines_of_one_second_are_told_apart_and_are_the_same_in_another_file() -> None:
    line = ' 8:00:00 (vendor) DENIED: "base" ada@h  (Licensed number of users already reached. (-4,342))'
    events, _ = read(line, line, ' 8:00:01 (vendor) OUT: "base" ada@h')
    assert len({event.identity for event in events}) == 3
    later, _ = read("noise", " 7:00:00 (lmgrd) TIMESTAMP 3/2/2026", line, line)
    assert [event.identity for event in later] == [event.identity for event in events[:2]]


def test_hostile_lines_are_counted_and_keep_no_good_one_out() -> None:
    good = ' 8:00:00 (vendor) OUT: "base" ada@h'
    events, tally = read(
        good, None, ' 8:00:00 (vendor) OUT: "base" nobody', ' 8:00:00 (vendor) OUT: "base"', ' 8:00:00 OUT: "b" a@h',
        '25:00:00 (vendor) OUT: "base" ada@h', ' 8:00:00 (vendor) OUT: "base" a\x1bda@h', "\x00\x01", "(" * 3_000,
        ' 8:00:00 (vendor) OUT: "base" ' + "@" * 3_000, " 8:00:01 (lmgrd) TIMESTAMP 13/45/2026",
        ' 8:00:02 (vendor) OUT: "base" TIMESTAMP 1/1/2001@h', good,
    )  # fmt: skip
    assert [event.user for event in events] == ["ada", "TIMESTAMP 1/1/2001", "ada"]
    assert {event.at.date() for event in events} == {date(2026, 3, 2)}
    assert (tally.rows, tally.accepted, tally.rejected, tally.other) == (13, 3, 7, 3)
    assert {issue.code for issue in tally.issues} == {"LINE_UNREADABLE"}


def test_lines_too_long_odd_encodings_and_a_mark_of_order_are_survived(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"\xef\xbb\xbf 8:00:00 (v) x\r\n" + b"y" * 9_000 + b"\n 8:00:01 (v) caf\xe9\n" + b"z" * 4_000)
    assert list(lines_of(path)) == [" 8:00:00 (v) x", None, " 8:00:01 (v) café", None]


def test_memory_stays_flat_however_long_the_log_is() -> None:
    def lines() -> Iterator[str]:
        for number in range(10_000):
            at = f"{number // 3600 % 24}:{number // 60 % 60:02}:{number % 60:02}"
            yield f'{at} (vendor) OUT: "base" u{number}@h'
            yield f'{at} (vendor) IN: "base" u{number}@h'

    reader = LogReader(date(2026, 3, 2), "srv", named=False, latest=LATEST)
    tracemalloc.start()
    count = sum(1 for _ in reader.events(lines()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 500_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=80) | st.sampled_from(['8:00:00 (v) OUT: "b" a@h', "8:00:00 (v) TIMESTAMP 1/1/2026"])))
def test_no_text_breaks_the_reader_and_every_line_is_counted_once(lines: list[str]) -> None:
    events, tally = read(*lines)
    survey(lines)
    assert tally.rows == len(lines) == tally.accepted + tally.rejected + tally.other
    assert len(events) == tally.accepted


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Eastern Daylight Time", "America/New_York"), ("EST", "America/New_York"), ("UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"), ("Hora de verano romance", None),
    ],
)  # fmt: skip
def test_a_servers_word_for_its_zone_is_known_or_nobody_guesses(said: str, zone: str | None) -> None:
    assert zone_named(said) == zone


@pytest.mark.real_data
def test_every_denial_of_the_partek_log_falls_at_six_seats_in_use() -> None:
    events, tally = read_file(real_file("flexlm_logs/partek_logfile2.log"))
    assert tally.rows == 15_535
    assert {kind.name: count for kind, count in tally.kinds.items()} == {
        "OUT": 1_161, "IN": 1_159, "DENIED": 846, "UNSUPPORTED": 5,
    }  # fmt: skip
    assert dict(tally.denials) == {"base": 671, "matk": 175}
    assert (tally.peak["base"], tally.peak["matk"], tally.rejected) == (6, 6, 0)
    assert {one.kind for one in tally.inferred} == {"midnight"}
    assert (events[0].at, events[-1].at.date()) == (datetime(2015, 3, 27, 15, 31, 36), date(2015, 5, 8))
    assert len({event.identity for event in events}) == 3_171
    held: Counter[str] = Counter()
    for event in events:
        if event.kind is EventKind.DENIED:
            assert held[event.feature] == 6
        held[event.feature] += {"OUT": 1, "IN": -1}.get(event.kind.name, 0)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "out", "back", "denied", "peak"),
    [
        ("partek_logfile.log", 15_907, 15_821, 2_506, {}),
        ("partek_dj.log", 118, 118, 0, {}),
        ("partek_flexlm.log", 24, 21, 0, {}),
        ("umich_ansys_2017-02-18_100336.log", 9_038, 9_013, 0, {"hfsshpc": 122}),
        ("upm_autodesk.log", 8_402, 8_400, 0, {"64300ACD_F": 242}),
        ("upm_maple.log", 262, 262, 0, {}),
        ("autodesk_imsukh_debug_2018.log", 170, 168, 2, {}),
    ],
)
def test_other_servers_logs_come_to_what_is_known_of_them(
    name: str, out: int, back: int, denied: int, peak: dict[str, int]
) -> None:
    _, tally = read_file(real_file(f"flexlm_logs/{name}"))
    assert (tally.kinds[EventKind.OUT], tally.kinds[EventKind.IN], tally.kinds[EventKind.DENIED]) == (out, back, denied)
    assert tally.rejected == 0
    assert {feature: tally.peak[feature] for feature in peak} == peak


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "late"), [("upm_autodesk", 701), ("upm_maple", 12)])
def test_nothing_of_the_universitys_own_parse_is_missing(name: str, late: int) -> None:
    """Their parse keeps yesterday's date after midnight until the next TIMESTAMP; ours has the day after there."""
    events, _ = read_file(real_file(f"flexlm_logs/{name}.log"))
    mine = Counter((e.at.isoformat(" "), e.kind.name, e.feature, e.user, e.host) for e in events)
    theirs: Counter[tuple[str, ...]] = Counter()
    for row in real_rows(f"flexlm_logs/{name}_published_parse.csv"):
        day = "-".join(reversed(row["Fecha"].split("/")))
        theirs[f"{day} {row['Hora']:0>8}", row["Accion"], row["Modulo"], row["Usuario"], row["Host"]] += 1
    missing = theirs - mine
    assert sum(missing.values()) == late
    for at, *facts in missing:
        there = datetime.fromisoformat(at) + timedelta(days=1)
        assert there.hour < 6
        assert mine[there.isoformat(" "), *facts]
