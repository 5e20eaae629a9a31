"""A WebSocket to the app under test, without a network: what a client says goes in, what it is told comes out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar

PROTOCOL = "graphql-transport-ws"
WITHIN_S = 300.0  # what hangs ends then; what is slow goes on


class Wire:
    """One connection by graphql-transport-ws. `closed` is the code with which the server ended it."""

    def __init__(self, app: Litestar, headers: dict[str, str], protocols: list[str]) -> None:
        self.inbound: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outbound: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed: int | None = None
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/graphql",
            "raw_path": b"/graphql", "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "state": {},
            "server": ("127.0.0.1", 8000), "subprotocols": protocols, "extensions": {},
            "headers": [(name.encode(), value.encode()) for name, value in {"host": "127.0.0.1:8000", **headers}.items()],
        }  # fmt: skip
        self.inbound.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self.inbound.get, self.outbound.put))  # type: ignore[arg-type]

    async def say(self, **said: Any) -> None:
        await self.inbound.put({"type": "websocket.receive", "text": json.dumps(said), "bytes": None})

    async def heard(self) -> dict[str, Any]:
        """Give the next message; {} where the server closed instead."""
        async with asyncio.timeout(WITHIN_S):
            message = await self.outbound.get()
        if message["type"] == "websocket.close":
            self.closed = message["code"]
            return {}
        if message["type"] == "websocket.accept":
            return await self.heard()
        found: dict[str, Any] = json.loads(message["text"])
        return await self.heard() if found["type"] == "ping" else found

    async def watch(self, query: str, name: str = "1", **variables: Any) -> dict[str, Any]:
        """Subscribe and give the first answer."""
        await self.say(id=name, type="subscribe", payload={"query": query, "variables": variables})
        return await self.heard()


@asynccontextmanager
async def wire(
    app: Litestar,
    token: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    protocols: tuple[str, ...] = (PROTOCOL,),
) -> AsyncIterator[Wire]:
    """Open a socket and say who it is: by a token in the first message, or by what the headers carry."""
    opened = Wire(app, headers or {}, list(protocols))
    try:
        await opened.say(type="connection_init", payload={"authorization": f"Bearer {token}"} if token else {})
        yield opened
    finally:
        await opened.inbound.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(opened.task, return_exceptions=True)
