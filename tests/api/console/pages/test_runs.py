"""Runs: five steps while they go on, what came of them afterwards; the asker and the admin stop them."""

import re

from tests.api.console.pages.conftest import words
from tests.api.console.pages.moving import moved, scanned
from tests.governance.holding import seat

FRAGMENT = {"hx-request": "true", "hx-target": "l-run"}


async def test_a_scan_shows_each_check_when_it_has_ended(console):
    built = await console.estate.license("m365", quantity=1)
    for who in ("ada", "ben"):
        await seat(console.estate, built, who)
    admin = await console.browser("admin")
    run_id = await scanned(console, admin)
    shown = await admin.page(f"/runs/{run_id}")
    assert re.search(r"More seats occupied than in force over-assigned, \d+ 2 Found", shown)
    assert re.search(r"Leaver holds a seat leaver-holds-seat, \d+ 0 Clean", shown)
    assert "Opened" in shown
    board = await console.browser("board-sales")
    assert "Scan" in await board.page("/runs?kind=SCAN")


async def test_a_run_is_polled_until_it_ends_then_its_page_is_loaded(console):
    admin = await console.browser("admin")
    where = (await admin.send("/findings/scan")).headers["location"]
    page = await admin.get(where)
    assert 'hx-trigger="l-live, every 2s"' in page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
    assert "Waits for a worker" in words((await admin.get(where, **FRAGMENT)).text)
    await moved(console, where)
    ended = await admin.get(where, **FRAGMENT)
    assert (ended.text, ended.headers["hx-refresh"]) == ("", "true")
    assert "hx-trigger" not in (await admin.get(where)).text.split('id="l-run"')[1].split("</section>")[0]


async def test_who_asked_stops_a_run_and_an_ended_one_stays(console):
    admin = await console.browser("admin")
    where = (await admin.send("/findings/scan")).headers["location"]
    auditor = await console.browser("auditor")
    assert (await auditor.send(f"{where}/cancel")).status_code == 422
    assert (await admin.send(f"{where}/cancel")).headers["location"] == where
    assert "Cancelled" in await admin.page(where)
    assert (await admin.send(f"{where}/cancel")).status_code == 422


async def test_a_holder_has_no_runs(console):
    ada = await console.browser("ada")
    assert (await ada.get("/runs")).status_code == 404
