"""Names for new things: time-ordered UUIDs (RFC 9562, version 7), so that new rows land at an index's right edge.

And secrets for those who sign in, from the same port, so that no verb reaches for randomness by itself.
"""

import os
import time
from typing import Protocol
from uuid import UUID, SafeUUID


class Ids(Protocol):
    def new(self) -> UUID: ...

    def several(self, count: int) -> list[UUID]: ...

    def secret_bytes(self, count: int) -> bytes: ...


class TimeOrderedIds:
    """UUIDv7 of the system's clock and the system's randomness."""

    def new(self) -> UUID:
        return self.several(1)[0]

    def several(self, count: int) -> list[UUID]:
        """Give many at once: the clock is read and the system asked for randomness once."""
        millis, random = time.time_ns() // 1_000_000, os.urandom(10 * count)
        return [_named((millis << 80) | int.from_bytes(random[at : at + 10])) for at in range(0, 10 * count, 10)]

    def secret_bytes(self, count: int) -> bytes:
        return os.urandom(count)


class CountedIds:
    """Predictable ids for tests and the demo: the same run gives the same ids."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def several(self, count: int) -> list[UUID]:
        return [self.new() for _ in range(count)]

    def new(self) -> UUID:
        value, self._next = self._next, self._next + 1
        return UUID(int=(value << 80) | (0x7 << 76) | (0x2 << 62) | value)

    def secret_bytes(self, count: int) -> bytes:
        """Give real randomness: a predictable secret would open the demo to whoever reads this file."""
        return os.urandom(count)


def _named(bits: int) -> UUID:
    """Mark the bits as version 7; set as UUID's own constructor sets it, without its six ways of being called."""
    made = object.__new__(UUID)
    object.__setattr__(made, "int", (bits & ~(0xF << 76 | 0x3 << 62)) | (0x7 << 76 | 0x2 << 62))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
