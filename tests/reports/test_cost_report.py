"""The report of cost by unit: whose money is withheld sees none of it, its charts are native, its cover reconciles."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl

from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement
from governance.entitlements.rules import CostBasis
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
    sheets = {
        "cost_by_unit": {"cost_by_unit", "cost_units"}, "price_history": {"price_history"},
        "seat_cost": {"seat_cost", "seat_cost_lots", "seat_cost_units"},
    }  # fmt: skip
    for name, keys in sheets.items():
        for form in Format if name == "cost_by_unit" else (Format.XLSX,):
            path = tmp_path / f"{name}.{form.value}"
            manifest = await built(estate, path, name, format=form)
            assert (manifest.sheets, set(manifest.left_out), manifest.reconciled) == ((), keys, None)


async def test_cost_a_seat_reconciles_with_its_lots_and_history_holds_renewals_to_their_cap(
    office: Office, estate: Estate, tmp_path: Path
) -> None:
    line = await signed(estate)
    years = [{"first_day": date(year, 1, 1), "last_day": date(year, 12, 31)} for year in (2025, 2026)]
    first = await bought(estate, lot(line.line_id, 10, unit_price=100_000_000, po_number="A", **years[0]))
    bands = {"cost_basis": CostBasis.GRADUATED, "bands": [[1, 120_000_000], [9, 90_000_001]]}
    renewal = {"renewal_of": first.lot_key, "unit_price": 120_000_000, "po_number": "B", **bands, **years[1]}
    row = await bought(estate, lot(line.line_id, 10, **renewal))
    pool = await pooled(estate, line.line_id)
    await allocated(estate, row.lot_key, pool.id, 4)
    change = AmendAgreement(line.agreement_id, 1, {"uplift_cap": "5"}, ChangeReason.REQUESTED, date(2026, 1, 1))
    await office.perform(estate.actor("admin"), lambda work: amend_agreement(work, change))
    path = tmp_path / "seats.xlsx"
    await built(estate, path, "seat_cost")
    assert (
        cover_of(path)["Sums reconcile"] == "yes: licenses come to 1140.000002 USD, their 1 lots cost 1140.000002 USD"
    )
    [told] = rows_of(path, "Cost a seat")
    assert (told["License"], told["A seat, year"], told["Unassigned, year"]) == ("M365", 114, 1140.000002)
    assert {each["Unit"]: each["Seats"] for each in rows_of(path, "Seat cost by unit")} == {"Sales": 4, "Halden": 6}
    path = tmp_path / "prices.xlsx"
    await built(estate, path, "price_history")
    a, b = rows_of(path, "Price history")
    assert (a["Order"], a["Compared with"], a["Over the cap"]) == ("A", None, None)
    assert (b["Compared with"], b["Uplift as paid"], b["Uplift, constant currency"]) == ("A", 0.14, 0.14)
    assert (b["Bands"], b["Cap"], b["Over the cap"]) == ("1-8: 120.00; 9: 90.000001", 0.05, "yes")


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """Give the rows of a sheet by their headings, up to the totals."""
    page = openpyxl.load_workbook(path)[sheet]
    header, *rows = [[cell.value for cell in row] for row in page.iter_rows()]
    ends = next((at for at, row in enumerate(rows) if row[0] in {None, "Total"}), len(rows))
    return [dict(zip(header, row, strict=True)) for row in rows[:ends]]
