"""What a metric line has and what is taken or consumed of it, and of which lots: one reading for all who ask."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from governance.entitlements import queries
from governance.entitlements.models import Consumption, Lot, MetricLine
from governance.entitlements.rules import (
    MEASURED,
    LicenseModel,
    LinePosition,
    LotUse,
    Reading,
    Stock,
    consumed,
    consumed_in_order,
    seats_of,
)
from governance.kernel.due import day_of, holds_at
from governance.kernel.work import Work


async def position_of_line(
    work: Work, line: MetricLine, at: datetime, known_at: datetime | None = None, *, held: int | None = None
) -> LinePosition:
    """Weigh what a line has at `at` against the seats taken of it now, or what was recorded of the term in force.

    The line was fetched within reach. `held`: the seats taken of it at another instant, for whoever asks of one.
    Of a measured line the readings from the first day of its lots in force count.
    """
    lots = await _lots(work, line.id, known_at)
    standing = [lot for lot in lots if holds_at(lot.start, lot.end, at)]
    entitled = seats_of(lot.quantity for lot in standing)
    if line.model not in MEASURED:
        rooms = await queries.rooms_of(work, (line.id,))
        counted = rooms[line.id].occupied if line.id in rooms else 0
        taken = counted if held is None else held
        return LinePosition(entitled, taken, taken)
    since = min((lot.first_day for lot in standing), default=None)
    if since is None:
        since = max((lot.last_day for lot in lots if lot.last_day is not None and lot.start <= at), default=None)
    until = day_of(at, lots[0].zone) if lots else day_of(at, "UTC")
    found = consumed(line.model, await _readings(work, line.id, since, until, known_at))
    return LinePosition(entitled, found.now, found.peak)


async def lots_used(work: Work, line: MetricLine, at: datetime) -> tuple[tuple[LotUse, ...], int | None]:
    """Say how much of each lot in force is consumed, in their order, and what is beyond; None: nobody knows."""
    position = await position_of_line(work, line, at)
    stocks = [
        Stock(lot.lot_key, lot.quantity, lot.priority, lot.end, lot.recorded_at)
        for lot in await _lots(work, line.id, None)
        if holds_at(lot.start, lot.end, at)
    ]
    taken = position.taken if line.model is LicenseModel.METERED else position.peak
    uses, beyond = consumed_in_order(stocks, taken or 0)
    return uses, None if taken is None else beyond


async def _lots(work: Work, line_id: UUID, known_at: datetime | None) -> list[Lot]:
    query = select(Lot).where(Lot.tenant_id == work.tenant_id, Lot.line_id == line_id, queries.known(Lot, known_at))
    return list((await work.session.execute(query.order_by(Lot.start, Lot.id))).scalars())


async def _readings(
    work: Work, line_id: UUID, since: date | None, until: date, known_at: datetime | None
) -> list[Reading]:
    query = select(Consumption).where(
        Consumption.tenant_id == work.tenant_id,
        Consumption.line_id == line_id,
        queries.known(Consumption, known_at),
        Consumption.first_day <= until,
    )
    if since is not None:
        query = query.where(Consumption.first_day >= since)
    found = (await work.session.execute(query.order_by(Consumption.first_day, Consumption.id))).scalars()
    return [Reading(f"{row.source}\0{row.subject}", row.quantity, row.first_day, row.last_day) for row in found]
