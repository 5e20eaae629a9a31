"""Every SELECT of holdings: the latest readings at an instant, what is held there, assigned here, and used."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select

from governance.agreements.models import Agreement
from governance.agreements.rules import Side
from governance.directory.models import Person
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL, there, visible_entitlements
from governance.entitlements.rules import MEASURED
from governance.entitlements.supply import supply_of_lines
from governance.holdings.models import HeldSeat, HoldingsReading
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, occupied_at, visible_assignments
from governance.usage.models import UsageEvent
from policies.access.actions import Action

HELD_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(Person.id,))
PERSON_OF_HELD = and_(Person.tenant_id == HeldSeat.tenant_id, Person.id == HeldSeat.person_id)
AT_ONCE = 5_000


@dataclass(frozen=True)
class Moment:
    """At which instant, as known at which."""

    as_of: datetime
    known_at: datetime


@dataclass(frozen=True)
class SeatFact:
    """A seat that occupied: whose, of which license and tier."""

    seat: Assignment
    license_id: UUID
    product_id: UUID
    tier_id: UUID | None


def visible_held(work: Work, action: Action = Action.SEAT_READ) -> Select[HeldSeat]:
    """Give what people within reach hold there; what fits nobody is known only to whoever reads all of the tenant."""
    query = select(HeldSeat).where(HeldSeat.tenant_id == work.tenant_id)
    if work.gate.reach(work.actor, action).everything:
        return query
    return query.join(Person, PERSON_OF_HELD).where(work.reach(action, HELD_PLACED))


def visible_readings(work: Work) -> Select[HoldingsReading]:
    """Give the readings, to whoever may read seats anywhere."""
    query = select(HoldingsReading).where(HoldingsReading.tenant_id == work.tenant_id)
    return query if work.gate.may(work.actor, Action.SEAT_READ) else query.where(HoldingsReading.id.is_(None))


async def latest_readings(work: Work, at: Moment) -> tuple[HoldingsReading, ...]:
    """Give of each source and instance the reading that was observed last, by an instant, as known at another."""
    query = (
        visible_readings(work)
        .where(HoldingsReading.observed_at <= at.as_of, HoldingsReading.recorded_at <= at.known_at)
        .order_by(HoldingsReading.observed_at, HoldingsReading.recorded_at, HoldingsReading.id)
    )
    latest = {(row.source, row.instance): row for row in (await work.session.execute(query)).scalars()}
    return tuple(latest[key] for key in sorted(latest))


async def license_lines(work: Work, license_id: UUID) -> tuple[Entitlement, tuple[MetricLine, ...]]:
    """Give a license within reach and its lines. Raises NotFound."""
    query = visible_entitlements(work).where(Entitlement.id == license_id)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("license", str(license_id))
    return (await lines_of(work, [row]))[0]


def compared_licenses(work: Work) -> Select[Entitlement]:
    """Give the licenses within reach whose holders are known here: those we bought, and those given out by pools."""
    bought = exists().where(
        Agreement.tenant_id == Entitlement.tenant_id, Agreement.id == Entitlement.agreement_id,
        Agreement.side == Side.PROCURED,
    )  # fmt: skip
    pooled = exists().where(ENTITLEMENT_OF_LINE, LINE_OF_POOL).correlate(Entitlement)
    return visible_entitlements(work).where(or_(bought, pooled))


async def visible_licenses(
    work: Work, most: int, after: str | None = None
) -> tuple[tuple[Entitlement, tuple[MetricLine, ...]], ...]:
    """Give licenses within reach by their codes, those after one, so many at most; each with its lines."""
    query = compared_licenses(work).order_by(Entitlement.code).limit(most)
    if after is not None:
        query = query.where(Entitlement.code > after)
    return await lines_of(work, (await work.session.execute(query)).scalars().all())


async def lines_of(
    work: Work, licenses: Sequence[Entitlement]
) -> tuple[tuple[Entitlement, tuple[MetricLine, ...]], ...]:
    """Give licenses with the lines of each."""
    query = select(MetricLine).where(
        MetricLine.tenant_id == work.tenant_id,
        MetricLine.entitlement_id.in_([row.id for row in licenses]),
        there(MetricLine, None),
    )
    found: dict[UUID, list[MetricLine]] = defaultdict(list)
    for line in (await work.session.execute(query.order_by(MetricLine.code))).scalars():
        found[line.entitlement_id].append(line)
    return tuple((row, tuple(found[row.id])) for row in licenses)


async def supplied(work: Work, lines: Sequence[MetricLine], at: Moment) -> dict[UUID, int | None]:
    """Give what each line of seats has (None: unlimited); a line that entitles to nothing is not there."""
    ids = [line.id for line in lines if line.model not in MEASURED]
    supply = supply_of_lines(work.tenant_id, at.as_of, at.known_at, for_good=True).subquery("supplied")
    rows = await work.session.execute(select(*supply.c).where(next(iter(supply.c)).in_(ids)))
    return {row[0]: None if row[1] is None else int(row[1]) for row in rows}


async def held_of(work: Work, products: Sequence[UUID], readings: Sequence[HoldingsReading]) -> Sequence[HeldSeat]:
    """Give what is held of products in these readings, within reach."""
    ids = [reading.id for reading in readings]
    query = visible_held(work).where(HeldSeat.reading_id.in_(ids), HeldSeat.product_id.in_(products))
    return (await work.session.execute(query.order_by(HeldSeat.account, HeldSeat.id))).scalars().all()


async def seats_of_products(work: Work, products: Sequence[UUID], at: Moment) -> list[SeatFact]:
    """Give the seats of products within reach that took room at an instant."""
    query = (
        visible_assignments(work)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Entitlement.product_id.in_(products), occupied_at(at.as_of, at.known_at))
        .add_columns(Entitlement.id, Entitlement.product_id, MetricLine.tier_id)
        .order_by(Assignment.person_id, Assignment.id)
    )
    return [SeatFact(*row) for row in await work.session.execute(query)]


async def last_uses(work: Work, products: Sequence[UUID], at: Moment) -> dict[UUID, dict[UUID, datetime]]:
    """Give of each product and person the last use that was observed by an instant."""
    used = (
        UsageEvent.tenant_id == work.tenant_id, UsageEvent.product_id.in_(products),
        UsageEvent.person_id.is_not(None), UsageEvent.occurred_at <= at.as_of, UsageEvent.recorded_at <= at.known_at,
    )  # fmt: skip
    key = UsageEvent.product_id, UsageEvent.person_id
    query = select(*key, func.max(UsageEvent.occurred_at)).where(*used).group_by(*key)
    found: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    for product_id, person_id, last in await work.session.execute(query):
        if product_id is not None and person_id is not None:
            found[product_id][person_id] = last
    return found


async def people_by_id(work: Work, ids: Iterable[UUID]) -> dict[UUID, Person]:
    """Give these people, whoever they are: they were found within reach before."""
    wanted, found = sorted(set(ids)), dict[UUID, Person]()
    for at in range(0, len(wanted), AT_ONCE):
        some = select(Person).where(Person.tenant_id == work.tenant_id, Person.id.in_(wanted[at : at + AT_ONCE]))
        found |= {row.id: row for row in (await work.session.execute(some)).scalars()}
    return found


async def users_in_reach(work: Work, ids: Iterable[UUID]) -> set[UUID]:
    """Give those of these people whose use may be asked for."""
    wanted, found = sorted(set(ids)), set[UUID]()
    for at in range(0, len(wanted), AT_ONCE):
        some = select(Person.id).where(
            Person.tenant_id == work.tenant_id,
            Person.id.in_(wanted[at : at + AT_ONCE]),
            work.reach(Action.USAGE_READ, HELD_PLACED),
        )
        found |= set((await work.session.execute(some)).scalars())
    return found


async def pool_for(work: Work, lines: Sequence[MetricLine], unit_id: UUID | None) -> Pool | None:
    """Give the open pool of these lines that lies nearest: of that unit first, then by code."""
    query = select(Pool).where(
        Pool.tenant_id == work.tenant_id, Pool.line_id.in_([line.id for line in lines]), Pool.closed_at.is_(None)
    )
    if unit_id is not None:
        query = query.order_by(Pool.unit_id != unit_id)
    return (await work.session.execute(query.order_by(Pool.code, Pool.id).limit(1))).scalar_one_or_none()


def of_license(tiers: frozenset[UUID], row: HeldSeat) -> bool:
    """Say whether what is held counts on a license: its tier is one of the license's, or nobody told the tier."""
    return row.tier_id is None or not tiers or row.tier_id in tiers
