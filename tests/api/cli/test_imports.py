"""People from a file at the terminal: the answer's exact keys, bad rows by name, nothing by halves, Ctrl-C and again."""

import csv
import io
import signal
import sqlite3
import time
from typing import Any

import psycopg
import pytest

from api.cli.exits import Exit
from tests.api.cli.conftest import Said, Terminal

KEYS = {"rows", "accepted", "rejected", "created", "updated", "unchanged", "issues"}
HEADER = ("external_id", "name", "mail", "unit", "country")
GOOD = [(f"p{n}", f"Person {n}", f"p{n}@halden.example", "halden", "CH") for n in range(3)]
BAD = [("p9", "Nine", "no mail", "nowhere", "Atlantis")]
MANY = 6_000
PATIENCE_S = 300  # what hangs ends then; what is slow goes on


def file_of(terminal: Terminal, rows: list[tuple[str, ...]], name: str = "people.csv") -> str:
    path = terminal.folder / name
    path.write_bytes(content(rows))
    return str(path)


def content(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(answer[key] for key in ("rows", "accepted", "rejected", "created", "updated", "unchanged"))


def people(terminal: Terminal) -> int:
    """Count the people who came from a file."""
    query = "SELECT count(*) FROM person WHERE source = 'file'"
    if terminal.database_url is not None:
        with psycopg.connect(terminal.database_url) as asked:
            row = asked.execute(query).fetchone()
            assert row is not None
            return int(row[0])
    connection = sqlite3.connect(terminal.folder / "data" / "lictor.sqlite")
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def test_an_import_answers_with_exactly_the_promised_keys(lictor: Terminal) -> None:
    path = file_of(lictor, GOOD + BAD)
    tried = lictor("import", "people", path, "--dry-run", "--json")
    assert (tried.code, set(tried.json), counts(tried.json)) == (Exit.BAD_INPUT, KEYS, (4, 3, 1, 3, 0, 0))
    assert people(lictor) == 0
    done = lictor("import", "people", path, "--json")
    assert (done.code, set(done.json), counts(done.json)) == (Exit.BAD_INPUT, KEYS, (4, 3, 1, 3, 0, 0))
    assert all(set(issue) == {"row", "column", "code", "message"} for issue in done.json["issues"])
    named = {(issue["row"], issue["column"], issue["code"]) for issue in done.json["issues"]}
    assert named == {(5, "mail", "BAD_VALUE"), (5, "unit", "UNKNOWN_UNIT"), (5, "country", "BAD_VALUE")}
    assert people(lictor) == 3
    again = lictor("import", "people", file_of(lictor, GOOD), "--json")
    assert (again.code, counts(again.json)) == (Exit.DONE, (3, 3, 0, 0, 0, 3))


def test_people_read_which_row_and_field_is_wrong_and_what_would_be_right(lictor: Terminal) -> None:
    said = lictor("import", "people", file_of(lictor, GOOD + BAD))
    assert "row 5, country: BAD_VALUE" in said.err
    assert "4 rows, 3 accepted, 1 rejected; 3 created" in said.out


def test_a_strict_import_with_a_bad_row_changes_nothing(lictor: Terminal) -> None:
    said = lictor("import", "people", file_of(lictor, GOOD + BAD), "--strict", "--json")
    assert said.code == Exit.BAD_INPUT
    assert people(lictor) == 0


def test_a_file_is_read_from_the_pipe(lictor: Terminal) -> None:
    said = lictor("import", "people", "-", "--json", stdin=content(GOOD))
    assert (said.code, counts(said.json)) == (Exit.DONE, (3, 3, 0, 3, 0, 0))


@pytest.mark.parametrize(
    "wrong", [b"", b"\x00\x01\x02", b"PK\x03\x04 no workbook", b"name,mail\nAda,ada@x.example\n", b"just a line\n"]
)
def test_a_file_that_cannot_be_read_is_refused_whole(lictor: Terminal, wrong: bytes) -> None:
    path = lictor.folder / "wrong.csv"
    path.write_bytes(wrong)
    said = lictor("import", "people", str(path), "--json")
    assert (said.code, said.out) == (Exit.BAD_INPUT, ""), said.err
    assert said.err
    assert "Traceback" not in said.err
    assert people(lictor) == 0


def test_a_file_that_is_not_there_is_named(lictor: Terminal) -> None:
    for missing in ("nothing.csv", str(lictor.folder)):
        said = lictor("import", "people", missing, "--json")
        assert (said.code, said.out) == (Exit.BAD_INPUT, "")
        assert missing in said.err.replace("\n", "")


def test_an_import_that_is_interrupted_keeps_what_was_done_and_goes_on(lictor: Terminal) -> None:
    rows = [(f"p{n}", f"Person {n}", f"p{n}@halden.example", "halden", "CH") for n in range(MANY)]
    path = file_of(lictor, rows)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background may ignore it
    running = lictor.started("import", "people", path, "--json")
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + PATIENCE_S
    while not people(lictor) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert (running.returncode, out) == (Exit.CANCELLED, ""), err
    assert "Interrupted" in err
    assert "Traceback" not in err
    kept = people(lictor)
    assert 0 < kept < MANY
    again: Said = lictor("import", "people", path, "--json")
    assert again.code == Exit.DONE, again.err
    assert counts(again.json) == (MANY, MANY, 0, MANY, 0, 0), "the same run went on, and ended as if nothing had been"
    assert people(lictor) == MANY
    assert lictor("import", "people", path, "--json").json["unchanged"] == MANY, "an ended run is not gone on with"
