"""Checks what a Lictor trail proves about itself, without Lictor: one file, Python 3.10 or newer, nothing else.

    python verify.py FILE --key KEY [--checkpoint KEPT]

FILE is a proof of an entry, a proof of consistency, or a checkpoint. KEY is the deployment's public key (a file, or the
line itself), which you got from its operator and not from FILE. KEPT is a checkpoint that you kept: then FILE must be
about that very tree, or prove that its tree begins with all of it.

Ends with 0 where everything holds, 1 where it does not, 2 where it was called wrongly.

Followed are RFC 6962 and RFC 9162 (hashes, proofs), RFC 8032 (Ed25519), C2SP tlog-checkpoint and signed-note.
What it cannot tell: what never was in the trail; and a trail that was cut off or written anew as a whole, unless you
give it a checkpoint from before.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

MOST_BYTES = 16 * 1024 * 1024
PROOF, CONSISTENCY = "lictor-trail-proof/1", "lictor-trail-consistency/1"
PROOF_KEYS = {"format", "entry", "number", "path", "checkpoint"}
CONSISTENCY_KEYS = {"format", "earlier", "later", "path"}
ENTRY_KEYS = {
    "tenant_id", "id", "recorded_at", "actor", "act", "subject_type", "subject_id", "before", "after", "reason",
    "request_id",
}  # fmt: skip
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ORIGIN = r"lictor/trail/(?P<tenant>" + UUID + r")"
NOTE = re.compile(
    r"(?P<text>(?P<origin>" + ORIGIN + r")\n(?P<size>[1-9][0-9]{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"sealed (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\n)"
    r"\n— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]{91}=)\n"
)
KEY = re.compile(r"(?P<origin>" + ORIGIN + r")\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]{44})")
HASH = re.compile(r"[0-9a-f]{64}")


class Wrong(Exception):
    """What does not hold, in a sentence."""


class Key(NamedTuple):
    """Whose trail, and the key that signs it."""

    origin: str
    public: bytes


class Checkpoint(NamedTuple):
    """What was signed."""

    origin: str
    tenant: str
    size: int
    root: bytes
    at: str


# --- Ed25519, RFC 8032 section 5.1: verification only -------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def added(a: Point, b: Point) -> Point:
    """Add two points in extended coordinates (X, Y, Z, T); the formulas are complete, so any two points may come."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, t = f - e, h - g, h + g, f + e
    return (x * y % P, z * t % P, y * z % P, x * t % P)


def times(number: int, point: Point) -> Point:
    total = NEUTRAL
    while number:
        if number & 1:
            total = added(total, point)
        point, number = added(point, point), number >> 1
    return total


def point_of(raw: bytes) -> Point | None:
    """Decode a point; None for what is no point, or not written in the one right way."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def bytes_of(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether this is the key's signature under the message; keys of small order sign nothing."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = point_of(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER or bytes_of(times(8, key)) == bytes_of(NEUTRAL):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - key[0], key[1], key[2], P - key[3])
    return bytes_of(added(times(s, BASE), times(k, minus))) == signature[:32]


# --- The tree, RFC 9162 sections 2.1.3.2 and 2.1.4.2 ---------------------------------------------------------------


def leaf(text: str) -> bytes:
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def steps(at: int, last: int, path: list[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each hash of a path and whether it stands on the left; the path must end at the root. Raises Wrong."""
    for other in path:
        if last == 0:
            raise Wrong("the path is longer than the way to the root")
        left = bool(at & 1) or at == last
        while left and not at & 1 and at:
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
        yield other, left
    if last:
        raise Wrong("the path ends before the root")


def check_inclusion(hashed: bytes, number: int, path: list[bytes], tree: Checkpoint) -> None:
    """Follow a path from a leaf to the root, using up exactly all of it. Raises Wrong."""
    if not 0 <= number < tree.size:
        raise Wrong(f"number {number} lies outside a tree of {tree.size} entries")
    for other, left in steps(number, tree.size - 1, path):
        hashed = node(other, hashed) if left else node(hashed, other)
    if hashed != tree.root:
        raise Wrong("the path leads to another root than the checkpoint's")


