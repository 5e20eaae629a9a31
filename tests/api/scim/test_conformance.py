"""What a checker of the RFCs, which nobody here wrote, finds against this door: every check it has passes."""

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httpx
from scim2_client import BaseSyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from tests.api.scim.asking import Provider

BASE = "http://127.0.0.1:8000/scim/v2"
CHECKS = 130
"""The same checker counts 135 on its makers' own server, which publishes two attributes more: five checks for passwords
and certificates, which Lictor does not hold."""


class OverTheLoop(BaseSyncSCIMClient):
    """Asks from a thread what the test's own loop answers."""

    def __init__(self, provider: Provider, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.idp, self.loop = provider, loop

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        address = url if urlsplit(url).scheme else f"{BASE}/{url.lstrip('/')}"
        headers = self.idp.headers | dict(kwargs.pop("headers", None) or {})
        asked = self.idp.http.request(method, address, headers=headers, **kwargs)
        return asyncio.run_coroutine_threadsafe(asked, self.loop).result()

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return not urlsplit(endpoint).scheme or endpoint.startswith(BASE)


def _said(results: list[CheckResult]) -> str:
    return "\n".join(f"{one.status.name} {one.title} {one.resource_type}: {one.reason}" for one in results)


async def test_every_check_of_the_rfcs_passes(idp: Provider) -> None:
    client = OverTheLoop(idp, asyncio.get_running_loop())
    results = await asyncio.to_thread(check_server, client)
    amiss = [one for one in results if one.status is not Status.SUCCESS]
    assert not amiss, _said(amiss)
    assert Counter(one.status for one in results) == {Status.SUCCESS: CHECKS}
