"""Where more seats are taken than there are: how many, until when that should be mended, and whose seat goes first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select

from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.entitlements.models import Allocation, MetricLine, Room
from governance.entitlements.positions import position_of_line
from governance.entitlements.rules import LicenseModel, LinePosition, RoomKind
from governance.entitlements.supply import supply_of_pools
from governance.kernel.work import Work
from governance.seats import queries
from governance.seats.device_queries import cores_held
from governance.seats.lease_queries import lent_at
from governance.seats.models import Assignment, Lease
from governance.seats.queries import held_at, visible_assignments
from governance.seats.rules import DUE_AFTER, HeldSince, Suggested, give_up_first
from governance.seats.shown import use_told


@dataclass(frozen=True)
class OverAllocated:
    """`over`: seats beyond what there is (0: none); `since` and `due_at` None where nobody is over."""

    over: int
    since: datetime | None
    due_at: datetime | None
    suggested: tuple[Suggested, ...]


async def over_allocated(work: Work, pool_id: UUID) -> OverAllocated:
    """Say of a pool within reach how far it is over and whom to ask first; a human decides. Raises NotFound."""
    facts, _ = await queries.pool_facts(work, pool_id)
    entitled = await _entitled(work, pool_id)
    over = 0 if entitled is None else max(0, facts.occupied - entitled)
    if not over:
        return OverAllocated(0, None, None, ())
    room = await work.session.get_one(Room, (work.tenant_id, pool_id))
    assert room.kind is RoomKind.POOL
    since = (room.over_since if room.percent is None else room.flagged_since) or work.now()
    suggested = await give_up_in(work, pool_id, over)
    return OverAllocated(over, since, since + DUE_AFTER, suggested)


async def give_up_in(work: Work, pool_id: UUID, over: int) -> tuple[Suggested, ...]:
    """Say whose seats of a pool within reach to ask back first where so many are too many; a human decides."""
    people = visible_people(work).with_only_columns(Person.id)
    mine = visible_assignments(work).with_only_columns(Assignment.id)
    query = held_at(work.now(), work.now()).where(
        Assignment.tenant_id == work.tenant_id,
        Assignment.pool_id == pool_id,
        Assignment.id.in_(mine),
        Assignment.person_id.in_(people),
    )
    columns = (Assignment.id, Assignment.started_at, Assignment.last_use_at, case((use_told(work), 1), else_=0))
    rows = await work.session.execute(query.with_only_columns(*columns))
    held = [HeldSince(seat_id, started, used, bool(told)) for seat_id, started, used, told in rows]
    return give_up_first(held, over, work.now())


async def _entitled(work: Work, pool_id: UUID) -> int | None:
    """Give the seats in force, and those that ended but stay their holders' for good."""
    supply = supply_of_pools(work.tenant_id, work.now(), for_good=True).where(Allocation.pool_id == pool_id)
    row = (await work.session.execute(supply)).one_or_none()
    return 0 if row is None else row[1]


async def line_position(
    work: Work, line: MetricLine, as_of: datetime | None = None, known_at: datetime | None = None
) -> LinePosition:
    """Weigh a line within reach now, or as of an instant: then by the seats held and lent at it, as known then."""
    at = as_of or work.now()
    if line.model is LicenseModel.CORE:
        held_by = (await cores_held(work, (line.id,), at)).get(line.id)
        return await position_of_line(work, line, at, known_at, devices=held_by)
    if as_of is None and known_at is None:
        return await position_of_line(work, line, work.now())
    seats = held_at(at, known_at or work.now()).where(Assignment.tenant_id == work.tenant_id)
    held = select(func.count()).select_from(seats.where(Assignment.line_id == line.id).subquery())
    lent = select(func.coalesce(func.sum(Lease.quantity), 0)).where(
        Lease.tenant_id == work.tenant_id, Lease.line_id == line.id, lent_at(at)
    )
    taken = (await work.session.execute(held)).scalar_one() + int((await work.session.execute(lent)).scalar_one())
    return await position_of_line(work, line, at, known_at, held=taken)
