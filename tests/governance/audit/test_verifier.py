"""The stand-alone verifier takes what is proven and nothing that was forged; every forgery tried stands here by name."""

import ast
import base64
import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit import rules, verifier
from governance.audit.checkpoints import Signer, Statement, key_line, note_of, text_of
from governance.audit.proofs import Grown, Proof, as_file
from governance.audit.verifier import Wrong

TENANT, OTHER = UUID(int=7), UUID(int=8)
SIGNER, STRANGER = Signer(bytes(range(32))), Signer(bytes(32))
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZE, EARLIER, NUMBER = 777, 300, 41
TEXTS = [
    rules.leaf_text(
        {
            "tenant_id": TENANT, "id": UUID(int=1000 + number), "recorded_at": AT, "actor": "system:seal", "act": "person:edit",
            "subject_type": "person", "subject_id": UUID(int=3), "before": None, "after": {"name": "Zoë", "n": number},
            "reason": None, "request_id": UUID(int=4),
        }
    )
    for number in range(1100)
]  # fmt: skip


def _kept() -> dict[tuple[int, int], bytes]:
    frontier, kept = rules.Frontier(), {}
    for number, text in enumerate(TEXTS):
        kept[0, number] = rules.leaf_hash(text)
        kept.update({(level, block): hashed for level, block, hashed in frontier.append(kept[0, number])})
    return kept


KEPT = _kept()


def look(level: int, number: int) -> bytes:
    return KEPT[level, number]


def statement(size: int, signer: Signer = SIGNER, tenant: UUID = TENANT, root: bytes | None = None) -> Statement:
    root = root or rules.root(look, size)
    return Statement(tenant, size, root, AT, signer.public_key, signer.sign(text_of(tenant, size, root, AT)))


def grown(earlier: int = EARLIER, size: int = SIZE) -> Grown:
    path = rules.consistency(look, earlier, size) if earlier else []
    return Grown(statement(earlier), statement(size), tuple(path))


def proof(number: int = NUMBER, size: int = SIZE, **more: Any) -> Proof:
    return Proof(TEXTS[number], number, tuple(rules.inclusion(look, number, size)), statement(size), **more)


def checked(said: Any, kept: Statement | None = None, signer: Signer = SIGNER, tenant: UUID = TENANT) -> list[str]:
    text = said if isinstance(said, str) else as_file(said)
    key = verifier.read_key(key_line(tenant, signer.public_key))
    return verifier.check(text, key, None if kept is None else note_of(kept))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 777, 1024, 1100])
