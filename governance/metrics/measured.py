"""What is counted in units, not seats: of each measured line what it has, and what its period has consumed so far."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from governance.directory.models import Tenant
from governance.entitlements.models import Consumption, Lot, MetricLine
from governance.entitlements.queries import known
from governance.entitlements.rules import (
    MEASURED,
    LicenseModel,
    Metered,
    Overage,
    Period,
    PeriodUse,
    Reading,
    Resets,
    begins,
    consumed_beside,
    used_of,
)
from governance.entitlements.supply import supply_of_lines
from governance.kernel.due import day_of
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.seats.device_queries import cores_held


@dataclass(frozen=True)
class MeasuredUse:
    """A measured line: what it counts, in which unit (None: nobody said), in which period, and what that consumed."""

    line_id: UUID
    code: str
    model: LicenseModel
    measure: str | None
    overage: Overage
    period: Period
    use: PeriodUse


@dataclass(frozen=True)
class _Line:
    id: UUID
    code: str
    model: LicenseModel
    measure: str | None
    resets: Resets
    overage: Overage
    percent: str | None


async def measured_use(work: Work, line_ids: frozenset[UUID], when: Moments) -> dict[UUID, MeasuredUse]:
    """Tell it of those of the lines that are measured; they were fetched within reach. Six SELECTs, however many."""
    lines = await _lines(work, line_ids)
    if not lines:
        return {}
    lots = await _lots(work, lines, when)
    supply = supply_of_lines(work.tenant_id, when.as_of, when.known_at, for_good=True).where(Lot.line_id.in_(lines))
    entitled = {row[0]: None if row[1] is None else int(row[1]) for row in await work.session.execute(supply)}
    zone = (await work.session.get_one(Tenant, work.tenant_id)).zone
    periods = {}
    for line in lines.values():
        zone_of = lots[line.id][0][1] if lots[line.id] else zone
        dated = [each for each, _ in lots[line.id]]
        periods[line.id] = begins(line.resets, dated, day_of(when.as_of, zone_of))
    readings = await _readings(work, periods, when)
    cores = [line.id for line in lines.values() if line.model is LicenseModel.CORE]
    held = await cores_held(work, cores, when.as_of) if cores else {}
    return {
        line.id: MeasuredUse(
            line.id, line.code, line.model, line.measure, line.overage, periods[line.id],
            used_of(entitled.get(line.id, 0), consumed_beside(line.model, readings[line.id], held.get(line.id, {})),
            line.overage, line.percent),
        )
        for line in lines.values()
    }  # fmt: skip


async def _lines(work: Work, line_ids: frozenset[UUID]) -> dict[UUID, _Line]:
    rows = await work.session.execute(
        select(
            MetricLine.id, MetricLine.code, MetricLine.model, MetricLine.measure, MetricLine.resets,
            MetricLine.overage, MetricLine.overage_percent,
        )
        .where(MetricLine.tenant_id == work.tenant_id, MetricLine.model.in_(MEASURED))
        .order_by(MetricLine.code, MetricLine.id)
    )  # fmt: skip
    return {row[0]: _Line(*row) for row in rows if row[0] in line_ids}


async def _lots(work: Work, lines: dict[UUID, _Line], when: Moments) -> dict[UUID, list[tuple[Metered, str]]]:
    query = (
        select(Lot.line_id, Lot.first_day, Lot.last_day, Lot.zone)
        .where(Lot.tenant_id == work.tenant_id, Lot.line_id.in_(lines), known(Lot, when.known_at))
        .order_by(Lot.start, Lot.id)
    )
    found: dict[UUID, list[tuple[Metered, str]]] = defaultdict(list)
    for line_id, first_day, last_day, zone in await work.session.execute(query):
        found[line_id].append((Metered(first_day, last_day), zone))
    return found


async def _readings(work: Work, periods: dict[UUID, Period], when: Moments) -> dict[UUID, list[Reading]]:
    """Give what counts of each line: a meter's sum of a subject, which is all that it needs, or every level."""
    within = or_(
        *(
            and_(Consumption.line_id == line_id, Consumption.first_day.between(period.first_day, period.last_day))
            for line_id, period in periods.items()
        )
    )
    metered = MetricLine.model == LicenseModel.METERED
    of_line = and_(MetricLine.tenant_id == Consumption.tenant_id, MetricLine.id == Consumption.line_id)
    standing = (Consumption.tenant_id == work.tenant_id, known(Consumption, when.known_at), within)
    summed = (
        select(Consumption.line_id, func.sum(Consumption.quantity), func.max(Consumption.first_day))
        .join(MetricLine, of_line)
        .where(*standing, metered)
        .group_by(Consumption.line_id)
    )
    found: dict[UUID, list[Reading]] = defaultdict(list)
    for line_id, total, day in await work.session.execute(summed):
        found[line_id].append(Reading("", int(total), day, day))
    levels = select(Consumption).join(MetricLine, of_line).where(*standing, ~metered)
    rows = (await work.session.execute(levels.order_by(Consumption.first_day, Consumption.id))).scalars()
    for row in rows:
        found[row.line_id].append(Reading(f"{row.source}\0{row.subject}", row.quantity, row.first_day, row.last_day))
    return found