def check_growth(earlier: Checkpoint, later: Checkpoint, path: list[bytes]) -> None:
    """Show that the later tree begins with all of the earlier one. Raises Wrong."""
    if earlier.size > later.size:
        raise Wrong(f"the earlier tree has {earlier.size} entries, the later one {later.size}")
    if earlier.size == later.size:
        if path or earlier.root != later.root:
            raise Wrong("two trees of one size have two roots, or a path where none is needed")
        return
    perfect = earlier.size & (earlier.size - 1) == 0
    if not path:
        raise Wrong("the path is empty")
    old = new = earlier.root if perfect else path[0]
    at, last = earlier.size - 1, later.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    for other, left in steps(at, last, path if perfect else path[1:]):
        old = node(other, old) if left else old
        new = node(other, new) if left else node(new, other)
    if old != earlier.root:
        raise Wrong("the path does not lead to the earlier root")
    if new != later.root:
        raise Wrong("the path does not lead to the later root")


# --- What is written, read in one way only -------------------------------------------------------------------------


def read_key(line: str) -> Key:
    """Read the public key's line. Raises Wrong."""
    found = KEY.fullmatch(line.strip())
    raw = b"" if found is None else exact_base64(found["key"], "the key")
    if found is None or len(raw) != 33 or raw[:1] != b"\x01":
        raise Wrong("the key is no Ed25519 key as Lictor writes it")
    key = Key(found["origin"], raw[1:])
    if key_id(key).hex() != found["id"]:
        raise Wrong("the key does not fit its own id")
    return key


def key_id(key: Key) -> bytes:
    return hashlib.sha256(key.origin.encode() + b"\n\x01" + key.public).digest()[:4]


def read_checkpoint(note: Any, key: Key) -> Checkpoint:
    """Read a checkpoint and check who signed it. Raises Wrong."""
    found = NOTE.fullmatch(note) if isinstance(note, str) else None
    if found is None:
        raise Wrong("the checkpoint is not written as one")
    if not found["origin"] == found["name"] == key.origin:
        raise Wrong(f"the checkpoint is of {found['origin']}, the key of {key.origin}")
    signature = exact_base64(found["signature"], "the signature")
    if signature[:4] != key_id(key) or not signed(key.public, found["text"].encode(), signature[4:]):
        raise Wrong("the checkpoint is not signed by this key")
    root = exact_base64(found["root"], "the root")
    return Checkpoint(found["origin"], found["tenant"], int(found["size"]), root, found["at"])


def read_path(value: Any) -> list[bytes]:
    if not isinstance(value, list) or len(value) > 64:
        raise Wrong("the path is no list of at most 64 hashes")
    if not all(isinstance(each, str) and HASH.fullmatch(each) for each in value):
        raise Wrong("the path holds something else than hashes of 64 small hexadecimal digits")
    return [bytes.fromhex(each) for each in value]


def read_entry(text: Any, tenant: str) -> dict[str, Any]:
    """Read an entry, which is written in one way only. Raises Wrong."""
    if not isinstance(text, str):
        raise Wrong("the entry is no text")
    said = read_json(text, "the entry")
    if set(said) != ENTRY_KEYS:
        raise Wrong("the entry has other fields than an entry has")
    if json.dumps(said, sort_keys=True, separators=(",", ":")) != text:
        raise Wrong("the entry is not written in the one right way")
    if said["tenant_id"] != tenant:
        raise Wrong("the entry is of another tenant than the checkpoint")
    return said


