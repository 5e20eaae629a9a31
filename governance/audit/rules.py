"""How the trail is hashed: a Merkle tree as in RFC 6962, section 2.1, over the text of each entry.

A leaf is SHA-256(0x00 ‖ text), a node SHA-256(0x01 ‖ left ‖ right): no leaf can pass for a node. Hashes of full
subtrees of 256, 65,536, … leaves are kept as blocks, so that a root or a proof reads some hundred hashes, not the tree.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

LEAF, NODE = b"\x00", b"\x01"
FAN_BITS = 8
FAN = 1 << FAN_BITS
NOTHING = hashlib.sha256(b"").digest()
"""The root of an empty tree (RFC 6962)."""

Look = Callable[[int, int], bytes]
"""Gives a kept hash: of leaf `number` at level 0, of the full block `number` of 256^level leaves above."""


def leaf_text(values: Mapping[str, Any]) -> str:
    """Say an entry as the tree hashes it: JSON in ASCII, keys sorted, no blanks, instants in UTC to the microsecond."""
    return json.dumps(_plain(values), sort_keys=True, separators=(",", ":"))


def instant_text(at: datetime) -> str:
    """Say an instant in UTC, always with six digits after the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf_hash(text: str) -> bytes:
    return hashlib.sha256(LEAF + text.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def root(look: Look, size: int) -> bytes:
    """Give the root of the tree of the first `size` leaves."""
    return subtree(look, 0, size) if size else NOTHING


def subtree(look: Look, start: int, end: int) -> bytes:
    """Give the hash over the leaves from `start` to before `end`; full blocks are looked up, not computed."""
    level = _level(end - start)
    if level is not None and start % (end - start) == 0:
        return look(level, start // (end - start))
    middle = start + split(end - start)
    return node_hash(subtree(look, start, middle), subtree(look, middle, end))


def inclusion(look: Look, number: int, size: int) -> list[bytes]:
    """Give the audit path of a leaf, from the leaf up: PATH(m, D[n]) of RFC 6962, section 2.1.1."""
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if number < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [subtree(look, *part) for part in reversed(path)]


def consistency(look: Look, earlier: int, size: int) -> list[bytes]:
    """Give the proof that one tree continues another: PROOF(m, D[n]) of RFC 6962, section 2.1.2; 0 < m ≤ n."""
    path, start, end, whole = [], 0, size, True
    while earlier != end:
        middle = start + split(end - start)
        if earlier <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return [subtree(look, *part) for part in reversed(path)]


def wanted(ask: Callable[[Look], object]) -> list[tuple[int, int, int]]:
    """Say what a question looks up before it is asked: level, first and last number of each run, level by level."""
    seen: set[tuple[int, int]] = set()

    def note(level: int, number: int) -> bytes:
        seen.add((level, number))
        return NOTHING

    ask(note)
    runs: list[tuple[int, int, int]] = []
    for level, number in sorted(seen):
        if runs and runs[-1][0] == level and runs[-1][2] == number - 1:
            runs[-1] = (level, runs[-1][1], number)
        else:
            runs.append((level, number, number))
    return runs


@dataclass
class Frontier:
    """A tree that grows at its right end: the roots of its perfect subtrees, largest first, and nothing else."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def at(cls, look: Look, size: int) -> "Frontier":
        """Stand where a tree of `size` leaves stood."""
        return cls(size, [subtree(look, start, end) for start, end in _perfect(size)])

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take one leaf more, and give the blocks that it filled: level, number, hash."""
        hashed, height, filled = leaf, 0, []
        while self.size >> height & 1:
            hashed, height = node_hash(self.peaks.pop(), hashed), height + 1
            if height % FAN_BITS == 0:
                filled.append((height // FAN_BITS, self.size >> height, hashed))
        self.peaks.append(hashed)
        self.size += 1
        return filled

    def root(self) -> bytes:
        if not self.peaks:
            return NOTHING
        hashed = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            hashed = node_hash(peak, hashed)
        return hashed


def split(size: int) -> int:
    """Give the largest power of two below `size`: where RFC 6962 parts a tree."""
    return 1 << (size - 1).bit_length() - 1


def _perfect(size: int) -> Iterator[tuple[int, int]]:
    start = 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            yield start, start + (1 << bit)
            start += 1 << bit


def _level(size: int) -> int | None:
    """Give k where `size` is 256^k, None where it is no such power."""
    bits = size.bit_length() - 1
    return bits // FAN_BITS if size == 1 << bits and bits % FAN_BITS == 0 else None


def _plain(value: Any) -> Any:
    """Say a value alike whichever database gave it back: a whole number is one, however it was written."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return int(exact) if exact.is_finite() and exact == exact.to_integral_value() else value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
