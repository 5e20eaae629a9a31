"""Seats written straight into the database, for tests of figures."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from governance.directory.models import Tenant
from governance.seats.models import Assignment, AssignmentStep
from governance.seats.rules import SeatState
from tests.estate import Estate, License


async def smallest(estate: Estate, k: int) -> None:
    """Let groups of `k` and more be shown; with 1 nothing is kept back, so that counts can be read."""
    async with estate.office.database.system_write() as session:
        await session.execute(update(Tenant).where(Tenant.id == estate.tenant_id).values(small_group=k))


async def held(
    estate: Estate,
    license_: License,
    who: str,
    *,
    pool: str = "main",
    started_at: datetime | None = None,
    recorded_at: datetime | None = None,
    state: SeatState = SeatState.ASSIGNED,
    steps: tuple[tuple[SeatState, datetime], ...] = (),
    **dates: Any,
) -> Assignment:
    """Let a person hold a seat since `started_at` (default now), learned at `recorded_at` (default at once)."""
    started = started_at or estate.office.clock.now()
    recorded = recorded_at or started
    if dates.get("first_use_at") is not None:
        dates.setdefault("first_use_recorded_at", dates["first_use_at"])
    if dates.get("released_at") is not None:
        dates.setdefault("released_recorded_at", dates["released_at"])
        state = SeatState.RELEASED
    row = Assignment(
        **estate.key(), line_id=license_.line_id, pool_id=license_.pools[pool], person_id=estate.people[who],
        state=state, started_at=started, recorded_at=recorded, version=1, **dates,
    )  # fmt: skip
    await estate.add(row)
    first = SeatState.INVITED if "invitation_expires_at" in dates else SeatState.ASSIGNED
    for step_state, at in ((first, started), *steps):
        await estate.add(
            AssignmentStep(
                **estate.key(),
                assignment_id=row.id,
                state=step_state,
                event="TEST",
                at=at,
                recorded_at=max(at, recorded),
                actor="system:tests",
            )
        )
    return row


async def crowd(estate: Estate, count: int, *, unit: str = "sales-emea") -> list[str]:
    """Add people with counted names."""
    names = [f"p{len(estate.people) + i}" for i in range(count)]
    for name in names:
        await estate.person(name, unit)
    return names


def by_id(rows: Any) -> dict[UUID | str | None, Any]:
    """Give the measures of a position's rows by the id of their first coordinate."""
    return {row.group[0].id: row.measures for row in rows}
