"""The controls a declaration names: columns, buttons and links, choices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "text", "number", "money", "percent", "date", "status", "seatbar", "person", "link", "balance", "code", "svg"
]
RIGHT = frozenset({"number", "money", "percent", "balance"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `value` takes the row and gives what `kind` shows; `leaves` is its turn to go on small screens.

    leaves 0 stays always; by the table's own width 1 goes below 1000 px, 2 below 820, 3 below 640, 4 below 420.
    `sub` gives a second, quieter line, which files leave out: there a column of its own says it, `file_only`.
    `sort` names the key that `sort=` carries ("" is not sortable).
    """

    key: str
    label: str
    kind: Kind = "text"
    value: Callable[[Any], Any] | None = None
    sub: Callable[[Any], str] | None = None
    href: Callable[[Any], str | None] | None = None
    sort: str = ""
    leaves: int = 0
    strong: bool = False
    quiet: bool = False
    file_only: bool = False

    def of(self, row: Any) -> Any:
        """The cell's value: by `value`, else by the row's key or attribute of the column's name."""
        if self.value is not None:
            return self.value(row)
        return row[self.key] if isinstance(row, Mapping) else getattr(row, self.key)

    @property
    def right(self) -> bool:
        """Whether figures line up at the right."""
        return self.kind in RIGHT


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter or a select. `label` is a message key; `text` says it already (data, names)."""

    value: str
    label: str = ""
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button or link of a page: `label` is a message key, `text` says it already ("Release 40").

    `changes` hides it while the page shows the past; `action` is the right it needs; `dialog` opens its page in a
    dialog; `post` makes it a small form with the CSRF token and `values` as hidden fields.
    """

    label: str = ""
    href: str = ""
    icon: str = ""
    primary: bool = False
    changes: bool = True
    action: str = ""
    dialog: bool = False
    post: bool = False
    text: str = ""
    values: tuple[tuple[str, str], ...] = ()
