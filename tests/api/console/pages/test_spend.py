"""Spend: by period, unit and vendor in one currency, with every rate; without one no total; money to whom it is given."""

import re
from datetime import date

from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.rated import rated


async def two_currencies(estate):
    line = await signed(estate)
    row = await bought(estate, lot(line.line_id, 10, unit_price=36_500_000))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 4)
    other = await signed(estate, "chf")
    await bought(estate, lot(other.line_id, 1, currency="CHF", unit_price=365_000_000))


async def test_the_board_sees_cost_by_period_unit_and_vendor_and_the_rates(console):
    estate = console.estate
    await two_currencies(estate)
    for day in (date(2026, 1, 30), date(2026, 2, 27)):
        await rated(estate.office, day, USD="1.2", CHF="1")
    board = await console.browser("board-sales")
    shown = await board.page("/spend")
    assert "Cost by period (USD)" in shown
    assert "2026-03 (to date)" in shown
    assert "Vendor of product-chf" in shown
    assert "CHF → USD" in shown
    assert "Jan 30, 2026" in shown
    assert "The rows sum to the lots' cost" in shown
    # 61 days of 10 seats at 0.10 a day, and of 1.00 CHF a day at 1.2
    assert "$134.20" in shown
    assert "$134.20" in await board.page("/spend?tree=then")
    told = (await board.get("/spend.csv?table=spend-vendor")).text
    assert "Vendor of product-chf,73.2 USD" in told
    assert "Ausgaben" in await (await console.browser("board-finance", language="de")).page("/spend?period=quarter")


async def test_a_missing_rate_leaves_a_dash_and_says_which(console):
    await two_currencies(console.estate)
    shown = await (await console.browser("board-sales")).page("/spend")
    assert "No exchange rate is known for CHF" in shown
    assert "$0.00" not in shown.split("Cost by period")[0]


async def test_without_a_purchase_the_page_says_so(console):
    assert "No cost in these periods" in await (await console.browser("board-sales")).page("/spend")


async def test_a_license_says_its_cost_in_the_reporting_currency_and_the_rate(console):
    estate = console.estate
    other = await signed(estate, "chf")
    await bought(estate, lot(other.line_id, 1, currency="CHF", unit_price=100_000_000))
    admin = await console.browser("admin")
    assert "no exchange rate is known for CHF" in await admin.page(f"/licenses/{other.entitlement_id}")
    await rated(estate.office, date(2026, 2, 27), USD="1.2", CHF="1")
    shown = await admin.page(f"/licenses/{other.entitlement_id}")
    assert "Cost in USD $120.00" in shown
    assert "1 CHF = 1.2 USD (Feb 27, 2026, ECB)" in shown


async def test_cost_a_seat_is_told_by_period_and_what_lies_idle_apart(console):
    estate = console.estate
    await two_currencies(estate)
    board = await console.browser("board-sales")
    bare = await board.page("/spend/seats")
    assert "No exchange rate is known for CHF" in bare
    await rated(estate.office, date(2026, 2, 27), USD="1.2", CHF="1")
    shown = await board.page("/spend/seats")
    assert "m365" in (await board.page("/spend/seats?by=product")).casefold()
    assert "$36.50" in shown
    assert "$438.00 1.2 · Feb 27, 2026" in shown
    assert "All seats a year $803.00" in shown
    assert "$365.00 10 seats nobody holds" in shown
    told = (await board.get("/spend/seats.csv?table=seat-cost&by=lot")).text
    assert "36.5 USD" in told
    assert "Halden" in await board.page("/spend/seats?by=unit")
    german = await (await console.browser("board-finance", language="de")).page("/spend/seats?by=line")
    assert "Plätze, die brachliegen" in german
    assert "NAMED_USER" not in german


async def test_the_price_history_holds_a_renewal_to_its_cap(console):
    estate = console.estate
    line = await signed(estate)
    years = [{"first_day": date(year, 1, 1), "last_day": date(year, 12, 31)} for year in (2025, 2026)]
    first = await bought(estate, lot(line.line_id, 10, unit_price=100_000_000, po_number="A", **years[0]))
    await bought(
        estate, lot(line.line_id, 9, renewal_of=first.lot_key, unit_price=106_000_000, po_number="B", **years[1])
    )
    admin = await console.browser("admin")
    here = f"/licenses/{line.entitlement_id}/prices"
    assert here in (await admin.get(f"/licenses/{line.entitlement_id}")).text
    assert "Not held to a cap" in await admin.page(here)
    amend = f"/agreements/{line.agreement_id}/amend"
    form = (await admin.get(amend)).text
    unit = re.search(r'<option value="([^"]+)" selected', form)[1]
    asked = {
        "title": "m365", "unit_id": unit, "region": "001", "first_day": "2026-01-01", "last_day": "2026-12-31",
        "zone": "Europe/Zurich", "currency": "USD", "payment": "DUE", "version": "1", "reason": "REQUESTED",
        "effective_day": "2026-01-01",
    }  # fmt: skip
    wrong = await admin.send(amend, **asked, uplift_cap="much")
    assert "uplift_cap-error" in wrong.text
    done = await admin.send(amend, **asked, uplift_cap="5")
    assert done.status_code == 303, done.text[-600:]
    assert "5 %" in await admin.page(f"/agreements/{line.agreement_id}")
    shown = await admin.page(here)
    assert "+6.0% +6.0% Over the cap" in shown
    assert "A which it renews" in shown
