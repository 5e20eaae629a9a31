"""JSON of strangers, read strictly: one object, no name twice, no number that is none."""

import base64
import binascii
import json
from typing import Any


class NotStrictError(ValueError):
    """The text is no JSON object that means the same to everybody."""


def read_object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises NotStrictError, for a name that stands twice too."""
    try:
        read = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotStrictError(str(error)[:100]) from None
    if not isinstance(read, dict):
        raise NotStrictError("it is no object")
    return read


def read_part(part: str) -> dict[str, Any]:
    """Read one part of a compact token: base64url without padding (RFC 7515). Raises NotStrictError."""
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotStrictError("it is no base64url") from None
    if "+" in part or "/" in part or "=" in part:
        raise NotStrictError("it is no base64url")
    return read_object(raw)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise NotStrictError("a name stands twice")
    return read


def _no_constant(name: str) -> Any:
    raise NotStrictError(f"{name} is no number")
