"""Who reads a page, in which language and zone, as of when, and what the address asks for."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.console.texts import text

PAGE_SIZE = 50


def _allows_all(_action: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Context:
    """One reader's request. `work()` opens the desk the domain's verbs and queries need.

    `audience` picks the rail; `csrf` is the token every form carries as `_csrf`; `may` answers for `resource:verb`;
    `now` is an aware instant; `as_of` None means now, and `as_of_label` overrides how that instant is named,
    `as_of_asked` how links say it (`snapshot:FY2026-Q3`).
    `scopes` and `instants` are the choices of the scope bar: what `scope=` and `as-of=` say, and how it is named.
    `asked` is the address's query as it was sent.
    """

    tenant: str
    person: str
    role: str
    audience: str
    locale: str
    zone: ZoneInfo
    now: datetime
    csrf: str
    work: Callable[[], AbstractAsyncContextManager[Any]]
    may: Callable[[str], bool] = _allows_all
    theme: str = ""
    compact: bool = False
    path: str = "/"
    scope: str = ""
    scope_label: str = ""
    scopes: tuple[tuple[str, str], ...] = ()
    instants: tuple[tuple[str, str], ...] = ()
    as_of: datetime | None = None
    as_of_label: str = ""
    as_of_asked: str = ""
    known_at: datetime | None = None
    toast: str = ""
    principal: Any = None
    asked: Mapping[str, str] = field(default_factory=dict)

    def text(self, key: str, /, **facts: Any) -> str:
        """A text of the catalog in the reader's language."""
        return text(self.locale, key, **facts)

    @property
    def past(self) -> bool:
        """Whether the page shows another instant than now, so that nothing may be changed from it."""
        return self.as_of is not None


@dataclass(frozen=True, slots=True)
class Query:
    """What the address asks of a list: filters by name, search, order, and where to go on."""

    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    sort: str = ""
    descending: bool = False
    after: str | None = None
    before: str | None = None
    size: int = PAGE_SIZE
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether a filter or a search hides rows."""
        return bool(self.search or any(self.filters.values()))

    @property
    def narrowing(self) -> int:
        """How many filters hide rows, the search counted as one."""
        return sum(1 for each in self.filters.values() if each) + bool(self.search)
