"""Somebody was seen using a product: the seat becomes active, its last use moves on, and a proposed reclaim is off."""

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
    desk: SeatDesk, tenant_id: UUID, person_id: UUID, product_id: UUID, occurred_at: datetime
) -> tuple[UUID, ...]:
    """Let a use at `occurred_at` count for the person's open seats of the product; give the seats it moved.

    Safe to repeat, in any order: first use is set once, last use only moves forward, use before a seat began is
    not its use. Raises Unavailable.
    """
    actor = system_actor(tenant_id, "usage")
    seats = await desk.look(actor, lambda work: _used_seats(work, person_id, product_id, occurred_at))
    claims = [
        Claim(
            desk.office.ids.new(), tenant_id, actor.principal, "seat:use", desk.office.ids.new(),
            Move(seat.id, seat.line_id, seat.pool_id, SeatEvent.USE, at=occurred_at),
        )
        for seat in seats
    ]  # fmt: skip
    answers = await desk.ledger.submit_all(claims)
    return tuple(seat.id for seat, a in zip(seats, answers, strict=True) if a.outcome is Outcome.DONE)


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
