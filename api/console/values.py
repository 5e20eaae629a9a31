"""What a cell or a figure can hold: statuses, people, seat-bars and honest gaps, as frozen values."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """The six statuses; a shape and a word come first, the color last."""

    OK = "ok"
    WARN = "warn"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why; shown as an en dash, never as 0."""

    why: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Kept back to protect people: fewer than k, or derivable from what is shown."""

    derivable: bool = False
    k: int = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: how it stands, what holds, what that rests on. `state` may be a Level, todo or now."""

    state: str
    text: str
    detail: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why something is as it is: at most five steps and how it clears."""

    title: str
    steps: tuple[Step, ...]
    since: str = ""

    def __post_init__(self) -> None:
        if len(self.steps) > 5:
            msg = f"A why has at most five steps, this one has {len(self.steps)}: {self.title}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Status:
    """A level, an own word where the level's is not enough, a quiet note behind it, and the why of it."""

    level: Level
    word: str = ""
    note: str = ""
    why: Why | None = None
    pill: bool = False
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Badge:
    """A small fact beside a title; `tone` is plain or accent."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a reader may see them: a name or a pseudonym, a quiet line, an address."""

    name: str
    note: str = ""
    href: str = ""

    @property
    def initials(self) -> str:
        """First letters of the first and last word."""
        words = [word for word in self.name.split() if word[:1].isalnum()]
        if not words:
            return "?"
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads somewhere."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Instant:
    """A day in the license's zone, with the zone's name beside it."""

    day: date
    zone: str


@dataclass(frozen=True, slots=True)
class Balance:
    """Supply less occupied, signed and never clamped; None is without limit; stale reads with a question mark."""

    seats: int | None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class SeatBar:
    """Seats against their limit: the post stands at 86 % of the width. limit None is unlimited, 0 is all lots ended."""

    occupied: int
    limit: int | None
    allocated: int | None = None
    idle: int = 0
    stale: bool = False
    ticks: tuple[tuple[int, str], ...] = field(default=())
    inside: str = ""
    post_label: str = ""
