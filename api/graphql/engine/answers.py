"""What a client is told when something went wrong: its own mistakes plainly, ours with a number to quote."""

import re
import traceback
from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from api.graphql.engine.bounds import Bounds
from api.graphql.engine.context import EngineContext
from governance.kernel.database.lost import lost
from governance.kernel.errors import BusinessError, Code

INTERNAL = "INTERNAL"
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
_LATER = {Code.TOO_MANY: 429, Code.UNAVAILABLE: 503}
_log = structlog.get_logger("lictor.graphql")


def payload(result: ExecutionResult, context: EngineContext, bounds: Bounds) -> dict[str, Any]:
    """Give the answer's body. `data` is left out when the request itself could not be run.

    Bugs are logged in one line without anybody's data, and answered with the correlation id alone.
    """
    body: dict[str, Any] = {}
    errors = result.errors or []
    if errors:
        body["errors"] = [_told(error, context) for error in errors[: bounds.errors]]
        _log_bugs(errors, context)
    if not refused(result):
        body["data"] = result.data
    extensions: dict[str, Any] = {}
    if withheld := context.withheld():
        extensions["withheld"] = withheld
    if len(errors) > bounds.errors:
        extensions["errorsNotListed"] = len(errors) - bounds.errors
    if extensions:
        body["extensions"] = extensions
    return body


def refused(result: ExecutionResult) -> bool:
    """Tell whether the request never ran: nothing was answered and no error belongs to a field."""
    return result.data is None and not any(error.path for error in result.errors or ())


def status_of(result: ExecutionResult) -> tuple[int, dict[str, str]] | None:
    """Give status and headers of a request that was turned away to come again later, None for any other."""
    no = _cause(result.errors[0]) if result.errors and _nothing(result) else None
    if not isinstance(no, BusinessError) or no.code not in _LATER:
        return None
    return _LATER[no.code], {"Retry-After": no.facts().get("retry_after_s", "1")}


def _nothing(result: ExecutionResult) -> bool:
    """Tell whether no field of the operation was answered."""
    return result.data is None or all(value is None for value in result.data.values())


def encoded(body: dict[str, Any], context: EngineContext) -> bytes:
    """Write the body as JSON; a value that JSON cannot say is a bug like any other."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        _log_bugs([GraphQLError("unwritable", original_error=error)], context)
        return orjson.dumps({"errors": [_masked(context)], "data": None})


def complaint(message: str, code: str, **more: Any) -> dict[str, Any]:
    """Give the body of an answer to a request that is none."""
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


def business_extensions(no: BusinessError) -> dict[str, Any]:
    """Give what a business no says beside its message."""
    said: dict[str, Any] = {"code": no.code.value}
    if facts := dict(no.facts()):
        said["facts"] = facts
    if path := list(no.path()):
        said["inputPath"] = path
    if reasons := no.reasons():
        said["reasons"] = list(reasons)
    return said


def _told(error: GraphQLError, context: EngineContext) -> dict[str, Any]:
    said = error.formatted
    cause = _cause(error)
    if isinstance(cause, BusinessError):
        return _placed({"message": cause.message(), "extensions": business_extensions(cause)}, said)
    if cause is not None:
        return _placed(_masked(context), said)
    message = error.message if context.profile.suggestions else _SUGGESTION.sub("", error.message)
    extensions = {"code": Code.BAD_INPUT.value, **(error.extensions or {})}
    return _placed({"message": message, "extensions": extensions}, said)


def _placed(told: dict[str, Any], said: Any) -> dict[str, Any]:
    return told | {key: said[key] for key in ("locations", "path") if key in said}


def _masked(context: EngineContext) -> dict[str, Any]:
    number = context.correlation_id
    return {
        "message": f"Something went wrong on our side. Quote {number} when you report it.",
        "extensions": {"code": INTERNAL, "correlationId": number},
    }


def _cause(error: GraphQLError) -> Exception | None:
    """Find the exception behind an error, None when the error speaks for itself.

    What is wrong with a variable or a literal is the client's to know, although a scalar may have raised for it:
    such an error belongs to a place in the document, yet to no field that was being resolved.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None or isinstance(cause, BusinessError):
        return cause
    if (gone := lost(cause)) is not None:
        return gone
    return None if error.path is None and error.nodes else cause


def _log_bugs(errors: Sequence[GraphQLError], context: EngineContext) -> None:
    bugs = [(error, cause) for error in errors if (cause := _cause(error)) and not isinstance(cause, BusinessError)]
    if not bugs:
        return
    error, cause = bugs[0]
    _log.error(
        "graphql.bug",
        correlation_id=context.correlation_id,
        count=len(bugs),
        kinds=sorted({type(found).__qualname__ for _, found in bugs}),
        path=".".join(str(step) for step in error.path or ()),
        frames=[f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(cause.__traceback__)],
    )
