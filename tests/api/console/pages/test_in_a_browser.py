"""The real server in a real Chromium: quiet pages in both themes and on phones, seats given with and without script."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from governance.alerts.rules import POOL_USE
from governance.alerts.service import raise_alert
from governance.audit.entries import DatabaseTrail
from governance.directory.queries import TodaysTree
from governance.directory.service import NewAccount, TodaysRights, create_account
from governance.entitlements.rules import Overage
from governance.kernel.clock import SystemClock
from governance.kernel.database import Database
from governance.kernel.ids import TimeOrderedIds
from governance.kernel.work import Office
from governance.runs.movers import InProcessMover
from governance.runs.principals import system_actor
from policies.access.gate import Gate
from policies.regions.region import world_tree
from policies.thresholds.threshold import Level
from tests.api.console.test_browser import CHROMIUM, FLAGS
from tests.estate import Estate

ROOT = Path(__file__).parents[4]
PASSWORD = "correct horse battery"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no Chromium is installed here"),
]


async def raised(path):
    """An estate of today in a file, with somebody who can sign in; the paths of its pages."""
    database = Database(f"sqlite:///{path}")
    gate = Gate.from_files()

    async def gates(_tenant):
        return gate

    office = Office(
        database, gates, SystemClock(), TimeOrderedIds(), DatabaseTrail(), InProcessMover(), TodaysTree(), TodaysRights(),
        world_tree(),
        b"tests only, 32 bytes of secret..",
    )  # fmt: skip
    estate = await Estate.raised(office)
    today = date.today()  # noqa: DTZ011
    years = {
        "first_day": today.replace(year=today.year - 1, day=1),
        "last_day": today.replace(year=today.year + 1, day=1),
    }
    built = await estate.license("Adobe Creative Cloud All Apps", quantity=3, overage=Overage.ALLOW_AND_FLAG, **years)
    await estate.license("Slack", quantity=None, **years)
    await estate.license("Tableau", quantity=9, first_day=date(2020, 1, 1), last_day=date(2020, 12, 31))
    command = NewAccount(estate.people["admin"], "admin@halden.example", PASSWORD)
    await office.perform(estate.actor("admin"), lambda work: create_account(work, command))
    await database.dispose()
    license_ = f"/licenses/{built.entitlement_id}"
    return estate, license_, (
        "/home", "/licenses", license_, f"{license_}?tab=seats", f"{license_}?tab=lots", f"{license_}/assign",
        f"{license_}/lots/new", "/people", f"/people/{estate.people['ada']}", "/agreements",
        f"/agreements/{built.agreement_id}", "/seats", "/search?q=a", "/settings", "/settings/tokens/new",
        "/alerts", "/settings/imports", "/settings/imports/new", "/settings/imports/agreements/new", "/my-licenses",
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    path = folder / "lictor.sqlite"
    shutil.copyfile(sqlite_template, path)
    estate, license_, pages = asyncio.run(raised(path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "api.app:create_app"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "LICTOR_DATA_DIR": str(folder), "LICTOR_DATABASE_URL": f"sqlite:///{path}"},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url, license_, pages, (path, estate)
    finally:
        server.terminate()
        server.wait(10)


@asynccontextmanager
async def signed_in(url, browser, **settings):
    """A page of somebody who came in by the door, and what its console said."""
    context = await browser.new_context(**settings)
    page, said = await context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{url}/sign-in?next=/licenses")
    await page.fill("#f-login", "admin@halden.example")
    await page.fill("#f-password", PASSWORD)
    await page.click("button[type=submit]")
    await page.wait_for_url(f"{url}/licenses")
    yield page, said
    await context.close()


async def test_pages_are_quiet_in_both_themes_and_never_scroll_sideways(served):
    url, _, pages, _ = served
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme, width in (("light", 1440), ("dark", 390)):
            size = {"width": width, "height": 900}
            async with signed_in(url, browser, color_scheme=scheme, viewport=size) as (page, said):
                for path in pages:
                    answer = await page.goto(url + path)
                    assert answer.status == 200, path
                    await page.wait_for_load_state("load")
                    assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert said == []
        await browser.close()


async def test_seats_are_given_with_and_without_script(served):
    url, license_, *_ = served
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        async with signed_in(url, browser) as (page, said):
            await page.goto(url + license_)
            await page.click("a[data-dialog]:has-text('Assign seats')")
            await page.fill("#l-dialog #f-people", "ada@halden.example\nBen")
            await page.click("#l-dialog button[type=submit]")
            await page.click("#l-dialog button:has-text('Assign 2 seats')")
            await page.wait_for_url(f"{url}{license_}?tab=seats")
            assert await page.locator(".l-toast").first.inner_text() == "2 seats assigned"
            assert [each for each in said if "htmx:" not in each] == []
        async with signed_in(url, browser, java_script_enabled=False) as (page, _):
            await page.goto(f"{url}{license_}/assign")
            await page.fill("#f-people", "Cleo\nada")
            await page.click("button[type=submit]:has-text('Preview')")
            await page.click("button:has-text('Assign 1 seat')")
            assert await page.locator(".l-toast").first.inner_text() == "1 seat assigned, 1 refused"
        await browser.close()


async def test_a_list_follows_what_another_process_writes_without_being_asked_again(served):
    url, _, _, (path, estate) = served
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        async with signed_in(url, browser) as (page, said):
            async with page.expect_websocket() as opened:
                await page.goto(url + "/alerts")
            socket = await opened.value
            await socket.wait_for_event("framereceived", lambda frame: '"next"' in str(frame))
            there = await page.locator("#l-list tbody tr").count()
            estate.office.database = Database(f"sqlite:///{path}")
            facts = {"pool": "Main", "license": "Adobe", "occupied": 9, "supply": 10, "percent": "90", "line": "90"}
            actor = system_actor(estate.tenant_id, "tests")
            pool_id = (await estate.license("Zoom")).pools["main"]
            await estate.office.perform(actor, lambda work: raise_alert(work, POOL_USE, pool_id, facts, Level.HIGH))
            await estate.office.database.dispose()
            await page.locator("#l-list tbody tr").nth(there).wait_for()
            assert said == []
        await browser.close()
