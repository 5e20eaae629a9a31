"""A page put back as it was: what an atomic call that failed leaves behind is nothing. Pure."""

from copy import copy
from typing import Any

from governance.seats.ledger.book import Book


def copy_of(book: Book) -> dict[str, Any]:
    """Copy every record of the page that deciding may change, one object once."""
    twins: dict[int, Any] = {}

    def twin(row: Any) -> Any:
        return twins.setdefault(id(row), copy(row))

    pages = ("rooms", "seats", "latest", "keys", "denials")
    held: dict[str, Any] = {name: {key: twin(row) for key, row in getattr(book, name).items()} for name in pages}
    writes = copy(book.writes)
    writes.seats = [twin(row) for row in writes.seats]
    for name in ("moved", "rooms", "denials", "counted"):
        setattr(writes, name, {key: twin(row) for key, row in getattr(writes, name).items()})
    for name in ("steps", "entries", "events"):
        setattr(writes, name, list(getattr(writes, name)))
    held["writes"] = writes
    return held


def put_back(book: Book, held: dict[str, Any]) -> None:
    """Let the page be as it was when it was copied."""
    for name, value in held.items():
        setattr(book, name, value)
