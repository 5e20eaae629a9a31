"""Every SELECT of seats: who holds what, who held it at an instant, refusals, and what a grant is decided on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select

from governance.catalog.models import Product, Tier
from governance.catalog.queries import approval_of
from governance.directory.models import Person, Tenant
from governance.directory.queries import ownership, policy_revision, visible_people
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.queries import (
    LOT_OF_ALLOCATION,
    known,
    visible_pools,
)
from governance.entitlements.rules import RoomKind
from governance.entitlements.supply import ceiling_at
from governance.kernel.due import day_of, holds_at
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from governance.seats.device_queries import own_devices
from governance.seats.models import Assignment, AssignmentStep, Denial
from governance.seats.rules import Holder, PoolFacts, SeatState, Standing, TierNeed
from policies.access.actions import Action
from policies.access.parties import Ownership
from policies.regions.region import Territory

ASSIGNMENT_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(Assignment.person_id,))
DENIAL_PLACED = Placed(unit=Pool.unit_id, region=Pool.region, people=(Denial.person_id,))
POOL_OF_SEAT = and_(Pool.tenant_id == Assignment.tenant_id, Pool.id == Assignment.pool_id)
POOL_OF_DENIAL = and_(Pool.tenant_id == Denial.tenant_id, Pool.id == Denial.pool_id)
LINE_OF_SEAT = and_(MetricLine.tenant_id == Assignment.tenant_id, MetricLine.id == Assignment.line_id)


def visible_assignments(work: Work, action: Action = Action.SEAT_READ) -> Select[Assignment]:
    """Give the episodes within reach, released ones too: by their pool's unit and region, or one's own."""
    return (
        select(Assignment)
        .join(Pool, POOL_OF_SEAT)
        .where(Assignment.tenant_id == work.tenant_id, work.reach(action, ASSIGNMENT_PLACED))
    )


async def assignment(work: Work, assignment_id: UUID) -> Assignment:
    """Give one episode within reach. Raises NotFound."""
    query = visible_assignments(work).where(Assignment.id == assignment_id)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("assignment", str(assignment_id))
    return row


async def assignments(work: Work, assignment_ids: Sequence[UUID]) -> tuple[Assignment, ...]:
    """Give episodes within reach, in the order asked. Raises NotFound for the first that is not there."""
    query = visible_assignments(work).where(Assignment.id.in_(assignment_ids))
    found = {row.id: row for row in (await work.session.execute(query)).scalars()}
    for assignment_id in assignment_ids:
        if assignment_id not in found:
            raise NotFound("assignment", str(assignment_id))
    return tuple(found[assignment_id] for assignment_id in assignment_ids)


async def seat_ownership(work: Work, seat: Assignment) -> Ownership:
    """Say whose a seat is: its pool's unit and region, and its holder."""
    return (await seat_ownerships(work, (seat,)))[0]


async def seat_ownerships(work: Work, seats: Sequence[Assignment]) -> tuple[Ownership, ...]:
    """Say of each seat whose it is; what its pool says of it is looked up once a pool."""
    pools: dict[UUID, Ownership] = {}
    for pool_id in dict.fromkeys(seat.pool_id for seat in seats):
        pool = await work.session.get_one(Pool, (work.tenant_id, pool_id))
        pools[pool_id] = await ownership(work, unit_id=pool.unit_id, region=pool.region)
    return tuple(replace(pools[seat.pool_id], people=frozenset({seat.person_id})) for seat in seats)


def visible_denials(work: Work, action: Action = Action.SEAT_READ) -> Select[Denial]:
    """Give the refusals within reach: by their pool's unit and region, or one's own."""
    return (
        select(Denial)
        .join(Pool, POOL_OF_DENIAL)
        .where(Denial.tenant_id == work.tenant_id, work.reach(action, DENIAL_PLACED))
    )


def visible_steps(work: Work, action: Action = Action.SEAT_READ) -> Select[AssignmentStep]:
    """Give the steps of the episodes within reach."""
    within = visible_assignments(work, action).with_only_columns(Assignment.id)
    return select(AssignmentStep).where(
        AssignmentStep.tenant_id == work.tenant_id, AssignmentStep.assignment_id.in_(within)
    )


