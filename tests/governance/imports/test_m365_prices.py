"""List prices stand each in its own currency; a new one supersedes, and none is a fact."""

from datetime import timedelta
from typing import Any

import pytest

from governance.audit.models import Entry
from governance.catalog.models import ListPrice, Tier
from governance.catalog.queries import visible_prices
from governance.imports.rules import FileFormat
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.files import codes, every, outcome_of, short
from tests.governance.imports.test_m365_catalog import M365, guid, line
from tests.governance.imports.test_m365_catalog import table as skus
from tests.real_data import real_file

PRICES = FileFormat.M365_PRICES


def table(*rows: tuple[int, str, str]) -> bytes:
    lines = [f"{guid(sku)},SUITE_{sku},Suite {sku},{price},{currency}" for sku, price, currency in rows]
    return "\n".join(["skuId,skuPartNumber,Product_Display_Name,MonthlyPrice,Currency", *lines]).encode()


async def taken(office: Office, estate: Estate, content: bytes, **options: Any) -> dict[str, Any]:
    return await outcome_of(office, estate.actor("admin"), PRICES, content, **options)


async def prices(office: Office, estate: Estate) -> dict[tuple[str, str], int]:
    admin = estate.actor("admin")
    codes_of = {tier.id: tier.code for tier in await every(office, admin, Tier)}
    async with office.reading(admin) as work:
        rows = (await work.session.execute(visible_prices(work))).scalars()
        return {(codes_of[row.tier_id], row.currency): row.micros for row in rows}


async def test_prices_come_in_once_and_what_is_missing_is_told(office: Office, estate: Estate) -> None:
    await outcome_of(office, estate.actor("admin"), M365, skus(line(1, 1), line(2, 1)))
    content = table((1, "8.25", "EUR"), (1, "1200", "JPY"), (2, "4.00", "JPY"))
    tried = await taken(office, estate, content, dry_run=True)
    assert (short(tried), await prices(office, estate)) == ((3, 3, 0, 3, 0, 0), {})
    assert await taken(office, estate, content) == tried
    assert (tried["missing"], tried["ended"]) == ({"SUITE_2": ["EUR"]}, 0)
    assert await prices(office, estate) == {
        ("SUITE_1", "EUR"): 8_250_000, ("SUITE_1", "JPY"): 1_200_000_000, ("SUITE_2", "JPY"): 4_000_000,
    }  # fmt: skip
    assert short(await taken(office, estate, content)) == (3, 3, 0, 0, 0, 3)


async def test_a_new_price_supersedes_and_one_that_is_gone_ends(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, M365, skus(line(1, 1), line(2, 1)))
    await taken(office, estate, table((1, "8.25", "EUR"), (1, "9", "USD"), (2, "4", "EUR")))
    office.clock.advance(timedelta(days=1))
    said = await taken(office, estate, table((1, "8.50", "EUR")))
    assert (short(said), said["ended"]) == ((1, 1, 0, 0, 1, 0), 1)
    assert await prices(office, estate) == {("SUITE_1", "EUR"): 8_500_000, ("SUITE_2", "EUR"): 4_000_000}
    assert len(await every(office, admin, ListPrice)) == 4, "what was asked before stays readable"
    told = [e for e in await every(office, admin, Entry, Entry.subject_type == "tier") if e.after.get("currency")]
    assert sorted((e.before["price"] or 0, e.after["price"] or 0) for e in told) == [
        (0, 4_000_000), (0, 8_250_000), (0, 9_000_000), (8_250_000, 8_500_000), (9_000_000, 0),
    ]  # fmt: skip


async def test_a_bad_row_is_named_and_nothing_ends_then(office: Office, estate: Estate) -> None:
    await outcome_of(office, estate.actor("admin"), M365, skus(line(1, 1)))
    await taken(office, estate, table((1, "8.25", "EUR"), (1, "9", "USD")))
    said = await taken(
        office, estate,
        table((1, "8.25", "EUR"), (1, "8", "EUR"), (7, "1", "EUR"), (1, "-1", "USD"), (1, "1", "XYZ"), (1, "", "CHF")),
    )  # fmt: skip
    assert (short(said), said["ended"]) == ((6, 1, 5, 0, 0, 1), 0)
    assert codes(said) == {"DUPLICATE": 1, "UNKNOWN_TIER": 1, "BAD_VALUE": 2, "MISSING_VALUE": 1}


@pytest.mark.real_data
async def test_microsofts_list_has_prices_only_where_it_sells(office: Office, estate: Estate) -> None:
    content = real_file("m365_catalogue/m365_sku_service_plans_2026-07-29.csv").read_bytes()
    await outcome_of(office, estate.actor("admin"), M365, content)
    said = await taken(office, estate, real_file("m365_catalogue/m365_price_list_by_currency.csv").read_bytes())
    assert (said["rows"], said["accepted"], said["created"]) == (310, 310, 310)
    of_one = {key: micros for key, micros in (await prices(office, estate)).items() if key[0] == "DESKLESSPACK"}
    assert list(of_one.values()) == [4_000_000], "it has one price, written 4.00"
    assert ["INR"] in said["missing"].values(), "Teams Rooms Pro has no price in rupees"
    assert ["CHF", "DKK", "EUR", "NOK", "SEK"] in said["missing"].values(), "suites without Teams are not sold there"
