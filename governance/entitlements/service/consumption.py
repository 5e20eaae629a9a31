"""What a measured line consumed is recorded as a source says it; said again it is corrected, never counted twice."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from governance.entitlements import queries
from governance.entitlements.models import Consumption, MetricLine
from governance.entitlements.rules import MEASURED
from governance.entitlements.service.effects import whose
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from policies.access.actions import Action

AT_MOST = 1_000


@dataclass(frozen=True)
class NewReading:
    """So many units were consumed by a subject from `first_day` to `last_day` (None: on that day)."""

    quantity: int
    first_day: date
    last_day: date | None = None
    subject: str = ""


@dataclass(frozen=True)
class RecordConsumption:
    line_id: UUID
    source: str
    readings: tuple[NewReading, ...]


async def record_consumption(work: Work, command: RecordConsumption) -> MetricLine:
    """Record what a line consumed; what is said again of a subject, source and first day takes the place of before.

    Raises NotFound, Refused, BadInput for a line that people hold seats of, and for readings that cannot be.
    """
    line, entitlement = await queries.line(work, command.line_id, locked=True)
    work.permit(Action.ENTITLEMENT_CORRECT, await whose(work, entitlement), f"entitlement {entitlement.code}")
    if line.model not in MEASURED:
        raise BadInput("line_id", line.model.value, f"a line of {', '.join(sorted(MEASURED))}")
    if not 0 < len(command.readings) <= AT_MOST:
        raise BadInput("readings", str(len(command.readings)), f"1 to {AT_MOST} readings")
    source = given.text(command.source, "source", most=80)
    rows = [_row(work, line, source, each, f"readings.{index}.") for index, each in enumerate(command.readings)]
    if len({(row.subject, row.first_day) for row in rows}) != len(rows):
        raise BadInput("readings", "the same subject and first day twice", "each once")
    standing = await _standing(work, line, source, rows)
    changed = 0
    for row in rows:
        old = standing.get((row.subject, row.first_day))
        if old is not None and (old.quantity, old.last_day) == (row.quantity, row.last_day):
            continue
        if old is not None:
            old.superseded_at = max(row.recorded_at, old.recorded_at + timedelta(microseconds=1))
            row.recorded_at = old.superseded_at
            await work.session.flush()
        work.session.add(row)
        changed += 1
    await work.session.flush()
    if changed:
        after = {"source": source, "readings": changed, "quantity": sum(row.quantity for row in rows)}
        await work.record(Change("entitlement:correct", "metric_line", line.id, after=after))
        await work.emit("ConsumptionRecorded", line.id, source=source)
    return line


def _row(work: Work, line: MetricLine, source: str, new: NewReading, path: str) -> Consumption:
    first = given.day(new.first_day, f"{path}first_day")
    last = first if new.last_day is None else given.day(new.last_day, f"{path}last_day")
    given.days_in_order(first, last, field=f"{path}last_day")
    return Consumption(
        tenant_id=work.tenant_id,
        id=work.new_id(),
        line_id=line.id,
        subject=given.optional_text(new.subject, f"{path}subject", most=200) or "",
        source=source,
        quantity=given.whole(new.quantity, f"{path}quantity"),
        first_day=first,
        last_day=last,
        recorded_at=work.now(),
        recorded_by=work.actor.principal,
    )


async def _standing(
    work: Work, line: MetricLine, source: str, rows: list[Consumption]
) -> dict[tuple[str, date], Consumption]:
    query = select(Consumption).where(
        Consumption.tenant_id == work.tenant_id,
        Consumption.line_id == line.id,
        Consumption.source == source,
        Consumption.superseded_at.is_(None),
        Consumption.first_day.in_({row.first_day for row in rows}),
    )
    return {(row.subject, row.first_day): row for row in (await work.session.execute(query)).scalars()}
