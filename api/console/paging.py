"""Cursors in addresses: where a list goes on, as opaque text that names a row and nothing secret."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from api.console.context import Query
from governance.kernel.errors import BadInput
from governance.kernel.page import Order, Page, Window, count_all, read_page
from governance.kernel.work import Work

T = TypeVar("T")
LONGEST: Final = 1_000
WRITERS: Final = {UUID: "u", datetime: "t", date: "d", str: "s", int: "i"}
READERS: Final[dict[str, Callable[[str], Any]]] = {
    "u": UUID, "t": datetime.fromisoformat, "d": date.fromisoformat, "s": str, "i": int,
}  # fmt: skip


def cursor_of(keys: Sequence[Any]) -> str:
    """Write order values into a cursor."""
    said = [[WRITERS[type(key)], str(key)] for key in keys]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def keys_of(cursor: str, width: int) -> tuple[Any, ...]:
    """Read order values from a cursor. Raises BadInput for what no list of `width` columns ever gave."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError(cursor[:20])
        said = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        keys = tuple(READERS[kind](text) for kind, text in said)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise BadInput("after", cursor[:80], "a page of this list; begin again at the first") from None
    if len(keys) != width:
        raise BadInput("after", cursor[:80], "a page of this list; begin again at the first")
    return keys


@dataclass(frozen=True, slots=True)
class Read:
    """One page of a list as `Rows` wants it."""

    page: Page[Any]
    total: int
    next: str | None
    previous: str | None


async def read_rows(work: Work, query: Query, select: Any, order: Sequence[Order]) -> Read:
    """Read the page that an address asks for, from the database. Raises BadInput for a cursor of another list."""
    edge = query.after or query.before
    window = Window(query.size, bool(query.before and not query.after), keys_of(edge, len(order)) if edge else None)
    page = await read_page(work.session, select, order, window)
    return Read(
        page,
        await count_all(work.session, select),
        cursor_of(page.keys[-1]) if page.has_next else None,
        cursor_of(page.keys[0]) if page.has_previous else None,
    )


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a list that is in memory as a whole."""

    items: Sequence[Any]
    next: str | None
    previous: str | None
    first_index: int


def cut(query: Query, items: Sequence[T], key: Callable[[T], UUID]) -> Cut:
    """Give the page that an address asks for of a list in memory, found again by the row at its edge."""
    keys = [key(item) for item in items]
    start, end = 0, query.size
    if query.after:
        [edge] = keys_of(query.after, 1)
        start = keys.index(edge) + 1 if edge in keys else 0
        end = start + query.size
    elif query.before:
        [edge] = keys_of(query.before, 1)
        end = keys.index(edge) if edge in keys else query.size
        start = max(0, end - query.size)
    shown = items[start:end]
    after = cursor_of([keys[end - 1]]) if end < len(items) and shown else None
    return Cut(shown, after, cursor_of([keys[start]]) if start and shown else None, start + 1)
