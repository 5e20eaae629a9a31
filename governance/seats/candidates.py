"""What a right is chosen from: every pool of a product within reach, with its facts at an instant, as known then."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from governance.catalog.bands import marginal
from governance.catalog.models import Approval, Product, Tier
from governance.catalog.queries import latest_approvals
from governance.catalog.shelf import tier_book
from governance.directory.models import Person, PersonPlacement, Tenant
from governance.directory.queries import visible_people
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import (
    ENTITLEMENT_OF_LINE,
    LINE_OF_POOL,
    LOT_OF_ALLOCATION,
    POOL_PLACED,
    in_force,
    known,
    there,
)
from governance.entitlements.rights import rights_of
from governance.entitlements.supply import supply_of_lines, supply_of_pools
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from governance.seats.lease_queries import lent_at
from governance.seats.models import Assignment, Lease
from governance.seats.queries import held_at
from governance.seats.rules import Candidate, Holder, PoolFacts, Price, Standing, TierNeed
from governance.seats.stacks import stacks, with_rights
from policies.access.actions import Action
from policies.regions.region import Territory


@dataclass(frozen=True)
class At:
    """Which facts count: those that held at `as_of`, as they were known at `known_at`."""

    as_of: datetime
    known_at: datetime

    def known(self, start: Any, end: Any) -> Any:
        return and_(start <= self.known_at, or_(end.is_(None), end > self.known_at))


@dataclass(frozen=True)
class Offer:
    """A candidate for everybody, and who sits where in its line: person to the pool's id and name.

    `unit_id` and `people` say whose the pool is.
    """

    candidate: Candidate
    seated: Mapping[UUID, tuple[UUID, str]]
    unit_id: UUID
    people: tuple[UUID | None, ...]

    def to(self, person_id: UUID) -> Candidate:
        """Give the candidate as it is for one person."""
        held_in, held = self.seated.get(person_id, (None, None))
        return replace(self.candidate, held=held, held_in=held_in)


async def offers(
    work: Work, product_id: UUID, person_ids: Collection[UUID], at: At, action: Action = Action.POOL_READ
) -> tuple[Offer, ...]:
    """Give every pool of the product within reach that was open or had been, and those of suites that cover it.

    Of a line its mode and tier are read as they stand: only lots, allocations, seats, people and approvals are dated.
    """
    book = await tier_book(work, {product_id}, at.as_of, at.known_at)
    keys = {product_id, *(tier.id for tier in book.tiers.values() if tier.product_id == product_id)}
    rows = (await work.session.execute(_pools(work, product_id, book.suites_of(keys), at, action))).all()
    pools = await _totals(work, supply_of_pools(work.tenant_id, at.as_of, at.known_at))
    lines = await _totals(work, supply_of_lines(work.tenant_id, at.as_of, at.known_at))
    used, lots = await _used(work, {row[1].id for row in rows}, at), await _lots(work, {row[0].id for row in rows}, at)
    seated = await _seated(work, {row[1].id for row in rows}, person_ids, at)
    standing = await _standing(work, {row[3].id for row in rows}, at)
    beside = await rights_of(work, {row[1].id for row in rows}, at.as_of, at.known_at)
    found = []
    for pool, line, entitlement, product, tier in rows:
        behind = lots.get(pool.id, [])
        facts = PoolFacts(
            id=pool.id, name=pool.name, line_id=line.id, line_code=f"{entitlement.code}/{line.code}",
            product_id=product.id, product=product.name, version=pool.version, overage=line.overage,
            needs_acceptance=line.needs_acceptance, invitation_days=line.invitation_days,
            suspended_occupies=line.suspended_occupies, closed_at=_until(pool.closed_at, at),
            ceiling=pools.get(pool.id, 0), occupied=used.get(pool.id, 0), line_ceiling=lines.get(line.id, 0),
            line_occupied=used.get(line.id, 0),
            territories=tuple(Territory(frozenset(lot.included), frozenset(lot.excluded)) for lot in behind),
            supply="in force" if behind else "nothing in force",
            tier=None if tier is None else TierNeed(tier.code, tier.rank, product.name, tier.id, product.releases),
            standing=standing.get(product.id), overage_percent=line.overage_percent, covered=line.covered, book=book,
        )  # fmt: skip
        facts = with_rights(facts, beside.get(line.id, ()))
        first = min(behind, key=_end, default=None)
        candidate = Candidate(
            facts, pool.code, pool.region, facts.grants, first.end if first else None, _price(first) if first else None,
            model=line.model, suite=product.id != product_id,
        )  # fmt: skip
        people = (entitlement.owner_id, entitlement.deputy_id)
        found.append(Offer(candidate, seated.get(line.id, {}), pool.unit_id, people))
    return tuple(found)


async def holders_at(work: Work, person_ids: Sequence[UUID], at: At, region: str | None = None) -> dict[UUID, Holder]:
    """Give the people within reach as they were, `region` instead of their country where it is said.

    Raises NotFound for who is out of reach or was not known yet, BadInput for an unknown region.
    """
    if region is not None and region not in work.office.regions:
        raise BadInput("region", region, "001, an area such as 150, a country such as DE, or a grouping")
    placed = select(PersonPlacement.person_id, PersonPlacement.country).where(
        PersonPlacement.tenant_id == work.tenant_id, PersonPlacement.person_id.in_(person_ids),
        at.known(PersonPlacement.recorded_at, PersonPlacement.superseded_at),
        PersonPlacement.start <= at.as_of, or_(PersonPlacement.end.is_(None), PersonPlacement.end > at.as_of),
    )  # fmt: skip
    country = {row.person_id: row.country for row in await work.session.execute(placed)}
    people = await work.session.execute(visible_people(work).where(Person.id.in_(person_ids)))
    found = {
        p.id: Holder(p.id, _status(p, at), region or country.get(p.id, p.country), p.contract_end, p.version)
        for p in people.scalars()
        if p.recorded_at <= at.known_at
    }
    for person_id in person_ids:
        if person_id not in found:
            raise NotFound("person", str(person_id))
    return found


async def stacked(work: Work, found: Sequence[Offer], people: Mapping[UUID, Holder], at: At) -> dict[UUID, Holder]:
    """Give the people with all that they could use beside, as far as the offers' book of tiers says something of it."""
    if not found:
        return dict(people)
    book = found[0].candidate.facts.book
    beside = await stacks(work, book, tuple(people), at.as_of, at.known_at)
    return {person_id: replace(each, stack=beside.get(person_id, ())) for person_id, each in people.items()}


