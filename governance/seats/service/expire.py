"""Holders lose what has ended, where their line says so: at the end, or after its days of grace."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from governance.entitlements.models import Lot, MetricLine, Pool
from governance.entitlements.queries import LINE_OF_POOL, known, there
from governance.entitlements.rules import LOSES, Expiry, loses_at
from governance.entitlements.supply import ended_of_pools, supply_of_pools
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.seats.ledger.port import Claim, Move, Outcome
from governance.seats.models import Assignment
from governance.seats.rules import ReleaseReason, SeatEvent
from governance.seats.service.desk import SeatDesk, system_actor

AT_MOST = 500
NOTE = "all supply of the pool has ended"


@dataclass(frozen=True)
class _Lost:
    seat: Assignment
    at: datetime


async def expire_due(desk: SeatDesk, tenant_id: UUID) -> int:
    """Release, at most 500 at a time, who sits in a pool whose last supply ended under REVOKE, or GRACE that is over.

    Each is released as of the instant at which it was lost, whenever this comes by; safe to repeat. Raises Unavailable.
    """
    lost = await desk.look(system_actor(tenant_id, "sweep"), _lost)
    answers = await desk.ledger.submit_all([_claim(desk, each) for each in lost])
    return sum(1 for answer in answers if answer.outcome is Outcome.DONE)


async def _lost(work: Work) -> list[_Lost]:
    now = work.now()
    ended = {}
    for pool_id, expiry, grace_days, end, zone in await work.session.execute(_ended(work, now)):
        last_day = day_of(end - timedelta(microseconds=1), zone)
        at = loses_at(expiry, last_day, zone, grace_days)
        if at is not None and at <= now:
            ended[pool_id] = at
    query = (
        select(Assignment)
        .where(
            Assignment.tenant_id == work.tenant_id,
            Assignment.pool_id.in_(ended),
            Assignment.released_at.is_(None),
        )
        .order_by(Assignment.started_at, Assignment.id)
        .limit(AT_MOST)
    )
    seats = (await work.session.execute(query)).scalars() if ended else ()
    return [_Lost(seat, max(ended[seat.pool_id], seat.started_at)) for seat in seats]


def _ended(work: Work, now: datetime) -> Select[UUID, Expiry, int, datetime, str]:
    """Give the pools of lines whose holders lose what ended, that have nothing left: when it ended, in which zone."""
    supply = supply_of_pools(work.tenant_id, now).subquery("supply")
    over = ended_of_pools(work.tenant_id, now).subquery("over")
    zone = (
        select(func.max(Lot.zone))
        .where(Lot.tenant_id == Pool.tenant_id, Lot.line_id == Pool.line_id, known(Lot, None))
        .where(Lot.end == over.c.ended_at)
        .correlate(Pool, over)
        .scalar_subquery()
    )
    return (
        select(Pool.id, MetricLine.expiry, MetricLine.grace_days, over.c.ended_at, func.coalesce(zone, "UTC"))
        .join(MetricLine, LINE_OF_POOL)
        .join(over, over.c.pool_id == Pool.id)
        .outerjoin(supply, supply.c.pool_id == Pool.id)
        .where(
            and_(Pool.tenant_id == work.tenant_id, there(MetricLine, None)),
            MetricLine.expiry.in_(LOSES),
            supply.c.pool_id.is_(None),
        )
    )


def _claim(desk: SeatDesk, lost: _Lost) -> Claim:
    seat, new = lost.seat, desk.office.ids.new
    move = Move(
        seat.id, seat.line_id, seat.pool_id, SeatEvent.RELEASE, ReleaseReason.LICENSE_EXPIRED, at=lost.at,
        only_from=seat.state,
    )  # fmt: skip
    return Claim(new(), seat.tenant_id, "system:sweep", "seat:release", new(), move, note=NOTE)
