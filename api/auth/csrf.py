"""A change under a cookie needs the session's own token, in a header or in the form: another site knows neither."""

import hmac
import re
from urllib.parse import parse_qs

from litestar.datastructures import Headers
from litestar.types import HTTPReceiveMessage, Receive, Scope, WebSocketReceiveMessage

HEADER, FIELD = "x-csrf-token", "_csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEAD_BYTES = 64 << 10
_PART = re.compile(rb'name="_csrf"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n([A-Za-z0-9_-]{16,128})\r\n')


async def carries(scope: Scope, receive: Receive, csrf: str) -> tuple[bool, Receive]:
    """Tell whether a request carries its session's token, and give a `receive` that still yields the whole body.

    A form is read to 64 KiB for the field, which therefore comes first in a form with a file.
    """
    headers = Headers.from_scope(scope)
    sent = headers.get(HEADER)
    if sent is not None:
        return _same(sent, csrf), receive
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return False, receive
    head, replayed = await _head(receive)
    return _same(_field(kind, head), csrf), replayed


def from_elsewhere(scope: Scope) -> bool:
    """Tell whether the browser says that another site sent this request."""
    return Headers.from_scope(scope).get("sec-fetch-site", "same-origin") in {"cross-site", "same-site"}


def _field(kind: str, head: bytes) -> str:
    if kind == "multipart/form-data":
        part = _PART.search(head)
        return part[1].decode() if part else ""
    text = head.decode("utf-8", "replace")
    return parse_qs(text, max_num_fields=1_000).get(FIELD, [""])[0] if text.count("&") < 1_000 else ""


def _same(sent: str, csrf: str) -> bool:
    return hmac.compare_digest(sent.encode("utf-8", "surrogatepass"), csrf.encode())


async def _head(receive: Receive) -> tuple[bytes, Receive]:
    """Read the first part of a body and give it back with a `receive` that begins anew."""
    kept: list[HTTPReceiveMessage | WebSocketReceiveMessage] = []
    size, more = 0, True
    while more and size < HEAD_BYTES:
        message = await receive()
        kept.append(message)
        if message["type"] != "http.request":
            break
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    head = b"".join(m.get("body", b"") for m in kept if m["type"] == "http.request")[:HEAD_BYTES]

    async def again() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        return kept.pop(0) if kept else await receive()

    return head, again
