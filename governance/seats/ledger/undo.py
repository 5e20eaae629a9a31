"""A page put back as it was: what an atomic call that failed leaves behind is nothing. Pure."""

from copy import copy
from typing import Any

from governance.seats.ledger.book import Book
from governance.seats.ledger.lending import Lending

ROWS = ("seats", "leases", "waits")
KEYED = ("moved", "rooms", "denials", "counted", "lent", "waited", "new_lease_rooms", "lease_rooms")


def copy_of(book: Book) -> dict[str, Any]:
    """Copy every record of the page that deciding may change, one object once."""
    twins: dict[int, Any] = {}

    def twin(row: Any) -> Any:
        return twins.setdefault(id(row), copy(row))

    def page_of(lending: Lending) -> Lending:
        own = copy(lending)
        own.room = twin(lending.room)
        for name in ("leases", "waits", "gone"):
            setattr(own, name, {key: twin(row) for key, row in getattr(lending, name).items()})
        return own

    pages = ("rooms", "seats", "latest", "keys", "denials", "lease_rooms")
    held: dict[str, Any] = {name: {key: twin(row) for key, row in getattr(book, name).items()} for name in pages}
    held["lendings"] = {key: page_of(lending) for key, lending in book.lendings.items()}
    held["freed"] = set(book.freed)
    writes = copy(book.writes)
    for name in ROWS:
        setattr(writes, name, [twin(row) for row in getattr(writes, name)])
    for name in KEYED:
        setattr(writes, name, {key: twin(row) for key, row in getattr(writes, name).items()})
    for name in ("steps", "entries", "events"):
        setattr(writes, name, list(getattr(writes, name)))
    held["writes"] = writes
    return held


def put_back(book: Book, held: dict[str, Any]) -> None:
    """Let the page be as it was when it was copied."""
    for name, value in held.items():
        setattr(book, name, value)
