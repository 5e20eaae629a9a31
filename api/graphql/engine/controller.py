"""The graph's door: GraphQL over HTTP, by POST and JSON for everyone, by GET only for who was granted it.

A subscription that is asked for as text/event-stream is answered in events (GraphQL over SSE, distinct connections).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from litestar import Response, route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from api.graphql.engine.answers import business_extensions, complaint, encoded, payload, refused, status_of
from api.graphql.engine.bounds import OverBound
from api.graphql.engine.context import EngineContext
from api.graphql.engine.requests import (
    EVENTS,
    GRAPHQL_JSON,
    JSON,
    AnyRequest,
    Asked,
    BadRequest,
    from_body,
    from_query,
    media_type_of,
)
from api.graphql.engine.schema import Schema
from api.graphql.engine.streams import Streams, stream
from governance.kernel.errors import Code

OpenContext = Callable[[AnyRequest], Awaitable[EngineContext]]
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})
_BY_GET = frozenset({OperationType.QUERY})
_SILENCE = b":\n\n"


def graphql_route(
    schema: Schema, open_context: OpenContext, *, path: str = "/graphql", streams: Streams | None = None
) -> HTTPRouteHandler:
    """Make the door. `open_context(request)` says who asks; what it raises is answered by the app, before any body."""
    bounds, standing = schema.documents.bounds, streams or Streams()

    @route(
        path,
        http_method=[HttpMethod.GET, HttpMethod.POST],
        request_max_body_size=bounds.body_bytes,
        include_in_schema=False,
    )
    async def graphql(request: AnyRequest) -> Response[Any]:
        context = await open_context(request)
        try:
            return await answer(schema, request, context, standing)
        finally:
            await context.close()

    return graphql


async def answer(schema: Schema, request: AnyRequest, context: EngineContext, streams: Streams) -> Response[Any]:
    """Read one request, run it, and answer it in the media type it accepts; never with a 500 for what was sent."""
    media_type, bounds = JSON, schema.documents.bounds
    try:
        media_type = media_type_of(request)
        by_get = request.method == HttpMethod.GET
        if by_get and not context.profile.get:
            raise BadRequest(405, "GraphQL is answered to POST with application/json here.")
        asked = from_query(request, bounds) if by_get else await from_body(request, bounds)
        if media_type == EVENTS:
            if by_get:
                raise BadRequest(405, "A subscription is asked for by POST.")
            told = _events(schema, asked, context, streams)
            return Stream(told, media_type=EVENTS, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
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
        kind = JSON if media_type == EVENTS else media_type
        return Response(orjson.dumps(body), status_code=bad.status, media_type=kind, headers=headers)
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


async def _events(schema: Schema, asked: Asked, context: EngineContext, streams: Streams) -> AsyncIterator[bytes]:
    """Write a stream's answers as events, and a comment into a long silence so that proxies keep it open."""
    async with aclosing(stream(schema, asked, context, streams)) as answers:
        coming: asyncio.Future[Any] = asyncio.ensure_future(anext(answers, None))
        try:
            while True:
                done, _ = await asyncio.wait({coming}, timeout=streams.bounds.ping_s)
                if not done:
                    yield _SILENCE
                    continue
                told = coming.result()
                if told is None:
                    break
                yield b"event: next\ndata: " + encoded(told.body, context) + b"\n\n"
                coming = asyncio.ensure_future(anext(answers, None))
            if not streams.ending.is_set():  # else it goes on elsewhere
                yield b"event: complete\ndata:\n\n"
        finally:
            coming.cancel()
            await asyncio.wait({coming})
