"""Names for new things: time-ordered UUIDs (RFC 9562, version 7), so that new rows land at an index's right edge.

And secrets for those who sign in, from the same port, so that no verb reaches for randomness by itself.
"""

import os
import time
from typing import Protocol
from uuid import UUID


class Ids(Protocol):
    def new(self) -> UUID: ...

    def secret_bytes(self, count: int) -> bytes: ...


class TimeOrderedIds:
    """UUIDv7 of the system's clock and the system's randomness."""

    def new(self) -> UUID:
        millis = time.time_ns() // 1_000_000
        bits = (millis << 80) | int.from_bytes(os.urandom(10))
        bits = (bits & ~(0xF << 76)) | (0x7 << 76)
        return UUID(int=(bits & ~(0x3 << 62)) | (0x2 << 62))

    def secret_bytes(self, count: int) -> bytes:
        return os.urandom(count)


class CountedIds:
    """Predictable ids for tests and the demo: the same run gives the same ids."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def new(self) -> UUID:
        value, self._next = self._next, self._next + 1
        return UUID(int=(value << 80) | (0x7 << 76) | (0x2 << 62) | value)

    def secret_bytes(self, count: int) -> bytes:
        """Give real randomness: a predictable secret would open the demo to whoever reads this file."""
        return os.urandom(count)
