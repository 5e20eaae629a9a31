"""Agreements and purchases come in from tables: each row has its outcome, a trial tells what the import then does."""

import asyncio
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from governance.agreements.models import Agreement, Amendment
from governance.catalog.models import Product, Vendor
from governance.entitlements.models import Allocation, Entitlement, Lot, MetricLine, Pool, Room
from governance.entitlements.rules import lot_cost
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.models import ImportRow, StagedRow
from governance.imports.rules import FileFormat
from governance.imports.trials import import_tried, sweep_tried
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused, WrongState
from governance.kernel.work import Change, Office, Work
from governance.runs.moving import move_run
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.imports.files import DUTIES, every, run_of, short
from tests.governance.imports.tables import LICENSE, agreements_of, file_of, licenses_of, problems_of, report_of
from tests.real_data import real_file


@pytest.fixture
async def catalog(estate: Estate) -> None:
    await estate.product("cad", tiers=("E3", "E5"))


@pytest.mark.usefixtures("catalog")
async def test_agreements_are_signed_and_known_ones_change_only_with_a_reason(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    rows = ({}, {"number": "EA-2", "title": "Other", "last_day": ""})
    tried = await agreements_of(office, estate, *rows, dry_run=True)
    assert await report_of(office, estate, tried) == [(2, "CREATED"), (3, "CREATED")]
    assert await every(office, admin, Agreement) == []
    run = await agreements_of(office, estate, *rows)
    assert run.outcome == tried.outcome
    first = next(row for row in await every(office, admin, Agreement) if row.number == "EA-1")
    assert (first.last_day, first.notice_days, first.auto_renews) == (date(2026, 12, 31), 90, True)
    assert first.owner_id == estate.people["ada"]
    again = await agreements_of(office, estate, *rows, {"number": "EA-1", "title": "Larger suite"})
    assert await report_of(office, estate, again) == [(2, "UNCHANGED"), (3, "UNCHANGED"), (4, "REFUSED")]
    assert (await problems_of(office, estate, again))[4][0][:2] == ("title", "Larger suite")
    amended = await agreements_of(office, estate, {"title": "Larger suite"}, options={"reason": "requested"})
    assert await report_of(office, estate, amended) == [(2, "CHANGED")]
    assert [row.after for row in await every(office, admin, Amendment)] == [{"title": "Larger suite"}]


@pytest.mark.usefixtures("catalog")
async def test_purchases_bring_license_line_pool_and_seats(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await agreements_of(office, estate, {})
    rows: tuple[dict[str, Any], ...] = (
        {}, {"po_number": "PO-2", "renewal_of": "PO-1", "first_day": "2027-01-01", "last_day": "2027-12-31"},
        {"license": "cad-site", "line": "", "pool": "", "allocated": "", "quantity": "unlimited"},
    )  # fmt: skip
    tried = await licenses_of(office, estate, *rows, dry_run=True)
    assert await report_of(office, estate, tried) == [(2, "CREATED"), (3, "CREATED"), (4, "REFUSED")]
    assert (await every(office, admin, Entitlement), await every(office, admin, StagedRow)) == ([], [])
    run = await licenses_of(office, estate, *rows)
    assert run.outcome == tried.outcome
    assert run.outcome is not None
    assert short(run.outcome) == (3, 2, 1, 2, 0, 0)
    lots = sorted(await every(office, admin, Lot), key=lambda row: row.start)
    assert [(row.quantity, row.unit_price, row.po_number) for row in lots] == [
        (10, 12_580_000, "PO-1"), (10, 12_580_000, "PO-2"),
    ]  # fmt: skip
    assert lots[1].renewal_of == lots[0].lot_key
    (pool,) = await every(office, admin, Pool)
    (line,) = await every(office, admin, MetricLine)
    rooms = {row.id: row.ceiling for row in await every(office, admin, Room)}
    assert (rooms[line.id], rooms[pool.id]) == (10, 4)
    assert len(await every(office, admin, Allocation)) == 2
    again = await licenses_of(office, estate, {}, {"quantity": "12"}, {"allocated": "5"})
    assert await report_of(office, estate, again) == [(2, "UNCHANGED"), (3, "REFUSED"), (4, "REFUSED")]
    said = await problems_of(office, estate, again)
    assert said[3][0][:2] == ("quantity", "12")
    assert "correctLot" in said[3][0][2]
    assert "changeAllocation" in said[4][0][2]


@pytest.mark.usefixtures("catalog")
async def test_prices_in_bands_and_packs_come_in_and_a_wrong_band_is_named(office: Office, estate: Estate) -> None:
    await agreements_of(office, estate, {})
    banded = {"license": "cad-bands", "pool": "", "allocated": "", "unit_price": "", "cost_basis": "volume"}
    run = await licenses_of(
        office, estate, banded | {"bands": "1-9: 12.58; 10: 11.00"},
        banded | {"bands": "1-9: 12.58; 11: 11.00", "po_number": "PO-7"}, banded | {"po_number": "PO-9"},
        banded | {"po_number": "PO-8", "cost_basis": "pack", "unit_price": "40", "pack_size": "4"},
    )  # fmt: skip
    said = await problems_of(office, estate, run)
    assert said[3] == [
        ("bands", "1-9: 12.58; 11: 11.00", "band 2, first: 10: the band before ends at 9, there would be a gap")
    ]
    assert [each[0] for each in said[4]] == ["unit_price"]
    lots = {row.po_number: row for row in await every(office, estate.actor("admin"), Lot)}
    assert {po: lot_cost(row) for po, row in lots.items()} == {"PO-1": 110_000_000, "PO-8": 120_000_000}


@pytest.mark.usefixtures("catalog")
async def test_bad_cells_are_named_all_at_once_with_what_is_right(office: Office, estate: Estate) -> None:
    await agreements_of(office, estate, {})
    run = await licenses_of(
        office, estate, {"first_day": "11/24/08", "quantity": "1,200", "po_number": ""}, {"unit_price": "€12.58"},
        {"product": "cadd"}, {"unit_price": "1,234.50"}, {"agreement": "EA-9"}, {"owner": "nobody@halden.example"},
        {"license": "other", "unit": "salse"}, {"model": "names"},
    )  # fmt: skip
    said = await problems_of(office, estate, run)
    assert [each[0] for each in said[2]] == ["po_number", "quantity", "first_day"]
    assert "2026-12-31" in said[2][2][2]
    assert said[3] == [("unit_price", "€ 12.58", "an amount in USD, the row's currency, such as 12.58")]
    assert "did you mean 'cad'" in said[4][0][2]
    assert [each[0] for number in range(5, 10) for each in said[number]] == [
        "unit_price", "agreement", "owner", "unit", "model",
    ]  # fmt: skip
    assert [row.code for row in await every(office, estate.actor("admin"), Entitlement)] == []


@pytest.mark.usefixtures("catalog")
async def test_what_is_missing_is_created_only_when_asked(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    refused = await agreements_of(office, estate, {"vendor": "Gislason"})
    assert await report_of(office, estate, refused) == [(2, "REFUSED")]
    await agreements_of(office, estate, {"vendor": "Gislason"}, options={"create": "yes"})
    row = {"product": "Plotter", "tier": "Pro"}
    assert await report_of(office, estate, await licenses_of(office, estate, row)) == [(2, "REFUSED")]
    run = await licenses_of(office, estate, row, options={"create": "yes"})
    assert await report_of(office, estate, run) == [(2, "CREATED")]
    product = next(row for row in await every(office, admin, Product) if row.name == "Plotter")
    vendor = next(row for row in await every(office, admin, Vendor) if row.name == "Gislason")
    assert product.vendor_id == vendor.id
    (made,) = await every(office, admin, ImportRow, ImportRow.run_id == run.id)
    assert [each["type"] for each in made.made] == [
        "product", "tier", "entitlement", "line", "lot", "pool", "allocation",
    ]  # fmt: skip


@pytest.mark.usefixtures("catalog")
async def test_what_was_tried_is_imported_without_the_file(office: Office, estate: Estate, clock: HandClock) -> None:
    admin = estate.actor("admin")
    tried = await agreements_of(office, estate, {}, dry_run=True)
    with pytest.raises(NotFound):
        await office.perform(estate.actor("auditor"), lambda work: import_tried(work, tried.id))
    weak = estate.actor("admin", role=Role.AUDITOR)
    with pytest.raises(Refused):
        await office.perform(weak, lambda work: import_tried(work, tried.id))
    run = await office.perform(admin, lambda work: import_tried(work, tried.id))
    await move_run(office, run.tenant_id, run.id, DUTIES, "tests")
    assert await report_of(office, estate, run) == [(2, "CREATED")]
    again = await agreements_of(office, estate, {"number": "EA-2"}, dry_run=True)
    clock.advance(timedelta(days=2))
    await sweep_tried(office)
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: import_tried(work, again.id))
    with pytest.raises(WrongState):
        await office.perform(admin, lambda work: import_tried(work, run.id))


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("cut_at", [2, 30])
async def test_an_import_cut_off_ends_with_every_row_once(office: Office, estate: Estate, cut_at: int) -> None:
    admin = estate.actor("admin")
    await agreements_of(office, estate, {})
    rows = [{"po_number": f"PO-{n}", "license": f"l-{n % 3}"} for n in range(450)]
    asked = ImportFile(FileFormat.LICENSES, "l.csv", file_of(LICENSE, *rows))
    run = await office.perform(admin, lambda work: request_file_import(work, asked))
    cutting = replace(office, trail=DyingTrail(office.trail, cut_at * 20))
    await move_run(cutting, run.tenant_id, run.id, DUTIES, "dies")
    part = len(await every(office, admin, ImportRow, ImportRow.run_id == run.id))
    assert part == len([row for row in await every(office, admin, Lot) if row.po_number]) < 450
    office.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    await move_run(office, run.tenant_id, run.id, DUTIES, "goes on")
    assert [number for number, _ in await report_of(office, estate, run)] == list(range(2, 452))
    assert len(await every(office, admin, Lot)) == 450
    assert await every(office, admin, StagedRow) == []


@pytest.mark.usefixtures("catalog")
async def test_twins_buy_each_purchase_once(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    await agreements_of(office, estate, {})
    await licenses_of(office, estate, {"po_number": "PO-0"})
    asked = ImportFile(FileFormat.LICENSES, "l.csv", file_of(LICENSE, *({"po_number": f"PO-{n}"} for n in range(60))))
    runs = [await office.perform(admin, lambda work: request_file_import(work, asked)) for _ in range(2)]
    await asyncio.gather(*(move_run(office, run.tenant_id, run.id, DUTIES, f"w{run.id}") for run in runs))
    assert sorted(str(row.po_number) for row in await every(office, admin, Lot)) == sorted(f"PO-{n}" for n in range(60))
    told = [outcome for run in runs for _, outcome in await report_of(office, estate, run)]
    assert (told.count("CREATED"), told.count("UNCHANGED")) == (59, 61)


class DyingTrail:
    """A trail whose process dies at the n-th entry, before it is committed."""

    def __init__(self, inner: Any, at: int) -> None:
        self.inner, self.at = inner, at

    async def write(self, work: Work, change: Change) -> None:
        self.at -= 1
        if self.at == 0:
            raise RuntimeError("The process dies here.")
        await self.inner.write(work, change)

    async def write_all(self, work: Work, changes: Any) -> None:
        await self.inner.write_all(work, changes)


@pytest.mark.usefixtures("catalog")
async def test_hundreds_of_rows_come_in_with_little_memory(office: Office, estate: Estate) -> None:
    await agreements_of(office, estate, {})
    rows = [{"po_number": f"PO-{n}", "license": f"l-{n % 40}", "pool": "", "allocated": ""} for n in range(300)]
    tracemalloc.start()
    run = await licenses_of(office, estate, *rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert run.outcome is not None
    assert short(run.outcome) == (300, 300, 0, 300, 0, 0)
    assert peak < 6 << 20


@pytest.mark.real_data
async def test_a_strangers_file_is_refused_row_by_row_and_nothing_is_guessed(office: Office, estate: Estate) -> None:
    content = real_file("seat_imports/snipeit_licenses_import_excerpt.csv").read_bytes()
    run = await run_of(office, estate.actor("admin"), FileFormat.LICENSES, content)
    assert run.outcome is None
    assert "missing" in str(run.error)
