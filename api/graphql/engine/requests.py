"""What a client asks for, read from a request: GraphQL over HTTP's four parameters, each of the right kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from litestar import Request
from litestar.datastructures.headers import Accept
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from api.graphql.engine.bounds import Bounds, OverBound, hold, hold_json, holds_nul, writes_nul

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENTS = "text/event-stream"
AnyRequest = Request[Any, Any, Any]


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


def media_type_of(request: AnyRequest) -> str:
    """Give the media type that is answered in. Raises BadRequest where none fits."""
    accept = request.headers.get("accept")
    chosen = Accept(accept).best_match([JSON, GRAPHQL_JSON, EVENTS]) if accept else JSON
    if chosen is None:
        raise BadRequest(406, f"Answers are {JSON} or {GRAPHQL_JSON}; those of a subscription are {EVENTS}.")
    return chosen


async def from_body(request: AnyRequest, bounds: Bounds) -> Asked:
    """Read a POST. Raises BadRequest, OverBound."""
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
    return asked_of(found, bounds)


def from_query(request: AnyRequest, bounds: Bounds) -> Asked:
    """Read a GET. Raises BadRequest, OverBound."""
    hold("URL bytes", len(request.scope["query_string"]), bounds.body_bytes)
    given: Mapping[str, Any] = request.query_params
    found: dict[str, Any] = {name: given[name] for name in ("query", "operationName") if name in given}
    for name in ("variables", "extensions"):
        if given.get(name):
            found[name] = _json(given[name], name)
    return asked_of(found, bounds)


def asked_of(found: dict[str, Any], bounds: Bounds) -> Asked:
    """Check the four parameters. Raises BadRequest, and OverBound for JSON that is too deep."""
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