async def day_at(work: Work, at: At) -> Any:
    """Name the day of `as_of` in the tenant's home zone."""
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    return day_of(at.as_of, tenant.zone)


def _status(person: Person, at: At) -> PersonStatus:
    """Give the status of then: who left later, or was known to have left later, was there."""
    if person.status is PersonStatus.LEFT and person.left_at is not None:
        return PersonStatus.LEFT if person.left_at <= min(at.as_of, at.known_at) else PersonStatus.ACTIVE
    return person.status


def _until(closed_at: datetime | None, at: At) -> datetime | None:
    return closed_at if closed_at is not None and closed_at <= min(at.as_of, at.known_at) else None


def _pools(work: Work, product_id: UUID, suites: Collection[UUID], at: At, action: Action) -> Select[*tuple[Any, ...]]:
    of_product = Product.id == product_id
    return (
        select(Pool, MetricLine, Entitlement, Product, Tier)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .where(
            Pool.tenant_id == work.tenant_id, or_(of_product, MetricLine.tier_id.in_(suites)) if suites else of_product,
            work.reach(action, POOL_PLACED),
            there(MetricLine, at.known_at), there(Entitlement, at.known_at), Pool.opened_at <= at.as_of,
            Entitlement.recorded_at <= at.known_at,
        )
        .order_by(Pool.id)
    )  # fmt: skip


