"""Subscriptions over a WebSocket, by the protocol graphql-transport-ws: who it is first, then streams by their id.

The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Queries and changes go by POST.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any, Generic, TypeVar

import orjson
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler

from api.graphql.engine.answers import business_extensions, complaint, encoded
from api.graphql.engine.context import EngineContext
from api.graphql.engine.requests import Asked, BadRequest, asked_of
from api.graphql.engine.schema import Schema
from api.graphql.engine.streams import Streams, TooManyStreams, stream
from governance.kernel.errors import BusinessError, Code

PROTOCOL = "graphql-transport-ws"
AnySocket = WebSocket[Any, Any, Any]
Who = TypeVar("Who")
ComeIn = Callable[[AnySocket, Mapping[str, Any]], Awaitable[Who]]
OpenContext = Callable[[AnySocket, Who], Awaitable[EngineContext]]
BAD, UNKNOWN, FORBIDDEN, NO_PROTOCOL, SILENT, TAKEN, TWICE = 4400, 4401, 4403, 4406, 4408, 4409, 4429
GOING, TOO_LARGE, BROKEN, LATER = 1001, 1009, 1011, 1013
_ID_MOST = 100
log = logging.getLogger("lictor.streams")


class Closed(Exception):
    """The conversation is over: with which code and why."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def graphql_socket(
    schema: Schema, come_in: ComeIn[Who], open_context: OpenContext[Who], streams: Streams, *, path: str = "/graphql"
) -> WebsocketRouteHandler:
    """Make the socket's door. `come_in(socket, payload)` says who it is from the first message, or raises a no.

    `open_context(socket, who)` looks up their rights anew for each stream.
    """

    @websocket(path)
    async def subscriptions(socket: AnySocket) -> None:
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(NO_PROTOCOL, f"Subprotocol not acceptable; needs {PROTOCOL}")
            return
        await socket.accept(subprotocols=PROTOCOL)
        if streams.sockets >= streams.bounds.sockets:
            await socket.close(LATER, "Too many connections; try again later")
            return
        streams.sockets += 1
        try:
            await Conversation(socket, schema, come_in, open_context, streams).hold()
        finally:
            streams.sockets -= 1

    return subscriptions


