"""What one request may ask for, measured before any work is done for it."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from governance.kernel.errors import BusinessError, Code

_NUL = re.compile(r"\\u(?:0000|\{0+\})")
_BRACKETS = re.compile(r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|[{}\[\]()]', re.DOTALL)


@dataclass(frozen=True)
class Bounds:
    """The most one request may hold. Every figure is counted, none is timed."""

    body_bytes: int = 262_144
    json_depth: int = 24  # levels of arrays and objects in the request's JSON
    tokens: int = 4_000  # lexical tokens of the document
    nesting: int = 48  # brackets of any kind inside each other, as written
    fields: int = 1_000  # fields as written
    fragments: int = 50  # fragment definitions
    spreads: int = 200  # fragment spreads as written
    repeats: int = 150  # fields of one selection that answer under a name already taken
    aliases: int = 40  # fields as written that are renamed
    alias_characters: int = 100
    root_fields: int = 20  # fields of the operation itself, fragments expanded
    depth: int = 20  # fields inside each other, fragments expanded
    cost: int = 25_000  # fields answered, fragments expanded, lists at the size asked for
    list_size: int = 10  # what a list without a size of its own is taken for in the cost
    errors: int = 20  # errors reported; more are counted, not listed
    cached_documents: int = 500
    cached_characters: int = 400_000


@dataclass(eq=False)
class OverBound(BusinessError):
    """A request that asks for more than one request may; nothing of it was done."""

    code: ClassVar[Code] = Code.COST_LIMIT
    bound: str
    measured: str
    limit: int

    def message(self) -> str:
        return f"This request's {self.bound}: {self.measured}; at most {self.limit}. Ask for less, or in several steps."


def hold(bound: str, measured: int, limit: int) -> None:
    """Refuse what is over its bound. Raises OverBound with what was measured and the limit."""
    if measured > limit:
        raise OverBound(bound, str(measured), limit)


def hold_nesting(query: str, bounds: Bounds) -> None:
    """Refuse brackets too deep inside each other before the parser, which recurses, sees them."""
    depth = 0
    for found in _BRACKETS.finditer(query):
        sign = found.group()
        if sign in "{[(":
            depth += 1
            hold("nesting", depth, bounds.nesting)
        elif sign in "}])":
            depth -= 1


def hold_json(value: Any, bounds: Bounds) -> None:
    """Refuse arrays and objects too deep inside each other, level by level."""
    level, depth = [value], 0
    while level := [inner for outer in level for inner in _inside(outer)]:
        depth += 1
        hold("JSON depth", depth, bounds.json_depth)


def holds_nul(value: Any) -> bool:
    """Tell whether a text in a JSON value holds the character NUL."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(inner) for pair in value.items() for inner in pair)
    return isinstance(value, list) and any(holds_nul(inner) for inner in value)


def writes_nul(query: Any) -> bool:
    """Tell whether a document writes the character NUL by its escape."""
    return isinstance(query, str) and _NUL.search(query) is not None


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
