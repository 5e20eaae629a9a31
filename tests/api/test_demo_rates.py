"""The demo's rates: a rate a working day, named invented, and none at all where an installation has rates."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from api.demo.rates import SOURCE, invent_rates
from governance.catalog.models import ExchangeRate
from governance.kernel.work import Office
from tests.governance.metrics.rated import rated

FIRST, TODAY = datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)


async def all_rates(office: Office) -> list[ExchangeRate]:
    async with office.database.system_write() as session:
        return list((await session.execute(select(ExchangeRate).order_by(ExchangeRate.day))).scalars())


async def test_rates_are_invented_for_working_days_up_to_now_and_say_so(office: Office) -> None:
    await invent_rates(office, FIRST, TODAY)
    rows = await all_rates(office)
    assert {row.source for row in rows} == {SOURCE}
    assert rows[-1].day == date(2026, 2, 27), "this Monday's rate is published in the afternoon"
    assert all(row.day.weekday() < 5 and row.recorded_at <= TODAY for row in rows)
    assert {row.currency for row in rows} == {"CHF", "GBP", "USD"}


async def test_where_a_rate_is_known_none_is_invented(office: Office) -> None:
    await rated(office, date(2026, 2, 27), USD="1.1")
    await invent_rates(office, FIRST, TODAY)
    assert [row.source for row in await all_rates(office)] == ["ECB"]
