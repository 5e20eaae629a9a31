"""The report of the four-way view: a row a license, a row a difference, and nothing for who may not see seats."""

from pathlib import Path
from uuid import UUID

import openpyxl
import pytest

from governance.holdings.models import HeldSeat, HoldingsReading
from governance.kernel.errors import Refused
from governance.kernel.work import Office
from reports.running import SHEET_RIGHTS
from tests.estate import Estate
from tests.reports.ground import Format, built


async def held_there(estate: Estate, *products: UUID, account: str = "ben@there") -> None:
    """Let a vendor's list tell that Ben holds a seat of each product, which nobody gave him here."""
    now = estate.office.clock.now()
    reading = await estate.add(
        HoldingsReading(
            **estate.key(), source="m365", instance="m365", complete=True, seats=len(products), observed_at=now, recorded_at=now,
            recorded_by="system:tests",
        )
    )  # fmt: skip
    for product in products:
        held = {"person_id": estate.people["ben"], "product_id": product, "quantity": 1}
        await estate.add(HeldSeat(**estate.key(), reading_id=reading.id, account=account, **held))


async def test_licenses_and_differences_are_told(office: Office, estate: Estate, tmp_path: Path) -> None:
    product = await estate.product("suite")
    await estate.license(quantity=9, product_id=product)
    await estate.license("other", quantity=2)
    await held_there(estate, product, account="=ben@there")
    path = tmp_path / "four.xlsx"
    manifest = await built(estate, path, "four_way")
    assert {sheet.title for sheet in manifest.sheets} <= SHEET_RIGHTS.keys()
    assert {sheet.title: sheet.rows for sheet in manifest.sheets} == {"four_way": 2, "differences": 1}
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in row] for row in book["Differences"].iter_rows()]
    [found] = [row for row in rows if "HELD_NOT_ASSIGNED" in row]
    assert found[:2] == ["m365-e5", "HELD_NOT_ASSIGNED"]
    assert found[2] == "Ben"
    assert found[4] == "REVOKE_THERE"
    assert all(cell.data_type != "f" for row in book["Differences"].iter_rows() for cell in row)
    manifest = await built(estate, tmp_path / "four.zip", "four_way", format=Format.CSV)
    assert {sheet.title for sheet in manifest.sheets} == {"four_way", "differences"}
    with pytest.raises(Refused):
        await built(estate, tmp_path / "none.xlsx", "four_way", estate.actor("board-finance"))
