"""What a console page is made of, as plain data: a page is described here and never drawn by hand.

A domain's page file holds declarations (`TablePage`, `DetailPage`, `FormPage`) whose callables fetch rows;
`api.console.generic` turns them into handlers, `api.console.render` into HTML, both knowing no domain.
Labels are keys of the message catalog; what callables return (titles, sentences) is text ready to read.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api.console.charts import ChartCard, CurvePart, LinePart, WaterfallPart
from api.console.context import Context, Query
from api.console.controls import Action, Column, Option
from api.console.forms import (
    Done,
    Field,
    FormPage,
    Ids,
    Opened,
    Options,
    Outcome,
    Preview,
    Refused,
    UploadedFile,
)
from api.console.objects import (
    Attention,
    Attentions,
    Change,
    Claim,
    Entry,
    Funnel,
    HasNeeds,
    Itemized,
    Items,
    Ledger,
    Path,
    Remedies,
    Remedy,
    Run,
    Story,
    Term,
)
from api.console.parts import (
    Buttons,
    Chart,
    Drawing,
    Empty,
    Facts,
    Figure,
    Figures,
    Footer,
    Freshness,
    Heading,
    Note,
    Panel,
    Part,
    Prose,
    Provenance,
    Seats,
    Split,
    Tab,
    Table,
    Tabs,
    Whisker,
)
from api.console.values import (
    Badge,
    Balance,
    Instant,
    Level,
    Link,
    Missing,
    Person,
    SeatBar,
    Status,
    Step,
    Suppressed,
    Why,
)

LONGEST_RAIL: Final = 7


@dataclass(frozen=True, slots=True)
class Nav:
    """One entry of the rail: a message key, an address, an icon, its letter after `g`, and how many wait there."""

    key: str
    label: str
    href: str
    icon: str
    letter: str = ""
    action: str = ""
    count: Callable[[Context], Awaitable[int | None]] | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One pill of the scope bar that narrows the list; the first option is what holds when nothing is chosen."""

    name: str
    label: str
    options: Options
    icon: str = "filter"


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a list: its rows, how many there are in all, and the opaque cursors to the next and the one before.

    `totals` gives the last line by column key. `note` is one sentence at the right end of the footer.
    """

    items: Sequence[Any]
    total: int | None = None
    next: str | None = None
    previous: str | None = None
    first_index: int = 1
    totals: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    freshness: Freshness | None = None
    provenance: Provenance | None = None
    above: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class TablePage:
    """A list: GET `path` as a page, `path`.csv as a file. `action` is the right that opens it ("" is everybody).

    `live` names the subscription whose messages have the list asked for again while it is looked at.
    """

    name: str
    path: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[Context, Query], Awaitable[Rows]]
    action: str = ""
    nav: str = ""
    filters: tuple[Filter, ...] = ()
    search: bool = False
    sort: str = ""
    actions: tuple[Action, ...] = ()
    row_href: Callable[[Any], str | None] | None = None
    empty: Empty | None = None
    legend: bool = False
    compact: bool = False
    live: str = ""

    @property
    def filter_names(self) -> tuple[str, ...]:
        """The names its address understands as filters."""
        return tuple(each.name for each in self.filters)


@dataclass(frozen=True, slots=True)
class Detail:
    """What a detail page shows of one object. `side` is the 320 px column, `parts` the content beside it."""

    title: str
    crumbs: tuple[tuple[str, str], ...] = ()
    badges: tuple[Badge, ...] = ()
    parts: tuple[Part, ...] = ()
    side: tuple[Part, ...] = ()
    tabs: tuple[Tab, ...] = ()
    under_tabs: tuple[Part, ...] = ()
    actions: tuple[Action, ...] = ()
    freshness: Freshness | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class DetailPage:
    """One object: `gather` answers None for what is missing or outside reach, and both read as one page."""

    name: str
    path: str
    gather: Callable[[Context, Ids, Query], Awaitable[Detail | None]]
    action: str = ""
    nav: str = ""
    filters: tuple[Filter, ...] = ()

    @property
    def filter_names(self) -> tuple[str, ...]:
        """The names its address understands as filters."""
        return tuple(each.name for each in self.filters)


@dataclass(frozen=True, slots=True)
class Site:
    """The whole console: every page in the order of a reader, and the rail of each audience by its key."""

    pages: tuple["Page", ...]
    rails: Mapping[str, tuple[Nav, ...]]
    settings: Nav | None = None

    def __post_init__(self) -> None:
        for audience, rail in self.rails.items():
            if len(rail) > LONGEST_RAIL:
                raise ValueError(f"The rail of {audience} has {len(rail)} entries, more than {LONGEST_RAIL}")


Page = TablePage | DetailPage | FormPage

__all__ = [
    "Action",
    "Attention",
    "Attentions",
    "Badge",
    "Balance",
    "Buttons",
    "Change",
    "Chart",
    "ChartCard",
    "Claim",
    "Column",
    "Context",
    "CurvePart",
    "Detail",
    "DetailPage",
    "Done",
    "Drawing",
    "Empty",
    "Entry",
    "Facts",
    "Field",
    "Figure",
    "Figures",
    "Filter",
    "Footer",
    "FormPage",
    "Freshness",
    "Funnel",
    "HasNeeds",
    "Heading",
    "Ids",
    "Instant",
    "Itemized",
    "Items",
    "Ledger",
    "Level",
    "LinePart",
    "Link",
    "Missing",
    "Nav",
    "Note",
    "Opened",
    "Option",
    "Options",
    "Outcome",
    "Page",
    "Panel",
    "Part",
    "Path",
    "Person",
    "Preview",
    "Prose",
    "Provenance",
    "Query",
    "Refused",
    "Remedies",
    "Remedy",
    "Rows",
    "Run",
    "SeatBar",
    "Seats",
    "Site",
    "Split",
    "Status",
    "Step",
    "Story",
    "Suppressed",
    "Tab",
    "Table",
    "TablePage",
    "Tabs",
    "Term",
    "UploadedFile",
    "WaterfallPart",
    "Whisker",
    "Why",
]
