"""Photographs every page of the console in both themes, wide and narrow, so that one can look at them side by side."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

import httpx
from playwright.sync_api import Browser, BrowserContext

from tests.api.console.walk import walked

WHOLE: Final = ("dana", "camille")
"""Whose pages are photographed one and all; of the others, those that nobody before them has."""

OTHERS: Final = ("ingrid", "kenji", "priya")
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SIZES: Final = ((1360, 900), (390, 844))

Logins = Mapping[str, tuple[str, str]]


def every_page(browser: Browser, address: str, logins: Logins, folder: Path) -> Iterator[str]:
    """Photograph all of them from top to bottom; gives the name of each file that was written."""
    seen: set[str] = set()
    for who in (*WHOLE, *OTHERS):
        context = _signed_in(browser, address, logins[who])
        pages = _pages(address, context)
        kinds = [kind for kind in pages if who in WHOLE or kind not in seen]
        seen |= pages.keys()
        cookies = context.storage_state()
        context.close()
        for theme in THEMES:
            for width, height in SIZES:
                look = browser.new_context(
                    base_url=address, storage_state=cookies, color_scheme=theme, reduced_motion="reduce",
                    viewport={"width": width, "height": height}, locale="en-US", timezone_id="Europe/Zurich",
                )  # fmt: skip
                page = look.new_page()
                for kind in kinds:
                    page.goto(pages[kind])
                    page.wait_for_load_state("networkidle")
                    name = f"{who}-{_named(kind)}-{theme}-{width}.png"
                    page.screenshot(path=folder / name, full_page=True, animations="disabled", caret="hide")
                    yield name
                look.close()


def _signed_in(browser: Browser, address: str, login: tuple[str, str]) -> BrowserContext:
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(login[0])
    page.locator("input[name=password]").fill(login[1])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    return context


def _pages(address: str, context: BrowserContext) -> dict[str, str]:
    """One address of each kind of page that this person finds, walked in a thread with a loop of its own."""
    cookies = {each["name"]: each["value"] for each in context.cookies()}

    async def walk() -> dict[str, str]:
        headers = {"accept": "text/html"}
        async with httpx.AsyncClient(base_url=address, cookies=cookies, headers=headers, timeout=60) as client:

            async def get(path: str) -> str | None:
                answer = await client.get(path)
                html = answer.status_code == httpx.codes.OK and "text/html" in answer.headers["content-type"]
                return answer.text if html else None

            return await walked(get)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(walk())).result()


def _named(kind: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", kind).strip("-")
