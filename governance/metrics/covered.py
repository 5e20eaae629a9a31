"""Which of the occupied seats another right of their holders covers, and by which lots: need and right are matched."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, POOL_PLACED
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.seats.covered import rights_covering
from governance.seats.stacks import lots_of_pools
from policies.access.actions import Action


@dataclass(frozen=True)
class CoveredSeats:
    """Seats whose holders have a right in another pool that covers them: so many, by which right, of which lots.

    `license` and `lots` (numbers of orders, those of no number by their first day) are empty where that pool is out of
    reach: a right is a right whoever looks after it, but nothing more is said of it.
    """

    pool_id: UUID
    right: str
    license: str
    lots: tuple[str, ...]
    seats: int

    @property
    def spoken(self) -> str:
        """Say the right with its license and lots."""
        behind = ", ".join(self.lots)
        return self.right + (f" / {self.license}" if self.license else "") + (f" ({behind})" if behind else "")


async def covered_seats(work: Work, when: Moments) -> dict[UUID, tuple[CoveredSeats, ...]]:
    """Count by pool the seats within reach that another right covers, each once: by the right that was held longest."""
    rows = (await work.session.execute(_counted(work, when))).all()
    if not rows:
        return {}
    seen = await _seen(work, {row.right_pool_id for row in rows})
    lots = await lots_of_pools(work, seen, when.as_of, when.known_at)
    found: dict[UUID, list[CoveredSeats]] = {}
    for pool_id, right_pool_id, right, seats in rows:
        behind = lots.get(right_pool_id, ())
        one = CoveredSeats(pool_id, right, seen.get(right_pool_id, ""), behind, int(seats))
        found.setdefault(pool_id, []).append(one)
    return {pool_id: tuple(each) for pool_id, each in found.items()}


def together(parts: Iterable[CoveredSeats]) -> tuple[CoveredSeats, ...]:
    """Add up what the same right covers in several pools, in the order of its words."""
    found: dict[str, CoveredSeats] = {}
    for part in parts:
        known = found.get(part.spoken)
        found[part.spoken] = part if known is None else replace(known, seats=known.seats + part.seats)
    return tuple(found[spoken] for spoken in sorted(found))


def first_right(tenant_id: UUID, when: Moments) -> Any:
    """Give for each covered seat the one right that carries it: the one that was held longest."""
    pair = rights_covering(tenant_id, when.as_of, when.known_at).cte("rights_covering")
    place = func.row_number().over(partition_by=pair.c.assignment_id, order_by=(pair.c.right_since, pair.c.right_id))
    ranked = select(pair, place.label("place")).cte("rights_in_order")
    return select(ranked).where(ranked.c.place == 1).cte("first_rights")


def _counted(work: Work, when: Moments) -> Select[*tuple[Any, ...]]:
    first = first_right(work.tenant_id, when)
    return (
        select(first.c.pool_id, first.c.right_pool_id, first.c.right_spoken, func.count())
        .join(Pool, Pool.id == first.c.pool_id)
        .where(Pool.tenant_id == work.tenant_id, work.reach(Action.POSITION_READ, POOL_PLACED))
        .group_by(first.c.pool_id, first.c.right_pool_id, first.c.right_spoken)
        .order_by(first.c.right_spoken, first.c.right_pool_id, first.c.pool_id)
    )


async def _seen(work: Work, pool_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give of each of these pools within reach the name of its license."""
    query = (
        select(Pool.id, Entitlement.name)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(
            Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted(pool_ids)),
            work.reach(Action.POSITION_READ, POOL_PLACED),
        )
    )  # fmt: skip
    return {row.id: row.name for row in await work.session.execute(query)}
