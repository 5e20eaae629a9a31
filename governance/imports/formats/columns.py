"""Finds the columns of a table by their headers, however a source calls them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from governance.imports.errors import ColumnMissing, ColumnTwice


@dataclass(frozen=True)
class Column:
    """A thing that a table tells of each row, and the headers under which it is found (capitals, marks aside).

    `example` and `choices` stand in the template; `read` makes a value of a cell that is not empty.
    """

    name: str
    meaning: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    example: str = ""
    choices: tuple[str, ...] = ()
    read: Callable[[Any, str], Any] | None = None

    def names(self) -> tuple[str, ...]:
        return (self.name, *self.synonyms)


@dataclass(frozen=True)
class Found:
    """Which header holds which column, and the headers that nobody knows."""

    headers: dict[str, str]
    unknown: tuple[str, ...]


def find_columns(columns: Sequence[Column], headers: Sequence[str]) -> Found:
    """Match headers to columns. Raises ColumnMissing, ColumnTwice."""
    by_name = {_bare(name): column.name for column in columns for name in column.names()}
    held: dict[str, str] = {}
    unknown: list[str] = []
    for header in headers:
        name = by_name.get(_bare(header))
        if name is None:
            unknown.append(header)
        elif name in held:
            raise ColumnTwice(name, held[name], header)
        else:
            held[name] = header
    for column in columns:
        if column.required and column.name not in held:
            raise ColumnMissing(column.name, ", ".join(column.names()))
    return Found(held, tuple(unknown))


def _bare(header: str) -> str:
    return re.sub(r"[\W_]+", "", header.casefold())
