"""Addresses of the console: scope and as-of ride on every link, and a view is its query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from api.console.context import Context, Query
from api.console.controls import Column

RIDING = ("scope", "as-of")


def carried(ctx: Context) -> dict[str, str]:
    """What rides on every link of this page."""
    riding = {"scope": ctx.scope} if ctx.scope else {}
    if ctx.as_of is not None:
        riding["as-of"] = ctx.as_of_asked or ctx.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return riding


def link(ctx: Context, href: str) -> str:
    """`href` with scope and as-of added where it stays inside the console and does not say them itself."""
    if not href.startswith("/") or href.startswith("//"):
        return href
    parts = urlsplit(href)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    added = {**{key: value for key, value in carried(ctx).items() if key not in given}, **given}
    return urlunsplit(("", "", parts.path, urlencode(added), parts.fragment))


def instant_of(asked: str, zone: ZoneInfo) -> datetime | None:
    """The instant an address's `as-of=` names: RFC 3339, or a local time in `zone`; None for anything else."""
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def local(href: str) -> str:
    """An address of our own, for redirects; anything else leads to the first page."""
    return href if href.startswith("/") and not href.startswith(("//", "/\\")) else "/"


def own_address(asked: str) -> str:
    """An address of ours to go on to; anything that a browser could read as another site's is the first page."""
    plain = asked.isascii() and asked.isprintable() and " " not in asked and "\\" not in asked
    return asked if plain and asked.startswith("/") and not asked.startswith("//") and len(asked) < 2_000 else "/"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses that one list offers: other orders, other pages, without filters, as a file."""

    path: str
    query: Query

    def with_(self, **changes: str | None) -> str:
        """The view with some of its query changed; None takes a key out. Underscores stand for hyphens."""
        asked = {key: value for key, value in self.query.raw.items() if value and key not in ("after", "before")}
        for key, value in changes.items():
            name = key.replace("_", "-")
            asked.pop(name, None)
            if value:
                asked[name] = value
        return f"{self.path}?{urlencode(asked)}" if asked else self.path

    def sorted_by(self, column: Column) -> str:
        """The list by a column; once more turns it round."""
        turned = self.query.sort == column.sort and not self.query.descending
        return self.with_(sort=f"-{column.sort}" if turned else column.sort)

    def aria_sort(self, column: Column) -> str:
        """`ascending`, `descending` or `none`."""
        if self.query.sort != column.sort:
            return "none"
        return "descending" if self.query.descending else "ascending"

    def cleared(self, names: tuple[str, ...]) -> str:
        """The list without filters and search."""
        return self.with_(**dict.fromkeys((*names, "q")))

    def csv(self) -> str:
        """The same view as a file."""
        asked = {key: value for key, value in self.query.raw.items() if value and key not in ("after", "before")}
        return f"{self.path}.csv" + (f"?{urlencode(asked)}" if asked else "")


def query_of(raw: Mapping[str, str], filters: tuple[str, ...], default_sort: str, size: int) -> Query:
    """What an address asks of a list; unknown names are left to the page, in `raw`."""
    sort = raw.get("sort", "") or default_sort
    return Query(
        filters={name: raw.get(name, "") for name in filters},
        search=raw.get("q", "").strip()[:200],
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        after=raw.get("after") or None,
        before=raw.get("before") or None,
        size=size,
        raw=dict(raw),
    )
