"""Walks the console by its own links, from the rail on, until one address of every declared kind of page is found."""

import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from html import unescape
from typing import Final
from urllib.parse import parse_qs, urlsplit

from api.console.declare import FormPage
from api.console.site import SITE

Get = Callable[[str], Awaitable[str | None]]
"""Give the text of the page at an address, None where there is none for this reader."""

OF_A_KIND: Final = 8
LINKS: Final = re.compile(r'\s(?:href|action|data-href)="(/[^"]*)"')
KINDS: Final = tuple((re.compile(re.sub(r"\{\w+\}", "[^/]+", page.path) + "$"), page.path) for page in SITE.pages)
FIRST: Final = tuple(page.path for page in SITE.pages if "{" not in page.path)
FORMS: Final = frozenset(page.path for page in SITE.pages if isinstance(page, FormPage))
NARROWING: Final = re.compile(r"[?&](?!tab=|as-of=now|at=)[\w-]+=")


def kind_of(address: str) -> str | None:
    """The declared path of the page at an address, with the tab that it shows; None for what is no page of the site."""
    asked = urlsplit(address)
    path = next((path for pattern, path in KINDS if pattern.match(asked.path)), None)
    tab = parse_qs(asked.query).get("tab", [""])[0]
    return f"{path}?tab={tab}" if path and tab else path


def linked(page: str) -> Iterator[str]:
    """The addresses that a page leads to, but for other views of the same pages: sorted, narrowed, as of then."""
    for found in LINKS.findall(page):
        address = unescape(found).partition("#")[0]
        if not NARROWING.search(address):
            yield address


async def walked(get: Get) -> dict[str, str]:
    """One address of each kind that this reader finds; some of each kind are read for what they lead to, forms once."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    waiting, known = deque(FIRST), set(FIRST)
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address)
        if kind is None or seen.get(kind, 0) >= (1 if kind in FORMS else OF_A_KIND):
            continue
        page = await get(address)
        if page is None:
            continue
        seen[kind] = seen.get(kind, 0) + 1
        found.setdefault(kind, address)
        fresh = [each for each in linked(page) if each not in known]
        known.update(fresh)
        waiting.extend(fresh)
    return found