async def _totals(work: Work, query: Select[UUID, int | None]) -> dict[UUID, int | None]:
    return {row[0]: row[1] for row in await work.session.execute(query)}


async def _used(work: Work, line_ids: Collection[UUID], at: At) -> dict[UUID, int]:
    """Count what is taken, by pool and by line: seats that occupied, and leases that had not been given back."""
    seats = held_at(at.as_of, at.known_at).where(
        Assignment.tenant_id == work.tenant_id, Assignment.line_id.in_(line_ids)
    )
    lent = select(Lease.pool_id, Lease.line_id, func.sum(Lease.quantity)).where(
        Lease.tenant_id == work.tenant_id, Lease.line_id.in_(line_ids), lent_at(at.as_of)
    )
    counted = (
        seats.with_only_columns(Assignment.pool_id, Assignment.line_id, func.count()).group_by(
            Assignment.pool_id, Assignment.line_id
        ),
        lent.group_by(Lease.pool_id, Lease.line_id),
    )
    used: dict[UUID, int] = defaultdict(int)
    for query in counted:
        for pool_id, line_id, count in await work.session.execute(query):
            used[pool_id] += int(count)
            used[line_id] += int(count)
    return used


async def _lots(work: Work, pool_ids: Collection[UUID], at: At) -> dict[UUID, list[Lot]]:
    dated = (wanted for row in (Allocation, Lot) for wanted in (known(row, at.known_at), in_force(row, at.as_of)))
    query = (
        select(Allocation.pool_id, Lot)
        .join(Lot, LOT_OF_ALLOCATION)
        .where(Allocation.tenant_id == work.tenant_id, Allocation.pool_id.in_(pool_ids), *dated)
        .order_by(Lot.start, Lot.lot_key)
    )
    found: dict[UUID, list[Lot]] = defaultdict(list)
    for pool_id, lot in await work.session.execute(query):
        found[pool_id].append(lot)
    return found


async def _seated(
    work: Work, line_ids: Collection[UUID], person_ids: Collection[UUID], at: At
) -> dict[UUID, dict[UUID, tuple[UUID, str]]]:
    """Give for each line who of these people held a seat, and the name of its pool; suspended seats are held too."""
    query = (
        select(Assignment.line_id, Assignment.person_id, Pool.id, Pool.name)
        .join(Pool, and_(Pool.tenant_id == Assignment.tenant_id, Pool.id == Assignment.pool_id))
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id.in_(line_ids),
            Assignment.person_id.in_(person_ids), Assignment.started_at <= at.as_of,
            Assignment.recorded_at <= at.known_at,
            or_(
                Assignment.released_at.is_(None), Assignment.released_at > at.as_of,
                Assignment.released_recorded_at > at.known_at,
            ),
            or_(
                Assignment.invitation_expires_at.is_(None), Assignment.invitation_expires_at > at.as_of,
                Assignment.accepted_at <= at.known_at,
            ),
        )
    )  # fmt: skip
    found: dict[UUID, dict[UUID, tuple[UUID, str]]] = defaultdict(dict)
    for line_id, person_id, pool_id, name in await work.session.execute(query):
        found[line_id][person_id] = (pool_id, name)
    return found


async def _standing(work: Work, product_ids: Collection[UUID], at: At) -> dict[UUID, Standing]:
    latest = latest_approvals(work.tenant_id, known_at=at.known_at, as_of=at.as_of)
    rows = (await work.session.execute(latest.where(Approval.product_id.in_(product_ids)))).scalars()
    return {row.product_id: Standing(row.status, row.until, row.decided_by) for row in rows}


def _end(lot: Lot) -> tuple[float, str]:
    return (float("inf") if lot.end is None else lot.end.timestamp(), str(lot.lot_key))


def _price(lot: Lot) -> Price:
    """Give what one more seat of a lot costs; of a flat price it costs nothing more."""
    return Price(marginal(lot, lot.quantity or 0), lot.currency)