def state_at(as_of: datetime, known_at: datetime) -> ScalarSelect[SeatState]:
    """Give, for the outer query's assignment, the state its steps had led to at `as_of`, as known at `known_at`."""
    return (
        select(AssignmentStep.state)
        .where(
            AssignmentStep.tenant_id == Assignment.tenant_id,
            AssignmentStep.assignment_id == Assignment.id,
            AssignmentStep.at <= as_of,
            AssignmentStep.recorded_at <= known_at,
        )
        .order_by(AssignmentStep.at.desc(), AssignmentStep.recorded_at.desc(), AssignmentStep.id.desc())
        .limit(1)
        .correlate(Assignment)
        .scalar_subquery()
    )


def occupied_at(as_of: datetime, known_at: datetime) -> ColumnElement[bool]:
    """Say of Assignment joined with its MetricLine whether the seat took room at `as_of`, as known at `known_at`.

    `rules.occupies` over two clocks: begun and not released by then, no invitation that had run out unaccepted, and
    not suspended where the line says that this frees the seat.
    """
    return and_(
        Assignment.started_at <= as_of,
        Assignment.recorded_at <= known_at,
        or_(
            Assignment.released_at.is_(None),
            Assignment.released_at > as_of,
            Assignment.released_recorded_at > known_at,
        ),
        or_(
            Assignment.invitation_expires_at.is_(None),
            Assignment.invitation_expires_at > as_of,
            Assignment.accepted_at <= known_at,
        ),
        or_(
            MetricLine.suspended_occupies.is_(True),
            state_at(as_of, known_at) != SeatState.SUSPENDED,
        ),
    )


def held_at(as_of: datetime, known_at: datetime) -> Select[Assignment]:
    """Give the seats that took room at `as_of`, as known at `known_at`, joined with their MetricLine.

    Of every tenant and every reach: whoever builds on it adds its tenant and its scope.
    """
    return select(Assignment).join(MetricLine, LINE_OF_SEAT).where(occupied_at(as_of, known_at))


async def today(work: Work) -> date:
    """Name today's day in the tenant's home zone."""
    tenant = await work.session.get_one(Tenant, work.tenant_id)
    return day_of(work.now(), tenant.zone)


async def revision(work: Work) -> int:
    """Give the number of the tenant's rights under which the actor's were read: what a claim was permitted under."""
    if work.actor.standing is not None:
        return work.actor.standing.revision
    return await policy_revision(work.session, work.tenant_id)


async def pool_facts(work: Work, pool_id: UUID) -> tuple[PoolFacts, Ownership]:
    """Give what a grant from this pool is decided on, at this instant, and whose the pool is. Raises NotFound."""
    query = (
        visible_pools(work)
        .where(Pool.id == pool_id)
        .join(Product, and_(Product.tenant_id == Entitlement.tenant_id, Product.id == Entitlement.product_id))
        .outerjoin(Tier, and_(Tier.tenant_id == MetricLine.tenant_id, Tier.id == MetricLine.tier_id))
        .with_only_columns(Pool, MetricLine, Entitlement, Product, Tier)
    )
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("pool", str(pool_id))
    pool, line, entitlement, product, tier = row
    approval = await approval_of(work, product.id)
    pool_room, line_room = await _room(work, RoomKind.POOL, pool.id), await _room(work, RoomKind.LINE, line.id)
    territories, supply = await _supply(work, pool.id)
    facts = PoolFacts(
        id=pool.id, name=pool.name, line_id=line.id, line_code=f"{entitlement.code}/{line.code}",
        product_id=product.id, product=product.name, version=pool.version, overage=line.overage,
        needs_acceptance=line.needs_acceptance, invitation_days=line.invitation_days,
        suspended_occupies=line.suspended_occupies, closed_at=pool.closed_at,
        ceiling=pool_room[0], occupied=pool_room[1], line_ceiling=line_room[0], line_occupied=line_room[1],
        territories=territories, supply=supply,
        tier=None if tier is None else TierNeed(tier.code, tier.rank, product.name, tier.id, product.releases),
        overage_percent=line.overage_percent, model=line.model, covered=line.covered,
        standing=None if approval is None else Standing(approval.status, approval.until, approval.decided_by),
    )  # fmt: skip
    people = (entitlement.owner_id, entitlement.deputy_id)
    return facts, await ownership(work, unit_id=pool.unit_id, region=pool.region, people=people)


