"""Follow something in the graph: reconnects after a break and goes on from the last message that was read.

python watch.py http://127.0.0.1:8000 "$TOKEN" 'subscription($after: String) {
  alertsRaised(after: $after) { cursor open raised { level pool { name } } } }'
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import websockets

PROTOCOL = "graphql-transport-ws"
PAUSE_S = 1.0


async def follow(server: str, token: str, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
    """Give each message of a subscription until it completes. Raises RuntimeError with what refuses it."""
    address = server.replace("http", "ws", 1) + "/graphql"
    after: str | None = None
    while True:
        try:
            async with websockets.connect(address, subprotocols=[websockets.Subprotocol(PROTOCOL)]) as socket:
                await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
                asked = {"query": query, "variables": variables | {"after": after}}
                await _say(socket, type="subscribe", id="1", payload=asked)
                async for text in socket:
                    said = json.loads(text)
                    if said["type"] == "next" and said["payload"].get("data"):
                        [message] = said["payload"]["data"].values()
                        after = message["cursor"]
                        yield message
                    elif said["type"] in {"next", "error"}:
                        raise RuntimeError(json.dumps(said["payload"]))
                    elif said["type"] == "ping":
                        await _say(socket, type="pong")
                    elif said["type"] == "complete":
                        return
        except (OSError, websockets.ConnectionClosed) as broken:
            if isinstance(broken, websockets.ConnectionClosed) and broken.rcvd and 4400 <= broken.rcvd.code < 4500:
                raise RuntimeError(f"{broken.rcvd.code} {broken.rcvd.reason}") from None
        await asyncio.sleep(PAUSE_S)


async def _say(socket: Any, **said: Any) -> None:
    await socket.send(json.dumps(said))


async def main(server: str, token: str, query: str) -> None:
    async for message in follow(server, token, query):
        print(json.dumps(message), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
