"""Somebody was seen using a product: the seat becomes active, its last use moves on, and a proposed reclaim is off."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select

from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import ENTITLEMENT_OF_LINE
from governance.kernel.work import Work
from governance.seats.ledger.port import Claim, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.queries import LINE_OF_SEAT
from governance.seats.rules import SeatEvent, SeatState
from governance.seats.service.desk import SeatDesk, system_actor

USABLE = (SeatState.ASSIGNED, SeatState.ACTIVE, SeatState.RECLAIM_PENDING)


async def record_use(
    desk: SeatDesk, tenant_id: UUID, person_id: UUID, product_id: UUID, *moments: datetime
) -> tuple[UUID, ...]:
    """Let uses at these moments count for the person's open seats of the product; give the seats they moved.

    Of each seat only its first and last own moment matter. Safe to repeat, in any order: first use is set once, last
    use only moves forward, use before a seat began is not its use. Raises Unavailable.
    """
    actor = system_actor(tenant_id, "usage")
    seats = await desk.look(actor, lambda work: _used_seats(work, person_id, product_id, max(moments)))
    uses = [(seat, at) for seat in seats for at in _telling(seat, moments)]
    claims = [
        Claim(
            desk.office.ids.new(), tenant_id, actor.principal, "seat:use", desk.office.ids.new(),
            Move(seat.id, seat.line_id, seat.pool_id, SeatEvent.USE, at=at),
        )
        for seat, at in uses
    ]  # fmt: skip
    answers = await desk.ledger.submit_all(claims)
    moved = (seat.id for (seat, _), a in zip(uses, answers, strict=True) if a.outcome is Outcome.DONE)
    return tuple(dict.fromkeys(moved))


def _telling(seat: Assignment, moments: Collection[datetime]) -> list[datetime]:
    """Give the first and the last of the moments that lie within the seat, once where they are the same."""
    own = sorted(at for at in moments if at >= seat.started_at)
    return [own[0]] if len(own) == 1 else [own[0], own[-1]] if own else []


async def _used_seats(work: Work, person_id: UUID, product_id: UUID, at: datetime) -> tuple[Assignment, ...]:
    rows = await work.session.execute(
        select(Assignment)
        .join(MetricLine, LINE_OF_SEAT)
        .join(Entitlement, and_(ENTITLEMENT_OF_LINE, Entitlement.product_id == product_id))
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.person_id == person_id,
            Assignment.state.in_(USABLE),
            Assignment.started_at <= at,
            or_(Assignment.state != SeatState.ACTIVE, Assignment.last_use_at.is_(None), Assignment.last_use_at < at),
        )
        .order_by(Assignment.started_at, Assignment.id)
    )
    return tuple(rows.scalars())
