"""A bare server that seats people over HTTP by one statement of the driver: `python -m tests.bench.bare PORT URL SQL`.

No rights, no rules, no answers but the seat: what HTTP, the event loop and the statement cost by themselves.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import psycopg
from granian import Granian
from granian.constants import Interfaces

CONNECTIONS = 8


class Bare:
    """An ASGI app over some connections, one statement a request."""

    def __init__(self, url: str, text: str) -> None:
        self._url, self._text = url, text
        self._free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = b"{}"
        if scope["method"] == "POST":
            message = await receive()
            body = message["body"]
            while message.get("more_body"):
                message = await receive()
                body += message["body"]
            body = await self._seated(json.loads(body))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _seated(self, asked: dict[str, str]) -> bytes:
        connection = await self._free.get()
        try:
            rows = await (await connection.execute(self._text, asked)).fetchall()
        finally:
            self._free.put_nowait(connection)
        return json.dumps({"seatId": str(rows[0][0])} if rows else {}).encode()

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await psycopg.AsyncConnection.connect(self._url, autocommit=True))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


def served() -> Bare:
    return Bare(os.environ["BARE_URL"], Path(os.environ["BARE_SQL"]).read_text("utf-8"))


if __name__ == "__main__":
    os.environ["BARE_URL"], os.environ["BARE_SQL"] = sys.argv[2:]
    Granian(
        "tests.bench.bare:served", port=int(sys.argv[1]), interface=Interfaces.ASGI, factory=True, log_access=False
    ).serve()
