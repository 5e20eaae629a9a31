"""Cost in the reporting currency: the day's rate as known then, printed; rounded once; without a rate no amount."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from governance.catalog.models import ExchangeRate
from governance.kernel.clock import HandClock
from governance.kernel.money import Money
from governance.kernel.work import Office
from governance.metrics.cost import ReportingCost
from governance.metrics.position import PositionQuery, position
from tests.estate import Estate
from tests.governance.entitlements.signed import bought, lot, signed
from tests.governance.metrics.rated import rated

FRIDAY = date(2026, 2, 27)
MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


async def told(estate: Estate, as_of: datetime | None = None, known_at: datetime | None = None) -> ReportingCost:
    async with estate.office.reading(estate.actor("admin")) as work:
        found = (await position(work, PositionQuery(as_of, known_at))).cost_in_reporting
    assert found is not None
    return found


async def francs(estate: Estate, micros: int = 1_000_000) -> None:
    line = await signed(estate)
    await bought(estate, lot(line.line_id, 1, currency="CHF", unit_price=micros))


async def test_a_weekend_takes_fridays_rate_and_says_so(office: Office, estate: Estate, clock: HandClock) -> None:
    await francs(estate)
    await rated(office, FRIDAY, USD="1.08", CHF="0.90")
    await rated(office, FRIDAY - timedelta(days=1), USD="9", CHF="1")
    await rated(office, FRIDAY + timedelta(days=3), USD="7", CHF="1")
    clock.set(datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=2))
    sunday = await told(estate, as_of=datetime(2026, 3, 1, 9, tzinfo=UTC))
    (part,) = sunday.parts
    assert (part.rate, part.day, part.source) == ("1.2", FRIDAY, "ECB")
    assert part.converted == Money(1_200_000, "USD")
    assert (sunday.total, sunday.missing) == (Money(1_200_000, "USD"), ())


async def test_the_day_is_the_tenants_not_the_one_in_greenwich(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await francs(estate)
    await rated(office, FRIDAY, USD="1", CHF="1")
    await rated(office, date(2026, 3, 3), USD="2", CHF="1")
    clock.set(datetime(2026, 3, 4, 9, tzinfo=UTC))
    late = await told(estate, as_of=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    assert late.parts[0].day == date(2026, 3, 3)


async def test_a_corrected_rate_is_read_as_it_was_known_then(office: Office, estate: Estate, clock: HandClock) -> None:
    await francs(estate)
    before = clock.now()
    first = await rated(office, FRIDAY, USD="1.2", CHF="1")
    clock.set(before + timedelta(days=1))
    await rated(office, FRIDAY, instead=first, USD="1.3", CHF="1")
    assert (await told(estate, as_of=before, known_at=before)).total == Money(1_200_000, "USD")
    assert (await told(estate, as_of=before)).total == Money(1_300_000, "USD")


async def test_without_a_rate_there_is_no_amount_and_no_total(office: Office, estate: Estate) -> None:
    await francs(estate)
    await estate.license("e5", quantity=1)
    none = await told(estate)
    assert none.total is None
    assert none.missing == ("CHF",)
    assert [(part.amount.currency, part.converted, part.rate) for part in none.parts] == [
        ("CHF", None, None),
        ("USD", Money(57_000_000, "USD"), None),
    ]
    await rated(office, FRIDAY, CHF="0.9")
    assert (await told(estate)).missing == ("CHF",), "a rate of the other currency alone converts nothing"


async def test_a_currency_quoted_no_more_has_no_rate_of_today(office: Office, estate: Estate) -> None:
    await francs(estate)
    await rated(office, FRIDAY - timedelta(days=8), CHF="0.9")
    await rated(office, FRIDAY, USD="1.1")
    assert (await told(estate)).missing == ("CHF",)


async def test_an_amount_is_rounded_half_to_even_once() -> None:
    assert Money(5, "CHF").converted(Decimal("0.5"), "USD") == Money(2, "USD")
    assert Money(7, "CHF").converted(Decimal("0.5"), "USD") == Money(4, "USD")
    # 28 digits of a product would lose the last one, and round what is just above the half down to the even
    assert Money(10**16, "CHF").converted(Decimal("0.10000000000000005000000000001"), "USD") == Money(10**15 + 1, "USD")


async def test_rates_of_one_source_only_are_named_by_it(office: Office, estate: Estate) -> None:
    await francs(estate)
    await rated(office, FRIDAY, source="demo, invented", USD="1.1", CHF="1")
    assert (await told(estate)).parts[0].source == "demo, invented"


def test_who_said_a_rate_is_the_bank_unless_said_otherwise() -> None:
    assert ExchangeRate.__table__.c.source.server_default is not None
