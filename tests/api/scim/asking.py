"""A SCIM client for tests: tokens that may provision, requests as identity providers send them, and the whole answer."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.scim.door import scim_handlers
from api.settings import Settings
from policies.access.actions import Action
from tests.api.doors import bearer, served
from tests.estate import Estate

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@dataclass
class Provider:
    """An identity provider with a token of one tenant."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        said = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if content is not None:
            said.setdefault("Content-Type", "application/scim+json")
        return await self.http.request(method, f"/scim/v2{path}", content=content, headers=said)

    async def user(self, name: str, /, **said: Any) -> dict[str, Any]:
        """Create a user and give it. Keys of the enterprise extension go into `enterprise`."""
        enterprise = said.pop("enterprise", None)
        body = {"schemas": [USER], "userName": name} | said
        if enterprise is not None:
            body |= {"schemas": [USER, ENTERPRISE], ENTERPRISE: enterprise}
        answer = await self.ask("POST", "/Users", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def group(self, name: str, /, *members: str, **said: Any) -> dict[str, Any]:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": one} for one in members]} | said
        answer = await self.ask("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@asynccontextmanager
async def provider_of(estate: Estate, folder: Path, who: str = "admin") -> AsyncIterator[Provider]:
    settings = Settings(data_dir=folder, provisioning_pace=100_000)
    async with served(estate.office, settings, scim_handlers(estate.office, settings)) as http:
        yield Provider(http, await bearer(estate, who, Action.PERSON_PROVISION))
