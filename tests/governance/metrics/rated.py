"""Exchange rates written straight into the database, for tests of what cost comes to."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import update

from governance.catalog.models import ExchangeRate
from governance.catalog.rules import ECB
from governance.kernel.work import Office


async def rated(
    office: Office, day: date, *, source: str = ECB, instead: Sequence[UUID] = (), **rates: str
) -> tuple[UUID, ...]:
    """Let rates for one euro be known from the clock's instant on; `instead` of these, which are superseded."""
    now = office.clock.now()
    rows = [
        ExchangeRate(id=office.ids.new(), day=day, currency=name, rate=rate, source=source, recorded_at=now)
        for name, rate in rates.items()
    ]
    async with office.database.system_write() as session:
        if instead:
            gone = update(ExchangeRate).where(ExchangeRate.id.in_(instead))
            await session.execute(gone.values(superseded_at=now))
        session.add_all(rows)
        return tuple(row.id for row in rows)
