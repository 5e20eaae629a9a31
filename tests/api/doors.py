"""A server of a few routes with the real door before it, and bearers who may call it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from api.auth.middleware import Authentication
from api.problems import problem_handlers
from api.settings import Settings
from governance.directory.service import NewToken, create_token, operator
from governance.kernel.work import Office, Work
from policies.access.actions import Action
from tests.estate import Estate

LOOPBACK = "http://127.0.0.1:8000"


@asynccontextmanager
async def served(
    office: Office, settings: Settings, handlers: Sequence[HTTPRouteHandler]
) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        list(handlers),
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(),
        openapi_config=None,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOOPBACK) as client:
        yield client


async def bearer(estate: Estate, who: str, *actions: Action) -> dict[str, str]:
    """Give the header of a token of this person, narrowed to some acts if they are named."""
    narrowed = frozenset(actions) or None

    async def make(work: Work) -> str:
        return (await create_token(work, NewToken("test", estate.people[who], actions=narrowed)))[1]

    secret = await estate.office.perform(operator(estate.tenant_id), make)
    return {"Authorization": f"Bearer {secret}"}
