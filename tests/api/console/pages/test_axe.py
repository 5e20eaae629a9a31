"""Every page of the console, as an admin, a board member of finance, an auditor and a holder see it, before axe."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from api.console.site import SITE
from api.console.texts import known
from tests.api.console.axe import SCRIPT, SIZES, Violation, violations
from tests.api.console.pages.conftest import Browser
from tests.api.console.pages.furnishing import furnished
from tests.api.console.test_browser import CHROMIUM, FLAGS
from tests.api.console.walk import walked

AT_ONCE: Final = 2
KEY: Final = re.compile(r">\s*([a-z_]+\.[a-z0-9_]+)\s*<")
WHOLE: Final = ("admin", "board-sales")
"""Whose pages are looked at one and all; of the others, those that nobody before them has."""
Act = Callable[[Page], Awaitable[Any]]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="no Chromium is installed here"),
    pytest.mark.skipif(not SCRIPT.exists(), reason="node_modules is missing: run npm ci --ignore-scripts"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The app on a free port of this machine, in this very process: its clock is the one of the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(app, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await serving


@asynccontextmanager
async def chromium_at(app: Any) -> AsyncIterator[tuple[Chromium, str]]:
    async with served(app) as url, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium, url
        await chromium.close()


async def pages_of(reader: Browser) -> dict[str, str]:
    async def get(address: str) -> str | None:
        answer = await reader.get(address)
        assert answer.status_code < 500, address
        raw = {key for key in KEY.findall(answer.text) if known("en", key)}
        assert not raw, f"{address} shows keys for words: {raw}"
        return answer.text if answer.status_code == 200 and "text/html" in answer.headers["content-type"] else None

    return await walked(get)


async def opened(chromium: Chromium, url: str, reader: Browser | None) -> BrowserContext:
    context = await chromium.new_context(base_url=url, reduced_motion="reduce")
    if reader is not None:
        await context.add_cookies([{"name": "lictor", "value": reader.client.cookies["lictor"], "url": url}])
    return context


async def looked_at(
    context: BrowserContext, pages: Mapping[str, tuple[str, Act | None]], who: str, seen: Collection[str] = ()
) -> list[Violation]:
    """Each page by its name, address and what is done on it, `AT_ONCE` at a time; `seen`: those that one had before."""
    waiting, found = list(pages.items()), []

    async def look() -> None:
        page = await context.new_page()
        while waiting:
            name, (address, act) = waiting.pop()
            await page.set_viewport_size(SIZES[0])
            await page.goto(address)
            assert page.url.endswith(address), "nobody is sent elsewhere"
            if act is not None:
                await act(page)
            found.extend(await violations(page, f"{who}: {name}", again=name in seen))

    await asyncio.gather(*(look() for _ in range(AT_ONCE)))
    return found


async def dialog_open(page: Page) -> None:
    await page.locator("main a[data-dialog]").first.click()
    await page.locator("#l-dialog[open] #l-form").wait_for()


async def refused(page: Page) -> None:
    await page.locator("main form.l-form button[type=submit]").click()
    await page.locator("#l-summary").wait_for()


async def previewed(page: Page) -> None:
    await page.locator("main form.l-form textarea").first.fill("Ada\nCleo")
    await page.locator("main form.l-form button[type=submit]").click()
    await page.locator("main input[name=token]").wait_for(state="attached")


async def everything_open(page: Page) -> None:
    """What opens in place: menus, the account, and one popover of why."""
    for summary in await page.locator("details > summary:visible").all():
        await summary.click()
    await page.locator("main [popovertarget]").first.click()
    await page.locator(".l-popover:popover-open").wait_for()


async def help_open(page: Page) -> None:
    await page.locator("[data-open=l-help]").click()
    await page.locator("#l-help[open]").wait_for()


async def test_no_page_breaks_a_rule(console, tmp_path):
    readers = await furnished(console, tmp_path)
    pages = {who: await pages_of(reader) for who, reader in readers.items()}
    known = {kind.partition("?")[0] for kinds in pages.values() for kind in kinds}
    unseen = [page.path for page in SITE.pages if page.path not in known]
    assert not unseen, f"furnish what leads to {', '.join(unseen)}"
    found, seen = [], set()
    async with chromium_at(console.app) as (chromium, url):
        for who, kinds in pages.items():
            asked = {kind: (address, None) for kind, address in kinds.items() if who in WHOLE or kind not in seen}
            found += await looked_at(await opened(chromium, url, readers[who]), asked, who, seen)
            seen |= kinds.keys()
    assert not found, "\n".join(map(str, found))


async def test_nothing_that_opens_refuses_or_is_empty_breaks_a_rule(console):
    built = await console.estate.license("m365", quantity=3)
    await console.seated(built, "cleo")
    full = await console.estate.license("full", quantity=1)
    await console.seated(full, "ben")
    license_ = f"/licenses/{built.entitlement_id}"
    states: dict[str, tuple[str, Act | None]] = {
        "a dialog": (license_, dialog_open),
        "everything open": (f"/licenses/{full.entitlement_id}", everything_open),
        "the keys": ("/home", help_open),
        "a preview": (f"{license_}/assign", previewed),
        "a refused form": ("/licenses/new", refused),
        "an empty list": ("/alerts", None),
        "nothing found": ("/people?q=nobody-is-called-so", None),
        "a page of then": (f"{license_}?as-of=2026-03-02T08:30:00Z", None),
        "no such page": ("/licenses/none", None),
        "the password again": ("/sign-in/again?next=/home", None),
    }
    async with chromium_at(console.app) as (chromium, url):
        found = await looked_at(await opened(chromium, url, await console.browser("admin")), states, "admin")
        found += await looked_at(await opened(chromium, url, None), {"sign-in": ("/sign-in", None)}, "nobody")
    assert not found, "\n".join(map(str, found))


PLANTED = """<!doctype html><html lang="en"><head><title>Planted</title></head><body><main><h1>Planted</h1>
<p style="color: #999; background: #fff">too pale</p><input type="text"><a href="/x"></a></main></body></html>"""


async def test_what_is_planted_is_found(database_url):
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await chromium.new_page()
        await page.set_content(PLANTED)
        found = {each.rule for each in await violations(page, "planted")}
        await chromium.close()
    assert found == {"color-contrast", "label", "link-name"}
