"""A cursor is a sealed bookmark: it opens only for the tenant, the list, the filter and the order it was made for."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import orjson

from governance.kernel.errors import BusinessError, Code

_SEAL_BYTES = 16
_KEY_BYTES = 32
_MOST_CHARACTERS = 2_048
_WRITERS: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    UUID: ("u", lambda value: value.hex),
    datetime: ("t", datetime.isoformat),
    date: ("d", date.isoformat),
    Decimal: ("n", str),
}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "u": UUID,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "n": Decimal,
}


@dataclass(eq=False)
class BadCursor(BusinessError):
    """A cursor that was not given for this list, or was changed on the way."""

    code: ClassVar[Code] = Code.BAD_CURSOR
    argument: str = "after"

    def message(self) -> str:
        return (
            f"{self.argument}: this cursor was not given for this list with this filter and order. "
            "Start again without a cursor."
        )

    def path(self) -> tuple[str, ...]:
        return (self.argument,)


class CursorSealer:
    """Seals order values into cursors and opens them again: HMAC-SHA256, the first 16 bytes of it."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a cursor key needs at least {_KEY_BYTES} bytes")
        self._key = key

    def seal(self, tenant: str, binding: str, values: tuple[Any, ...]) -> str:
        """Seal order values (text, numbers, booleans, None, UUID, datetime, date, Decimal) for one tenant and list."""
        body = orjson.dumps([_written(value) for value in values])
        return base64.urlsafe_b64encode(self._seal(tenant, binding, body) + body).decode().rstrip("=")

    def open(self, tenant: str, binding: str, cursor: str, *, argument: str = "after") -> tuple[Any, ...]:
        """Give the order values back as they were sealed. Raises BadCursor for any other tenant, list or text."""
        if len(cursor) > _MOST_CHARACTERS:
            raise BadCursor(argument)
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursor(argument) from None
        seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(tenant, binding, body)):
            raise BadCursor(argument)
        return tuple(_read(value) for value in orjson.loads(body))

    def _seal(self, tenant: str, binding: str, body: bytes) -> bytes:
        bound = b"".join(len(part).to_bytes(4, "big") + part for part in (tenant.encode(), binding.encode(), body))
        return hmac.digest(self._key, b"lictor cursor 1" + bound, hashlib.sha256)[:_SEAL_BYTES]


def _written(value: Any) -> Any:
    if type(value) in _WRITERS:
        tag, write = _WRITERS[type(value)]
        return {tag: write(value)}
    return value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        [(tag, text)] = value.items()
        return _READERS[tag](text)
    return value
