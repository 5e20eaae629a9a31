"""What a metric line has and what is taken or consumed of it, and of which lots: one reading for all who ask."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from governance.entitlements import queries
from governance.entitlements.models import Consumption, Lot, MetricLine
from governance.entitlements.rules import (
    MEASURED,
    LicenseModel,
    LinePosition,
    LotUse,
    Metered,
    Period,
    PeriodUse,
    Reading,
    Stock,
    begins,
    consumed,
    consumed_beside,
    consumed_in_order,
    seats_of,
    used_of,
)
from governance.entitlements.supply import supply_of_lines
from governance.kernel.due import day_of, holds_at
from governance.kernel.work import Work


async def position_of_line(
    work: Work,
    line: MetricLine,
    at: datetime,
    known_at: datetime | None = None,
    *,
    held: int | None = None,
    devices: Mapping[str, int] | None = None,
) -> LinePosition:
    """Weigh what a line has at `at` against the seats taken of it now, or what was recorded of the term in force.

    The line was fetched within reach. `held`: the seats taken of it at another instant, for whoever asks of one.
    Of a measured line the readings of the period that its meter is in count. What ended and stays its holders' for
    good (MAINTAIN) entitles on. `devices`: how much of a line of cores each device holds, by code; a reading of one
    of them is counted with it.
    """
    lots = await _lots(work, line.id, known_at)
    entitled = await _entitled(work, line.id, at, known_at)
    if line.model not in MEASURED:
        rooms = await queries.rooms_of(work, (line.id,))
        counted = rooms[line.id].occupied if line.id in rooms else 0
        taken = counted if held is None else held
        return LinePosition(entitled, taken, taken)
    period = begins(line.resets, [Metered(lot.first_day, lot.last_day) for lot in lots], _day(lots, at))
    found = consumed_beside(line.model, await _readings(work, line.id, period, known_at), devices or {})
    return LinePosition(entitled, found.now, found.peak)


async def use_by_period(
    work: Work, line: MetricLine, at: datetime, known_at: datetime | None = None, *, most: int = 12
) -> tuple[tuple[Period, PeriodUse], ...]:
    """Weigh what a measured line consumed in each of its last periods, the newest first; it was fetched within reach.

    A period is weighed against the lots that hold on its last day, or today. A reading belongs to its first day's.
    """
    lots = await _lots(work, line.id, known_at)
    dated = [Metered(lot.first_day, lot.last_day) for lot in lots]
    first = min((lot.first_day for lot in lots), default=None)
    day, found = _day(lots, at), list[tuple[Period, PeriodUse]]()
    while first is not None and first <= day and len(found) < most:
        period = begins(line.resets, dated, day)
        had = seats_of(lot.quantity for lot in lots if lot.first_day <= day and (lot.last_day or day) >= day)
        readings = consumed(line.model, await _readings(work, line.id, period, known_at))
        found.append((period, used_of(had, readings, line.overage, line.overage_percent)))
        day = period.first_day - timedelta(days=1)
    return tuple(found)


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


async def _entitled(work: Work, line_id: UUID, at: datetime, known_at: datetime | None) -> int | None:
    supply = supply_of_lines(work.tenant_id, at, known_at, for_good=True).where(Lot.line_id == line_id)
    row = (await work.session.execute(supply)).one_or_none()
    return 0 if row is None else None if row[1] is None else int(row[1])


def _day(lots: Sequence[Lot], at: datetime) -> date:
    return day_of(at, lots[0].zone if lots else "UTC")


async def _readings(work: Work, line_id: UUID, period: Period, known_at: datetime | None) -> list[Reading]:
    query = select(Consumption).where(
        Consumption.tenant_id == work.tenant_id,
        Consumption.line_id == line_id,
        queries.known(Consumption, known_at),
        Consumption.first_day.between(period.first_day, period.last_day),
    )
    found = (await work.session.execute(query.order_by(Consumption.first_day, Consumption.id))).scalars()
    return [Reading(f"{row.source}\0{row.subject}", row.quantity, row.first_day, row.last_day) for row in found]
