"""Exchange rates of the demo, invented and named so: where an installation knows none, its pages have some to show."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import insert, select

from governance.catalog.models import ExchangeRate
from governance.kernel.work import Office

SOURCE = "demo, invented"
BEGIN = {"CHF": Decimal("0.9400"), "GBP": Decimal("0.8500"), "USD": Decimal("1.0800")}
STEP = Decimal("0.0001")
MOST_STEPS = 30
PUBLISHED = time(15, 0, tzinfo=UTC)
BEFORE = timedelta(days=400)
SATURDAY = 5


async def invent_rates(office: Office, first: datetime, today: datetime) -> None:
    """Write a rate a working day, known since its afternoon; where any rate is known already, none is invented."""
    async with office.database.system_write() as session:
        if (await session.execute(select(ExchangeRate.id).limit(1))).first() is not None:
            return
        rows = [
            {
                "id": office.ids.new(), "day": day, "currency": currency, "rate": str(rate), "source": SOURCE,
                "recorded_at": datetime.combine(day, PUBLISHED), "superseded_at": None,
            }
            for day, rates in _walk(first.date() - BEFORE, today)
            for currency, rate in rates.items()
        ]  # fmt: skip
        await session.execute(insert(ExchangeRate), rows)


def _walk(day: date, today: datetime) -> Iterator[tuple[date, dict[str, Decimal]]]:
    """Walk at random from the first day on, the same way each time; a rng of its own leaves the story's as it was."""
    rng, rates = random.Random(1999), dict(BEGIN)
    while datetime.combine(day, PUBLISHED) <= today:
        if day.weekday() < SATURDAY:
            for currency in rates:
                rates[currency] += STEP * rng.randint(-MOST_STEPS, MOST_STEPS)
            yield day, dict(rates)
        day += timedelta(days=1)