def test_what_is_proven_is_taken(size: int) -> None:
    for number in {0, size // 3, size // 2, size - 1}:
        assert TEXTS[number] in checked(proof(number, size).to_json(), statement(size))
        assert checked(grown(number + 1, size).to_json(), statement(number + 1))
        assert checked(proof(number, size, grown=grown(number + 1, size)).to_json(), statement(number + 1))
    assert checked(note_of(statement(size)), statement(size))


def _set(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        said[name] = value

    return change


def _path(change: Callable[[list[str]], list[str]]) -> Callable[[dict[str, Any]], None]:
    def forge(said: dict[str, Any]) -> None:
        said["path"] = change(said["path"])

    return forge


def _note(field: str, old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def forge(said: dict[str, Any]) -> None:
        assert old in said[field]
        said[field] = said[field].replace(old, new, 1)

    return forge


def _entry(**values: Any) -> Callable[[dict[str, Any]], None]:
    def forge(said: dict[str, Any]) -> None:
        entry = json.loads(said["entry"]) | values
        said["entry"] = json.dumps(entry, sort_keys=True, separators=(",", ":"))

    return forge


def _signature(change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], None]:
    def forge(said: dict[str, Any]) -> None:
        head, _, signature = said["checkpoint"].rstrip("\n").rpartition(" ")
        forged = base64.b64encode(change(base64.b64decode(signature))).decode()
        said["checkpoint"] = f"{head} {forged}\n"

    return forge


def _one_more(signature: bytes) -> bytes:
    """The same signature with the group's order added to its number: valid for a verifier that does not look."""
    number = int.from_bytes(signature[36:], "little") + verifier.ORDER
    return signature[:36] + number.to_bytes(32, "little")


ZERO, H = "00" * 32, rules.leaf_hash("x").hex()
ROOT, ANOTHER = (base64.b64encode(rules.root(look, size)).decode() for size in (SIZE, SIZE - 1))
FORGED_PROOFS: dict[str, Callable[[dict[str, Any]], None]] = {
    "another entry": _set("entry", TEXTS[NUMBER + 1]),
    "an entry with another word": _entry(act="person:leave"),
    "an entry at another time": _entry(recorded_at="2026-03-02T09:00:00.000001Z"),
    "an entry of another tenant": _entry(tenant_id=str(OTHER)),
    "an entry with a field more": _entry(note="x"),
    "an entry that is no text": _set("entry", {"act": "person:edit"}),
    "an entry with blanks": lambda said: said.update(entry=said["entry"].replace('":', '": ', 1)),
    "an entry in another order": lambda said: said.update(entry='{"subject_id":' + said["entry"][1:]),
    "an entry that says a thing twice": lambda said: said.update(entry='{"act":"x",' + said["entry"][1:]),
    "an entry with NaN": _entry(after=float("nan")),
    "an inner node passed off as an entry": _set("entry", "\x01" + "x" * 64),
    "the number before": _set("number", NUMBER - 1),
    "the number after": _set("number", NUMBER + 1),
    "a number below zero": _set("number", -1),
    "a number past the end": _set("number", SIZE),
    "a number a tree later": _set("number", NUMBER + 1024),
    "a number as a text": _set("number", str(NUMBER)),
    "a number as a fraction": _set("number", float(NUMBER)),
    "a number as a truth": _set("number", True),
    "no path": _set("path", []),
    "the path's first hash left out": _path(lambda path: path[1:]),
    "the path's last hash left out": _path(lambda path: path[:-1]),
    "a hash in the path's middle left out": _path(lambda path: path[:4] + path[5:]),
    "a hash more at the end": _path(lambda path: [*path, H]),
    "a hash more at the beginning": _path(lambda path: [H, *path]),
    "the last hash twice": _path(lambda path: [*path, path[-1]]),
    "two siblings swapped": _path(lambda path: [path[1], path[0], *path[2:]]),
    "the path backwards": _path(lambda path: path[::-1]),
    "a hash of zeros": _path(lambda path: [ZERO, *path[1:]]),
    "a hash cut short": _path(lambda path: [path[0][:-2], *path[1:]]),
    "a hash too long": _path(lambda path: [path[0] + "00", *path[1:]]),
    "a hash in capitals": _path(lambda path: [path[0].upper(), *path[1:]]),
    "a hash that is a number": _path(lambda path: [7, *path[1:]]),
    "a path that is a text": _set("path", str(H)),
    "a path without end": _path(lambda path: path * 40),
    "the tree one larger": _note("checkpoint", f"\n{SIZE}\n", f"\n{SIZE + 1}\n"),
    "the tree one smaller": _note("checkpoint", f"\n{SIZE}\n", f"\n{SIZE - 1}\n"),
    "a size with a zero before it": _note("checkpoint", f"\n{SIZE}\n", f"\n0{SIZE}\n"),
    "a size in other digits": _note("checkpoint", f"\n{SIZE}\n", "\n७७७\n"),
    "a tree of nothing": _note("checkpoint", f"\n{SIZE}\n", "\n0\n"),
    "another root": _note("checkpoint", ROOT, ANOTHER),
    "another time": _note("checkpoint", "09:00:00.000000Z", "09:00:00.000001Z"),
    "another tenant": lambda said: said.update(checkpoint=said["checkpoint"].replace(str(TENANT), str(OTHER))),
    "another name at the signature": _note("checkpoint", f"— lictor/trail/{TENANT}", f"— lictor/trail/{OTHER}"),
    "a line more": _note("checkpoint", "\nsealed", "\nnote x\nsealed"),
    "carriage returns": lambda said: said.update(checkpoint=said["checkpoint"].replace("\n", "\r\n")),
    "a second signature": lambda said: said.update(checkpoint=said["checkpoint"] + said["checkpoint"].splitlines()[-1] + "\n"),
    "a signature with a bit flipped": _signature(lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:]),
    "a signature with another first half": _signature(lambda raw: raw[:4] + bytes([raw[4] ^ 1]) + raw[5:]),
    "a signature of zeros": _signature(lambda raw: raw[:4] + bytes(64)),
    "a signature that was multiplied": _signature(_one_more),
    "a signature cut short": _signature(lambda raw: raw[:-1]),
    "a signature with another key's mark": _signature(lambda raw: bytes(4) + raw[4:]),
    "a checkpoint of another key": lambda said: said.update(checkpoint=note_of(statement(SIZE, STRANGER))),
    "a checkpoint of another tenant, well signed": lambda said: said.update(checkpoint=note_of(statement(SIZE, tenant=OTHER))),
    "a checkpoint of another size, well signed": lambda said: said.update(checkpoint=note_of(statement(SIZE + 300))),
    "a checkpoint over the entry alone": lambda said: said.update(checkpoint=note_of(statement(SIZE)).replace(f"\n{SIZE}\n", "\n1\n"), path=[]),
    "no checkpoint": lambda said: said.pop("checkpoint"),
    "a checkpoint that is none": _set("checkpoint", ["x"]),
    "a field more": _set("key", key_line(TENANT, STRANGER.public_key)),
    "another format": _set("format", "lictor-trail-proof/2"),
    "the format of the other proof": _set("format", "lictor-trail-consistency/1"),
    "growth from nowhere": _set("grown", {}),
    "growth to another tree": lambda said: said.update(grown=dict(grown(EARLIER, SIZE + 1).to_json())),
    "growth without its path": lambda said: said.update(grown=dict(grown().to_json()) | {"path": []}),
    "growth that is a text": _set("grown", "yes"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED_PROOFS)
def test_a_forged_proof_is_refused(name: str) -> None:
    said = copy.deepcopy(dict(proof().to_json()))
    assert checked(said)
    FORGED_PROOFS[name](said)
    with pytest.raises(Wrong):
        checked(said)


def _grown(**values: Any) -> dict[str, Any]:
    return dict(grown().to_json()) | values


PATH = [each.hex() for each in grown().path]
FORGED_GROWTH: dict[str, Callable[[], Any]] = {
    "no path": lambda: _grown(path=[]),
    "first hash left out": lambda: _grown(path=PATH[1:]),
    "last hash left out": lambda: _grown(path=PATH[:-1]),
    "a hash more": lambda: _grown(path=[*PATH, H]),
    "a hash more before": lambda: _grown(path=[H, *PATH]),
    "siblings swapped": lambda: _grown(path=[PATH[1], PATH[0], *PATH[2:]]),
    "backwards": lambda: _grown(path=PATH[::-1]),
    "earlier and later swapped": lambda: _grown(earlier=note_of(statement(SIZE)), later=note_of(statement(EARLIER))),
    "another earlier size": lambda: _grown(earlier=note_of(statement(EARLIER + 1))),
    "another later size": lambda: _grown(later=note_of(statement(SIZE + 1))),
    "an earlier root rewritten, well signed": lambda: _grown(earlier=note_of(statement(EARLIER, root=bytes(32)))),
    "a later root rewritten, well signed": lambda: _grown(later=note_of(statement(SIZE, root=bytes(32)))),
    "the same size with two roots, well signed": lambda: _grown(
        earlier=note_of(statement(SIZE, root=bytes(32))), path=[]
    ),
    "the same size with a path": lambda: _grown(earlier=note_of(statement(SIZE))),
    "the earlier root as the path": lambda: _grown(path=[rules.root(look, EARLIER).hex()]),
    "the later root as the path": lambda: _grown(path=[rules.root(look, SIZE).hex()]),
    "an earlier one of another key": lambda: _grown(earlier=note_of(statement(EARLIER, STRANGER))),
    "a later one of another key": lambda: _grown(later=note_of(statement(SIZE, STRANGER))),
    "a later one of another tenant": lambda: _grown(later=note_of(statement(SIZE, tenant=OTHER))),
    "a power of two without its path": lambda: dict(grown(256).to_json()) | {"path": []},
    "a field more": lambda: _grown(note="x"),
}


@pytest.mark.parametrize("name", FORGED_GROWTH)
def test_a_forged_growth_is_refused(name: str) -> None:
    assert checked(_grown())
    with pytest.raises(Wrong):
        checked(FORGED_GROWTH[name]())


FORGED_FILES = {
    "a name twice, the right one last": lambda text: text.replace('"number"', '"number": 0, "number"'),
    "a name twice, the right one first": lambda text: text.replace('"number": 41', '"number": 41, "number": 40'),
    "the path twice": lambda text: text.replace('"path"', '"path": [], "path"'),
    "a list": lambda text: f"[{text}]",
    "something after it": lambda text: text + "{}",
    "a comment": lambda text: text.replace("{", "{ /* x */", 1),
    "infinity": lambda text: text.replace('"number": 41', '"number": Infinity'),
    "cut off": lambda text: text[:-9],
    "nested without end": lambda text: text.replace('"number": 41', '"number": ' + "[" * 100_000),
    "nothing": lambda _text: "",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED_FILES)
def test_a_file_that_could_be_read_in_two_ways_is_refused(name: str) -> None:
    text = as_file(proof().to_json())
    assert FORGED_FILES[name](text) != text
    with pytest.raises(Wrong):
        checked(FORGED_FILES[name](text))


def test_a_checkpoint_that_was_kept_must_be_the_one_that_is_proven() -> None:
    said = proof().to_json()
    for kept in (statement(EARLIER), statement(SIZE + 1), statement(SIZE, root=bytes(32)), statement(SIZE, STRANGER)):
        with pytest.raises(Wrong):
            checked(said, kept)
    with_growth = proof(grown=grown()).to_json()
    assert checked(with_growth, statement(EARLIER))
    for kept in (statement(EARLIER - 1), statement(SIZE), statement(EARLIER, root=bytes(32))):
        with pytest.raises(Wrong):
            checked(with_growth, kept)
        with pytest.raises(Wrong):
            checked(grown().to_json(), kept)
    with pytest.raises(Wrong):
        checked(note_of(statement(SIZE)), statement(EARLIER))


KEYS = {
    "another id": lambda line: line.replace("+", "+0", 1),
    "another name": lambda line: line.replace(str(TENANT), str(OTHER)),
    "another kind": lambda line: line[:-44] + base64.b64encode(b"\x02" + SIGNER.public_key).decode(),
    "cut short": lambda line: line[:-4],
    "nothing": lambda _line: "",
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_written_in_one_way(name: str) -> None:
    with pytest.raises(Wrong):
        verifier.read_key(KEYS[name](key_line(TENANT, SIGNER.public_key)))


def test_a_key_of_small_order_signs_nothing() -> None:
    """With the neutral point as key, R = neutral and S = 0 would sign every message."""
    for key in (b"\x01" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f"):
        assert not verifier.signed(key, b"any", b"\x01" + bytes(63))


def test_points_and_numbers_are_read_in_one_way() -> None:
    assert verifier.point_of(b"\x01" + bytes(30) + b"\x80") is None  # x = 0 with a sign
    assert verifier.point_of((verifier.P + 1).to_bytes(32, "little")) is None  # y not below p
    assert verifier.point_of((2).to_bytes(32, "little")) is None  # on no curve point
    assert not verifier.signed(bytes(31), b"", bytes(64))
    assert not verifier.signed(bytes(32), b"", bytes(63))


RFC_8032 = (  # section 7.1, tests 1 to 3: secret, public, message, signature
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
)  # fmt: skip


@pytest.mark.parametrize("vector", RFC_8032)
def test_signatures_are_those_of_the_rfc(vector: tuple[str, str, str, str]) -> None:
    secret, public, message, signature = (bytes.fromhex(each) for each in vector)
    assert Signer(secret).public_key == public
    assert verifier.signed(public, message, signature)
    assert not verifier.signed(public, message + b"x", signature)


def test_signatures_are_those_of_the_library() -> None:
    for number in range(12):
        seed = hashlib.sha256(str(number).encode()).digest()
        key, message = Ed25519PrivateKey.from_private_bytes(seed), seed * (number % 3)
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert verifier.signed(public, message, signature)
        spoiled = bytearray(signature)
        spoiled[number * 5] ^= 1 << number % 8
        assert not verifier.signed(public, message, bytes(spoiled))


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    """The file by itself, without site packages, from another folder: proven 0, forged 1, wrong call 2."""
    source = Path(verifier.__file__).read_text()
    used = {
        name.split(".")[0]
        for each in ast.walk(ast.parse(source))
        for name in ([a.name for a in each.names] if isinstance(each, ast.Import) else [each.module or ""] if isinstance(each, ast.ImportFrom) else [])
    }  # fmt: skip
    assert used <= set(sys.stdlib_module_names)
    (tmp_path / "verify.py").write_text(source)
    (tmp_path / "proof.json").write_text(as_file(proof().to_json()))
    (tmp_path / "forged.json").write_text(as_file(dict(proof().to_json()) | {"number": 40}))
    (tmp_path / "key.txt").write_text(key_line(TENANT, SIGNER.public_key) + "\n")
    (tmp_path / "kept.txt").write_text(note_of(statement(SIZE)))

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, said = run("proof.json", "--key", "key.txt", "--checkpoint", "kept.txt")
    assert (code, said.splitlines()[0]) == (0, "PROVEN.")
    assert run("forged.json", "--key", "key.txt") == (
        1,
        "NOT PROVEN: the path leads to another root than the checkpoint's.\n",
    )
    assert run("kept.txt", "--key", key_line(TENANT, SIGNER.public_key))[0] == 0
    assert run("proof.json")[0] == 2
    assert run("missing.json", "--key", "key.txt")[0] == 2
