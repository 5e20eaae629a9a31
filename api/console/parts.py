"""The parts a page's content is built of: each a frozen value with a template of its name in templates/parts/."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from markupsafe import Markup

from api.console.controls import Action, Column
from api.console.values import Level, Link, Missing, Person, SeatBar, Status, Step, Suppressed, Why


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
class Path(Part):
    """Steps from top to bottom, a mark each: a decision's path, readiness, a proof."""

    template: ClassVar[str] = "path"
    steps: tuple[Step, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One side of has and needs: what holds, and its source and time."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class HasNeeds(Part):
    """What the subject has against what it needs, the nearest thing that would work, and why."""

    template: ClassVar[str] = "has_needs"
    has: Claim
    needs: Claim
    remedies: tuple[Action, ...] = ()
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Itemized:
    """One line of a bulk act before anything happens."""

    person: Person
    status: Status
    refusal: HasNeeds | None = None


@dataclass(frozen=True, slots=True)
class Items(Part):
    """A bulk act, itemized."""

    template: ClassVar[str] = "items"
    items: tuple[Itemized, ...]
    title: str = ""
    corner: str = ""
    above: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that needs somebody: how it stands, since or until when, and the one button."""

    level: Level
    title: str
    sub: str = ""
    when: str = ""
    relative: str = ""
    action: Action | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Attentions(Part):
    """What needs the reader, worst first."""

    template: ClassVar[str] = "attentions"
    items: tuple[Attention, ...]
    empty: Empty | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A way that closes a finding, with its preview."""

    title: str
    text: str
    action: Action


@dataclass(frozen=True, slots=True)
class Remedies(Part):
    """Ways out, each showing a preview first."""

    template: ClassVar[str] = "remedies"
    remedies: tuple[Remedy, ...]
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Before and after of one field."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of a story: when, what, by whom, what changed, and its place and hash in the trail."""

    day: str
    time: str
    act: str
    by: str
    icon: str = "dot"
    changes: tuple[Change, ...] = ()
    number: str = ""
    digest: str = ""
    href: str = ""
    current: bool = False
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Story(Part):
    """One object's trail, newest first."""

    template: ClassVar[str] = "story"
    entries: tuple[Entry, ...]
    empty: Empty | None = None


@dataclass(frozen=True, slots=True)
class Run(Part):
    """Long work: percent, rows done of all, time left, five named steps, cancel; `href` is polled every 2 s."""

    template: ClassVar[str] = "run"
    title: str
    href: str
    status: str
    percent: float
    doing: str = ""
    left: str = ""
    steps: tuple[Step, ...] = ()
    running: bool = True
    sub: str = ""
    cancel: Action | None = None
    result: Action | None = None
    note: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One row of a computation: its rows behind a link, its part of the sum."""

    label: str
    value: str
    basis: str = ""
    href: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class Ledger(Part):
    """Anything computed, term by term to its sum."""

    template: ClassVar[str] = "ledger"
    terms: tuple[Term, ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Funnel(Part):
    """Reached, and the share of the step before: rows are (step, reached); the worst share is set off."""

    template: ClassVar[str] = "funnel"
    steps: tuple[tuple[str, int], ...]
    caption: str


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
    """Columns side by side, one below the other on small screens; `shape` is even, third (1:2) or thirds (1:1:1)."""

    template: ClassVar[str] = "split"
    columns: tuple[tuple[Part, ...], ...]
    shape: str = "even"
