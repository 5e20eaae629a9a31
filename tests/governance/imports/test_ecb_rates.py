"""Rates come in once, exactly, for everybody; what is corrected stays readable as it was known."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from governance.audit.models import Entry
from governance.catalog.models import ExchangeRate
from governance.catalog.queries import rate_on
from governance.catalog.rules import Rate, cross
from governance.directory.service.actors import operator
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.rules import FileFormat
from governance.kernel.errors import Refused
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, short
from tests.governance.metrics.rated import rated
from tests.real_data import real_file

ECB = FileFormat.ECB_RATES
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HISTORY = b"""Date,USD,JPY,ISK,
2026-03-02,1.0389,163.06,N/A,
2026-02-27,1.0400,160,145.5,
2026-02-26,1.0410,,145.1,
"""


async def taken(office: Office, estate: Estate, content: bytes, **options: Any) -> dict[str, Any]:
    return await outcome_of(office, operator(estate.tenant_id), ECB, content, **options)


async def said(office: Office, estate: Estate, day: date, currency: str, **known: datetime) -> Rate | None:
    async with office.database.read(estate.tenant_id) as session:
        return await rate_on(session, day, currency, **known)


async def counted(office: Office, estate: Estate) -> int:
    async with office.database.read(estate.tenant_id) as session:
        return (await session.execute(select(func.count()).select_from(ExchangeRate))).scalar_one()


async def test_rates_come_in_once_and_exactly(office: Office, estate: Estate) -> None:
    tried = await taken(office, estate, HISTORY, dry_run=True)
    assert (short(tried), await counted(office, estate)) == ((3, 3, 0, 3, 0, 0), 0)
    assert tried["rates"] == {"created": 7, "updated": 0, "unchanged": 0}
    assert await taken(office, estate, HISTORY) == tried
    again = await taken(office, estate, HISTORY)
    assert (short(again), again["rates"]["unchanged"]) == ((3, 3, 0, 0, 0, 3), 7)
    assert (again["first_day"], again["last_day"]) == ("2026-02-26", "2026-03-02")
    assert await said(office, estate, date(2026, 3, 2), "JPY") == Rate(Decimal("163.06"), date(2026, 3, 2))
    assert await counted(office, estate) == 7


async def test_a_day_without_rates_is_answered_by_the_day_before_and_says_so(office: Office, estate: Estate) -> None:
    await taken(office, estate, HISTORY)
    assert await said(office, estate, date(2026, 3, 1), "USD") == Rate(Decimal("1.0400"), date(2026, 2, 27))
    assert await said(office, estate, date(2026, 9, 1), "USD") == Rate(Decimal("1.0389"), date(2026, 3, 2))
    assert await said(office, estate, date(2026, 2, 25), "USD") is None
    assert await said(office, estate, date(2026, 3, 2), "XXX") is None
    assert await said(office, estate, date(2026, 3, 1), "EUR") == Rate(Decimal(1), date(2026, 3, 1))


async def test_a_currency_that_is_quoted_no_more_has_no_rate_of_today(office: Office, estate: Estate) -> None:
    office.clock.set(NOW)
    await taken(office, estate, HISTORY)
    assert await said(office, estate, date(2026, 3, 2), "ISK") == Rate(Decimal("145.5"), date(2026, 2, 27))
    await taken(office, estate, b"Date, USD, JPY, \n30 October 2026, 1.1172, 175.68, \n")
    assert await said(office, estate, date(2026, 11, 2), "JPY") == Rate(Decimal("175.68"), date(2026, 10, 30))
    assert await said(office, estate, date(2026, 11, 2), "ISK") is None


async def test_a_correction_supersedes_and_what_was_known_stays_readable(office: Office, estate: Estate) -> None:
    await taken(office, estate, HISTORY)
    before = office.clock.now()
    office.clock.advance(timedelta(days=1))
    outcome = await taken(office, estate, HISTORY.replace(b"1.0389", b"1.0390").replace(b"163.06", b"163.060"))
    assert (short(outcome), codes(outcome)) == ((3, 3, 0, 0, 1, 2), {"RATE_CHANGED": 1})
    day = date(2026, 3, 2)
    assert await said(office, estate, day, "USD") == Rate(Decimal("1.0390"), day)
    assert await said(office, estate, day, "USD", known_at=before) == Rate(Decimal("1.0389"), day)
    entries = await every(office, estate.actor("admin"), Entry, Entry.subject_type.like("exchange_rate%"))
    entries.sort(key=lambda entry: entry.recorded_at)
    assert [(e.subject_type, e.act) for e in entries] == [
        ("exchange_rates", "import:run"),
        ("exchange_rate", "import:run"),
    ]
    assert (entries[1].before, entries[1].after["rate"]) == ({"rate": "1.0389"}, "1.0390")


async def test_a_bad_row_is_named_and_keeps_no_good_one_out(office: Office, estate: Estate) -> None:
    content = b"""Date,USD,Remark
