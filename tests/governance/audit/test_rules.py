"""The tree is the one of RFC 6962: compared with the RFC's own recursion, written down here once more and naively."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from governance.audit import rules
from governance.audit.rules import Frontier

LEAVES = [hashlib.sha256(b"\x00" + str(i).encode()).digest() for i in range(70_000)]


def mth(leaves: list[bytes]) -> bytes:
    """MTH of section 2.1, from leaves that are hashed already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = rules.split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = rules.split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def kept(count: int) -> dict[tuple[int, int], bytes]:
    """What a sealer would have kept of so many leaves."""
    frontier, rows = Frontier(), {}
    for number, leaf in enumerate(LEAVES[:count]):
        rows[0, number] = leaf
        rows.update({(level, block): hashed for level, block, hashed in frontier.append(leaf)})
    return rows


def look(count: int) -> rules.Look:
    rows = kept(count)
    return lambda level, number: rows[level, number]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 512, 700])
def test_a_root_is_the_roots_of_the_rfc(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert rules.root(look(size), size) == frontier.root() == mth(LEAVES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100, 256, 300, 600])
def test_every_path_and_every_proof_is_the_rfcs(size: int) -> None:
    known = look(size)
    for number in range(0, size, 1 if size < 20 else 7):
        assert rules.inclusion(known, number, size) == path(number, LEAVES[:size])
        assert rules.consistency(known, number + 1, size) == subproof(number + 1, LEAVES[:size], True)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 69_999])
def test_blocks_of_two_levels_give_the_same_tree(size: int) -> None:
    known, leaves = look(size), LEAVES[:size]
    assert rules.root(known, size) == mth(leaves)
    for number in (0, 255, 256, 65_000, size - 1):
        assert rules.inclusion(known, number, size) == path(number, leaves)
        assert rules.consistency(known, number + 1, size) == subproof(number + 1, leaves, True)


def test_a_question_reads_some_runs_of_rows_not_the_tree() -> None:
    runs = rules.wanted(lambda ask: rules.inclusion(ask, 40_000, 69_999))
    assert len(runs) <= 6
    assert sum(last - first + 1 for _, first, last in runs) < 1_300


def test_a_frontier_goes_on_where_it_stood() -> None:
    for size in (0, 1, 5, 255, 256, 257, 600):
        frontier = Frontier.at(look(size), size)
        for leaf in LEAVES[size : size + 300]:
            frontier.append(leaf)
        assert frontier.root() == mth(LEAVES[: size + 300])


def test_an_entry_is_said_alike_whichever_database_gave_it_back() -> None:
    at = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    said = rules.leaf_text({"b": 1.0, "a": {"z": 1e16, "ä": [0.1, True, None]}, "at": at})
    assert said == rules.leaf_text({"a": {"ä": [0.1, True, None], "z": 10**16}, "at": at.astimezone(UTC), "b": 1})
    assert said == '{"a":{"z":10000000000000000,"\\u00e4":[0.1,true,null]},"at":"2026-03-02T09:00:00.000000Z","b":1}'


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert rules.leaf_hash("x") != hashlib.sha256(b"x").digest()
    assert rules.node_hash(left, right) != hashlib.sha256(b"\x00" + left + right).digest()
