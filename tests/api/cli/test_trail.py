"""The trail at the terminal: sealed, verified, proven; the proofs hold under the file that stands alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.exits import Exit
from tests.api.cli.conftest import Said, Terminal, create


@pytest.fixture
def sealed(up: Terminal) -> Terminal:
    create(up, "halden")
    assert up("trail", "seal", "--json").json["sealed"] > 0
    return up


def _file(terminal: Terminal, name: str, *command: str) -> Path:
    path = terminal.folder / name
    said = terminal("trail", *command, "-o", str(path))
    assert (said.code, said.out, said.err) == (Exit.DONE, "", "")
    return path


def _alone(terminal: Terminal, *arguments: object) -> tuple[int, str]:
    verifier = terminal.folder / "verify.py"
    if not verifier.exists():
        _file(terminal, "verify.py", "verifier")
    command = [sys.executable, "-I", "-S", str(verifier), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def _an_entry(terminal: Terminal) -> str:
    path = terminal.folder / "trail.jsonl"
    assert terminal("report", "trail", "--format", "jsonl", "-o", str(path)).code == Exit.DONE
    return path.read_text().split('"entry_id":"')[1].split('"')[0]


def test_nothing_to_show_before_it_is_sealed_says_what_to_do(up: Terminal) -> None:
    create(up, "halden")
    said = up("trail", "checkpoint")
    assert (said.code, said.out) == (Exit.REFUSED, "")
    assert "`lictor trail seal`" in said.err.replace("\n", "")
    assert up("trail", "prove", _an_entry(up)).code == Exit.REFUSED
    assert up("trail", "verify", "--json").json["waiting"] > 0


def test_a_trail_is_verified_and_says_what_only_a_kept_checkpoint_finds(sealed: Terminal) -> None:
    said = sealed("trail", "verify")
    assert said.code == Exit.DONE
    assert "All is as it was sealed" in said.out
    assert "give a checkpoint you kept" in said.out
    kept = _file(sealed, "kept.checkpoint", "checkpoint")
    assert "1 kept elsewhere" in sealed("trail", "verify", "--checkpoint", str(kept)).out
    verdict = sealed("trail", "verify", "--json").json
    assert (verdict["count"], verdict["waiting"]) == (0, 0)
    assert verdict["last"]["size"] == verdict["sealed"] == verdict["entries"]


def test_what_auditors_take_away_holds_without_the_product(sealed: Terminal) -> None:
    key, kept = _file(sealed, "lictor.key", "key"), _file(sealed, "kept.checkpoint", "checkpoint")
    entry = _an_entry(sealed)
    proof = _file(sealed, "entry.proof", "prove", entry)
    assert _alone(sealed, proof, "--key", key)[0] == 0
    assert entry in _alone(sealed, proof, "--key", key, "--checkpoint", kept)[1]
    sealed("token", "create", "ci", "--mail", "dana@halden.example")
    sealed("trail", "seal")
    later = _file(sealed, "later.proof", "prove", entry)
    code, said = _alone(sealed, later, "--key", key, "--checkpoint", kept)
    assert code == 1
    assert "another checkpoint than the one you kept" in said
    told = _file(sealed, "told.proof", "prove", entry, "--checkpoint", str(kept))
    assert _alone(sealed, told, "--key", key, "--checkpoint", kept)[0] == 0
    since = _file(sealed, "since.proof", "consistency", str(kept))
    assert _alone(sealed, since, "--key", key, "--checkpoint", kept)[0] == 0
    newest = _an_entry_of_act(sealed, "token:create")
    grown = _file(sealed, "grown.proof", "prove", newest, "--checkpoint", str(kept))
    assert "begin with all" in _alone(sealed, grown, "--key", key, "--checkpoint", kept)[1]


def _an_entry_of_act(terminal: Terminal, act: str) -> str:
    path = terminal.folder / f"{act.replace(':', '-')}.jsonl"
    assert terminal("report", "trail", "--format", "jsonl", "-o", str(path)).code == Exit.DONE
    line = next(line for line in path.read_text().splitlines() if f'"act":"{act}"' in line)
    return line.split('"entry_id":"')[1].split('"')[0]


def test_another_key_is_named_and_the_old_one_can_be_given(sealed: Terminal) -> None:
    old = _file(sealed, "old.key", "key")
    other = {"LICTOR_TRAIL_KEY": "A" * 43}
    said = sealed("trail", "verify", **other)
    assert said.code == Exit.FOUND
    assert "FORGED" in said.out
    assert sealed("trail", "verify", "--key", str(old), **other).code == Exit.DONE


@pytest.mark.parametrize("value", ["short", "A" * 42, "A" * 44, "!" * 43])
def test_a_key_that_is_none_is_refused(sealed: Terminal, value: str) -> None:
    said = sealed("trail", "key", LICTOR_TRAIL_KEY=value)
    assert (said.code, said.out) == (Exit.BAD_INPUT, "")
    assert "LICTOR_TRAIL_KEY" in said.err


def _refused(said: Said, named: str) -> None:
    assert (said.code, said.out) == (Exit.BAD_INPUT, "")
    assert named in " ".join(said.err.split())


def test_files_that_cannot_be_used_are_named(sealed: Terminal) -> None:
    kept = _file(sealed, "kept.checkpoint", "checkpoint")
    _refused(sealed("trail", "checkpoint", "-o", str(kept)), "kept.checkpoint")
    _refused(sealed("trail", "verify", "--checkpoint", "missing"), "missing")
    spoiled = sealed.folder / "spoiled.checkpoint"
    spoiled.write_text(kept.read_text().replace("sealed 2", "sealed 3"))
    _refused(sealed("trail", "verify", "--checkpoint", str(spoiled)), "no key that is known here signed it")
    spoiled.write_bytes(b"\xff\x00")
    _refused(sealed("trail", "consistency", str(spoiled)), "it is not written as one")
    _refused(sealed("trail", "verify", "--key", str(kept)), "lictor trail key")
    _refused(sealed("trail", "prove", "nonsense"), "ENTRY")
    assert sealed("trail", "prove", "00000000-0000-0000-0000-000000000000").code == Exit.NOT_FOUND
