"""The graph's place in the server: who asks, under which profile, charged to whose purse."""

from functools import partial
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar import Request
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import actor_of
from api.graphql.context import GraphContext, Link
from api.graphql.engine import AUDITOR, PRODUCTION, CursorSealer, graphql_route
from api.graphql.schema import whole_schema
from api.purse import Purses
from api.settings import Settings
from governance.seats.service import SeatDesk
from policies.access.actions import Action


def graphql_handler(desk: SeatDesk, settings: Settings, link: Link) -> HTTPRouteHandler:
    """Make the handler of /graphql; `link` makes the addresses of finished reports.

    Whoever is not signed in gets SignInAgain, before any body is read.
    """
    office = desk.office
    sealer = CursorSealer(_key(office.secret, b"lictor graphql cursors"))
    purses = Purses(office.clock)

    async def open_context(request: Request[Any, Any, Any]) -> GraphContext:
        actor = actor_of(request.scope)
        gate = await office.gate_for(actor)
        request_id = office.ids.new()
        return GraphContext(
            tenant=str(actor.tenant_id),
            headers=request.headers,
            sealer=sealer,
            correlation_id=str(request_id),
            profile=AUDITOR if gate.may(actor, Action.SCHEMA_INTROSPECT) else PRODUCTION,
            office=office,
            actor=actor,
            gate=gate,
            desk=desk,
            settings=settings,
            link=link,
            request_id=request_id,
            locale=request.headers.get("accept-language", "en")[:2].lower(),
            charged=partial(purses.charge, f"{actor.tenant_id} {actor.principal}"),
        )

    return graphql_route(whole_schema(), open_context)


def _key(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
