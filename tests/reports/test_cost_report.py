"""The report of cost by unit: whose money is withheld sees none of it, its charts are native, its cover reconciles."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import openpyxl

from governance.kernel.work import Office
from policies.access.gate import FIELDS, HERE, Gate
from reports.running import SHEET_RIGHTS
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.rated import rated
from tests.reports.ground import Format, built, cover_of


async def two_currencies(estate: Estate, code: str = "usd", **changes: object) -> None:
    line = await signed(estate, code)
    row = await bought(estate, lot(line.line_id, 10, **changes))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 4)


async def test_its_cover_reconciles_and_its_charts_read_their_cells(
    office: Office, estate: Estate, tmp_path: Path
) -> None:
    await two_currencies(estate)
    await two_currencies(estate, "chf", currency="CHF", unit_price=36_500_001)
    for day in (date(2026, 1, 30), date(2026, 2, 27)):
        await rated(office, day, USD="1.0389", CHF="0.9423")
    path = tmp_path / "cost.xlsx"
    manifest = await built(estate, path, "cost_by_unit")
    assert {sheet.title for sheet in manifest.sheets} <= SHEET_RIGHTS.keys()
    said = cover_of(path)["Sums reconcile"]
    assert said.startswith("yes: rows come to 61.000002 CHF, ")
    assert said.endswith("(2 lots; 0 more are in reach in part only)")
    book = openpyxl.load_workbook(path)
    assert len(book["Charts"]._charts) == 2
    totals = {sheet.title: sheet.totals for sheet in manifest.sheets}
    assert Decimal(str(totals["cost_units"]["own"])) == Decimal(str(totals["cost_by_unit"]["cost_in"]))


async def test_without_a_rate_amounts_are_empty_nothing_is_summed_and_the_note_says_why(
    estate: Estate, tmp_path: Path
) -> None:
    await two_currencies(estate, currency="CHF")
    path = tmp_path / "cost.xlsx"
    manifest = await built(estate, path, "cost_by_unit")
    assert all(not sheet.totals for sheet in manifest.sheets)
    page = openpyxl.load_workbook(path)["Cost rows"]
    header, first = ([cell.value for cell in row] for row in page.iter_rows(1, 2))
    row = dict(zip(header, first, strict=True))
    assert row["Cost"] > 0
    assert row["Cost (USD)"] is None
    assert row["USD for 1"] is None
    assert any("without a rate: CHF" in str(cell.value) for cells in page.iter_rows() for cell in cells)


async def test_who_may_not_see_money_gets_none_of_it_in_any_form(
    office: Office, estate: Estate, tmp_path: Path
) -> None:
    await two_currencies(estate)
    head, table, rest = FIELDS.partition("[MONEY]\n")
    lines = (HERE / "roles.csv").read_text("utf-8").split("\n")
    narrow = Gate.from_lines(lines, fields=f"{head}{table}read = []\n{rest.partition(chr(10))[2]}")

    async def gates(_tenant: UUID) -> Gate:
        return narrow

    estate.office = replace(office, gates=gates)
    for form in Format:
        path = tmp_path / f"cost.{form.value}"
        manifest = await built(estate, path, "cost_by_unit", format=form)
        assert manifest.sheets == ()
        assert set(manifest.left_out) == {"cost_by_unit", "cost_units"}
        assert manifest.reconciled is None
