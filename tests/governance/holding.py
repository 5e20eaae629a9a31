"""Builders of held seats and of leaving, straight to the database, for the tests of what judges them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from governance.agreements.rules import ChangeReason
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Allocation, Lot, MetricLine
from governance.entitlements.rules import CostBasis
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import SeatState
from tests.estate import Estate, License


async def seat(
    estate: Estate,
    license_: License,
    who: str,
    pool: str = "main",
    state: SeatState = SeatState.ASSIGNED,
    **values: Any,
) -> UUID:
    """Give a seat in a pool to a person (made when new), from now on. Gives the assignment's id."""
    if who not in estate.people:
        await estate.person(who)
    now = estate.office.clock.now()
    row = await estate.add(
        Assignment(
            **estate.key(), line_id=license_.line_id, pool_id=license_.pools[pool], person_id=estate.people[who],
            state=state, overage=False, started_at=now, recorded_at=now, **values,
        )
    )  # fmt: skip
    await step(estate, row.id, state, "assign")
    return UUID(str(row.id))


async def step(estate: Estate, assignment_id: UUID, state: SeatState, event: str) -> None:
    now = estate.office.clock.now()
    await estate.add(
        AssignmentStep(
            **estate.key(), assignment_id=assignment_id, state=state, event=event, at=now, recorded_at=now,
            actor="system:tests",
        )
    )  # fmt: skip


async def change(estate: Estate, assignment_id: UUID, **values: Any) -> None:
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Assignment)
            .where(Assignment.tenant_id == estate.tenant_id, Assignment.id == assignment_id)
            .values(**values)
        )


async def release(estate: Estate, assignment_id: UUID) -> None:
    now = estate.office.clock.now()
    await change(estate, assignment_id, state=SeatState.RELEASED, released_at=now, released_recorded_at=now)
    await step(estate, assignment_id, SeatState.RELEASED, "release")


async def leave(estate: Estate, who: str, at: datetime | None = None) -> None:
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Person)
            .where(Person.tenant_id == estate.tenant_id, Person.id == estate.people[who])
            .values(status=PersonStatus.LEFT, left_at=at or estate.office.clock.now())
        )


async def change_line(estate: Estate, license_: License, **values: Any) -> None:
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(MetricLine)
            .where(MetricLine.tenant_id == estate.tenant_id, MetricLine.id == license_.line_id)
            .values(**values)
        )


async def leavers(estate: Estate, license_: License, count: int) -> None:
    """Give a seat each to so many people who have left."""
    now, ids = estate.office.clock.now(), estate.office.ids
    people = [
        {
            **estate.key(), "external_id": f"gone-{n}", "name": f"Gone {n}", "mail": f"gone-{n}@halden.example",
            "mail_key": f"gone-{n}@halden.example", "status": PersonStatus.LEFT, "unit_id": estate.units["sales"],
            "country": "DE", "left_at": now, "source": "tests", "recorded_at": now, "version": 1,
        }
        for n in range(count)
    ]  # fmt: skip
    seats = [
        {
            "tenant_id": estate.tenant_id, "id": ids.new(), "line_id": license_.line_id,
            "pool_id": license_.pools["main"], "person_id": person["id"], "state": SeatState.ASSIGNED,
            "overage": False, "started_at": now, "recorded_at": now, "version": 1,
        }
        for person in people
    ]  # fmt: skip
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(insert(Person), people)
        await session.execute(insert(Assignment), seats)


async def release_all(estate: Estate) -> None:
    now = estate.office.clock.now()
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Assignment)
            .where(Assignment.tenant_id == estate.tenant_id)
            .values(state=SeatState.RELEASED, released_at=now, released_recorded_at=now)
        )


async def supply(
    estate: Estate, license_: License, quantity: int, pool: str = "main", end: datetime | None = None
) -> None:
    """Buy so many more seats for a pool, from now on until `end`."""
    now, lot_key = estate.office.clock.now(), estate.office.ids.new()
    await estate.add(
        Lot(
            **estate.key(), lot_key=lot_key, line_id=license_.line_id, quantity=quantity, first_day=now.date(),
            last_day=None, zone="UTC", start=now, end=end, included=["001"], excluded=[], currency="USD",
            unit_price=1, cost_basis=CostBasis.PER_SEAT, reason=ChangeReason.NEW, recorded_at=now,
            recorded_by="system:tests",
        )
    )  # fmt: skip
    await estate.add(
        Allocation(
            **estate.key(), lot_key=lot_key, pool_id=license_.pools[pool], quantity=quantity, start=now, end=end,
            reason=ChangeReason.NEW, recorded_at=now, recorded_by="system:tests",
        )
    )  # fmt: skip
