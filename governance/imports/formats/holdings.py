"""What a vendor's list of holdings tells: who holds what there, since when, and when it was used."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from governance.imports.errors import NotHoldings
from governance.imports.formats.columns import Column
from governance.imports.rules import Issue, IssueCode

TEXT_MOST = 254
COLUMNS = (
    Column("login", "the account's login", ("github com login", "handle or email"), required=True),
    Column("name", "the account's name", ("github com name",)),
    Column("license", "which license it takes", ("license type",), required=True),
    Column("mail", "the subscription's mail address", ("visual studio subscription email",)),
)


@dataclass(frozen=True)
class Held:
    """One account and what it holds. `names`: by which it may be known here, the surest first; `tier`: by vendor's id.

    `feature`: the product as the source calls it; None where the file speaks of one product only.
    """

    row: int
    account: str
    names: tuple[str, ...]
    tier: str | None = None
    feature: str | None = None
    quantity: int = 1
    since: datetime | None = None
    used_at: datetime | None = None


@dataclass
class Listing:
    """A whole list. `complete` False: the file says that it is a part; what is not in it may still be held.

    `observed_at`: when the source says it was so, as a wall clock of the server where it is naive.
    """

    kind: str
    instance: str
    rows: int = 0
    complete: bool = True
    observed_at: datetime | None = None
    held: list[Held] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)

    def wrong(self, row: int, column: str | None, code: IssueCode, message: str) -> None:
        self.issues.append(Issue(row, column, code, message))
        self.bad_rows.add(row)


def document_of(content: bytes) -> Any:
    """Read JSON strictly: UTF-8, no NaN, no name twice in one object. Raises NotHoldings."""
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as wrong:
        raise NotHoldings(f"byte {wrong.start} is no UTF-8") from None
    except RecursionError:
        raise NotHoldings("it is nested too deeply") from None
    except ValueError as wrong:
        raise NotHoldings(f"it is no JSON: {str(wrong)[:120]}") from None


def text_of(said: Mapping[str, Any], name: str) -> str:
    """Give a field as trimmed text; empty where it is missing, null or no text."""
    value = said.get(name)
    return value.strip() if isinstance(value, str) and len(value) <= TEXT_MOST else ""


def texts_of(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = said.get(name)
    return tuple(v.strip() for v in value if isinstance(v, str) and v.strip()) if isinstance(value, list) else ()


def moment_of(value: Any) -> datetime:
    """Read an instant with its offset. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - one error for what cannot be read
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError("no offset")
    return read.astimezone(UTC)


def first_of(names: Sequence[str]) -> tuple[str, ...]:
    """Give names without blanks and repeats, in their order."""
    return tuple(dict.fromkeys(name for name in names if name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, _ in pairs if sum(1 for other, _ in pairs if other == name) > 1)
        raise ValueError(f"the name {twice[:40]!r} stands twice in one object")
    return found


def _no_constant(said: str) -> Any:
    raise ValueError(f"{said} is no value")
