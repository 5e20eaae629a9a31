"""Takes usage in over HTTP: CloudEvents in JSON, one or many, each kept once and answered for by its position."""

import json
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, post
from litestar.exceptions import ClientException, HTTPException
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import actor_of
from governance.activation.service import take_events as take
from governance.kernel.work import Office, Work
from governance.usage.rules import MOST_EVENTS
from governance.usage.service import IngestAnswer

SINGLE, BATCH, PLAIN = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
SINGLE_MOST, BATCH_MOST = 1 << 20, 5 << 20
READ = f"{SINGLE}, {BATCH} or {PLAIN}"


class TooLarge(HTTPException):
    """A body of more bytes than its kind may have."""

    status_code = 413


class NotReadHere(HTTPException):
    """A content type that this door does not read."""

    status_code = 415


def handlers(office: Office) -> list[HTTPRouteHandler]:
    """Give the routes of this door."""

    @post("/v1/events", status_code=202, include_in_schema=False)
    async def take_events(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
        """Keep the events of one call in one transaction, and say what became of each."""
        actor = actor_of(request.scope)
        events = await _events(request)

        async def keep(work: Work) -> IngestAnswer:
            return await take(work, events)

        return Response(_said(await office.perform(actor, keep)), headers={"Cache-Control": "no-store"})

    return [take_events]


async def _events(request: Request[Any, Any, Any]) -> list[Any]:
    """Read the body within its bounds. Raises ClientException (400), TooLarge (413), NotReadHere (415)."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind not in {SINGLE, BATCH, PLAIN}:
        raise NotReadHere(f"Content-Type {kind[:80] or 'is missing'}: needs {READ}.", headers={"Accept": READ})
    _check_charset(parameters)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise NotReadHere("Content-Encoding is not read here: send the body as it is.")
    body = await _body(request, SINGLE_MOST if kind == SINGLE else BATCH_MOST)
    return _listed(kind, body, _parsed(body))


def _check_charset(parameters: str) -> None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8", "us-ascii"}:
            raise NotReadHere(f"charset {value.strip()[:40]} is not read here: needs utf-8.")


async def _body(request: Request[Any, Any, Any], most: int) -> bytes:
    """Read at most so many bytes; what says beforehand that it is longer is not read at all."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise _too_large(most)
    pieces, size = [], 0
    stream: AsyncIterator[bytes] = request.stream()
    async for piece in stream:
        size += len(piece)
        if size > most:
            raise _too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is longer than {most >> 20} MiB: send fewer events in one call.")


def _parsed(body: bytes) -> Any:
    """Read strict JSON in UTF-8: no NaN, no name twice, no depth that exhausts the reader. Raises ClientException."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ClientException("The body is not UTF-8.") from None
    except RecursionError:
        raise ClientException("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ClientException(
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except ValueError as error:
        raise ClientException(f"The body is no JSON that can be kept: {error}.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("an object has one name twice")
    return read


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _listed(kind: str, body: bytes, read: Any) -> list[Any]:
    """Give the events as a list. Raises ClientException for what the content type does not say, TooLarge."""
    if isinstance(read, list) and kind != SINGLE:
        if len(read) > MOST_EVENTS:
            raise TooLarge(f"The batch has {len(read)} events: send at most {MOST_EVENTS} in one call.")
        return read
    if isinstance(read, dict) and kind != BATCH:
        if len(body) > SINGLE_MOST:
            raise _too_large(SINGLE_MOST)
        return [read]
    needs = {
        SINGLE: "one event as a JSON object",
        BATCH: "a JSON array of events",
        PLAIN: "an event or an array of them",
    }
    raise ClientException(f"{kind} needs {needs[kind]}.")


def _said(answer: IngestAnswer) -> dict[str, Any]:
    return {
        "accepted": answer.accepted,
        "duplicates": answer.duplicates,
        "refused": [{"index": no.index, "code": no.code.value, "message": no.message} for no in answer.refused],
        "unmatched": [{"index": one.index, "code": one.code, "message": one.message} for one in answer.unmatched],
    }
