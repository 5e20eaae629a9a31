"""Replays at the terminal: no database is needed; one object, or a sentence and what was assumed."""

import gzip
from pathlib import Path

import pytest

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal
from tests.real_data import real_file

LOG = (
    " 7:00:00 (lmgrd) TIMESTAMP 3/2/2026\n"
    ' 8:00:00 (v) OUT: "base" ada@h\n'
    ' 8:01:00 (v) DENIED: "base" ben@h  (Licensed number of users already reached. (-4,342))\n'
)


@pytest.fixture
def bare(tmp_path: Path) -> Terminal:
    """Give a terminal that no database has been made for."""
    return Terminal(tmp_path)


def test_a_log_is_replayed_from_a_file_and_from_a_pipe(bare: Terminal) -> None:
    path = bare.folder / "debug.log"
    path.write_text(LOG, "utf-8")
    said = bare("replay", "flexlm", str(path), "--seats", "base=1", "--json")
    assert (said.code, said.json["checkouts_granted"], said.json["denials_reproduced"]) == (Exit.DONE, 1, 1)
    piped = bare("replay", "flexlm", "-", "--seats", "base=1", "--json", stdin=LOG.encode())
    assert piped.json == said.json
    packed = bare.folder / "debug.log.gz"
    packed.write_bytes(gzip.compress(LOG.encode()))
    assert bare("replay", "flexlm", str(packed), "--seats", "base=1", "--json").json == said.json
    assert not (bare.folder / "data").exists()
    words = bare("replay", "flexlm", str(path), "--seats", "base=2", "other=1", "--seats-from", "2026-03-02:base=1")
    assert "1 denials reproduced, 0 not" in words.out
    assert "unknown_feature: other is left aside" in words.err


def test_what_cannot_be_replayed_is_said_with_what_would_be_right(bare: Terminal) -> None:
    path = bare.folder / "debug.log"
    path.write_text(LOG, "utf-8")
    torn = bare.folder / "torn.gz"
    torn.write_bytes(gzip.compress(LOG.encode())[:60])
    for arguments, named in (
        (("nowhere.log",), "No such file"), ((str(path), "--seats", "base"), "FEATURE=N"),
        ((str(path), "--seats-from", "base=1"), "DATE:FEATURE=N"), ((str(path), "--first-day", "today"), "2015-03-27"),
        ((str(bare.folder),), "not a folder"), ((str(torn),), "a whole file of gzip"),
    ):  # fmt: skip
        said = bare("replay", "flexlm", *arguments)
        assert (said.code, named in said.err.replace("\n", " ")) == (Exit.BAD_INPUT, True), said.err


@pytest.mark.real_data
def test_the_partek_log_comes_to_its_published_figures(bare: Terminal) -> None:
    path = str(real_file("flexlm_logs/partek_logfile2.log"))
    found = bare("replay", "flexlm", path, "--seats", "base=6", "--seats", "matk=6", "--json").json
    assert [found[name] for name in ("checkouts_granted", "checkouts_refused", "denials_reproduced",
                                     "denials_not_reproduced")] == [1_161, 0, 846, 0]  # fmt: skip
