"""The workbook of a license review: its totals agree, it reproduces as known then, and rights decide what is in it."""

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from governance.entitlements.models import Lot
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused
from governance.kernel.work import Office
from governance.metrics.difference import explain_difference
from policies.access.parties import Grant, Role, ScopeKind
from reports.manifest import canonical
from reports.shelf import SHELF, Format, report_named
from tests.estate import Estate
from tests.governance.holding import change, release, seat
from tests.reports.boarded import reviewed
from tests.reports.ground import built, cover_of, files_of, finding, furnished, hashes, told

SHEETS = ["Cover", "Position", "Seat register", "Findings", "Trail extract", "Charts"]


async def test_the_workbook_opens_in_two_readers_with_the_same_rows(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    path = tmp_path / "review.xlsx"
    manifest = await built(estate, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == SHEETS
    read = CalamineWorkbook.from_path(path)
    assert read.sheet_names == SHEETS
    rows = {sheet.title: sheet.rows for sheet in manifest.sheets}
    assert rows["position"] == 2  # the pool's part where the pool is, the rest where the license is owned
    assert rows["seats"] == 2
    assert rows["findings"] == 1
    assert rows["trail"] == 1
    for title in SHEETS[1:-1]:
        mine = [[cell.value for cell in row] for row in book[title].iter_rows(1, 2)]
        theirs = read.get_sheet_by_name(title).to_python()[:2]
        assert [str(cell) for cell in mine[0]] == theirs[0]
    assert len(book["Charts"]._charts) == 3
    seats = [row[1].value for row in book["Seat register"].iter_rows(2, 3)]
    assert seats == ["=m365-e5", "=m365-e5"]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


async def test_the_cover_says_scope_clocks_versions_counts_hashes_and_the_trail_behind(
    estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    await furnished(estate)
    path = tmp_path / "review.xlsx"
    manifest = await built(estate, path)
    cover = cover_of(path)
    assert cover["Tenant"] == "Halden Group"
    assert cover["Scope"] == "the whole tenant"
    assert cover["As of (UTC)"] == cover["Known at (UTC)"] == told(clock.now())
    assert cover["Definitions version"].startswith("position/3, checks ")
    assert cover["Policy version"] == manifest.policy_version
    assert cover["Seat register: rows"] == 2
    assert cover["Seat register: total of Occupies"] == 2
    assert cover["Position: total of Occupied"] == 2
    assert cover["Findings: SHA-256"] == hashes(manifest)["findings"]
    assert cover["Audit trail: entries"] == 1
    assert cover["Sums reconcile"] == ("yes: 2 in the position, 2 in the seat register, alike for each of 1 licenses")


async def test_occupied_of_each_license_is_the_seats_of_the_register_that_take_room(
    estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    for code, holders in (("one", ("ada", "ben")), ("two", ("ada",)), ("three", ())):
        license_ = await estate.license(code, quantity=5)
        for who in holders:
            await seat(estate, license_, who)
        await seat(estate, license_, f"late-{code}", invitation_expires_at=clock.now() + timedelta(days=1))
        gone = await seat(estate, license_, f"gone-{code}")
        clock.advance(timedelta(hours=1))
        await release(estate, gone)
    clock.advance(timedelta(days=2))
    path = tmp_path / "review.jsonl"
    await built(estate, path, format=Format.JSONL)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    occupied: dict[str, int] = {}
    register: dict[str, int] = {}
    for line in lines[:-1]:
        row = line["row"]
        if line["sheet"] == "position":
            occupied[row["license_code"]] = occupied.get(row["license_code"], 0) + row["occupied"]
        elif line["sheet"] == "seats":
            register[row["license_code"]] = register.get(row["license_code"], 0) + row["occupies"]
    assert occupied == register == {"one": 2, "two": 1, "three": 0}
    assert len([line for line in lines if line.get("sheet") == "seats"]) == 6  # lapsed invitations are listed, too
    assert lines[-1]["manifest"]["reconciled"].startswith("yes: 3 in the position, 3 in the seat register")


async def test_what_was_known_then_reproduces_to_the_row_and_what_is_known_now_is_explained(
    office: Office, estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    license_ = await furnished(estate)
    clock.advance(timedelta(days=1))
    then = clock.now()
    before = await built(estate, tmp_path / "a.xlsx", as_of=then, known_at=then)
    clock.advance(timedelta(days=3))
    await _correct(estate, license_.lot_id, quantity=2)
    backdated = await seat(estate, license_, "cleo")
    await change(estate, backdated, started_at=then - timedelta(hours=1))
    await release(estate, backdated)
    clock.advance(timedelta(days=1))
    again = await built(estate, tmp_path / "b.xlsx", as_of=then, known_at=then)
    now = await built(estate, tmp_path / "c.xlsx", as_of=then, known_at=clock.now())
    assert hashes(again) == hashes(before)
    assert again.as_of == now.as_of
    assert hashes(now)["position"] != hashes(before)["position"]
    assert hashes(now)["seats"] != hashes(before)["seats"]
    async with office.reading(estate.actor("auditor")) as work:
        difference = await explain_difference(work, then, then, clock.now())
    assert {fact.kind for fact in difference.facts} == {"LOT", "SEAT"}
    assert now.reconciled is not None
    assert now.reconciled.startswith("yes: 3 ")


async def test_whoever_sees_figures_but_no_seats_gets_no_seats_and_is_told(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    path = tmp_path / "board.xlsx"
    manifest = await built(estate, path, actor=estate.actor("board-sales"))
    assert [sheet.title for sheet in manifest.sheets] == ["position", "findings"]
    assert openpyxl.load_workbook(path).sheetnames == ["Cover", "Position", "Findings", "Charts"]
    cover = cover_of(path)
    assert cover["Seat register: left out"] == "needs the right seat:read"
    assert "audit:read" in cover["Trail extract: left out"]
    assert "Sums reconcile" not in cover


async def test_columns_that_a_role_may_not_read_are_left_out_and_named(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    holder = estate.actor("ada", Grant(Role.HOLDER, ScopeKind.OWN), Grant(Role.BOARD_MEMBER, ScopeKind.TENANT))
    manifest = await built(estate, tmp_path / "a.csv", "position", holder, format=Format.CSV)
    assert "Cost (USD)" in (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[0]
    assert manifest.withheld == {}
    owner_of_seats = estate.actor("ada", Grant(Role.FINANCE, ScopeKind.TENANT))
    with pytest.raises(Refused):
        await built(estate, tmp_path / "b.csv", "seat_register", owner_of_seats, format=Format.CSV)


async def test_a_unit_narrows_every_sheet_to_its_subtree(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    there = await estate.license("finance-only", unit="finance", pool_unit="finance")
    await seat(estate, there, "cleo")
    await finding(estate, "elsewhere", "finance")
    path = tmp_path / "unit.xlsx"
    manifest = await built(estate, path, unit_id=estate.units["sales"], actor=estate.actor("admin"))
    cover = cover_of(path)
    assert cover["Unit"] == "Sales (sales) and below, by today's tree"
    assert cover["Scope"] == "units Sales and below"
    assert {sheet.title: sheet.rows for sheet in manifest.sheets} == {"position": 1, "seats": 2, "findings": 1}
    files = await _csv(estate, tmp_path, unit_id=estate.units["sales"])
    assert "finance-only" not in "".join(files.values())
    assert "elsewhere" not in files["findings.csv"]


async def test_rows_outside_ones_reach_are_in_no_sheet(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    there = await estate.license("finance-only", unit="finance", pool_unit="finance")
    await seat(estate, there, "cleo")
    owner = estate.actor("ben", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["finance"]))
    manifest = await built(estate, tmp_path / "r.xlsx", actor=owner)
    assert manifest.scope == "units Finance and below"
    assert {sheet.title: sheet.rows for sheet in manifest.sheets} == {"position": 1, "seats": 1, "findings": 0}
    with pytest.raises(NotFound):
        await built(estate, tmp_path / "s.xlsx", actor=owner, unit_id=estate.units["sales"])
    assert not (tmp_path / "s.xlsx").exists()


async def test_csv_of_several_sheets_is_a_zip_in_which_nothing_is_a_formula(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    files = await _csv(estate, tmp_path)
    assert sorted(files) == [
        "cover.csv", "findings.csv", "manifest.json", "position.csv", "seats.csv", "trail.csv",
    ]  # fmt: skip
    rows = list(csv.reader(io.StringIO(files["seats.csv"], newline="")))
    assert rows[1][0] == "'=m365-e5"
    assert list(csv.reader(io.StringIO(files["findings.csv"], newline="")))[1][3] == "'=evil()"
    position = list(csv.DictReader(io.StringIO(files["position.csv"], newline="")))
    assert {row["Balance"] for row in position} == {"1", "0"}
    for name in ("position.csv", "seats.csv", "findings.csv", "trail.csv"):
        for row in csv.reader(io.StringIO(files[name], newline="")):
            assert not [cell for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r", "\n")]


async def test_every_form_has_the_same_rows_and_anybody_can_check_their_hash(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    book = await built(estate, tmp_path / "r.xlsx")
    path = tmp_path / "r.jsonl"
    lines = await built(estate, path, format=Format.JSONL)
    assert hashes(book) == hashes(lines)
    digests = {sheet.title: hashlib.sha256() for sheet in lines.sheets}
    for line in path.read_bytes().splitlines()[:-1]:
        read = json.loads(line)
        digests[read["sheet"]].update(canonical(read["row"]) + b"\n")
    assert {title: digest.hexdigest() for title, digest in digests.items()} == hashes(book)


async def test_words_follow_the_language_and_rows_do_not(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    english = await built(estate, tmp_path / "en.xlsx")
    german = await built(estate, tmp_path / "de.xlsx", locale="de-CH")
    assert hashes(german) == hashes(english)
    assert openpyxl.load_workbook(tmp_path / "de.xlsx").sheetnames[:2] == ["Deckblatt", "Lage"]
    assert cover_of(tmp_path / "de.xlsx", "Deckblatt")["Mandant"] == "Halden Group"


async def test_an_empty_estate_has_a_report_too(estate: Estate, tmp_path: Path) -> None:
    manifest = await built(estate, tmp_path / "empty.xlsx")
    assert {sheet.rows for sheet in manifest.sheets} == {0}
    assert openpyxl.load_workbook(tmp_path / "empty.xlsx").sheetnames == SHEETS


async def test_each_report_of_the_shelf_is_built_in_each_form(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    await reviewed(estate)
    folder = tmp_path / "reports"
    folder.mkdir()
    for report in SHELF:
        for form in Format:
            path = folder / f"{report.name}.{report.suffix(form)}"
            manifest = await built(estate, path, report.name, format=form)
            assert manifest.report == report.name
            assert sum(sheet.rows for sheet in manifest.sheets) > 0
            assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(p.suffix for p in folder.iterdir()) == [".csv"] * 6 + [".jsonl"] * 12 + [".xlsx"] * 12 + [".zip"] * 6


async def test_the_trail_has_no_unit(estate: Estate, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        await built(estate, tmp_path / "t.csv", "trail", unit_id=estate.units["sales"], format=Format.CSV)
    with pytest.raises(Refused):
        await built(estate, tmp_path / "t.csv", "trail", estate.actor("admin"), format=Format.CSV)
    assert not (tmp_path / "t.csv").exists()


async def test_an_unknown_report_is_not_found(estate: Estate, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await built(estate, tmp_path / "x.xlsx", "../../etc/passwd")
    assert report_named("license_review").many


async def _csv(estate: Estate, folder: Path, unit_id: UUID | None = None) -> dict[str, str]:
    await built(estate, folder / "r.zip", format=Format.CSV, unit_id=unit_id)
    return files_of(folder / "r.zip")


async def _correct(estate: Estate, lot_id: UUID, **changes: int) -> None:
    """Supersede a lot, as a correction does."""
    now = estate.office.clock.now()
    async with estate.office.database.write(estate.tenant_id) as session:
        old = await session.get_one(Lot, (estate.tenant_id, lot_id))
        old.superseded_at = now
        await session.flush()
        values = {column.key: getattr(old, column.key) for column in Lot.__table__.columns}
        session.add(
            Lot(**(values | {"id": estate.office.ids.new(), "recorded_at": now, "superseded_at": None} | changes))
        )
