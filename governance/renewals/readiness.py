"""How ready a renewal is to be decided: facts that stand in the figures, and each way out with its seats and money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from governance.agreements.models import Agreement, Conversation
from governance.catalog.bands import price_for, priced_as
from governance.catalog.models import ListPrice
from governance.catalog.queries import visible_prices
from governance.directory.models import Person
from governance.entitlements.models import Entitlement, Lot, MetricLine, Pool
from governance.entitlements.queries import in_force, known
from governance.entitlements.rules import MEASURED
from governance.kernel.due import days_until, start_of
from governance.kernel.work import Work
from governance.metrics.answers import Moments, tenant_of
from governance.metrics.position import Dimension, PositionQuery, position
from governance.metrics.small_groups import none_or_enough
from governance.renewals.queries import said_of, visible_conversations
from governance.renewals.readiness_rules import Option, Priced, capped, options_of
from governance.renewals.rules import Ends, months_of
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT, occupied_at


@dataclass(frozen=True)
class Readiness:
    """What is known for a decision. Seats are of the lot's line; None: no seats are given out here.

    `observed`: of them, seen in use within 30 days; None: no fresh source, or it would tell of few. `unassigned`: seats
    of this lot that nobody holds, and what they cost a year. `listed`: what the vendor's list asks for one seat a year,
    `paid` what this lot pays for one (None: not listed in its currency, or not priced by seat). `capped`: what one may
    cost after it by the agreement's cap (None: no cap, or not priced by seat). Money in micro-units.
    """

    purchased: int | None
    occupied: int | None
    observed: int | None
    unassigned: int | None
    unassigned_cost: int | None
    deadline_days: int | None
    last_said: Conversation | None
    owner_here: bool
    paid: int | None
    listed: int | None
    capped: int | None
    options: tuple[Option, ...]


async def readiness(
    work: Work, lot: Lot, license_: Entitlement, agreement: Agreement, ends: Ends, when: Moments
) -> Readiness:
    """Tell it of a renewal that was fetched within reach. Raises BadInput."""
    price = Priced(priced_as(lot), months_of(lot.first_day, lot.last_day))
    occupied = await _occupied(work, lot.line_id, when)
    supply, elsewhere = await _supply(work, lot, when)
    spare = None if occupied is None or supply is None or lot.quantity is None else supply - occupied
    unassigned = None if spare is None or lot.quantity is None else max(0, min(spare, lot.quantity))
    paid = price.yearly(lot.quantity) // lot.quantity if price.by_seat and lot.quantity else None
    said = visible_conversations(work).where(said_of(lot, agreement), Conversation.recorded_at <= when.known_at)
    newest = said.order_by(Conversation.day.desc(), Conversation.id.desc()).limit(1)
    return Readiness(
        purchased=supply,
        occupied=occupied,
        observed=await _observed(work, license_.id, occupied, when),
        unassigned=unassigned,
        unassigned_cost=None if unassigned is None or paid is None else paid * unassigned,
        deadline_days=None if ends.deadline is None else days_until(ends.deadline, when.as_of, ends.zone),
        last_said=(await work.session.execute(newest)).scalar_one_or_none(),
        owner_here=await _is_here(work, license_.owner_id, when),
        paid=paid,
        listed=await _listed(work, lot, when),
        capped=capped(paid, agreement.uplift_cap),
        options=options_of(lot.quantity, price, occupied, elsewhere),
    )


async def _occupied(work: Work, line_id: UUID, when: Moments) -> int | None:
    """Count the seats of a line that are taken; None where it has none to give out: no pool, or it is measured."""
    if (await work.session.get_one(MetricLine, (work.tenant_id, line_id))).model in MEASURED:
        return None
    pooled = select(Pool.id).where(
        Pool.tenant_id == work.tenant_id, Pool.line_id == line_id, Pool.opened_at <= when.known_at
    )
    if (await work.session.execute(pooled.limit(1))).first() is None:
        return None
    taken = (
        select(func.count())
        .select_from(Assignment)
        .join(MetricLine, LINE_OF_SEAT)
        .where(
            Assignment.tenant_id == work.tenant_id, Assignment.line_id == line_id,
            occupied_at(when.as_of, when.known_at),
        )
    )  # fmt: skip
    return (await work.session.execute(taken)).scalar_one()


async def _supply(work: Work, lot: Lot, when: Moments) -> tuple[int | None, int | None]:
    """Give the seats of the line's lots in force now, and of the others on the day after this one's last.

    None: without limit.
    """
    assert lot.last_day is not None
    of_line = select(Lot).where(Lot.tenant_id == work.tenant_id, Lot.line_id == lot.line_id, known(Lot, when.known_at))
    after = start_of(lot.last_day + timedelta(days=1), lot.zone)
    now = (await work.session.execute(of_line.where(in_force(Lot, when.as_of)))).scalars().all()
    beside = of_line.where(in_force(Lot, after), Lot.lot_key != lot.lot_key)
    others = (await work.session.execute(beside)).scalars().all()
    return _sum(now), _sum(others)


def _sum(lots: Sequence[Lot]) -> int | None:
    seats = [each.quantity for each in lots]
    return None if any(each is None for each in seats) else sum(each or 0 for each in seats)


async def _observed(work: Work, license_id: UUID, occupied: int | None, when: Moments) -> int | None:
    """Give what the position says was seen in use, unless it would tell of few."""
    if occupied is None:
        return None
    told = await position(work, PositionQuery(when.as_of, when.known_at, (Dimension.LICENSE,)))
    found = next((row.measures for row in told.rows if row.group[0].id == str(license_id)), None)
    if found is None or found.observed is None:
        return None
    k = (await tenant_of(work)).small_group
    apart = (found.observed, found.occupied - found.observed)
    return found.observed if found.occupied >= k and all(none_or_enough(part, k) for part in apart) else None


async def _is_here(work: Work, owner_id: UUID | None, when: Moments) -> bool:
    if owner_id is None:
        return False
    gone = and_(Person.left_at <= when.as_of, Person.left_at <= when.known_at)
    query = select(Person.id).where(
        Person.tenant_id == work.tenant_id, Person.id == owner_id, or_(Person.left_at.is_(None), ~gone)
    )
    return (await work.session.execute(query)).first() is not None


async def _listed(work: Work, lot: Lot, when: Moments) -> int | None:
    """Give the list price of the line's tier in the lot's currency for a seat and year, as it is known today.

    Of bands it is the average over the lot's seats.
    """
    tier = select(MetricLine.tier_id).where(MetricLine.tenant_id == work.tenant_id, MetricLine.id == lot.line_id)
    query = visible_prices(work).where(ListPrice.tier_id.in_(tier), ListPrice.currency == lot.currency)
    found = (await work.session.execute(query.where(ListPrice.recorded_at <= when.known_at))).scalar_one_or_none()
    if found is None or not found.bands or not lot.quantity:
        return None if found is None else found.micros * 12
    return price_for(found.price, lot.quantity).total * 12 // lot.quantity
