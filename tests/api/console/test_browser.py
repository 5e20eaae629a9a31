"""The console in a real Chromium: quiet under its policy, both themes, narrow screens, with and without script."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from api.console.assets import assets
from tests.api.console.test_colors import STATUSES, contrast

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAGES = ("/home", "/language", "/licenses", "/licenses/1", "/licenses/new")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no Chromium is installed here"),
]


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port), "--no-ws"]
    server = subprocess.Popen(
        [*command, "tests.api.console.sample:app"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/static/lictor.svg", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)


@asynccontextmanager
async def browsing(**settings):
    """A page of a fresh browser, and what its console said."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await browser.new_context(**settings)).new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: given_up(request) or said.append(request.url))
        try:
            yield page, said
        finally:
            await browser.close()


def given_up(request):
    """Say whether the page itself let go of a request: a form that is sent ends the check of its field."""
    return request.failure == "net::ERR_ABORTED"


def hexed(color):
    channels = color[color.index("(") + 1 : color.index(")")].split(",")[:3]
    return "#" + "".join(f"{round(float(each)):02x}" for each in channels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_say_nothing_in_the_console_and_statuses_can_be_read(address, scheme):
    async with browsing(color_scheme=scheme, viewport={"width": 1440, "height": 900}) as (page, said):
        for path in PAGES:
            await page.goto(address + path, wait_until="networkidle")
        assert said == []
        await page.goto(f"{address}/language")
        for status in STATUSES:
            shown = page.locator(f".l-status.l-is-{status}:not(.l-status-pill)").first
            colors = await shown.evaluate(
                """(status) => {
                    const ground = (node) => {
                        const color = getComputedStyle(node).backgroundColor;
                        return color === "rgba(0, 0, 0, 0)" ? ground(node.parentElement) : color;
                    };
                    return [getComputedStyle(status).color, ground(status)];
                }"""
            )
            assert contrast(*map(hexed, colors)) >= 4.5, status


@pytest.mark.parametrize("width", [390, 760, 900, 1200])
async def test_the_page_never_scrolls_sideways(address, width):
    async with browsing(viewport={"width": width, "height": 844}) as (page, _):
        for path in PAGES:
            await page.goto(address + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_columns_leave_in_their_declared_order_and_name_bar_balance_stay(address):
    async with browsing(viewport={"width": 390, "height": 844}) as (page, _):
        await page.goto(f"{address}/licenses")
        shown = await page.locator("thead th:visible").all_inner_texts()
        assert shown == ["Licenses", "Allocated", "Overage"]
        assert not await page.locator("#l-rail").is_visible()
        await page.click(".l-bar button")
        assert await page.locator("#l-rail").is_visible()


async def test_without_script_filters_forms_and_previews_work(address):
    async with browsing(java_script_enabled=False) as (page, said):
        await page.goto(f"{address}/licenses")
        await page.select_option("select[name=state]", "warn")
        await page.click(".l-apply")
        assert await page.locator("tbody tr").count() == 1
        await page.goto(f"{address}/licenses/new")
        await page.click("button[type=submit]:has-text('Preview')")
        assert await page.locator(".l-summary a").first.get_attribute("href") == "#f-who"
        await page.fill("#f-who", "Lena Brandt")
        await page.click("button[type=submit]:has-text('Preview')")
        await page.click("text=Assign 3 seats")
        assert page.url == f"{address}/licenses"
        assert await page.locator(".l-toast").first.inner_text() == "3 seats assigned"
        assert [each for each in said if "422" not in each] == []


async def test_why_opens_from_its_status_and_escape_closes_it(address):
    async with browsing() as (page, _):
        await page.goto(f"{address}/licenses")
        await page.click("tbody .l-why-button")
        shown = page.locator(".l-popover:popover-open")
        assert "Overage allowed and flagged" in await shown.inner_text()
        await page.keyboard.press("Escape")
        assert await shown.count() == 0


async def test_the_theme_that_was_chosen_is_kept(address):
    async with browsing(color_scheme="light") as (page, _):
        await page.goto(f"{address}/home")
        light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        await page.click(".l-account summary")
        await page.check("input[name=l-theme][value=dark]")
        await page.goto(f"{address}/licenses")
        assert await page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != light


@pytest.mark.skipif(not assets(), reason="npm has not run here")
async def test_with_htmx_lists_swap_and_their_address_follows(address):
    async with browsing() as (page, said):
        await page.goto(f"{address}/licenses")
        await page.evaluate("window.stays = true")
        await page.select_option("select[name=state]", "high")
        await expect(page.locator("tbody tr")).to_have_count(3)
        assert "state=high" in page.url
        await page.fill(".l-filters input[name=q]", "github")
        await expect(page.locator("tbody tr")).to_have_count(1)
        assert await page.locator("#l-live").inner_text() == "1 row"
        await page.click("thead a:has-text('Occupied')")
        await page.wait_for_selector("[aria-sort=ascending]")
        await page.fill(".l-filters input[name=q]", "")
        await expect(page.locator("tbody tr")).to_have_count(3)
        assert "sort=occupied" in page.url
        assert await page.evaluate("window.stays")
        assert said == []


@pytest.mark.skipif(not assets(), reason="npm has not run here")
async def test_a_dialog_checks_previews_and_gives_focus_back(address):
    async with browsing() as (page, said):
        await page.goto(f"{address}/licenses")
        await page.click("a[data-dialog]")
        dialog = page.locator("#l-dialog[open]")
        await dialog.wait_for()
        await dialog.locator("#f-seats").fill("0")
        await dialog.locator("#f-seats").blur()
        await dialog.locator("#f-seats-error").wait_for()
        assert await dialog.locator("#f-seats").get_attribute("aria-invalid") == "true"
        await dialog.locator("#f-seats").fill("3")
        await dialog.locator("#f-who").fill("Lena Brandt")
        await page.keyboard.press("Control+Enter")
        await dialog.locator("text=Assign 3 seats").wait_for()
        await page.keyboard.press("Escape")
        assert await page.evaluate("document.activeElement.hasAttribute('data-dialog')")
        assert [each for each in said if "422" not in each and "htmx:" not in each] == []


async def test_keys_move_through_rows_and_never_fire_in_fields(address):
    async with browsing() as (page, _):
        await page.goto(f"{address}/licenses")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        assert "E5" in await page.locator("tr.l-at").inner_text()
        await page.keyboard.press("/")
        await page.keyboard.type("jg?")
        assert await page.input_value("#l-search") == "jg?"
        assert "E5" in await page.locator("tr.l-at").inner_text()
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("?")
        assert await page.locator("#l-help[open]").count() == 1
        await page.keyboard.press("Escape")
        await page.keyboard.press("g")
        await page.keyboard.press("h")
        await page.wait_for_url(f"{address}/home")


@pytest.mark.skipif(not assets(), reason="npm has not run here")
async def test_a_chart_reads_its_numbers_from_the_table_beside_it(address):
    async with browsing() as (page, said):
        await page.goto(f"{address}/language", wait_until="networkidle")
        figure = page.locator("figure[data-chart=waterfall]")
        assert await figure.get_attribute("aria-label") == "Net retention rose to 104.2%"
        for step in ("Opening", "Expansion", "Contraction", "Churn", "Closing"):
            assert await figure.locator(f"svg text:has-text('{step}')").count() == 1
        assert said == []


@pytest.mark.skipif(not assets(), reason="npm has not run here")
async def test_the_curve_takes_the_place_of_its_plain_drawing_which_stays_without_script(address):
    async with browsing(color_scheme="dark") as (page, said):
        await page.goto(f"{address}/language", wait_until="networkidle")
        figure = page.locator("figure[data-chart=curve]")
        assert await figure.locator("svg text:has-text('Half within 3.2 days')").count() == 1
        assert not await page.locator("[data-plain]").is_visible()
        await page.evaluate("document.dispatchEvent(new CustomEvent('l-theme'))")
        assert await figure.locator("svg").count() == 1
        assert said == []
    async with browsing(java_script_enabled=False) as (page, _):
        await page.goto(f"{address}/language")
        assert await page.locator("[data-plain]").is_visible()
        assert not await page.locator("figure[data-chart=curve]").is_visible()


async def test_focus_is_seen_and_the_skip_link_comes_first(address):
    async with browsing() as (page, _):
        await page.goto(f"{address}/licenses")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.getAttribute('href')") == "/home"
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
