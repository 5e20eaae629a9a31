"""The graph's place in the server: who asks, under which profile, charged to whose purse."""

from collections.abc import Mapping
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
    office, streams = desk.office, streams or Streams()
    sealer = CursorSealer(_key(office.secret, b"lictor graphql cursors"))
    purses = Purses(office.clock)

    async def context_of(actor: Actor, headers: Mapping[str, str]) -> GraphContext:
        gate = await office.gate_for(actor)
        request_id = office.ids.new()
        asker = f"{actor.tenant_id} {actor.principal}"
        return GraphContext(
            tenant=str(actor.tenant_id),
            headers=headers,
            sealer=sealer,
            correlation_id=str(request_id),
            profile=AUDITOR if gate.may(actor, Action.SCHEMA_INTROSPECT) else PRODUCTION,
            asker=asker,
            office=office,
            actor=actor,
            gate=gate,
            desk=desk,
            settings=settings,
            link=link,
            request_id=request_id,
            locale=headers.get("accept-language", "en")[:2].lower(),
            charged=partial(purses.charge, asker),
            streams=streams,
        )

    async def open_context(request: Request[Any, Any, Any]) -> GraphContext:
        return await context_of(actor_of(request.scope), request.headers)

    async def come_in(socket: AnySocket, said: Mapping[str, Any]) -> Actor:
        known = caller_of(socket.scope).actor
        if known is not None:
            return known
        scheme, _, secret = str(said.get("authorization", "")).partition(" ")
        if scheme.lower() != "bearer":
            raise SignInAgain
        return await actor_of_token(office, secret.strip())

    async def context_of_stream(socket: AnySocket, actor: Actor) -> GraphContext:
        return await context_of(await office.refreshed(actor), socket.headers)

    schema = whole_schema()
    return (
        graphql_route(schema, open_context, streams=streams),
        graphql_socket(schema, come_in, context_of_stream, streams),
    )


def _key(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
