"""Every report of the shelf says one thing in three forms: workbook, CSV and JSON lines carry the same rows."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from governance.activation.service import take_events
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from reports.cells import EXACT_DIGITS
from reports.manifest import Manifest
from reports.shape import Report
from reports.shelf import SHELF, Format
from reports.words import words_in
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.metrics.held import crowd, held
from tests.governance.metrics.rated import rated
from tests.reports.boarded import reviewed
from tests.reports.ground import built, files_of, furnished
from tests.reports.test_four_way_report import held_there

Rows = list[list[str]]


async def estate_of_two_currencies(estate: Estate, office: Office) -> None:
    """Raise what every report has rows of, amounts with six decimals and a rate of many digits among them."""
    await furnished(estate)
    line = await signed(estate, "chf")
    francs = await bought(estate, lot(line.line_id, 7, currency="CHF", unit_price=1_234_567))
    pool = await pooled(estate, line.line_id, "=pool")
    await allocated(estate, francs.lot_key, pool.id, 3)
    for day in (date(2026, 1, 30), date(2026, 2, 27)):
        await rated(office, day, USD="1.0389", CHF="0.9423")
    await journeys(estate)


async def journeys(estate: Estate) -> None:
    """Let twelve people each begin to use two products; six did of each, and one error stopped the others.

    Two, for the smaller one is kept back: it hides the two seats of the license beside them.
    """
    now = estate.office.clock.now()
    events = []
    for product in ("crm", "erp"):
        lic = await estate.license(f"={product}", product_id=await estate.product(product), quantity=14)
        for n, who in enumerate(await crowd(estate, 12)):
            await held(estate, lic, who, started_at=now, first_use_at=now if n < 6 else None)
            data = {"person": who, "product": product, "step": "INSTALLED", "code": "=E-17"}
            event = {"specversion": "1.0", "id": who, "source": "/setup", "type": "lictor.activation.error",
                     "time": now.isoformat(), "data": data}  # fmt: skip
            events += [event] if n >= 6 else []
    await estate.office.perform(estate.actor("admin"), lambda work: take_events(work, events))


@pytest.mark.parametrize("report", SHELF, ids=lambda report: report.name)
async def test_workbook_csv_and_json_lines_carry_the_same_rows(
    office: Office, estate: Estate, clock: HandClock, tmp_path: Path, report: Report
) -> None:
    await estate_of_two_currencies(estate, office)
    if report.name == "review":
        await reviewed(estate)
    if report.name == "four_way":
        product = await estate.product("there")
        await estate.license("there", product_id=product)
        await held_there(estate, product)
    paths = {form: tmp_path / f"r.{report.suffix(form)}" for form in Format}
    manifests = [await built(estate, path, report.name, format=form) for form, path in paths.items()]
    first = manifests[0]
    assert [each.sheets for each in manifests] == [first.sheets] * len(manifests), "hashes and counts differ"
    lines = lines_of(paths[Format.JSONL], first)
    text, book = csv_of(paths[Format.CSV], report, first), book_of(paths[Format.XLSX], first)
    for sheet in first.sheets:
        assert sheet.rows == len(lines[sheet.title]) > 0, sheet.title
        assert book[sheet.title] == text[sheet.title]
        assert [sorted(row) for row in text[sheet.title]] == lines[sheet.title]


def lines_of(path: Path, manifest: Manifest) -> dict[str, Rows]:
    """Give the rows of JSON lines, whose keys have an order of their own: the values of each row sorted."""
    found: dict[str, Rows] = {sheet.title: [] for sheet in manifest.sheets}
    for line in path.read_text("utf-8").splitlines():
        said = json.loads(line, parse_float=Decimal)
        if "row" in said:
            found[said["sheet"]].append(sorted(plain(value) for value in said["row"].values()))
    return found


def csv_of(path: Path, report: Report, manifest: Manifest) -> dict[str, Rows]:
    if report.many:
        files = files_of(path)
        texts = {sheet.title: files[f"{sheet.title}.csv"] for sheet in manifest.sheets}
    else:
        texts = {manifest.sheets[0].title: path.read_text("utf-8-sig")}
    return {
        title: [[plain(cell.removeprefix("'")) for cell in row] for row in list(csv.reader(io.StringIO(text)))[1:]]
        for title, text in texts.items()
    }


def book_of(path: Path, manifest: Manifest) -> dict[str, Rows]:
    book, words = openpyxl.load_workbook(path), words_in("en")
    return {
        sheet.title: [
            [plain(_in_percent(cell)) for cell in row]
            for row in book[words(f"sheet.{sheet.title}")].iter_rows(2, sheet.rows + 1)
        ]
        for sheet in manifest.sheets
    }


def _in_percent(cell: Any) -> Any:
    """Give a share, which a spreadsheet writes in percent, as the percent that the other forms say."""
    return Decimal(str(cell.value)) * 100 if "%" in cell.number_format and cell.value is not None else cell.value


def plain(value: Any) -> str:
    """Say a value of any form in one way: numbers by their worth, instants in UTC, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat(timespec="seconds")
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return _instant(text) or _number(text) or text


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return at.replace(tzinfo=at.tzinfo or UTC).isoformat(timespec="seconds") if "-" in text else ""


def _number(text: str) -> str:
    try:
        worth = Decimal(text)
    except ArithmeticError:
        return ""
    return f"{worth.normalize():f}" if worth.is_finite() and len(text) <= EXACT_DIGITS + 2 else ""


def test_a_row_that_one_form_lost_would_be_seen() -> None:
    rows = [[plain(Decimal("7.10")), plain(None)], [plain("2026-03-02T09:00:00Z"), plain(True)]]
    assert rows == [["7.1", ""], ["2026-03-02T09:00:00+00:00", "true"]]
    assert plain(date(2026, 3, 2)) == plain("2026-03-02") == plain(datetime(2026, 3, 2, tzinfo=UTC))
