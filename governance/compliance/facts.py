"""What is known at an instant of seats held, supply, pools, lines and people: named SELECTs that every check builds on.

Nothing here holds a session or runs. Each SELECT answers for one tenant, as of one instant, with what was known at
another (domain.md, section 2): what begins later, has ended, or was learned later is not in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from governance.directory.models import Person
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.entitlements.supply import supply_of_lines, supply_of_pools
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, occupied_at


@dataclass(frozen=True)
class Facts:
    """The facts of one tenant: as of `as_of`, as known at `known_at` (both instants, UTC)."""

    tenant_id: UUID
    as_of: datetime
    known_at: datetime

    def seats_held(self) -> Select[*tuple[Any, ...]]:
        """Give every episode that occupies a seat: assignment_id, line_id, pool_id, person_id, started_at,
        reclaim_due_at.

        An invitation occupies until it runs out, a suspended seat where its line says so, a released one never.
        """
        return (
            select(
                Assignment.id.label("assignment_id"),
                Assignment.line_id,
                Assignment.pool_id,
                Assignment.person_id,
                Assignment.started_at,
                Assignment.reclaim_due_at,
            )
            .join(MetricLine, LINE_OF_SEAT)
            .where(Assignment.tenant_id == self.tenant_id, occupied_at(self.as_of, self.known_at))
        )

    def pool_positions(self) -> Select[*tuple[Any, ...]]:
        """Give every pool with its place and owner, its `supply` (null: unlimited) and how many seats are `occupied`:
        pool_id, name, unit_id, region, owner_id, supply, occupied.
        """
        held = self._counted("pool_id")
        supply = supply_of_pools(self.tenant_id, self.as_of, self.known_at).subquery("supply_of_pools")
        return (
            select(
                Pool.id.label("pool_id"),
                (Entitlement.name + " / " + Pool.name).label("name"),
                Pool.unit_id,
                Pool.region,
                Entitlement.owner_id,
                _or_none(supply.c.pool_id, supply.c.supply),
                func.coalesce(held.c.occupied, 0).label("occupied"),
            )
            .join(MetricLine, LINE_OF_POOL)
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .outerjoin(supply, supply.c.pool_id == Pool.id)
            .outerjoin(held, held.c.pool_id == Pool.id)
            .where(Pool.tenant_id == self.tenant_id, Entitlement.recorded_at <= self.known_at)
        )

    def line_positions(self) -> Select[*tuple[Any, ...]]:
        """Give every metric line alike: line_id, name, unit_id, region, owner_id, supply, occupied."""
        held = self._counted("line_id")
        supply = supply_of_lines(self.tenant_id, self.as_of, self.known_at).subquery("supply_of_lines")
        return (
            select(
                MetricLine.id.label("line_id"),
                (Entitlement.name + " / " + MetricLine.code).label("name"),
                Entitlement.unit_id,
                Entitlement.region,
                Entitlement.owner_id,
                _or_none(supply.c.line_id, supply.c.supply),
                func.coalesce(held.c.occupied, 0).label("occupied"),
            )
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .outerjoin(supply, supply.c.line_id == MetricLine.id)
            .outerjoin(held, held.c.line_id == MetricLine.id)
            .where(MetricLine.tenant_id == self.tenant_id, Entitlement.recorded_at <= self.known_at)
        )

    def people_standing(self) -> Select[*tuple[Any, ...]]:
        """Give every person known by then: person_id, name, unit_id, country, left_at, has_left (from that instant)."""
        left = and_(Person.left_at.is_not(None), Person.left_at <= self.as_of, Person.left_at <= self.known_at)
        return select(
            Person.id.label("person_id"), Person.name, Person.unit_id, Person.country, Person.left_at,
            case((left, True), else_=False).label("has_left"),
        ).where(Person.tenant_id == self.tenant_id, Person.recorded_at <= self.known_at)  # fmt: skip

    def _counted(self, by: str) -> Any:
        seats = self.seats_held().subquery(f"seats_by_{by}")
        counted = select(seats.c[by], func.count().label("occupied")).group_by(seats.c[by])
        return counted.subquery(f"held_by_{by}")


def _or_none(present: ColumnElement[Any], supply: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the supply, and 0 where nothing is in force: an absent supply is not an unlimited one."""
    return case((present.is_(None), 0), else_=supply).label("supply")
