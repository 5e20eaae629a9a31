"""What a console page is made of, as plain data: a page is described here and never drawn by hand.

A domain's page file holds declarations (`TablePage`, `DetailPage`, `FormPage`) whose callables fetch rows;
`api.console.generic` turns them into handlers, `api.console.render` into HTML, both knowing no domain.
Labels are keys of the message catalog; what callables return (titles, sentences) is text ready to read.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from api.console.context import Context, Query
from api.console.controls import Action, Column, Option
from api.console.parts import (
    Attention,
    Attentions,
    Buttons,
    Change,
    Chart,
    Claim,
    Drawing,
    Empty,
    Entry,
    Facts,
    Figure,
    Figures,
    Footer,
    Freshness,
    Funnel,
    HasNeeds,
    Heading,
    Itemized,
    Items,
    Ledger,
    Note,
    Panel,
    Part,
    Path,
    Prose,
    Provenance,
    Remedies,
    Remedy,
    Run,
    Seats,
    Split,
    Story,
    Tab,
    Table,
    Tabs,
    Term,
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

Ids = Mapping[str, str]
FieldKind = Literal[
    "text",
    "number",
    "date",
    "datetime",
    "select",
    "choice",
    "person",
    "textarea",
    "checkbox",
    "money",
    "file",
    "password",
]


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


Options = tuple[Option, ...] | Callable[[Context], Awaitable[Sequence[Option]]]


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
    """A list: GET `path` as a page, `path`.csv as a file. `action` is the right that opens it ("" is everybody)."""

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
class Field:
    """One question of a form, and the bounds its answer must keep before any verb sees it.

    number and money take `minimum`/`maximum` in whole units; text and textarea take `longest` characters;
    file takes `longest` bytes. Values arrive typed: str, int, date, aware datetime, bool,
    `Money`, `UploadedFile`; `multiple` gives a tuple; an empty optional answer is None.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = True
    help: str = ""
    options: Options = ()
    minimum: int | None = None
    maximum: int | None = None
    longest: int = 200
    multiple: bool = False
    currency: str = ""
    accept: str = ""
    suggest: Callable[[Context, str], Awaitable[Sequence[Option]]] | None = None
    autocomplete: str = ""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came: its name (never a path), its declared type, its bytes."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The verb held: go to `location`, where `toast` is shown once."""

    location: str
    toast: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The verb said no: sentences by field name ("" is the form as a whole), and parts such as `HasNeeds` below."""

    errors: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen, and the token that lets exactly this happen; `confirm` is the button ("Assign 3 seats")."""

    parts: tuple[Part, ...]
    token: str
    confirm: str
    sentence: str = ""


Outcome = Done | Refused | Preview


@dataclass(frozen=True, slots=True)
class Opened:
    """How a form opens: its title, the answers it starts with, and what stands above and beside it."""

    title: str
    initial: Mapping[str, Any] = field(default_factory=dict)
    sub: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    cancel: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form: GET shows it, POST checks the fields, then calls `submit(ctx, ids, values, token)`.

    `token` is "" on the first post and the preview's token on the second. `opens` answers None for what is missing.
    """

    name: str
    path: str
    fields: tuple[Field, ...]
    opens: Callable[[Context, Ids, Query], Awaitable[Opened | None]]
    submit: Callable[[Context, Ids, Mapping[str, Any], str], Awaitable[Outcome]]
    button: str
    action: str = ""
    nav: str = ""

    @property
    def has_file(self) -> bool:
        """Whether it must be sent as multipart."""
        return any(each.kind == "file" for each in self.fields)

    @property
    def filter_names(self) -> tuple[str, ...]:
        """None: a form's address narrows nothing."""
        return ()


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
    "Claim",
    "Column",
    "Context",
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
    "Whisker",
    "Why",
]
