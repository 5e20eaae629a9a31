"""A license server's log drives the lease engine: what it would have decided alike, and what had to be assumed."""

import json
import tracemalloc
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.imports.replay import ReplayAsked
from governance.imports.replaying import limits_of, replay_flexlm
from governance.kernel.errors import BadInput
from tests.real_data import published, real_file, real_rows

FULL = "(Licensed number of users already reached. (-4,342))"
HEAD = " 7:00:00 (lmgrd) TIMESTAMP 3/2/2026"


def replay(folder: Path, *lines: str, seats: tuple[str, ...] = (), since: tuple[str, ...] = (), **how: Any) -> Any:
    path = folder / "debug.log"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return replay_flexlm(path, ReplayAsked(limits_of(seats, since), **how))


def of(name: str, *seats: str) -> dict[str, Any]:
    return replay_flexlm(real_file(f"flexlm_logs/{name}"), ReplayAsked(limits_of(seats)))


def said(found: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    return [(each["assumed"], each["because"]) for each in found["inferred"] if each["kind"] == kind]


def test_checkouts_are_granted_and_denials_reproduced_at_the_seats_that_are_told(tmp_path: Path) -> None:
    log = (
        HEAD, ' 8:00:00 (v) OUT: "base" ada@h', ' 8:01:00 (v) OUT: "base" ada@h',
        f' 8:02:00 (v) DENIED: "base" ben@h  {FULL}', ' 8:03:00 (v) IN: "base" ada@h',
        ' 8:04:00 (v) OUT: "base" ben@h', f' 8:05:00 (v) DENIED: "base" cleo@h  {FULL}',
        ' 8:06:00 (v) UNSUPPORTED: "pex" (0A1B ) cleo@h  (No such feature exists. (-5,346))',
    )  # fmt: skip
    found = replay(tmp_path, *log, seats=("base=2",))
    told = {name: found[name] for name in ("checkouts_granted", "checkouts_refused", "denials_reproduced",
                                           "denials_not_reproduced", "unsupported", "restarts", "true_denials")}  # fmt: skip
    assert list(told.values()) == [3, 0, 2, 0, 1, 0, 1]
    assert (found["peak"], found["features"]["base"]["denied_at"]) == ({"base": 2}, {"2": 2})
    fewer = replay(tmp_path, *log, seats=("base=1",))
    assert (fewer["checkouts_granted"], fewer["checkouts_refused"]) == (2, 1)
    assert (fewer["refused_lines"], fewer["peak"], fewer["peak_in_log"]) == ([3], {"base": 1}, {"base": 2})
    more = replay(tmp_path, *log, seats=("base=3",))
    assert (more["denials_reproduced"], more["not_reproduced_lines"]) == (0, [4, 7])
    assert said(more, "seats")[0][1].endswith("each of its 2 denials came with 2 in use: --seats base=2")


def test_seats_that_change_by_date_and_those_nobody_told(tmp_path: Path) -> None:
    log = (
        HEAD, ' 8:00:00 (v) OUT: "base" ada@h', f' 8:01:00 (v) DENIED: "base" ben@h  {FULL}',
        " 0:00:00 (lmgrd) TIMESTAMP 3/3/2026", ' 0:00:01 (v) OUT: "base" ben@h', ' 0:01:00 (v) OUT: "other" ben@h',
    )  # fmt: skip
    found = replay(tmp_path, *log, seats=("base=1", "bass=4"), since=("2026-03-03:base=2",))
    assert (found["checkouts_granted"], found["checkouts_refused"], found["denials_reproduced"]) == (3, 0, 1)
    assert [assumed for assumed, _ in said(found, "seats")] == ["other has no limit"]
    assert said(found, "unknown_feature") == [
        ("bass is left aside", "the log never names it; it names: base, other"),
    ]  # fmt: skip
    late = replay(tmp_path, *log, since=("2026-03-03:base=2",))
    assert said(late, "seats")[0][0] == "base has no limit before 2026-03-03"
    assert "perhaps meant: base" in said(replay(tmp_path, *log, seats=("BASE=1",)), "unknown_feature")[0][1]


def test_several_seats_a_line_are_taken_more_of_and_given_back_in_parts(tmp_path: Path) -> None:
    found = replay(
        tmp_path, HEAD, ' 8:00:00 (v) OUT: "hpc" ada@h  (4 licenses)', ' 8:01:00 (v) UPGRADE: "hpc" ada@h  (4->6 licenses)',
        f' 8:02:00 (v) DENIED: "hpc" ben@h  (3 licenses) {FULL}', ' 8:03:00 (v) IN: "hpc" ada@h  (5 licenses)',
        ' 8:04:00 (v) OUT: "hpc" ben@h  (7 licenses)', ' 8:05:00 (v) OUT: "hpc" cleo@h', ' 8:06:00 (v) IN: "hpc" ben@h  (7 licenses)',
        ' 8:07:00 (v) IN: "hpc" ada@h', seats=("hpc=8",),
    )  # fmt: skip
    assert (found["checkouts_granted"], found["checkouts_refused"], found["denials_reproduced"]) == (2, 1, 1)
    assert (found["peak"], found["peak_in_log"], found["upgrades_refused"]) == ({"hpc": 8}, {"hpc": 9}, 0)


def test_a_daemon_that_starts_anew_holds_nothing_and_one_that_rereads_its_license_keeps_all(tmp_path: Path) -> None:
    start = "(v) Server started on srv for:\tbase"
    found = replay(
        tmp_path, HEAD, f" 7:00:01 {start}", ' 8:00:00 (v) OUT: "base" ada@h', " 8:01:00 (v) Rereading license file...",
        f" 8:01:00 {start}", " 8:01:00 (v) ...Finished rereading", f' 8:02:00 (v) DENIED: "base" ben@h  {FULL}',
        f" 9:00:00 {start}", ' 9:01:00 (v) OUT: "base" ben@h', ' 9:02:00 (v) IN: "base" ada@h', seats=("base=1",),
    )  # fmt: skip
    assert (found["restarts"], found["denials_reproduced"], found["checkouts_granted"]) == (1, 1, 2)
    assert [assumed for assumed, _ in said(found, "restart")] == ["1 of base were given back"]
    assert [assumed for assumed, _ in said(found, "held_before")] == ["ada held base before"]


def test_a_log_pasted_behind_a_later_one_begins_with_nothing_held(tmp_path: Path) -> None:
    found = replay(
        tmp_path, HEAD, ' 8:00:00 (v) OUT: "base" ada@h', " 9:00:00 (lmgrd) TIMESTAMP 1/1/2026",
        ' 9:01:00 (v) OUT: "base" ben@h', seats=("base=1",),
    )  # fmt: skip
    assert (found["checkouts_granted"], found["checkouts_refused"]) == (2, 0)
    assert said(found, "another_log")[0][0] == "1 of base was still held"


def test_each_server_has_the_seats_that_are_told(tmp_path: Path) -> None:
    found = replay(
        tmp_path, HEAD, ' 8:00:00 (v) OUT: "base" ada@h', ' 8:00:01 (w) OUT: "base" ben@h',
        f' 8:00:02 (v) DENIED: "base" cleo@h  {FULL}', ' 8:00:03 (w) IN: "base" ben@h',
        ' 8:00:04 (w) OUT: "base" cleo@h', seats=("base=1",),
    )  # fmt: skip
    assert (found["checkouts_granted"], found["denials_reproduced"], found["true_denials"]) == (3, 1, 0)
    assert said(found, "servers")[0] == (
        "each server has the seats told for base", "2 servers give it out: unknown/v, unknown/w",
    )  # fmt: skip


def test_retries_within_a_minute_are_one_denial_and_a_checkout_in_time_satisfies_it(tmp_path: Path) -> None:
    tries = [f' 8:00:{second:02} (v) DENIED: "base" ben@h  {FULL}' for second in range(0, 60, 5)]
    late = [f' 8:{minute:02}:30 (v) DENIED: "base" cleo@h  {FULL}' for minute in (1, 9)]
    log = (HEAD, ' 7:59:00 (v) OUT: "base" ada@h', *tries, *late, ' 8:10:00 (v) IN: "base" ada@h',
           ' 8:10:00 (v) OUT: "base" ben@h', ' 8:14:00 (v) IN: "base" ben@h', ' 8:15:00 (v) OUT: "base" cleo@h')  # fmt: skip
    found = replay(tmp_path, *log, seats=("base=1",))
    assert (found["denials"], found["denial_rows"], found["denials_reproduced"]) == (14, 3, 14)
    assert found["true_denials"] == 1
    assert replay(tmp_path, *log, seats=("base=1",), tolerance=timedelta(0))["true_denials"] == 3


def test_what_is_denied_for_another_reason_is_no_question_of_seats(tmp_path: Path) -> None:
    found = replay(
        tmp_path, HEAD, ' 8:00:00 (v) DENIED: "base" ada@h (User/host on EXCLUDE list for feature. (-38,349))',
        ' 8:00:00 (v) OUT: "base" ben@h', ' 8:01:00 (v) DENIED: "base" cleo@h (2 licenses) (Users are queued for this feature. (-24,332))',
        seats=("base=2",),
    )  # fmt: skip
    assert (found["denials"], found["denials_reproduced"], found["denials_not_reproduced"]) == (2, 1, 0)
    assert found["denials_for_other_reasons"] == {"User/host on EXCLUDE list for feature. (-38,349)": 1}


def test_queues_borrowing_seats_in_use_and_shutdowns_are_followed_and_told(tmp_path: Path) -> None:
    found = replay(
        tmp_path, HEAD, ' 8:00:00 (v) INUSE: "base" ada@h', ' 8:01:00 (v) QUEUED: "base" ben@h',
        ' 8:02:00 (v) IN: "base" ada@h  (SHUTDOWN)', ' 8:02:00 (v) OUT: "base" ben@h', ' 8:02:00 (v) DEQUEUED: "base" ben@h',
        ' 8:03:00 (v) BORROWED: "base" ben@h', ' 8:04:00 (v) RETURNED: "base" ben@h', ' 8:05:00 (v) BORROW: "base" cleo@h',
        " 8:06:00 (v) RESERVE 1 base for USER ada", seats=("base=1",),
    )  # fmt: skip
    figures = ("checkouts_granted", "checkouts_refused", "queued", "queued_reproduced", "dequeued", "borrowed")
    assert [found[name] for name in figures] == [2, 0, 1, 1, 1, 2]
    assert said(found, "held_before")[0][0] == "ada@h holds 1 of base"
    assert [assumed for assumed, _ in said(found, "borrowed")] == [
        "ben@h holds base until it is returned", "cleo@h holds base until it is returned",
    ]  # fmt: skip
    assert "RESERVE 1 base for USER ada" in said(found, "reserved")[0][0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(
        f'{HEAD}\r\n 8:00:00 (v) OUT: "base" José@h\r\n 8:01:00 (v) IN: "base" José@h\r\n'.encode(encoding)
    )
    found = replay_flexlm(path, ReplayAsked())
    assert (found["checkouts_granted"], found["returns"], found["rejected"]) == (1, 1, 0)
    assert said(found, "held_before") == []


def test_other_clocks_dates_before_times_and_old_shapes_are_read(tmp_path: Path) -> None:
    found = replay(
        tmp_path, '2026-03-02 11:59:00 PM (v) OUT: "base" ada@h', '3/3/2026 12:00:30 AM (v daemon) OUT: "base" ben@h',
        '2026-03-03T00:31:00.25Z (v) IN: "base" ada@h', " 0:32 (v) OUT: base by cleo@h", " 0:33 (v) IN: base cleo@h",
        f' 0:34:00 (v) DENIED: 4 "base" to dora@h  {FULL}', ' 0:35:00 (v) OUT: "base" eve@h [J3 x] ^^^ 1.0 eve ::1 9 0x1 1 9 ^^^',
        seats=("base=3",),
    )  # fmt: skip
    assert (found["checkouts_granted"], found["returns"], found["denials_reproduced"]) == (4, 2, 1)
    assert (found["rejected"], said(found, "midnight"), said(found, "first_day")) == (0, [], [])


def test_lines_that_cannot_be_are_counted_and_named(tmp_path: Path) -> None:
    assert replay(
        tmp_path, "23:59:59 (v) TIMESTAMP 12/31/9999", ' 0:00:01 (v) OUT: "base" ada@h', "23:00:00 (v) TIMESTAMP 1/1/0001",
    )["events"] == 1, "a year that no server writes tells no date"  # fmt: skip
    found = replay(
        tmp_path, ' 8:00:00 (v) OUT: "base" ada@h  (-3 licenses)', ' 8:00:00 (v) OUT: "base" ada@h  (0 licenses)',
        ' 8:00:00 (v) IN: "base" nobody@h', ' 8:00:00 (v) OUT: "base" nobody', "\x00\x01 noise", "x" * 9_000,
    )  # fmt: skip
    assert (found["rejected"], found["checkouts_granted"], found["returns"]) == (4, 0, 1)
    assert "-3 licenses cannot be taken or given; needs 1 or more." in {each["message"] for each in found["issues"]}
    assert said(found, "first_day") == [("1970-01-01", "no line tells a date; order and times are kept")]


@pytest.mark.parametrize(
    ("seats", "since", "named"),
    [
        (("base",), (), "base"), (("base=-1",), (), "base=-1"), (("=3",), (), "=3"), (("base=1", "base=2"), (), "base=2"),
        (("base=x",), (), "base=x"), ((), ("base=1",), "base=1"), ((), ("2026-13-01:base=1",), "2026-13-01:base=1"),
    ],
)  # fmt: skip
def test_seats_that_cannot_be_are_named_with_what_would_be_right(
    seats: tuple[str, ...], since: tuple[str, ...], named: str
) -> None:
    with pytest.raises(BadInput) as no:
        limits_of(seats, since)
    assert (no.value.has, "=" in no.value.needs or "one number" in no.value.needs) == (named, True)


def test_what_is_no_log_is_refused_and_seats_by_date_need_a_date(tmp_path: Path) -> None:
    for lines in ((), ("name,seats", "base,6")):
        with pytest.raises(BadInput, match="OUT"):
            replay(tmp_path, *lines)
    undated = ' 8:00:00 (v) OUT: "base" ada@h'
    with pytest.raises(BadInput, match="first-day"):
        replay(tmp_path, undated, since=("2026-03-02:base=1",))
    with pytest.raises(BadInput, match="1970 to 2199"):
        replay(tmp_path, undated, first_day=date(9999, 12, 31))
    assert replay(tmp_path, undated, since=("2026-03-02:base=0",), first_day=date(2026, 3, 2))["checkouts_refused"] == 1


def test_seats_may_stand_in_one_word_and_commas_part_only_pairs() -> None:
    assert set(limits_of(("base=6,matk=6", "a,b=1"))) == {"base", "matk", "a,b"}


def peak_of(path: Path, rows: int) -> int:
    """Give the bytes that a replay of three events a row takes at most."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            at = f"{number // 3600 % 24}:{number // 60 % 60:02}:{number % 60:02}"
            file.write(f'{at} (v) OUT: "base" u{number}@h\n{at} (v) DENIED: "base" w{number % 90}@h  {FULL}\n')
            file.write(f'{at} (v) IN: "base" u{number}@h\n')
    tracemalloc.start()
    found = replay_flexlm(path, ReplayAsked(limits_of(("base=1",))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found["checkouts_granted"], found["denials_reproduced"]) == (rows, rows)
    return peak


def test_memory_stays_flat_however_long_the_log_is(tmp_path: Path) -> None:
    assert peak_of(tmp_path / "long.log", 4_000) < 500_000, "12,000 events, and none is kept"


PARTS = st.sampled_from([
    '8:00:00 (v) OUT: "b" a@h', '8:00:01 (v) IN: "b" a@h', '8:00:02 (v) IN: "b" a@h  (2 licenses)',
    '8:00:02 (v) OUT: "b" a@h  (2 licenses)', '8:00:03 (v) UPGRADE: "b" a@h  (2->3 licenses)',
    f'8:00:04 (v) DENIED: "b" c@h  {FULL}', "8:00:05 (v) Server started on s for: b", '8:00:06 (v) INUSE: "b" d@h',
    "8:00:07 (v) TIMESTAMP 1/1/2026", "8:00:07 (v) TIMESTAMP 1/1/2020", "8:00:07 (v) TIMESTAMP 12/31/9999", "8:00:07 (v) TIMESTAMP 1/1/0001",
    '0001-01-01 23:00:00 (v) OUT: "b" a@h', '8:00:08 (v) BORROW: "b" a@h',
    '8:00:09 (v) UPGRADE: "b" a@h  (3->1 licenses)', "8:00:10 (v) Rereading license file...", '8:00:11 (v) QUEUED: "b" a@h',
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS | st.text(max_size=60), max_size=25), st.integers(0, 3))
def test_no_log_breaks_the_replay_and_nothing_is_lent_beyond_the_seats(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], seats: int
) -> None:
    found = replay(tmp_path_factory.mktemp("log"), HEAD, *lines, seats=(f"b={seats}",))
    assert json.loads(json.dumps(found, default=str))["lines"] == found["lines"]
    assert found["peak"].get("b", 0) <= seats
    assert found["denials_reproduced"] + found["denials_not_reproduced"] == found["denials"]
    assert found["lines"] == found["events"] + found["other"] + found["rejected"]


@pytest.mark.real_data
def test_every_denial_of_the_partek_log_is_reproduced_at_six_seats() -> None:
    found = of("partek_logfile2.log", "base=6", "matk=6")
    assert [found[name] for name in ("checkouts_granted", "checkouts_refused", "denials_reproduced",
                                     "denials_not_reproduced", "unsupported", "restarts")] == [1_161, 0, 846, 0, 5, 0]  # fmt: skip
    assert (found["peak"]["base"], found["peak"]["matk"]) == (6, 6)
    base = found["features"]["base"]
    weekdays, weekends = published("fx-1"), published("fx-2")
    assert base["reproduced"] == int(weekdays["published_value"]) + int(weekends["published_value"]) == 671
    assert base["granted"] == int(published("fx-3")["published_value"]) + int(published("fx-4")["published_value"])
    assert 0 < found["true_denials"] < found["denial_rows"] < found["denials"]
    one_less = of("partek_logfile2.log", "base=5", "matk=6")
    assert one_less["checkouts_refused"] > 0
    one_more = of("partek_logfile2.log", "base=7", "matk=6")
    assert (one_more["denials_reproduced"], one_more["denials_not_reproduced"]) == (175, 671)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "seats", "granted", "reproduced", "restarts", "peak"),
    [
        ("partek_logfile.log", ("base=15", "matk=15"), 15_907, 2_506, 5, {"base": 15, "matk": 15}),
        ("autodesk_imsukh_debug_2018.log", ("64300ACD_F=2", "86604ACD_2017_0F=2"), 169, 2, 0, {"64300ACD_F": 2}),
        ("partek_dj.log", (), 118, 0, 10, {"base": 1}),
        ("partek_flexlm.log", ("flow_base=17",), 24, 0, 0, {"flow_base": 17}),
        ("umich_ansys_2017-02-18_100336.log", ("hfsshpc=122",), 9_038, 0, 0, {"hfsshpc": 122}),
        ("upm_autodesk.log", ("64300ACD_F=242",), 8_402, 0, 0, {"64300ACD_F": 242}),
        ("upm_maple.log", (), 262, 0, 0, {"Maple": 39}),
        ("partek_testUserSpec.txt", (), 34, 0, 0, {"base": 4}),
    ],
)  # fmt: skip
def test_other_servers_logs_replay_with_what_is_assumed_said(
    name: str, seats: tuple[str, ...], granted: int, reproduced: int, restarts: int, peak: dict[str, int]
) -> None:
    found = of(name, *seats)
    assert (found["checkouts_granted"], found["denials_reproduced"]) == (granted, reproduced)
    assert (found["restarts"], found["rejected"]) == (restarts, 0)
    assert {feature: found["peak"][feature] for feature in peak} == peak
    assert found["denials_not_reproduced"] == 0


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["upm_autodesk", "upm_maple"])
def test_the_universitys_own_parse_has_no_checkout_that_is_not_replayed(name: str) -> None:
    """Their parse drops users with a hyphen, a dot or a blank; what it has of a feature, the replay has too."""
    found = of(f"{name}.log")
    theirs = Counter((row["Modulo"], row["Accion"]) for row in real_rows(f"flexlm_logs/{name}_published_parse.csv"))
    for (feature, action), count in theirs.items():
        if action == "OUT":
            assert count <= found["features"][feature]["granted"]
    outs = sum(count for (_, action), count in theirs.items() if action == "OUT")
    assert outs <= found["checkouts_granted"] <= outs * 1.2
