"""Seats as lists of the console show them: with their people, pools, licenses, and the state of the page's instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.context import Context
from api.console.controls import Column
from api.console.standing import units_of
from api.console.values import Level, Link, Missing, Person, Status
from governance.directory.models import Person as PersonRow
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import ENTITLEMENT_OF_LINE, LINE_OF_POOL
from governance.kernel.work import Work
from governance.seats.models import Assignment
from governance.seats.queries import state_at
from governance.seats.rules import SeatState
from governance.seats.shown import shown_as, use_told

STATES: Final = {
    SeatState.INVITED: Level.WARN, SeatState.ASSIGNED: Level.OK, SeatState.ACTIVE: Level.OK,
    SeatState.SUSPENDED: Level.UNKNOWN, SeatState.RECLAIM_PENDING: Level.HIGH, SeatState.RELEASED: Level.UNKNOWN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One episode with the names it is read under."""

    id: UUID
    person: Person
    license_id: UUID
    license: str
    pool: str
    status: Status
    started: date
    last_use: date | None
    released: date | None
    never: Missing
    act: Link | None


async def seat_rows(ctx: Context, work: Work, seats: Sequence[Assignment]) -> list[SeatRow]:
    """The seats of one page with the names of people, pools and licenses, by three SELECTs."""
    people = await _people(work, [seat.person_id for seat in seats])
    units = await units_of(work, [person.unit_id for person in people.values()])
    pools = await _pools(work, [seat.pool_id for seat in seats])
    changes = ctx.may("seat:release") and not ctx.past
    then = await _then(ctx, work, [seat.id for seat in seats])
    used = await _used_told(work, [seat.id for seat in seats])
    rows = []
    for seat in seats:
        person, (pool, entitlement) = people[seat.person_id], pools[seat.pool_id]
        href = f"/people/{person.id}" if ctx.may("person:read") else ""
        told = seat.id in used
        act = Link(ctx.text("seat.release_short"), f"/seats/{seat.id}/release")
        rows.append(
            SeatRow(
                seat.id,
                Person(person.name, units.get(person.unit_id, ""), href),
                entitlement.id,
                entitlement.name,
                pool.name,
                _status(ctx, then[seat.id], told=told) if ctx.past else seat_status(ctx, seat, told=told),
                seat.started_at.astimezone(ctx.zone).date(),
                _day(ctx, seat.last_use_at) if told else None,
                _day(ctx, seat.released_at),
                Missing(ctx.text("seat.never_used" if told else "seat.use_untold")),
                act if changes and seat.released_at is None else None,
            )
        )
    return rows


def seat_status(ctx: Context, seat: Assignment, *, told: bool) -> Status:
    """The state of a seat in words; what runs out says when. That it was used is said only where it may be told."""
    until = {SeatState.INVITED: seat.invitation_expires_at, SeatState.RECLAIM_PENDING: seat.reclaim_due_at}
    due = until.get(seat.state)
    note = "" if due is None else ctx.text("seat.until", day=formats.day(ctx.locale, due.astimezone(ctx.zone).date()))
    if seat.overage and seat.released_at is None:
        note = ctx.text("seat.overage")
    return _status(ctx, seat.state, told=told, note=note)


async def _used_told(work: Work, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these seats of which it may be told whether and when they were used."""
    query = select(Assignment.id).where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(ids), use_told(work))
    return frozenset((await work.session.execute(query)).scalars()) if ids else frozenset()


async def _then(ctx: Context, work: Work, ids: Sequence[UUID]) -> dict[UUID, SeatState]:
    """The state that each seat was in at the page's instant; nothing for a page of now."""
    if ctx.as_of is None or not ids:
        return {}
    state = state_at(ctx.as_of, ctx.known_at or ctx.now)
    query = select(Assignment.id, state).where(Assignment.tenant_id == work.tenant_id, Assignment.id.in_(ids))
    return {row[0]: SeatState(row[1] or SeatState.ASSIGNED) for row in await work.session.execute(query)}


def _status(ctx: Context, state: SeatState, *, told: bool, note: str = "") -> Status:
    """A state in words; beside ASSIGNED that it says nothing of use, where use may not be told, used or not."""
    shown = shown_as(state, told=told)
    if shown is SeatState.ASSIGNED and not told:
        note = " · ".join(each for each in (note, ctx.text("seat.state_untold")) if each)
    return Status(STATES[shown], ctx.text(f"seat.state_{shown.value.lower()}"), note)


def _day(ctx: Context, moment: datetime | None) -> date | None:
    """The day of an instant; what came after the page's instant was not known to it."""
    if moment is None or (ctx.as_of is not None and moment > ctx.as_of):
        return None
    return moment.astimezone(ctx.zone).date()


async def _people(work: Work, ids: Sequence[UUID]) -> dict[UUID, PersonRow]:
    query = select(PersonRow).where(PersonRow.tenant_id == work.tenant_id, PersonRow.id.in_(sorted(set(ids))))
    return {row.id: row for row in (await work.session.execute(query)).scalars()} if ids else {}


async def _pools(work: Work, ids: Sequence[UUID]) -> dict[UUID, tuple[Pool, Entitlement]]:
    query = (
        select(Pool, Entitlement)
        .join(MetricLine, LINE_OF_POOL)
        .join(Entitlement, ENTITLEMENT_OF_LINE)
        .where(Pool.tenant_id == work.tenant_id, Pool.id.in_(sorted(set(ids))))
    )
    return {row[0].id: (row[0], row[1]) for row in await work.session.execute(query)} if ids else {}


SEAT_COLUMNS: Final = (
    Column("person", "seat.person", kind="person", strong=True),
    Column("license", "licenses.license", href=lambda row: f"/licenses/{row.license_id}", leaves=3),
    Column("pool", "seat.pool", leaves=3),
    Column("started", "seat.since", kind="date", href=lambda row: f"/seats/{row.id}", leaves=4),
    Column("last_use", "seat.last_use", kind="date", value=lambda row: row.last_use or row.never, leaves=2),
    Column("status", "table.status", kind="status"),
)
