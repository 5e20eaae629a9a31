"""The graph's door: GraphQL over HTTP, by POST and JSON for everyone, by GET only for who was granted it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from litestar import Request, Response, route
from litestar.datastructures.headers import Accept
from litestar.enums import HttpMethod
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.graphql.engine.answers import business_extensions, complaint, encoded, payload, refused, status_of
from api.graphql.engine.bounds import Bounds, OverBound, hold, hold_json, holds_nul, writes_nul
from api.graphql.engine.context import EngineContext
from api.graphql.engine.schema import Schema
from governance.kernel.errors import Code

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
AnyRequest = Request[Any, Any, Any]
OpenContext = Callable[[AnyRequest], Awaitable[EngineContext]]
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})
_BY_GET = frozenset({OperationType.QUERY})


class BadRequest(Exception):
    """A request that is not GraphQL over HTTP: its status, and one sentence why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """The four parameters of GraphQL over HTTP, each of the right kind."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def graphql_route(schema: Schema, open_context: OpenContext, *, path: str = "/graphql") -> HTTPRouteHandler:
    """Make the door. `open_context(request)` says who asks; what it raises is answered by the app, before any body."""
    bounds = schema.documents.bounds

    @route(
        path,
        http_method=[HttpMethod.GET, HttpMethod.POST],
        request_max_body_size=bounds.body_bytes,
        include_in_schema=False,
    )
    async def graphql(request: AnyRequest) -> Response[bytes]:
        context = await open_context(request)
        try:
            return await answer(schema, request, context)
        finally:
            await context.close()

    return graphql


async def answer(schema: Schema, request: AnyRequest, context: EngineContext) -> Response[bytes]:
    """Read one request, run it, and answer it in the media type it accepts; never with a 500 for what was sent."""
    media_type, bounds = JSON, schema.documents.bounds
    try:
        media_type = _media_type(request)
        by_get = request.method == HttpMethod.GET
        if by_get and not context.profile.get:
            raise BadRequest(405, "GraphQL is answered to POST with application/json here.")
        asked = _from_query(request, bounds) if by_get else await _from_body(request, bounds)
        result = await schema.execute(
            asked.query,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            context_value=context,
            allowed_operation_types=_BY_GET if by_get else _BY_POST,
        )
    except BadRequest as bad:
        headers = {"Allow": "POST"} if bad.status == 405 else None
        body = complaint(str(bad), Code.BAD_INPUT.value)
        return Response(orjson.dumps(body), status_code=bad.status, media_type=media_type, headers=headers)
    except OverBound as over:
        body = complaint(over.message(), over.code.value, facts=business_extensions(over)["facts"])
        return Response(orjson.dumps(body), status_code=413, media_type=media_type)
    except CannotGetOperationTypeError as unknown:
        body = complaint(unknown.as_http_error_reason(), Code.BAD_INPUT.value)
        return Response(orjson.dumps(body), status_code=400, media_type=media_type)
    except InvalidOperationTypeError as wrong:
        body = complaint(wrong.as_http_error_reason(request.method), Code.BAD_INPUT.value)
        return Response(orjson.dumps(body), status_code=405, media_type=media_type, headers={"Allow": "POST"})
    usual = 400 if media_type == GRAPHQL_JSON and refused(result) else 200
    status, more = status_of(result) or (usual, {})
    content = encoded(payload(result, context, bounds), context)
    headers = {"Cache-Control": "no-store", **more}
    return Response(content, status_code=status, media_type=media_type, headers=headers)


def _media_type(request: AnyRequest) -> str:
    accept = request.headers.get("accept")
    chosen = Accept(accept).best_match([JSON, GRAPHQL_JSON]) if accept else JSON
    if chosen is None:
        raise BadRequest(406, f"Answers are {JSON} or {GRAPHQL_JSON}.")
    return chosen


async def _from_body(request: AnyRequest, bounds: Bounds) -> Asked:
    kind, options = request.content_type
    if kind != JSON or options.get("charset", "utf-8").strip('"').lower() not in {"utf-8", "utf8"}:
        raise BadRequest(415, f"The body has to be {JSON} in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest(415, "The body has to come without content encoding.")
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        raise OverBound("body bytes", f"more than {bounds.body_bytes}", bounds.body_bytes) from None
    found = _json(body, "The body")
    if not isinstance(found, dict):
        raise BadRequest(400, "The body has to be one JSON object; batches are not accepted.")
    return _asked(found, bounds)


def _from_query(request: AnyRequest, bounds: Bounds) -> Asked:
    hold("URL bytes", len(request.scope["query_string"]), bounds.body_bytes)
    given: Mapping[str, Any] = request.query_params
    found: dict[str, Any] = {name: given[name] for name in ("query", "operationName") if name in given}
    for name in ("variables", "extensions"):
        if given.get(name):
            found[name] = _json(given[name], name)
    return _asked(found, bounds)


def _asked(found: dict[str, Any], bounds: Bounds) -> Asked:
    hold_json(found, bounds)
    if holds_nul(found) or writes_nul(found.get("query")):
        raise BadRequest(400, "No text may hold the character NUL: no database keeps it.")
    query, name = found.get("query"), found.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "query has to be a text with a GraphQL document.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "operationName has to be a text, or left out.")
    for part in ("variables", "extensions"):
        if found.get(part) is not None and not isinstance(found[part], dict):
            raise BadRequest(400, f"{part} has to be a JSON object, or left out.")
    return Asked(query, found.get("variables") or {}, name or None)


def _json(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"{what} is not JSON in UTF-8: {error.msg}.") from None
