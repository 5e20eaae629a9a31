"""Cost rolled up by the tree of each day: what a unit and all below it cost then, whatever became of them since."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from governance.directory.models import OrgUnit, UnitPlacement
from governance.kernel.due import end_after
from governance.kernel.work import Work
from governance.metrics.answers import tenant_of
from governance.metrics.cost_by_unit import CostByUnit, CostRow, summed
from governance.metrics.cost_rollup import UnitCost

Placed = dict[UUID, list[UnitPlacement]]


async def by_unit_of_the_day(work: Work, found: CostByUnit) -> tuple[UnitCost, ...]:
    """Roll each period's rows up by the tree of its last moment, a unit before those below it as they hung last."""
    placed, names, zone = await _placed(work, found.known_at), await _names(work), (await tenant_of(work)).zone
    own: dict[UUID, list[CostRow]] = defaultdict(list)
    whole: dict[UUID, list[CostRow]] = defaultdict(list)
    ways: dict[UUID, tuple[tuple[str, str], ...]] = {}
    for row in sorted(found.rows, key=lambda row: row.period.first):
        own[row.unit_id].append(row)
        end = end_after(row.period.last, zone) or found.as_of
        way: tuple[tuple[str, str], ...] = ()
        for unit in reversed(path_at(placed, row.unit_id, min(end - timedelta(microseconds=1), found.as_of))):
            way = (*way, (names[unit].casefold(), str(unit)))
            whole[unit].append(row)
            ways[unit] = way
    return tuple(
        UnitCost(unit, names[unit], len(ways[unit]) - 1, summed(own.get(unit, ())), summed(whole[unit]))
        for unit in sorted(ways, key=lambda unit: ways[unit])
    )


def path_at(placed: Placed, unit_id: UUID, at: datetime) -> Sequence[UUID]:
    """Give a unit and what hung above it at an instant, nearest first; one that hung nowhere is alone."""
    path: list[UUID] = []
    above: UUID | None = unit_id
    while above is not None and above not in path:
        path.append(above)
        rows = placed.get(above, ())
        above = next((row.parent_id for row in rows if row.start <= at and (row.end is None or at < row.end)), None)
    return path


async def _placed(work: Work, known_at: datetime) -> Placed:
    query = select(UnitPlacement).where(
        UnitPlacement.tenant_id == work.tenant_id,
        UnitPlacement.recorded_at <= known_at,
        or_(UnitPlacement.superseded_at.is_(None), UnitPlacement.superseded_at > known_at),
    )
    found: Placed = defaultdict(list)
    for row in (await work.session.execute(query)).scalars():
        found[row.unit_id].append(row)
    return found


async def _names(work: Work) -> dict[UUID, str]:
    rows = await work.session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.tenant_id == work.tenant_id))
    return {row.id: row.name for row in rows}
