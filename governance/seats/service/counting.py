"""What a line counts in another way: its unit, when its meter begins anew, whose cores; both readings side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import inspect, select

from governance.entitlements.models import MetricLine
from governance.entitlements.positions import position_of_line, use_by_period
from governance.entitlements.rules import COUNTING, LicenseModel, LinePosition
from governance.inventory.models import Device
from governance.inventory.queries import machines
from governance.inventory.rules import taken_by
from governance.kernel.work import Work
from governance.seats.device_queries import cores_held


@dataclass(frozen=True)
class Counted:
    """What a line has and what is taken of it by one way of counting; `since`: where its meter began."""

    measure: str | None
    since: date | None
    position: LinePosition


@dataclass(frozen=True)
class DeviceCounted:
    """A device that holds cores, and how many it holds and would hold."""

    code: str
    before: int
    after: int


@dataclass(frozen=True)
class Recount:
    """Both ways of counting. `devices`: those that would take otherwise; each is counted anew once it is assigned anew,
    and `after` says what all of them would come to then.
    """

    before: Counted
    after: Counted
    devices: tuple[DeviceCounted, ...] = ()

    def told(self) -> list[Any]:
        """Give it as a preview's token digests it."""
        sides = [[each.measure, str(each.since), each.position.entitled, each.position.taken, each.position.peak]
                 for each in (self.before, self.after)]  # fmt: skip
        return [*sides, [[each.code, each.before, each.after] for each in self.devices]]


async def recount(work: Work, line: MetricLine, after: Mapping[str, Any]) -> Recount | None:
    """Say what a line fetched within reach would count otherwise; None where its way of counting stays."""
    if not after.keys() & set(COUNTING):
        return None
    kept = {column.key: getattr(line, column.key) for column in inspect(MetricLine).column_attrs}
    other = MetricLine(**kept | dict(after))
    held = (await cores_held(work, (line.id,), work.now())).get(line.id, {})
    would, devices = await _anew(work, other, held)
    return Recount(await _counted(work, line, held), await _counted(work, other, would), devices)


async def _counted(work: Work, line: MetricLine, held: Mapping[str, int]) -> Counted:
    found = await position_of_line(work, line, work.now(), devices=held if line.model is LicenseModel.CORE else None)
    since = None
    if line.model is LicenseModel.METERED and (periods := await use_by_period(work, line, work.now(), most=1)):
        since = periods[0][0].first_day
    return Counted(line.measure, since, found)


async def _anew(
    work: Work, other: MetricLine, held: Mapping[str, int]
) -> tuple[Mapping[str, int], tuple[DeviceCounted, ...]]:
    """Count each device that holds cores as if it were assigned anew: it, or the host that is counted for it."""
    if other.model is not LicenseModel.CORE or not held:
        return held, ()
    query = select(Device).where(Device.tenant_id == work.tenant_id, Device.code.in_(sorted(held)))
    rows = (await work.session.execute(query.order_by(Device.code))).scalars().all()
    known, would, devices = await machines(work, rows), dict(held), list[DeviceCounted]()
    for row in rows:
        taken = taken_by(known[row.id], other.model, other.least_cores, other.vm_cores)
        if (taken.by.code, taken.quantity) != (row.code, held[row.code]):
            devices.append(DeviceCounted(row.code, held[row.code], taken.quantity))
            del would[row.code]
            would[taken.by.code] = taken.quantity
    return would, tuple(devices)
