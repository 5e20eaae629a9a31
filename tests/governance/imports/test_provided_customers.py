"""A provider's table becomes agreements, lots and outcomes as of its day; retention then says who stayed."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from psycopg import AsyncConnection

from governance.agreements.models import Agreement, RenewalOutcome
from governance.agreements.rules import Side
from governance.audit.models import Entry
from governance.entitlements.models import Lot
from governance.imports.rules import FileFormat
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.renewals.retention import RetentionQuery, retention
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, run_of, short
from tests.real_data import real_file

CUSTOMERS = FileFormat.PROVIDED_CUSTOMERS
HEAD = "customerID,tenure,MonthlyCharges,Churn,gender\n"
ROWS = "a,12,10.00,No,x\nb,0,20.50,Yes,x\nc,1,5,No,x\n"
DAY = "2026-01-31"


async def taken(office: Office, estate: Estate, text: str, **options: Any) -> dict[str, Any]:
    more = {"options": {"day": DAY, **options.pop("options", {})}, **options}
    return await outcome_of(office, estate.actor("admin"), CUSTOMERS, text.encode(), **more)


async def test_each_customer_is_an_agreement_that_ended_on_the_day(office: Office, estate: Estate) -> None:
    tried = await taken(office, estate, HEAD + ROWS, dry_run=True)
    admin = estate.actor("admin")
    assert await every(office, admin, Agreement) == []
    said = await taken(office, estate, HEAD + ROWS)
    assert said == tried
    assert (short(said), said["churned"], said["tenure_zero"]) == ((3, 3, 0, 3, 0, 0), 1, ["b"])
    assert set(said["inferred"]) == {"last_day", "first_day", "price", "seats", "outcome"}
    assert codes(said) == {"UNKNOWN_COLUMN": 1}
    rows = {row.number: row for row in await every(office, admin, Agreement)}
    lots = {lot.unit_price: lot for lot in await every(office, admin, Lot)}
    assert {row.side for row in rows.values()} == {Side.PROVIDED}
    assert [rows[name].first_day for name in "abc"] == [date(2025, 2, 1), date(2026, 1, 31), date(2026, 1, 1)]
    assert set(lots) == {120_000_000, 20_500_000, 5_000_000}
    assert sorted(row.outcome for row in await every(office, admin, RenewalOutcome)) == [
        "CANCELLED", "RENEWED", "RENEWED",
    ]  # fmt: skip
    assert len(await every(office, admin, OutboxEvent, OutboxEvent.name == "ProvidedCustomersImported")) == 1
    assert len(await every(office, admin, Entry, Entry.act == "renewal:decide")) == 3
    assert short(await taken(office, estate, HEAD + ROWS)) == (3, 3, 0, 0, 0, 3)


async def test_other_headers_are_named_by_options_and_bad_rows_say_what_they_need(
    office: Office, estate: Estate
) -> None:
    text = "No,Months,Fee,Gone\na,12,10,no\nb,1.5,10,no\na,1,1,no\nc,3,1e5,maybe\n"
    names = {"customer": "No", "tenure": "Months", "price": "Fee", "churned": "Gone"}
    said = await taken(office, estate, text, options=names)
    assert short(said) == (4, 1, 3, 1, 0, 0)
    assert codes(said) == {"BAD_VALUE": 3, "DUPLICATE": 1}


@pytest.mark.parametrize("day", ["", "yesterday", "2030-01-01"])
async def test_the_day_must_be_one_that_was(office: Office, estate: Estate, day: str) -> None:
    run = await run_of(office, estate.actor("admin"), CUSTOMERS, (HEAD + ROWS).encode(), options={"day": day})
    assert run.error is not None
    assert run.error.startswith("day: ")


async def test_a_number_by_which_we_buy_is_no_customer(office: Office, estate: Estate) -> None:
    await estate.license("m")
    said = await taken(office, estate, HEAD + "EA-m,12,10.00,No,x\n")
    assert (short(said), codes(said)["REFUSED"]) == ((1, 0, 1, 0, 0, 0), 1)


async def test_the_telco_renews_what_its_file_says(office: Office, estate: Estate, database_url: str) -> None:
    if database_url.startswith("postgresql"):  # counted at the worst moment: every pair would be looked at, for minutes
        async with await AsyncConnection.connect(database_url, autocommit=True) as owner:
            await owner.execute("ANALYZE")
    content = real_file("churn/ibm_telco_customer_churn.csv").read_text()
    said = await taken(office, estate, content)
    assert (short(said), said["churned"], len(said["tenure_zero"])) == ((7043, 7043, 0, 7043, 0, 0), 1869, 11)
    async with office.reading(estate.actor("admin")) as work:
        found = (await retention(work, RetentionQuery(Side.PROVIDED, date(2026, 1, 31), date(2026, 1, 31)))).total
    worths = found.booked.worths
    assert worths is not None
    assert (found.due.due, found.due.lost, found.due.renewed, found.contracts) == (7043, 1869, 5174, 7043)
    stayed, all_of_it = 31_698_575, 45_611_660  # cents a month, summed from the file by hand
    assert worths.grr == worths.by_value == worths.nrr == Fraction(stayed, all_of_it)
