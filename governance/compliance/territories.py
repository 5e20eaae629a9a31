"""Which countries the lots behind each pool cover, answered for all pools at once.

The tree of regions becomes a small table of what each country lies in (about 1,000 rows), so that the database compares
each territory in force with it once: neither lots nor people are looped over.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Integer, Select, String, Text, and_, case, cast, column, func, or_, select
from sqlalchemy import values as rows_of

from governance.entitlements.models import Allocation, Lot
from governance.entitlements.queries import LOT_OF_ALLOCATION, in_force, known
from policies.regions.region import RegionTree, world_tree


def places_covered(tenant_id: UUID, at: datetime, known_at: datetime) -> Select[*tuple[Any, ...]]:
    """Give pool_id and country for each country that any lot in force of a pool covers.

    `Territory.covers` in SQL: of the listed regions in which a country lies the nearest decides, and the country is
    covered where that one is included. A pool without a lot in force is not in the answer.
    """
    supplied = _supplied(tenant_id, at, known_at)
    territory = select(supplied.c.included, supplied.c.excluded).distinct().cte("territory")
    covering = _covering(territory)
    return (
        select(supplied.c.pool_id, covering.c.country)
        .join_from(
            supplied,
            covering,
            and_(covering.c.included == supplied.c.included, covering.c.excluded == supplied.c.excluded),
        )
        .distinct()
    )


def _supplied(tenant_id: UUID, at: datetime, known_at: datetime) -> CTE:
    """Give each pool with the territories of its lots in force, as text."""
    dated = (found for row in (Allocation, Lot) for found in (known(row, known_at), in_force(row, at)))
    return (
        select(
            Allocation.pool_id, cast(Lot.included, Text).label("included"), cast(Lot.excluded, Text).label("excluded")
        )
        .join(Lot, LOT_OF_ALLOCATION)
        .where(Allocation.tenant_id == tenant_id, *dated)
        .distinct()
        .cte("supplied")
    )


def _covering(territory: CTE) -> CTE:
    """Give each territory with the countries it covers."""
    way = _ways()
    included = func.min(case((_lists(territory.c.included, way.c.code), way.c.steps)))
    excluded = func.min(case((_lists(territory.c.excluded, way.c.code), way.c.steps)))
    return (
        select(territory.c.included, territory.c.excluded, way.c.country)
        .join_from(
            territory,
            way,
            or_(_lists(territory.c.included, way.c.code), _lists(territory.c.excluded, way.c.code)),
        )
        .group_by(territory.c.included, territory.c.excluded, way.c.country)
        .having(and_(included.is_not(None), or_(excluded.is_(None), included < excluded)))
        .cte("covering")
    )


def _lists(codes: ColumnElement[str], code: ColumnElement[str]) -> ColumnElement[bool]:
    """Say whether a list of codes, written as JSON, holds a code: a code holds no sign that JSON would escape."""
    return func.replace(codes, '"' + code + '"', "", type_=Text()) != codes


def _ways() -> CTE:
    shape = (column("country", String), column("code", String), column("steps", Integer))
    return rows_of(*shape, name="way", literal_binds=True).data(list(_above())).cte("way")


@cache
def _above() -> tuple[tuple[str, str, int], ...]:
    return tuple(_walked(world_tree()))


def _walked(tree: RegionTree) -> Iterator[tuple[str, str, int]]:
    """Give each country with itself and all it lies in, and how many steps away that is."""
    for country in tree.nodes:
        if len(country) == 2:  # where people live is said by country (directory)
            for steps, code in enumerate((country, *tree.ancestors(country))):
                yield country, code, steps