def read_json(text: str, what: str) -> dict[str, Any]:
    """Read a JSON object in which no name stands twice. Raises Wrong."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise Wrong(f"{what} says something twice")
        return dict(pairs)

    def never(word: str) -> NoReturn:
        raise Wrong(f"{what} holds {word}, which is no JSON")

    try:
        said = json.loads(text, object_pairs_hook=once, parse_constant=never)
    except (ValueError, RecursionError):
        raise Wrong(f"{what} is no JSON") from None
    if not isinstance(said, dict):
        raise Wrong(f"{what} is no JSON object")
    return said


def exact_base64(text: str, what: str) -> bytes:
    raw = base64.b64decode(text)
    if base64.b64encode(raw).decode() != text:
        raise Wrong(f"{what} is not written in the one right way")
    return raw


# --- What is checked -----------------------------------------------------------------------------------------------


def check(text: str, key: Key, kept_note: str | None) -> list[str]:
    """Check a file and say what holds. Raises Wrong."""
    kept = None if kept_note is None else read_checkpoint(kept_note, key)
    if not text.lstrip().startswith("{"):
        found = read_checkpoint(text, key)
        same_tree(found, kept)
        return [f"The checkpoint over {found.size} entries, sealed {found.at}, is signed by the key."]
    said = read_json(text, "the file")
    if said.get("format") == CONSISTENCY:
        return check_consistency(said, key, kept)
    if said.get("format") == PROOF:
        return check_proof(said, key, kept)
    raise Wrong(f"the file's format is neither {PROOF} nor {CONSISTENCY}")


def check_consistency(said: Any, key: Key, kept: Checkpoint | None) -> list[str]:
    if not isinstance(said, dict) or set(said) != CONSISTENCY_KEYS or said["format"] != CONSISTENCY:
        raise Wrong("the proof of consistency has other fields than one has")
    earlier, later = read_checkpoint(said["earlier"], key), read_checkpoint(said["later"], key)
    if kept is not None and (earlier.size, earlier.root) != (kept.size, kept.root):
        raise Wrong("the proof begins at another checkpoint than the one you kept")
    check_growth(earlier, later, read_path(said["path"]))
    return [f"The {later.size} entries sealed {later.at} begin with all {earlier.size} sealed {earlier.at}."]


def check_proof(said: Any, key: Key, kept: Checkpoint | None) -> list[str]:
    grown = said.pop("grown", None)
    if set(said) != PROOF_KEYS:
        raise Wrong("the proof has other fields than one has")
    number = said["number"]
    if not isinstance(number, int) or isinstance(number, bool):
        raise Wrong("the number is no whole number")
    tree = read_checkpoint(said["checkpoint"], key)
    entry = read_entry(said["entry"], tree.tenant)
    check_inclusion(leaf(said["entry"]), number, read_path(said["path"]), tree)
    told = [
        f"Entry {entry['id']} is number {number} of the {tree.size} sealed {tree.at}, word for word:",
        said["entry"],
    ]
    if grown is None:
        same_tree(tree, kept)
        return told
    told += check_consistency(grown, key, kept)
    if grown["later"] != said["checkpoint"]:
        raise Wrong("the entry is proven under one checkpoint, the growth under another")
    return told


def same_tree(found: Checkpoint, kept: Checkpoint | None) -> None:
    if kept is not None and (found.size, found.root) != (kept.size, kept.root):
        raise Wrong("this is about another checkpoint than the one you kept, and does not prove that it grew from it")


def content(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - a file by itself, for whoever has nothing but Python
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Wrong(f"{path} is larger than any proof")
    return raw.decode("utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Check what the command line names, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="a proof, or a checkpoint")
    parser.add_argument("--key", required=True, help="the public key: a file, or its line")
    parser.add_argument("--checkpoint", help="a checkpoint that you kept")
    asked = parser.parse_args(arguments)
    try:
        key = read_key(asked.key if KEY.fullmatch(asked.key.strip()) else content(asked.key))
        kept = None if asked.checkpoint is None else content(asked.checkpoint)
        told = check(content(asked.file), key, kept)
    except Wrong as wrong:
        sys.stdout.write(f"NOT PROVEN: {wrong}.\n")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(["PROVEN.", *told]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
