import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import openpyxl
import pytest

from reports.manifest import Manifest, SheetManifest, Watch, canonical
from reports.workbook import Column, Kind, Sheet, Workbook

AS_OF = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
ROWS = [{"pool": "A", "seats": 3, "cost": Decimal("1.50")}, {"pool": "B", "seats": None, "cost": Decimal("2.25")}]


def manifest(*sheets: SheetManifest) -> Manifest:
    return Manifest("compliance-pack", "Acme", "unit Europe", AS_OF, AS_OF, "7", "12", sheets)


def facts(sheet: SheetManifest) -> list[tuple[str, object]]:
    return [("sha256", sheet.sha256), *sheet.totals.items()]


async def watched(rows, totals=("seats", "cost")) -> SheetManifest:
    watch = Watch("Position", totals)
    passed = [row async for row in watch.over(rows)]
    assert passed == rows
    return watch.seen()


def test_one_row_has_one_canonical_text():
    row = {
        "z": Decimal("1.50"),
        "a": True,
        "n": None,
        "big": 2**60,
        "day": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 14, tzinfo=timezone(timedelta(hours=14))),
        "é": "Søn",
    }
    assert canonical(row).decode() == (
        '{"a":true,"at":"2026-01-02T00:00:00Z","big":"1152921504606846976","day":"2026-01-02","n":null,'
        '"z":"1.50","é":"Søn"}'
    )
    assert canonical(dict(reversed(row.items()))) == canonical(row)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        canonical({"at": datetime.fromisoformat("2026-01-02T03:04")})


async def test_rows_are_counted_summed_and_hashed_while_they_pass():
    seen = await watched(ROWS)
    assert (seen.rows, seen.totals) == (2, {"seats": Decimal(3), "cost": Decimal("3.75")})
    lines = b'{"cost":"1.50","pool":"A","seats":3}\n{"cost":"2.25","pool":"B","seats":null}\n'
    assert seen.sha256 == hashlib.sha256(lines).hexdigest()


async def test_any_edit_and_any_other_order_has_another_hash():
    hashes = {(await watched(rows)).sha256 for rows in (ROWS, ROWS[::-1], ROWS[:1], [{**ROWS[0], "seats": 4}, ROWS[1]])}
    assert len(hashes) == 4


async def test_the_manifest_is_canonical_json():
    sheet = await watched(ROWS)
    said = json.loads(manifest(sheet).to_json())
    assert said["as_of"] == "2026-10-31T23:00:00Z"
    assert said["sheets"] == [
        {"title": "Position", "rows": 2, "totals": {"cost": "3.75", "seats": "3"}, "sha256": sheet.sha256}
    ]
    assert manifest(sheet).to_json() == manifest(replace(sheet)).to_json()


async def test_a_workbook_states_its_own_manifest_and_reconciles(tmp_path):
    watch = Watch("Position", ("seats", "cost"))
    columns = (Column("pool", "Pool"), Column("seats", "Seats", Kind.INTEGER), Column("cost", "Cost", Kind.MONEY))
    sheet = Sheet("Position", columns, watch.over(ROWS), totals=watch.totals)
    path = tmp_path / "pack.xlsx"
    written = await Workbook("Pack", lambda: facts(watch.seen()), (sheet,), AS_OF).save(path)
    assert written[0].totals == watch.seen().totals
    assert written[0].rows == watch.seen().rows
    cover = {cells[0].value: cells[1].value for cells in openpyxl.load_workbook(path)["Cover"].iter_rows(3)}
    assert cover["sha256"] == (await watched(ROWS)).sha256
    assert cover["cost"] == 3.75
