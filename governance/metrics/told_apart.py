"""Which groups' counts of use are told: none that is small, nor one that a subtraction would tell.

A group is cut into parts (never used, dormant, the rest). It is told only where each part is none or k and more, where
the group above it is told, and where the groups beside it that are not told are, part by part, none or k and more
together; else the one with the fewest seats is kept back too. So a whole less the groups told leaves nothing small.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from governance.metrics.small_groups import none_or_enough

K = TypeVar("K", bound=Hashable)
Parts = tuple[int, ...]


def fits(parts: Parts, k: int) -> bool:
    """Whether a group by itself may be told."""
    return sum(parts) == 0 or (sum(parts) >= k and all(none_or_enough(part, k) for part in parts))


def told_among(groups: Mapping[K, Parts], k: int, *, above: bool) -> frozenset[K]:
    """Give those groups of one whole that are told; `above`: whether the whole is."""
    if not above:
        return frozenset()
    told = {key for key, parts in groups.items() if fits(parts, k)}
    while not _leaves_nothing_small([parts for key, parts in groups.items() if key not in told], k):
        open_ = [key for key in told if sum(groups[key])]
        if not open_:
            break
        told.remove(min(open_, key=lambda key: (sum(groups[key]), str(key))))
    return frozenset(told)


def _leaves_nothing_small(hidden: Sequence[Parts], k: int) -> bool:
    return all(none_or_enough(sum(column), k) for column in zip(*hidden, strict=True))
