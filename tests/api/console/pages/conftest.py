"""The whole console on a small estate: a real app, a real ledger, and a browser's cookie for anybody."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from api.settings import Settings
from governance.directory.models import Account, Session
from governance.directory.service.secrets import hashed, new_secret
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from tests.api.console.one_app import console_app
from tests.estate import Estate, License

HOME = "http://127.0.0.1:8000"


@dataclass
class Browser:
    """One person's browser: follows links, sends forms with the token of its session."""

    client: httpx.AsyncClient
    csrf: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={"accept": "text/html", **headers})

    async def page(self, path: str) -> str:
        """The text of a page that is there."""
        answer = await self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.text[:2000])
        return words(answer.text)

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        return await self.client.post(path, data={"_csrf": self.csrf, **fields}, headers={"accept": "text/html"})

    async def confirmed(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form, then its preview."""
        preview = await self.send(path, **fields)
        assert preview.status_code == 200, (preview.status_code, words(preview.text)[:2000])
        token = re.search(r'name="token" value="([^"]*)"', preview.text)
        assert token, words(preview.text)[:2000]
        return await self.send(path, token=token[1], **fields)


@dataclass
class Console:
    """The app under test and the ways into it."""

    app: Litestar
    estate: Estate
    desk: SeatDesk

    async def browser(self, who: str | None = None, language: str = "en") -> Browser:
        """A browser of that person, signed in; of nobody for None."""
        csrf, cookies = "", {}
        if who is not None:
            csrf, secret = await self._session(who)
            cookies = {"lictor": secret}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=HOME, cookies=cookies,
            headers={"accept-language": language},
        )  # fmt: skip
        return Browser(client, csrf)

    async def seated(self, license_: License, *who: str, pool: str = "main") -> list[UUID]:
        """Seat people through the ledger; the ids of their seats."""
        people = tuple(self.estate.people[each] for each in who)
        command = AssignSeats(license_.pools[pool], people)
        answers = await assign_seats(self.desk, self.estate.actor("admin"), command)
        assert not answers.denied
        return [each.assignment_id for each in answers.seated]

    async def _session(self, who: str) -> tuple[str, str]:
        office, estate = self.desk.office, self.estate
        now, secret, csrf = office.clock.now(), new_secret(office.ids), new_secret(office.ids)
        async with office.database.read(estate.tenant_id) as session:
            kept = select(Account).where(Account.person_id == estate.people[who])
            account = (await session.execute(kept)).scalar_one_or_none()
        account = account or await estate.add(
            Account(**estate.key(), person_id=estate.people[who], login=f"{who}@halden.example", password_hash="-")
        )
        await estate.add(
            Session(
                **estate.key(), account_id=account.id, secret_hash=hashed(secret), csrf=csrf, created_at=now,
                authenticated_at=now, last_seen_at=now, ends_at=now + timedelta(days=1),
            )
        )  # fmt: skip
        return csrf, secret


def words(html: str) -> str:
    """A page as its reader has it: without markup, one space between words."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("&#39;", "'").replace("&amp;", "&").replace("&#34;", '"'))


@pytest.fixture
async def console(office: Office, estate: Estate, tmp_path: Path) -> AsyncIterator[Console]:
    settings = Settings(data_dir=tmp_path)
    ledger = GroupCommit(office.database, office.clock, office.ids)
    await ledger.start()
    desk = SeatDesk(office, ledger)
    yield Console(console_app(desk, settings), estate, desk)
    await ledger.stop()
