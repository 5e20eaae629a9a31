"""What is known at an instant of seats, supply, pools, lines, people, owners: named SELECTs that checks build on.

Nothing here holds a session or runs. Each SELECT answers for one tenant, as of one instant, with what was known at
another: what begins later, has ended, or was learned later is not in it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select, union_all

from governance.agreements.models import Agreement
from governance.catalog.models import Tier
from governance.catalog.queries import latest_approvals
from governance.compliance.territories import places_covered
from governance.directory.models import Person, PersonPlacement
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, there
from governance.entitlements.supply import ended_of_lines, ended_of_pools, supply_of_lines, supply_of_pools
from governance.seats.covered import seats_held, seats_usable
from governance.seats.lease_queries import lent_by_pool

WEST = timedelta(hours=-12)  # where a day ends last


@dataclass(frozen=True)
class Facts:
    """The facts of one tenant: as of `as_of`, as known at `known_at` (both instants, UTC)."""

    tenant_id: UUID
    as_of: datetime
    known_at: datetime

    @property
    def day(self) -> date:
        """The earliest day that is still going on somewhere on Earth: a last day before it has ended everywhere."""
        return (self.as_of + WEST).date()

    def seats_held(self) -> Select[*tuple[Any, ...]]:
        """Give every episode that occupies a seat: assignment_id, line_id, pool_id, person_id, started_at,
        reclaim_due_at.

        An invitation occupies until it runs out, a suspended seat where its line says so, a released one never.
        """
        return seats_held(self.tenant_id, self.as_of, self.known_at)

    def seats_usable(self) -> Select[*tuple[Any, ...]]:
        """Give the episodes whose holder can use the seat, alike: not waiting for an answer, not suspended."""
        return seats_usable(self.tenant_id, self.as_of, self.known_at)

    def pool_positions(self) -> Select[*tuple[Any, ...]]:
        """Give every pool with its place and owner, its `supply` (null: unlimited) and how many seats are `occupied`:
        pool_id, line_id, product_id, name, unit_id, region, owner_id, supply, occupied, ended_at, closed_at.

        `ended_at`: when the last of its supply ended; null while any is in force, and where none ever was.
        """
        held = self._counted("pool_id")
        supply = supply_of_pools(self.tenant_id, self.as_of, self.known_at, for_good=True).subquery("supply_of_pools")
        ended = ended_of_pools(self.tenant_id, self.as_of, self.known_at).subquery("ended_of_pools")
        return (
            select(
                Pool.id.label("pool_id"),
                Pool.line_id,
                Entitlement.product_id,
                (Entitlement.name + " / " + Pool.name).label("name"),
                Pool.unit_id,
                Pool.region,
                Entitlement.owner_id,
                _or_none(supply.c.pool_id, supply.c.supply),
                func.coalesce(held.c.occupied, 0).label("occupied"),
                case((supply.c.pool_id.is_(None), ended.c.ended_at), else_=None).label("ended_at"),
                Pool.closed_at,
            )
            .join(MetricLine, LINE_OF_POOL)
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .outerjoin(supply, supply.c.pool_id == Pool.id)
            .outerjoin(ended, ended.c.pool_id == Pool.id)
            .outerjoin(held, held.c.pool_id == Pool.id)
            .where(
                Pool.tenant_id == self.tenant_id,
                Entitlement.recorded_at <= self.known_at,
                there(MetricLine, self.known_at),
            )
        )

    def line_positions(self) -> Select[*tuple[Any, ...]]:
        """Give every metric line alike: line_id, entitlement_id, name, unit_id, region, owner_id, supply, occupied,
        ended_at.
        """
        held = self._counted("line_id")
        supply = supply_of_lines(self.tenant_id, self.as_of, self.known_at, for_good=True).subquery("supply_of_lines")
        ended = ended_of_lines(self.tenant_id, self.as_of, self.known_at).subquery("ended_of_lines")
        return (
            select(
                MetricLine.id.label("line_id"),
                MetricLine.entitlement_id,
                (Entitlement.name + " / " + MetricLine.code).label("name"),
                Entitlement.unit_id,
                Entitlement.region,
                Entitlement.owner_id,
                _or_none(supply.c.line_id, supply.c.supply),
                func.coalesce(held.c.occupied, 0).label("occupied"),
                case((supply.c.line_id.is_(None), ended.c.ended_at), else_=None).label("ended_at"),
            )
            .join(Entitlement, ENTITLEMENT_OF_LINE)
            .outerjoin(supply, supply.c.line_id == MetricLine.id)
            .outerjoin(ended, ended.c.line_id == MetricLine.id)
            .outerjoin(held, held.c.line_id == MetricLine.id)
            .where(
                MetricLine.tenant_id == self.tenant_id,
                Entitlement.recorded_at <= self.known_at,
                there(MetricLine, self.known_at),
            )
        )

    def people_standing(self) -> Select[*tuple[Any, ...]]:
        """Give every person known by then: person_id, name, unit_id, country, left_at, has_left (from that instant)."""
        left = and_(Person.left_at.is_not(None), Person.left_at <= self.as_of, Person.left_at <= self.known_at)
        return select(
            Person.id.label("person_id"), Person.name, Person.unit_id, Person.country, Person.left_at,
            case((left, True), else_=False).label("has_left"),
        ).where(Person.tenant_id == self.tenant_id, Person.recorded_at <= self.known_at)  # fmt: skip

    def people_placed(self) -> Select[*tuple[Any, ...]]:
        """Give the country of the day of every person whose placement is known: person_id, country."""
        placed = PersonPlacement
        return select(placed.person_id, placed.country).where(
            placed.tenant_id == self.tenant_id,
            placed.recorded_at <= self.known_at,
            or_(placed.superseded_at.is_(None), placed.superseded_at > self.known_at),
            placed.start <= self.as_of,
            or_(placed.end.is_(None), placed.end > self.as_of),
        )

    def pools_supplied(self) -> Select[*tuple[Any, ...]]:
        """Give every pool with a lot in force, whatever its quantity: pool_id."""
        supply = supply_of_pools(self.tenant_id, self.as_of, self.known_at).subquery("supplied_pools")
        return select(supply.c.pool_id)

    def places_covered(self) -> Select[*tuple[Any, ...]]:
        """Give every country that the territory of a lot in force of a pool covers: pool_id, country."""
        return places_covered(self.tenant_id, self.as_of, self.known_at)

    def tiers_of_lines(self) -> Select[*tuple[Any, ...]]:
        """Give the tier of every line that has one: line_id, product_id, tier, rank. A higher rank covers lower ones of
        its product; tiers of one rank cover only themselves.
        """
        return (
            select(MetricLine.id.label("line_id"), Tier.product_id, Tier.name.label("tier"), Tier.rank)
            .join(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
            .where(MetricLine.tenant_id == self.tenant_id, there(MetricLine, self.known_at))
        )

    def licenses(self) -> Select[*tuple[Any, ...]]:
        """Give every entitlement, its owners as they stand today: license_id, name, unit_id, region, owner_id,
        deputy_id, product_id.
        """
        return select(
            Entitlement.id.label("license_id"), Entitlement.name, Entitlement.unit_id, Entitlement.region,
            Entitlement.owner_id, Entitlement.deputy_id, Entitlement.product_id,
        ).where(
            Entitlement.tenant_id == self.tenant_id, Entitlement.recorded_at <= self.known_at,
            there(Entitlement, self.known_at),
        )  # fmt: skip

    def approvals_standing(self) -> Select[*tuple[Any, ...]]:
        """Give the decision that counts of every product decided about: product_id, status, until (a last day)."""
        latest = latest_approvals(self.tenant_id, self.known_at, self.as_of).subquery("latest_approvals")
        return select(latest.c.product_id, latest.c.status, latest.c.until)

    def agreements(self) -> Select[*tuple[Any, ...]]:
        """Give every agreement alike, as it stands today: agreement_id, name, unit_id, region, owner_id, deputy_id,
        last_day (null: without end).
        """
        return select(
            Agreement.id.label("agreement_id"), (Agreement.number + " / " + Agreement.title).label("name"),
            Agreement.unit_id, Agreement.region, Agreement.owner_id, Agreement.deputy_id, Agreement.last_day,
        ).where(
            Agreement.tenant_id == self.tenant_id, Agreement.recorded_at <= self.known_at,
            there(Agreement, self.known_at),
        )  # fmt: skip

    def _counted(self, by: str) -> Any:
        """Count the seats that are held, and those that are lent, by pool or by line."""
        kept = self.seats_held().subquery(f"seats_by_{by}")
        held = select(kept.c[by].label("by"), func.count().label("seats")).group_by(kept.c[by])
        lent = lent_by_pool(self.tenant_id, self.as_of).subquery(f"lent_by_{by}")
        both = union_all(held, select(lent.c[by], lent.c.seats)).subquery(f"both_by_{by}")
        counted = select(both.c.by.label(by), cast(func.sum(both.c.seats), BigInteger).label("occupied")).group_by(
            both.c.by
        )
        return counted.subquery(f"held_by_{by}")


def _or_none(present: ColumnElement[Any], supply: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the supply, and 0 where nothing is in force: an absent supply is not an unlimited one."""
    return case((present.is_(None), 0), else_=supply).label("supply")
