"""The parts a page's content is built of: each a frozen value with a template of its name in templates/parts/."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from markupsafe import Markup

from api.console.controls import Action, Column
from api.console.values import Level, Link, Missing, SeatBar, Status, Suppressed, Why


@dataclass(frozen=True, slots=True)
class Part:
    """Something a page can hold. A page may bring its own: subclass, name a template that extends nothing."""

    template: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """A card's last line: Table, CSV, Definition at the left, the name of the method at the right."""

    links: tuple[Link, ...] = ()
    method: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """What the page rests on and how old it is, at the right of the scope bar; it names the worst feed."""

    text: str
    level: Level | None = Level.OK
    href: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The footer that lets a reader find the page's figures again. `as_of` is shown in UTC; extras are label, value."""

    as_of: datetime
    scope: str
    policy: str = ""
    definitions: str = ""
    audit_head: str = ""
    extras: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Empty(Part):
    """Nothing here yet: teaches the first step."""

    template: ClassVar[str] = "empty"
    title: str
    text: str = ""
    icon: str = "inbox"
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a view of the same object with its own address."""

    label: str
    href: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Tabs(Part):
    """Views of one object, as links."""

    template: ClassVar[str] = "tabs"
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Panel(Part):
    """A card: title, what it holds, footer. Cards are never nested. `corner` is a quiet text at the top right."""

    template: ClassVar[str] = "panel"
    title: str
    parts: tuple[Part, ...] = ()
    sub: str = ""
    status: Status | None = None
    corner: str = ""
    why: Why | None = None
    footer: Footer | None = None
    actions: tuple[Action, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Table(Part):
    """A table of its own: as a card, or bare inside a panel. `rows` are what the columns read."""

    template: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Any]
    row_href: Callable[[Any], str | None] | None = None
    totals: Mapping[str, Any] = field(default_factory=dict)
    footer: Footer | None = None
    empty: Empty | None = None
    bare: bool = False
    compact: bool = False
    legend: bool = False
    ident: str = ""


@dataclass(frozen=True, slots=True)
class Whisker:
    """An interval on a line from `start` to `end`, all in the figure's unit; `previous` is last period's tick."""

    value: float
    low: float
    high: float
    start: float
    end: float
    previous: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its n, interval and age. `value` is formatted text, or why there is none.

    `change` stands with `against` ("vs Q2"); `beyond_noise` colors it. `stale` is the age against the limit.
    """

    label: str
    value: str | Missing | Suppressed
    unit: str = ""
    whisker: Whisker | None = None
    lines: tuple[str, ...] = ()
    change: str = ""
    against: str = ""
    beyond_noise: bool = False
    stale: str = ""
    about: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Figures(Part):
    """Figures side by side, as a card or bare inside a panel."""

    template: ClassVar[str] = "figures"
    figures: tuple[Figure, ...]
    title: str = ""
    sub: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Facts(Part):
    """Label and value pairs; a value is text, a Link, a Person, a Status, Money, a date, or Missing."""

    template: ClassVar[str] = "facts"
    rows: tuple[tuple[str, Any], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Seats(Part):
    """Seats against their limit on their own: the large form with labels and thresholds, or one row's bar."""

    template: ClassVar[str] = "seats"
    bar: SeatBar
    large: bool = True


@dataclass(frozen=True, slots=True)
class Drawing(Part):
    """A server-made figure from api.console.figures."""

    template: ClassVar[str] = "drawing"
    svg: Markup


@dataclass(frozen=True, slots=True)
class Chart(Part):
    """A chart that reads its numbers from the table of `table` (an `ident` in the same card).

    kind `lines`: first column the x value, each further number column a series. kind `waterfall`: label, percent.
    `sentence` gives the finding to those who do not see it.
    """

    template: ClassVar[str] = "chart"
    kind: str
    table: str
    sentence: str
    dashed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note(Part):
    """A remark in a tinted box. A level makes it a message: what happened, what to do."""

    template: ClassVar[str] = "note"
    text: str
    icon: str = "info"
    level: Level | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading(Part):
    """A heading between cards."""

    template: ClassVar[str] = "heading"
    title: str
    sub: str = ""
    actions: tuple[Action, ...] = ()
    legend: bool = False


@dataclass(frozen=True, slots=True)
class Prose(Part):
    """Sentences."""

    template: ClassVar[str] = "prose"
    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Buttons(Part):
    """Actions in a row."""

    template: ClassVar[str] = "buttons"
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Split(Part):
    """Columns side by side, one below the other on small screens; `shape` is even, third (1:2), wide (7:5), thirds
    (1:1:1) or beside: a list left of what it opens, below it on small screens.
    """

    template: ClassVar[str] = "split"
    columns: tuple[tuple[Part, ...], ...]
    shape: str = "even"