2026-03-02,1.0389,fine
2026-03-02,1.04,twice
2026-02-30,1.04,no day
2026-02-26,-1,negative
2026-02-25,1e5,science
2026-02-24,0.000,nothing
2027-01-01,1.04,to come
,1.04,when
2026-02-20,"=1+1",sum
"""
    outcome = await taken(office, estate, content)
    assert short(outcome) == (9, 1, 8, 1, 0, 0)
    assert [(i["row"], i["column"], i["code"]) for i in outcome["issues"]] == [
        (1, "Remark", "UNKNOWN_COLUMN"), (3, None, "DUPLICATE"), (4, "Date", "BAD_VALUE"), (5, "USD", "BAD_VALUE"),
        (6, "USD", "BAD_VALUE"), (7, "USD", "BAD_VALUE"), (8, "Date", "BAD_VALUE"), (9, "Date", "MISSING_VALUE"),
        (10, "USD", "BAD_VALUE"),
    ]  # fmt: skip


async def test_what_somebody_invented_is_superseded_even_by_the_same_number(office: Office, estate: Estate) -> None:
    await rated(office, date(2026, 3, 2), source="demo, invented", USD="1.0389", JPY="1")
    outcome = await taken(office, estate, b"Date,USD,JPY\n2026-03-02,1.0389,163.06\n")
    assert outcome["rates"] == {"created": 0, "updated": 2, "unchanged": 0}
    found = await said(office, estate, date(2026, 3, 2), "USD")
    assert found is not None
    assert (found.rate, found.source) == (Decimal("1.0389"), "ECB")


async def test_no_tenant_writes_what_holds_for_all(office: Office, estate: Estate) -> None:
    with pytest.raises(Refused):
        await office.perform(
            estate.actor("admin"), lambda work: request_file_import(work, ImportFile(ECB, "rates.csv", HISTORY))
        )
    if office.database.kind == "postgresql":
        row = ExchangeRate(id=office.ids.new(), day=date(2026, 1, 1), currency="USD", rate="1", recorded_at=NOW)
        with pytest.raises(DBAPIError, match="permission denied"):
            await estate.add(row)


def test_two_currencies_meet_over_the_euro_on_the_older_day() -> None:
    dollar, yen = Rate(Decimal("1.25"), date(2026, 3, 2)), Rate(Decimal(200), date(2026, 2, 27))
    assert cross(dollar, yen) == Rate(Decimal(160), date(2026, 2, 27))


@pytest.mark.real_data
async def test_a_quarter_century_of_rates_and_the_latest_day_come_in(office: Office, estate: Estate) -> None:
    office.clock.set(NOW)
    content = real_file("fx/ecb_eurofxref_hist_1999-2024.csv").read_bytes()
    outcome = await taken(office, estate, content)
    assert (short(outcome), outcome["issues"]) == ((6_658, 6_658, 0, 6_658, 0, 0), [])
    assert (outcome["first_day"], outcome["last_day"]) == ("1999-01-04", "2024-12-31")
    assert await counted(office, estate) == outcome["rates"]["created"]
    latest = await taken(office, estate, real_file("fx/ecb_eurofxref_latest.csv").read_bytes())
    assert (short(latest), latest["rates"]["created"]) == ((1, 1, 0, 1, 0, 0), 29)
    assert await said(office, estate, date(2024, 12, 31), "CHF") == Rate(Decimal("0.9412"), date(2024, 12, 31))
    assert await said(office, estate, date(2024, 12, 29), "USD") == Rate(Decimal("1.0435"), date(2024, 12, 27))
    assert await said(office, estate, date(2023, 6, 1), "RUB") is None
    assert await said(office, estate, date(2026, 11, 1), "USD") == Rate(Decimal("1.1172"), date(2026, 10, 30))
