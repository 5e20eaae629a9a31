"""The objects of the console as parts: refusals, bulk acts, what needs somebody, stories, runs, computations."""

from dataclasses import dataclass
from typing import ClassVar

from api.console.controls import Action
from api.console.parts import Empty, Part
from api.console.values import Level, Person, Status, Step, Why


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
    """Long work: percent, rows done of all, time left, five named steps, cancel; `href` is polled every 2 s.

    `live` names the run whose changes have it asked for at once, as `Run:` and its id.
    """

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
    live: str = ""


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
    """Reached, and the share of who could: rows are (step, reached, eligible); what is not known is None."""

    template: ClassVar[str] = "funnel"
    steps: tuple[tuple[str, int | None, int | None], ...]
    caption: str

    @property
    def most(self) -> int:
        """The longest bar."""
        return max((reached or 0 for _, reached, _ in self.steps), default=0)
