"""The real server over a real database, and clients who sign in with real tokens."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.auth.middleware import Authentication
from api.graphql.door import graphql_handlers
from api.links import download_link
from api.problems import problem_handlers
from api.settings import Settings
from governance.directory.models import Token
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk
from tests.estate import Estate


@dataclass
class Graph:
    """The graph over HTTP, asked by one person."""

    client: AsyncTestClient[Any]
    token: str | None = None

    async def answer(self, query: str, *, key: str | None = None, **variables: Any) -> dict[str, Any]:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        response = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return response.json()

    async def ask(self, query: str, *, key: str | None = None, **variables: Any) -> Any:
        """Give the data of an answer that has no error."""
        said = await self.answer(query, key=key, **variables)
        assert "errors" not in said, said["errors"]
        return said["data"]


@dataclass
class Door:
    """Hands out the graph as each person of an estate sees it."""

    estate: Estate
    client: AsyncTestClient[Any]

    async def as_(self, who: str) -> Graph:
        secret = f"lictor_test_{self.estate.tenant_id.hex}_{who}"
        await self.estate.add(
            Token(
                **self.estate.key(),
                name=who,
                person_id=self.estate.people[who],
                prefix=secret[:12],
                secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
                created_at=self.estate.office.clock.now(),
            )
        )
        return Graph(self.client, secret)


def app_of(office: Office, settings: Settings) -> Litestar:
    ledger = GroupCommit(office.database, office.clock, office.ids)
    desk = SeatDesk(office, ledger)
    return Litestar(
        [*graphql_handlers(desk, settings, download_link)],
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(),
        on_startup=[ledger.start],
        on_shutdown=[ledger.stop],
        openapi_config=None,
    )


@pytest.fixture
async def client(office: Office, tmp_path) -> AsyncIterator[AsyncTestClient[Any]]:
    settings = Settings(data_dir=tmp_path)
    async with AsyncTestClient(app_of(office, settings)) as opened:
        yield opened


@pytest.fixture
def door(estate: Estate, client: AsyncTestClient[Any]) -> Door:
    return Door(estate, client)