async def pools_beside(work: Work, pool: PoolFacts, *, at_most: int = 20) -> Sequence[UUID]:
    """Give other open pools of the product within reach, those of the same line first."""
    query = (
        visible_pools(work)
        .where(Entitlement.product_id == pool.product_id, Pool.id != pool.id, Pool.closed_at.is_(None))
        .order_by((MetricLine.id != pool.line_id), Pool.name, Pool.id)
        .limit(at_most)
        .with_only_columns(Pool.id)
    )
    return (await work.session.execute(query)).scalars().all()


async def holders(work: Work, line_id: UUID, person_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """Give the people within reach as holders to be, with the pool of this line where they sit. Raises NotFound."""
    seated_in = (
        select(Pool.name)
        .join(Assignment, POOL_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id == line_id, Assignment.person_id == Person.id,
            Assignment.released_at.is_(None), ~lapsed(work.now()),
        )
        .correlate(Person)
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    known = (Person.id, Person.status, Person.country, Person.contract_end, Person.version, seated_in.label("pool"))
    query = visible_people(work).where(Person.id.in_(person_ids)).with_only_columns(*known)
    people = (await work.session.execute(query)).all()
    devices = await own_devices(work, line_id, person_ids)
    found = {
        p.id: Holder(p.id, p.status, p.country, p.contract_end, p.version, p.pool, devices.get(p.id)) for p in people
    }
    if len(found) < len(person_ids):
        for person_id in person_ids:
            if person_id not in found:
                raise NotFound("person", str(person_id))
    return found


async def tier_need(work: Work, tier_id: UUID) -> TierNeed:
    """Give a tier as something needed. Raises NotFound."""
    query = (
        select(Tier, Product)
        .join(Product, and_(Product.tenant_id == Tier.tenant_id, Product.id == Tier.product_id))
        .where(Tier.tenant_id == work.tenant_id, Tier.id == tier_id)
    )
    row = (await work.session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("tier", str(tier_id))
    return TierNeed(row[0].code, row[0].rank, row[1].name, row[0].id, row[1].releases)


def lapsed(now: datetime) -> ColumnElement[bool]:
    """Say which open seats are invitations that ran out, swept or not."""
    return and_(
        Assignment.state == SeatState.INVITED,
        Assignment.released_at.is_(None),
        Assignment.invitation_expires_at <= now,
    )


async def _room(work: Work, kind: RoomKind, room_id: UUID) -> tuple[int | None, int]:
    """Give ceiling and occupied as they are now, whether or not the ledger has come by since they changed."""
    ceiling, _ = (await work.session.execute(ceiling_at(kind, work.tenant_id, room_id, work.now()))).one()
    room = await work.session.get_one(Room, (work.tenant_id, room_id))
    column = Assignment.pool_id if kind is RoomKind.POOL else Assignment.line_id
    gone = 0
    if room.lapses_at is not None and room.lapses_at <= work.now():
        count = select(func.count()).where(
            Assignment.tenant_id == work.tenant_id, column == room_id, lapsed(work.now())
        )
        gone = (await work.session.execute(count)).scalar_one()
    return ceiling, room.occupied - gone


async def _supply(work: Work, pool_id: UUID) -> tuple[tuple[Territory, ...], str]:
    """Give the territories of the lots in force behind a pool, and in words when its supply is, was, or will be."""
    rows = await work.session.execute(
        select(Allocation, Lot)
        .join(Lot, LOT_OF_ALLOCATION)
        .where(
            Allocation.tenant_id == work.tenant_id,
            Allocation.pool_id == pool_id,
            known(Allocation, None),
            known(Lot, None),
        )
    )
    pairs = [(given, lot) for given, lot in rows]
    now = work.now()
    lots = [lot for given, lot in pairs if holds_at(given.start, given.end, now) and holds_at(lot.start, lot.end, now)]
    if lots:
        return tuple(Territory(frozenset(lot.included), frozenset(lot.excluded)) for lot in lots), "in force"
    ended = [lot.last_day for _, lot in pairs if lot.end is not None and lot.end <= now]
    coming = [lot.first_day for _, lot in pairs if lot.start > now]
    if coming:
        return (), f"starts on {min(coming)}"
    return (), f"ended on {max(day for day in ended if day)}" if ended else "nothing allocated"
