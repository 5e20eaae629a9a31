"""The shelf: folder, tuple and texts agree; a report reads one moment, in pages, and respects classes of fields."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest

import reports.shelf
from governance.kernel.work import Office
from policies.access.gate import FIELDS, HERE, Gate
from reports.errors import ReportTooLarge
from reports.ground import Gathered, Table
from reports.making import check_size
from reports.seat_register import PAGE
from reports.shelf import SHELF, Format, ReportRequest, build_report, reader_of
from reports.words import LANGUAGES, words_in
from reports.workbook import MAX_ROWS
from tests.estate import Estate
from tests.governance.holding import leavers, seat
from tests.reports.ground import built, cover_of, furnished

FOLDER = Path(reports.shelf.__file__).parent


def texts(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((FOLDER / "texts" / f"{language}.toml").read_text("utf-8"))


def test_every_file_with_a_report_stands_on_the_shelf() -> None:
    files = {path.stem for path in FOLDER.glob("*.py") if "\nREPORT = Report(" in path.read_text("utf-8")}
    assert {report.name for report in SHELF} == files
    assert len(SHELF) == len(files)


def test_every_report_has_its_words_and_its_ending() -> None:
    for report in SHELF:
        for language in LANGUAGES:
            words = words_in(language)
            assert words(report.title)
            assert words(report.answers).endswith(".")
    assert [report.suffix(Format.CSV) for report in SHELF] == [
        "zip", "csv", "zip", "csv", "csv", "csv", "zip", "zip", "csv", "zip", "csv", "zip",
    ]  # fmt: skip


def test_every_language_says_the_same_with_the_same_places() -> None:
    english = texts("en")
    for language in LANGUAGES:
        other = texts(language)
        assert {table: sorted(keys) for table, keys in other.items()} == {
            table: sorted(keys) for table, keys in english.items()
        }
        for table, keys in english.items():
            for key, text in keys.items():
                assert _places(other[table][key]) == _places(text), f"{language}: {table}.{key}"


def test_a_language_we_do_not_speak_reads_english() -> None:
    assert words_in("fr-CH")("sheet.cover") == "Cover"
    assert words_in("DE_at")("sheet.cover") == "Deckblatt"


async def test_a_report_reads_one_moment_whatever_is_written_meanwhile(estate: Estate, tmp_path: Path) -> None:
    license_ = await furnished(estate)
    seen: list[str] = []

    async def meddling(step: str, done: int, _all: int | None) -> None:
        if step == "write" and done == 0 and not seen:
            seen.append(step)
            await seat(estate, license_, "cleo")

    request = ReportRequest("license_review")
    reader = reader_of(estate.office, estate.actor("auditor"))
    manifest = await build_report(reader, request, tmp_path / "r.xlsx", meddling)
    assert seen
    assert {sheet.title: sheet.rows for sheet in manifest.sheets}["seats"] == 2
    assert manifest.reconciled is not None
    assert manifest.reconciled.startswith("yes: 2 ")
    after = await built(estate, tmp_path / "s.xlsx")
    assert {sheet.title: sheet.rows for sheet in after.sheets}["seats"] == 3


async def test_a_register_longer_than_a_page_has_every_seat_once(estate: Estate, tmp_path: Path) -> None:
    license_ = await estate.license(quantity=None, pools={"main": None, "other": None})
    await leavers(estate, license_, PAGE * 2 + 7)
    await seat(estate, license_, "ada", "other")
    told: list[tuple[str, int, int | None]] = []

    async def listening(step: str, done: int, everything: int | None) -> None:
        told.append((step, done, everything))

    path = tmp_path / "r.jsonl"
    request = ReportRequest("seat_register", format=Format.JSONL)
    await build_report(reader_of(estate.office, estate.actor("auditor")), request, path, listening)
    rows = [json.loads(line)["row"] for line in path.read_text("utf-8").splitlines()[:-1]]
    assert len(rows) == len({row["seat_id"] for row in rows}) == PAGE * 2 + 8
    assert [row["pool"] for row in rows[-2:]] == ["main", "other"]
    assert told[0] == ("rights", 0, None)
    assert told[-1] == ("write", PAGE * 2 + 8, PAGE * 2 + 8)
    assert len([one for one in told if one[0] == "write"]) == 6


@pytest.mark.parametrize(
    ("field_class", "report", "gone", "named"),
    [
        ("MONEY", "position", {"Cost (USD)"}, "Cost (…) (money)"),
        ("PERSONAL", "seat_register", {"Mail", "Work country"}, "Mail, Work country (personal)"),
        ("USAGE", "seat_register", {"First use"}, "First use (individual usage)"),
    ],
)
async def test_columns_of_a_class_that_is_not_ones_own_are_left_out_and_named(
    office: Office, estate: Estate, tmp_path: Path, field_class: str, report: str, gone: set[str], named: str
) -> None:
    await furnished(estate)
    narrow = _gate_without(field_class)

    async def gates(_tenant: UUID) -> Gate:
        return narrow

    whole, cut = tmp_path / "whole.xlsx", tmp_path / "cut.xlsx"
    await built(estate, whole, report)
    estate.office = replace(office, gates=gates)
    manifest = await built(estate, cut, report)
    assert _headers(whole) - _headers(cut) == {title if title != "First use" else "First use (UTC)" for title in gone}
    assert list(manifest.withheld.values()) == [(named,)]
    assert named in cover_of(cut).values()
    await built(estate, tmp_path / "cut.jsonl", report, format=Format.JSONL)
    row = json.loads((tmp_path / "cut.jsonl").read_text("utf-8").splitlines()[0])["row"]
    assert not {"mail", "country"} & row.keys() if field_class == "PERSONAL" else True
    assert not any(key.startswith("cost") for key in row) if field_class == "MONEY" else True


async def test_an_unlimited_license_has_no_total_of_what_cannot_be_summed(estate: Estate, tmp_path: Path) -> None:
    license_ = await estate.license(quantity=None)
    await seat(estate, license_, "ada")
    manifest = await built(estate, tmp_path / "r.xlsx", "position")
    assert set(manifest.sheets[0].totals) == {"occupied", "covered", "needed", "active", "cost_USD"}
    await built(estate, tmp_path / "r.csv", "position", format=Format.CSV)
    assert "UNLIMITED" in (tmp_path / "r.csv").read_text("utf-8-sig")


def test_more_rows_than_a_workbook_holds_are_refused_before_they_are_written() -> None:
    table = Table("seats", (), (), MAX_ROWS + 1)
    with pytest.raises(ReportTooLarge, match="Ask for csv or jsonl"):
        check_size(Gathered((table,)), Format.XLSX, words_in("en"))
    check_size(Gathered((table,)), Format.CSV, words_in("en"))


def _headers(path: Path) -> set[str]:
    page = openpyxl.load_workbook(path).worksheets[1]
    return {str(cell.value) for cell in page[1]}


def _gate_without(field_class: str) -> Gate:
    head, table, rest = FIELDS.partition(f"[{field_class}]\n")
    _, _, after = rest.partition("\n")
    lines = (HERE / "roles.csv").read_text("utf-8").split("\n")
    return Gate.from_lines(lines, fields=f"{head}{table}read = []\n{after}")


def _places(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}
