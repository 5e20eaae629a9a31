"""Reports: the shelf shows what one may have; asking leads to the run, whose page proves and hands out the file."""

import pytest

from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import moved
from tests.governance.holding import seat


async def test_the_shelf_holds_what_the_reader_may_have(console):
    admin = await console.browser("admin")
    shown = await admin.page("/reports")
    assert "Seat register" in shown
    assert "Trail extract" not in shown
    auditor = await console.browser("auditor", language="de")
    assert "Auszug der Spur" in await auditor.page("/reports")
    board = await console.browser("board-sales")
    listed = await board.page("/reports")
    assert "License position" in listed
    assert "Trail extract" not in listed
    assert (await board.get("/reports/trail/new")).status_code == 404
    assert (await board.get("/reports/nothing/new")).status_code == 404


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_a_report_is_asked_for_built_and_offered_with_its_proof(console, tmp_path, form):
    built = await console.estate.license("m365", quantity=2)
    await seat(console.estate, built, "ada")
    admin = await console.browser("admin")
    asked = await admin.send("/reports/position/new", format=form, as_of="2026-03-02T09:00")
    run_id = await moved(console, asked.headers["location"], tmp_path)
    shown = await admin.page(f"/runs/{run_id}")
    assert f"Download {form.upper()}" in shown
    assert "SHA-256" in shown
    assert "Position" in shown
    assert f"/reports/position/runs/{run_id}/file" in (await admin.get("/reports")).text
    auditor = await console.browser("auditor")
    others = await auditor.page(f"/runs/{run_id}")
    assert "Download" not in others
    assert "The file is its asker's alone" in others


async def test_an_instant_to_come_is_refused_at_its_field(console):
    admin = await console.browser("admin")
    refused = await admin.send("/reports/position/new", format="csv", as_of="2027-01-01T00:00")
    assert refused.status_code == 422
    assert "Choose an instant that has passed" in words(refused.text)


async def test_the_instant_of_the_page_opens_the_form(console):
    admin = await console.browser("admin")
    page = (await admin.get("/reports?as-of=2026-02-01T11:00:00Z")).text
    assert "/reports/position/new?as-of=now&amp;at=2026-02-01T12%3A00" in page
    form = await admin.get("/reports/position/new?as-of=now&at=2026-02-01T12:00")
    assert 'value="2026-02-01T12:00"' in form.text
