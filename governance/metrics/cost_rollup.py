"""Cost rolled up: each unit with all that hangs below it in today's tree, and sums by vendor, product and period."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from governance.kernel.work import Work
from governance.metrics.cost_by_unit import CostRow, Split, summed
from governance.metrics.cost_by_unit_gather import units_above

K = TypeVar("K")


@dataclass(frozen=True)
class UnitCost:
    """One unit in the reporting currency: its own seats, and with all units below it. None: a rate is missing."""

    unit_id: UUID
    unit: str
    depth: int
    own: Split | None
    whole: Split | None


async def by_unit(work: Work, rows: Iterable[CostRow]) -> tuple[UnitCost, ...]:
    """Roll rows up by today's tree, a unit before those below it."""
    own: dict[UUID, list[CostRow]] = defaultdict(list)
    for row in rows:
        own[row.unit_id].append(row)
    whole: dict[UUID, list[CostRow]] = defaultdict(list)
    named: dict[UUID, tuple[str, int]] = {}
    path: dict[UUID, set[UUID]] = defaultdict(set)
    for above in await units_above(work, own):
        whole[above.ancestor_id] += own[above.unit_id]
        named[above.ancestor_id] = (above.name, above.depth)
        path[above.unit_id].add(above.ancestor_id)
    ways = {unit: _way(path, unit, named, whole) for unit in named}
    return tuple(
        UnitCost(unit, *named[unit], summed(own.get(unit, ())), summed(whole[unit]))
        for unit in sorted(named, key=lambda unit: ways[unit])
    )


def grouped(rows: Iterable[CostRow], key: Callable[[CostRow], K]) -> dict[K, Split | None]:
    """Sum rows in the reporting currency by anything they have."""
    groups: dict[K, list[CostRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: summed(parts) for name, parts in groups.items()}


def _way(
    path: dict[UUID, set[UUID]], unit: UUID, named: dict[UUID, tuple[str, int]], whole: dict[UUID, list[CostRow]]
) -> list[tuple[str, str]]:
    """Give the names from the top down to a unit, which order the tree as people read it."""
    below = next(iter(row.unit_id for row in whole[unit]), unit)
    above = [each for each in path.get(below, {unit}) if named[each][1] <= named[unit][1]]
    return [(named[each][0].casefold(), str(each)) for each in sorted(above, key=lambda each: named[each][1])]
