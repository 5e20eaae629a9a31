"""What the tests of alerts share: evaluating one tenant's pools by hand and reading its alerts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from governance.alerts.models import Alert
from governance.alerts.queries import visible_alerts
from governance.alerts.service import Evaluated, evaluate_all, evaluate_pool_use
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.runs.principals import system_actor
from tests.estate import Estate, License
from tests.governance.holding import release, seat


@dataclass
class Watch:
    """Fills and empties a pool, evaluates, and reads what stands."""

    office: Office
    estate: Estate

    async def look(self, *pools: UUID) -> Evaluated:
        actor = system_actor(self.estate.tenant_id, "tests")
        return await self.office.perform(actor, lambda work: evaluate_pool_use(work, pools))

    async def sweep(self) -> None:
        await evaluate_all(self.office)

    async def fill(self, license_: License, to: int, pool: str = "main") -> list[UUID]:
        """Seat people until so many sit in the pool."""
        seats: list[UUID] = self.estate.__dict__.setdefault(f"seats-{license_.pools[pool]}", [])
        while len(seats) < to:
            seats.append(await seat(self.estate, license_, f"{pool}-{license_.line_id.hex[-6:]}-{len(seats)}", pool))
        while len(seats) > to:
            await release(self.estate, seats.pop())
        return seats

    async def alerts(self, who: str = "admin", **narrowed: Any) -> list[Alert]:
        async with self.office.reading(self.estate.actor(who)) as work:
            query = visible_alerts(work, **narrowed).order_by(Alert.raised_at, Alert.id)
            return list((await work.session.execute(query)).scalars())

    async def raised(self) -> list[str]:
        async with self.office.database.read(self.estate.tenant_id) as session:
            query = select(OutboxEvent.facts).where(OutboxEvent.name == "AlertRaised").order_by(OutboxEvent.id)
            return [facts["level"] for facts in (await session.execute(query)).scalars()]

    async def count(self) -> int:
        async with self.office.database.read(self.estate.tenant_id) as session:
            return int((await session.execute(select(func.count()).select_from(Alert))).scalar_one())


@pytest.fixture
async def watch(office: Office, estate: Estate) -> Watch:
    return Watch(office, estate)