class Conversation(Generic[Who]):
    """One socket: what is heard on it, one task for each stream, one voice for all of them."""

    def __init__(
        self, socket: AnySocket, schema: Schema, come_in: ComeIn[Who], open_context: OpenContext[Who], streams: Streams
    ) -> None:
        self.socket, self.schema, self.streams = socket, schema, streams
        self.come_in, self.open_context = come_in, open_context
        self.who: list[Who] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.voice = asyncio.Lock()
        self.end: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def hold(self) -> None:
        """Talk until one side ends it; then every stream ends."""
        hearing: asyncio.Future[Any] = asyncio.ensure_future(self.socket.receive())
        stopping = asyncio.ensure_future(self.streams.ending.wait())
        try:
            while True:
                waits: set[asyncio.Future[Any]] = {hearing, stopping, self.end}
                await asyncio.wait(waits, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
                if self.end.done():
                    raise self.end.result()
                if stopping.done():
                    raise Closed(GOING, "The server is about to stop; connect again")
                if not hearing.done():
                    await self._silence()
                    continue
                message: Any = hearing.result()
                if message["type"] == "websocket.disconnect":
                    return
                hearing = asyncio.ensure_future(self.socket.receive())
                await self._answer(self._read(message))
        except Closed as closed:
            await self._close(closed)
        finally:
            running = [hearing, stopping, *self.tasks.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _patience(self) -> float:
        bounds = self.streams.bounds
        return bounds.first_word_s if not self.who else bounds.ping_s if self.tasks else bounds.quiet_s

    async def _silence(self) -> None:
        """Nothing was heard for a while: a stream shows that it is there, whoever has none is let go."""
        if not self.who:
            raise Closed(SILENT, "Connection initialisation timeout")
        if not self.tasks:
            raise Closed(SILENT, "No subscription for a while")
        await self._say({"type": "ping"})

    def _read(self, message: Mapping[str, Any]) -> dict[str, Any]:
        text = message.get("text")
        if not isinstance(text, str):
            raise Closed(BAD, "Messages have to be text")
        if len(text) > self.schema.documents.bounds.body_bytes:
            raise Closed(TOO_LARGE, f"Messages have at most {self.schema.documents.bounds.body_bytes} characters")
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Closed(BAD, "Messages have to be JSON") from None
        if not isinstance(said, dict) or not isinstance(said.get("type"), str):
            raise Closed(BAD, "A message has to be an object with a type")
        return said

    async def _answer(self, said: dict[str, Any]) -> None:
        match said["type"]:
            case "connection_init":
                await self._greet(said.get("payload") or {})
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                return
            case "subscribe":
                await self._begin(said)
            case "complete":
                if (task := self.tasks.pop(str(said.get("id")), None)) is not None:
                    task.cancel()
                    await asyncio.wait({task})  # its place is free again before anything else is asked
            case other:
                raise Closed(BAD, f"Unknown message type: {other[:40]}")

    async def _greet(self, said: Any) -> None:
        if self.who:
            raise Closed(TWICE, "Too many initialisation requests")
        if not isinstance(said, dict):
            raise Closed(BAD, "The payload of connection_init has to be an object")
        try:
            self.who.append(await self.come_in(self.socket, said))
        except BusinessError:
            raise Closed(FORBIDDEN, "Forbidden") from None
        await self._say({"type": "connection_ack"})

    async def _begin(self, said: dict[str, Any]) -> None:
        if not self.who:
            raise Closed(UNKNOWN, "Unauthorized")
        name, asked = said.get("id"), said.get("payload")
        if not isinstance(name, str) or not 0 < len(name) <= _ID_MOST or not isinstance(asked, dict):
            raise Closed(BAD, f"subscribe needs an id of 1 to {_ID_MOST} characters and a payload")
        if name in self.tasks:
            raise Closed(TAKEN, f"Subscriber for {name} already exists")
        if len(self.tasks) >= self.streams.bounds.of_one:
            no = TooManyStreams("This connection has", self.streams.bounds.of_one)
            await self._say(_errors(name, complaint(no.message(), no.code.value)))
            return
        self.tasks[name] = asyncio.create_task(self._run(name, asked))

    async def _run(self, name: str, given: dict[str, Any]) -> None:
        """Let one stream talk to its end; what happens to it ends itself alone, a right that is gone everything."""
        try:
            await self._told(name, given)
        except Closed as closed:
            self._over(closed)
        except BusinessError as no:
            self.tasks.pop(name, None)
            facts = business_extensions(no).get("facts", {})
            await self._say(_errors(name, complaint(no.message(), no.code.value, facts=facts)))
            if no.code is Code.SIGN_IN_AGAIN:
                self._over(Closed(FORBIDDEN, "Forbidden"))
        except Exception:
            log.exception("a stream broke down")
            self._over(Closed(BROKEN, "Something went wrong on our side"))

    async def _told(self, name: str, given: dict[str, Any]) -> None:
        try:
            asked: Asked = asked_of(given, self.schema.documents.bounds)
        except BadRequest as bad:
            self.tasks.pop(name, None)
            await self._say(_errors(name, complaint(str(bad), Code.BAD_INPUT.value)))
            return
        context = await self.open_context(self.socket, self.who[0])
        try:
            async with aclosing(stream(self.schema, asked, context, self.streams)) as answers:
                async for told in answers:
                    if told.over:
                        self.tasks.pop(name, None)
                        await self._say(_errors(name, told.body))
                        if told.code == Code.SIGN_IN_AGAIN.value:
                            raise Closed(FORBIDDEN, "Forbidden")
                        return
                    payload = orjson.Fragment(encoded(told.body, context))
                    await self._say({"id": name, "type": "next", "payload": payload})
        finally:
            await context.close()
        self.tasks.pop(name, None)
        if not self.streams.ending.is_set():  # else it goes on elsewhere
            await self._say({"id": name, "type": "complete"})

    def _over(self, closed: Closed) -> None:
        if not self.end.done():
            self.end.set_result(closed)

    async def _say(self, said: dict[str, Any]) -> None:
        """Send one message after the other; a reader who does not take them for long is let go."""
        try:
            async with self.voice, asyncio.timeout(self.streams.bounds.send_s):
                await self.socket.send({"type": "websocket.send", "text": orjson.dumps(said).decode(), "bytes": None})
        except TimeoutError:
            raise Closed(SILENT, "Messages were not taken") from None

    async def _close(self, closed: Closed) -> None:
        """Say why it ends, to a peer who may have stopped listening."""
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(self.streams.bounds.send_s), self.voice:
                await self.socket.close(closed.code, closed.reason)


def _errors(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "error", "payload": body["errors"]}
