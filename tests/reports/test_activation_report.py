"""The report of activation: its figures are the metric's, small groups stay out, its chart is native."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl

from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from reports.running import SHEET_RIGHTS
from tests.estate import Estate
from tests.governance.metrics.held import crowd, held
from tests.reports.ground import built

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


async def seats(estate: Estate, code: str, count: int, used: int) -> None:
    lic = await estate.license(code, product_id=await estate.product(code), quantity=50)
    for n, who in enumerate(await crowd(estate, count)):
        await held(estate, lic, who, started_at=START, first_use_at=START + 2 * DAY if n < used else None)


async def test_it_tells_the_metric_and_hides_what_would_tell_of_few(
    office: Office, estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    await seats(estate, "m365", 15, 10)
    await seats(estate, "crm", 10, 5)
    clock.set(START + 20 * DAY)
    path = tmp_path / "activation.xlsx"
    manifest = await built(estate, path, "activation")
    assert {sheet.title for sheet in manifest.sheets} <= SHEET_RIGHTS.keys()
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in row] for row in book["Funnel"].iter_rows(min_row=2)]
    first = {row[0]: row[3:8] for row in rows if row[1] == "First use"}
    assert first["All products"][:4] == [25, 15, 10, 0]
    assert {name: values[1] for name, values in first.items()} == {"All products": 15, "M365": 10, "CRM": 5}
    assert {row[2] for row in rows if row[1] == "Installed"} == {"not observed"}
    groups = [[cell.value for cell in row] for row in book["By group"].iter_rows(min_row=2)]
    shown = [row for row in groups if row[3] == "First use" and row[0] == "M365"]
    assert [row[1:3] + row[5:7] for row in shown] == [["Region", "001", 15, 10], ["Unit", "Sales", 15, 10]]
    assert {row[0]: row[10] for row in rows if row[1] == "First use"}["M365"] == 2
    assert len(book["Charts"]._charts) == 1
    waits = {row[0].value: [cell.value for cell in row[1:6]] for row in book["First use"].iter_rows(min_row=2)}
    assert waits["M365"][:3] == [15, 10, 5]
    assert waits["M365"][4] == 2


async def test_a_small_product_and_the_one_that_would_tell_of_it_stay_out(
    office: Office, estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    await seats(estate, "m365", 12, 9)
    await seats(estate, "crm", 2, 1)
    clock.set(START + 20 * DAY)
    path = tmp_path / "activation.xlsx"
    await built(estate, path, "activation")
    funnel = openpyxl.load_workbook(path)["Funnel"]
    assert {row[0].value for row in funnel.iter_rows(min_row=2) if row[1].value} == {"All products"}
