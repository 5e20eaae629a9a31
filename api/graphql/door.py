"""The graph's place in the server: who asks, under which profile, charged to whose purse."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar import Request
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler

from api.auth.caller import actor_of, caller_of
from api.graphql.context import GraphContext, Link
from api.graphql.engine import AUDITOR, PRODUCTION, CursorSealer, Streams, graphql_route, graphql_socket
from api.graphql.engine.sockets import AnySocket
from api.graphql.schema import whole_schema
from api.purse import Purses
from api.settings import Settings
from governance.directory.errors import SignInAgain
from governance.directory.service import actor_of_token
from governance.seats.service import SeatDesk
from policies.access.actions import Action
from policies.access.parties import Actor


def graphql_handlers(
    desk: SeatDesk, settings: Settings, link: Link, streams: Streams | None = None
) -> tuple[HTTPRouteHandler, WebsocketRouteHandler]:
    """Make the handlers of /graphql: over HTTP, and its subscriptions over a WebSocket.

    `link` makes the addresses of finished reports. Over HTTP whoever is not signed in gets SignInAgain, before any
    body is read; a socket is opened by its cookie, of this site alone, or by a token in its first message.
    `streams` are the subscriptions of the process, which ends them when it stops.
    """
    streams, schema = streams or Streams(), whole_schema()
    keeper = _Keeper(
        desk, settings, link, streams, CursorSealer(_key(desk.office.secret, b"lictor graphql cursors")),
        Purses(desk.office.clock),
    )  # fmt: skip
    return (
        graphql_route(schema, keeper.of_request, streams=streams),
        graphql_socket(schema, keeper.come_in, keeper.of_stream, streams),
    )


@dataclass(frozen=True)
class _Keeper:
    """Says who asks, and with which context."""

    desk: SeatDesk
    settings: Settings
    link: Link
    streams: Streams
    sealer: CursorSealer
    purses: Purses

    async def of_request(self, request: Request[Any, Any, Any]) -> GraphContext:
        return await self._context(actor_of(request.scope), request.headers)

    async def of_stream(self, socket: AnySocket, actor: Actor) -> GraphContext:
        return await self._context(await self.desk.office.refreshed(actor), socket.headers)

    async def come_in(self, socket: AnySocket, said: Mapping[str, Any]) -> Actor:
        """Say who opens a socket: by its cookie, else by the token it names. Raises SignInAgain."""
        known = caller_of(socket.scope).actor
        if known is not None:
            return known
        scheme, _, secret = str(said.get("authorization", "")).partition(" ")
        if scheme.lower() != "bearer":
            raise SignInAgain
        return await actor_of_token(self.desk.office, secret.strip())

    async def _context(self, actor: Actor, headers: Mapping[str, str]) -> GraphContext:
        office = self.desk.office
        gate, request_id = await office.gate_for(actor), office.ids.new()
        asker = f"{actor.tenant_id} {actor.principal}"
        return GraphContext(
            tenant=str(actor.tenant_id),
            headers=headers,
            sealer=self.sealer,
            correlation_id=str(request_id),
            profile=AUDITOR if gate.may(actor, Action.SCHEMA_INTROSPECT) else PRODUCTION,
            asker=asker,
            office=office,
            actor=actor,
            gate=gate,
            desk=self.desk,
            settings=self.settings,
            link=self.link,
            request_id=request_id,
            locale=headers.get("accept-language", "en")[:2].lower(),
            charged=partial(self.purses.charge, asker),
            streams=self.streams,
        )


def _key(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
