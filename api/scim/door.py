"""Identity providers' door: SCIM 2.0 under /scim/v2, for tokens that may provision, within bounds of size and pace."""

import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.auth.caller import By, caller_of
from api.purse import Purses
from api.scim.serving import Server
from api.scim.shapes import BODY_MOST
from api.settings import Settings
from governance.kernel.errors import Unavailable
from governance.kernel.work import Office
from policies.access.parties import Actor

ROOT = "/scim/v2"
QUERY_MOST = 8_000
BYTES_OF_AN_OPERATION = 1_000
BURST_SECONDS = 20
METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE]


class TooLarge(HTTPException):
    """More bytes than a request may have."""

    status_code = 413


class NotReadHere(HTTPException):
    """An encoding that this door does not read."""

    status_code = 415


class TooFast(HTTPException):
    """More operations than one caller may ask for in a while."""

    status_code = 429


def scim_handlers(office: Office, settings: Settings) -> list[HTTPRouteHandler]:
    """Give the routes of this door."""
    server = Server(office)
    pace = settings.provisioning_pace
    purses = Purses(office.clock, burst=pace * BURST_SECONDS, per_second=pace, door="provisioning")

    @route([ROOT, ROOT + "/{path:path}"], http_method=METHODS, include_in_schema=False)
    async def provision(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Serve one request of an identity provider."""
        caller = caller_of(request.scope)
        actor = caller.actor if caller.by is By.TOKEN else None
        asked = _asked(request, settings, actor)
        try:
            body = await _body(request)
            _charge(purses, actor, len(body))
        except HTTPException as no:
            return _answer(server.protocol.error_response(no))
        asked.body = body
        return _answer(await server.serve(asked, actor))

    return [provision]


def _asked(request: Request[Any, Any, Any], settings: Settings, actor: Actor | None) -> ScimRequest:
    root = settings.public_url or str(request.base_url).rstrip("/")
    return ScimRequest(
        method=request.method,
        base_url=f"{root}{ROOT}",
        path=request.scope["path"].removeprefix(ROOT) or "/",
        query=_query(request.scope["query_string"]),
        headers=dict(request.headers),
        subject=actor,
    )


def _query(raw: bytes) -> Mapping[str, str]:
    """Read what stands behind the question mark; names are alike in any case, as RFC 7644 has attribute names."""
    known = {name.lower(): name for name in ("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder",
                                             "startIndex", "count")}  # fmt: skip
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    return {known.get(name.lower(), name): value for name, value in pairs}


async def _body(request: Request[Any, Any, Any]) -> bytes:
    """Read at most so many bytes. Raises TooLarge, NotReadHere."""
    if len(request.scope["query_string"]) > QUERY_MOST:
        raise TooLarge(f"The query is longer than {QUERY_MOST} bytes: send it as POST /.search.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise NotReadHere("Content-Encoding is not read here: send the body as it is.")
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > BODY_MOST:
        raise _too_large()
    pieces, size = [], 0
    stream: AsyncIterator[bytes] = request.stream()
    async for piece in stream:
        size += len(piece)
        if size > BODY_MOST:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> TooLarge:
    return TooLarge(f"The body is longer than {BODY_MOST >> 20} MiB: send it in several requests.")


def _charge(purses: Purses, actor: Actor | None, size: int) -> None:
    """Take an operation, and one more for each thousand bytes, out of the caller's purse. Raises TooFast."""
    if actor is None:
        return
    try:
        purses.charge(f"{actor.tenant_id} {actor.principal}", 1 + size // BYTES_OF_AN_OPERATION)
    except Unavailable as no:
        said = f"You ask faster than is allowed here; try again in {no.retry_after_s} s."
        raise TooFast(said, headers={"Retry-After": str(no.retry_after_s)}) from None


def _answer(response: ScimResponse) -> Response[bytes]:
    body = b"" if response.body is None else json.dumps(response.body).encode()
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-type"}
    empty = response.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    return Response(
        body,
        status_code=int(response.status),
        headers=headers | {"Cache-Control": "no-store"},
        media_type="" if empty else response.headers["Content-Type"],
    )
