"""What tests of providers share: a console with one honest provider, and a browser that goes there and back."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from api.auth.vouching import Vouching
from api.outbound import Outbound
from api.settings import Settings
from governance.audit.models import Entry
from governance.directory.models import IdentityProvider
from governance.directory.service import NewProvider, add_provider
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk
from tests.api.auth.provider import CLIENT, SECRET, Provider
from tests.api.console.one_app import console_app
from tests.estate import Estate

HOME = "http://127.0.0.1:8000"
LOOPBACK = ("127.0.0.0/8",)


@dataclass
class Door:
    """The console's doors, a provider that the tenant trusts, and the way there and back."""

    app: Litestar
    estate: Estate
    office: Office
    honest: Provider
    trusted: IdentityProvider

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=HOME, headers={"accept": "text/html"}
        )

    async def sent(self, browser: httpx.AsyncClient, next_path: str = "/my-licenses") -> httpx.Response:
        return await browser.get(f"/sign-in/with/{self.trusted.id}?next={next_path}")

    async def back(
        self, browser: httpx.AsyncClient, said: dict[str, str], trusted: IdentityProvider | None = None
    ) -> httpx.Response:
        return await browser.get(f"/sign-in/from/{(trusted or self.trusted).id}?{urlencode(said)}")

    async def there_and_back(self, browser: httpx.AsyncClient | None = None) -> httpx.Response:
        """Go to the provider, sign in there, and come back; a provider that cannot be gone to ends it before."""
        browser = browser or self.browser()
        sent = await self.sent(browser)
        if sent.status_code != 303:
            return sent
        return await self.back(browser, self.honest.authorize(sent.headers["location"]))

    async def trust(self, **changes: Any) -> IdentityProvider:
        facts = {
            "name": "Halden login", "issuer": self.honest.issuer, "client_id": CLIENT, "client_secret": SECRET,
            "joins": True, "unit_id": self.estate.units["it"], "country": "CH",
        }  # fmt: skip
        command = NewProvider(**(facts | changes))
        return await self.office.perform(self.estate.actor("admin"), lambda w: add_provider(w, command))

    async def entries(self, act: str) -> list[Entry]:
        async with self.office.database.read(self.estate.tenant_id) as session:
            query = select(Entry).where(Entry.act == act).order_by(Entry.id)
            return list((await session.execute(query)).scalars())

    async def whys(self) -> list[str]:
        """Why each refusal was one, as the trail tells it."""
        return [str((entry.after or {})["why"]) for entry in await self.entries("identity:refuse")]


def entered(answer: httpx.Response) -> bool:
    """Tell whether a browser came in."""
    return answer.status_code == 303 and "lictor" in answer.cookies and answer.headers["location"] == "/my-licenses"


def told(answer: httpx.Response) -> str:
    """Give what a refused person reads, without its reference."""
    text = unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return re.sub(r"[0-9a-f-]{36}", "…", re.sub(r"\s+", " ", text))


def reference_of(answer: httpx.Response) -> UUID:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", re.sub(r"<[^>]+>", " ", answer.text))
    assert found
    return UUID(found[0])


@pytest.fixture
def honest(office: Office) -> Iterator[Provider]:
    with Provider(office.clock.now) as provider:
        yield provider


@pytest.fixture(scope="session")
def outbound() -> Outbound:
    return Outbound(LOOPBACK, timeout_s=5)


@pytest.fixture
async def door(
    office: Office, estate: Estate, honest: Provider, outbound: Outbound, tmp_path: Path
) -> AsyncIterator[Door]:
    settings = Settings(data_dir=tmp_path)
    ledger = GroupCommit(office.database, office.clock, office.ids)
    await ledger.start()
    desk = SeatDesk(office, ledger)
    app = console_app(desk, settings, Vouching.of(office, settings, outbound))
    opened = Door(app, estate, office, honest, None)  # type: ignore[arg-type]
    opened.trusted = await opened.trust()
    yield opened
    await ledger.stop()
