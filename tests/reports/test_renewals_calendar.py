"""The calendar of renewals: what ends with its deadline and state, its chart, and the same as iCalendar."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl

from governance.agreements.spoken import Outcome, Stage
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.renewals.service import RecordOutcome, record_outcome
from reports.icalendar import FOLD, renewals_calendar
from reports.running import SHEET_RIGHTS
from tests.estate import Estate
from tests.reports.ground import built


async def test_each_purchase_that_ends_is_told_with_its_state(office: Office, estate: Estate, tmp_path: Path) -> None:
    owned = await estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    await estate.license("crm", quantity=5, last_day=date(2026, 6, 30))
    await estate.license("forever", last_day=None)
    said = RecordOutcome(owned.lot_key, Stage.BOOKED, Outcome.RENEWED)
    await office.perform(estate.actor("admin"), lambda work: record_outcome(work, said))
    path = tmp_path / "renewals.xlsx"
    manifest = await built(estate, path, "renewals_calendar")
    assert [sheet.title for sheet in manifest.sheets] == ["renewals"]
    assert manifest.sheets[0].title in SHEET_RIGHTS
    book = openpyxl.load_workbook(path)
    header, *rows = [[cell.value for cell in row] for row in book["Renewals"].iter_rows()]
    told = [dict(zip(header, row, strict=True)) for row in rows if isinstance(row[1], datetime)]
    assert [(row["License"], row["Last usable day"].date(), row["Seats"], row["State"]) for row in told] == [
        ("crm", date(2026, 6, 30), 5, told[0]["State"]),
        ("m365", date(2026, 12, 31), 12, "renewed"),
    ]
    assert len(book["Charts"]._charts) == 1


async def test_the_calendar_can_be_opened_anywhere(office: Office, estate: Estate, clock: HandClock) -> None:
    name = "Größe, die; lange \\ heißt: " + "ö" * 60
    await estate.license(name, quantity=12, last_day=date(2026, 12, 31))
    async with office.reading(estate.actor("admin")) as work:
        said = await renewals_calendar(work, "en")
    lines = said.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert max(len(line.encode()) for line in lines) <= FOLD
    whole = said.replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20261231" in whole
    assert "DTEND;VALUE=DATE:20270101" in whole
    assert "Größe\\, die\\; lange \\\\ heißt: " + "ö" * 60 in whole
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") == whole.count("UID:")
    async with office.reading(estate.actor("admin")) as work:
        again = await renewals_calendar(work, "en")
    uids = [line for line in again.split("\r\n") if line.startswith("UID:")]
    assert uids == [line for line in lines if line.startswith("UID:")]
    assert f"DTSTAMP:{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}" in whole
