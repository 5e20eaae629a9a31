"""What is done in the background, as one value: which verb does which run, what answers which event, what is swept."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.runs.desk import RunDesk
from governance.runs.rules import RunKind
from policies.access.parties import Actor

RunVerb = Callable[[RunDesk], Awaitable[dict[str, Any]]]
Reaction = Callable[[Work, OutboxEvent], Awaitable[None]]


@dataclass(frozen=True)
class Errand:
    """An answer that cannot stand inside one transaction (it waits for the ledger): at least once, safe to repeat."""

    verb: Callable[[Office, Actor, OutboxEvent], Awaitable[None]]


@dataclass(frozen=True)
class Sweep:
    """A look that finds what time alone brought about; every `every_s` seconds, in one process at a time."""

    name: str
    every_s: int
    verb: Callable[[Office], Awaitable[None]]


@dataclass(frozen=True)
class Duties:
    """The whole table. `reactions` names for each event what answers it; an event without answer is simply done."""

    verbs: Mapping[RunKind, RunVerb] = field(default_factory=dict)
    reactions: Mapping[str, tuple[Reaction | Errand, ...]] = field(default_factory=dict)
    sweeps: tuple[Sweep, ...] = ()
