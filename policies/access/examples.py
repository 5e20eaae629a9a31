"""Reads the examples that policy ships with: for each line one act that it lets through and one that is refused.

An example is three words, `seat:assign unit inside`: the act, the scope at which the line's role is held, and where
the object lies: inside that scope, outside of it in the same tenant, or in a foreign tenant.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from policies.access.actions import Action
from policies.access.errors import BadExample
from policies.access.gate import Gate
from policies.access.lines import Line, read_lines
from policies.access.parties import Actor, Grant, Ownership, Role, ScopeKind

_TENANT, _FOREIGN, _UNIT, _PERSON = (UUID(int=number) for number in range(1, 5))
_REGION = "150"


class Place(StrEnum):
    INSIDE = "inside"
    OUTSIDE = "outside"
    FOREIGN = "foreign"


class Outcome(StrEnum):
    ALLOW = "allow"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Example:
    """One expectation of a policy, filed under the line (as written) that it speaks of."""

    line: str
    role: Role
    action: Action
    held: ScopeKind
    place: Place
    outcome: Outcome

    def holds(self, gate: Gate) -> bool:
        """Say whether the gate decides as expected."""
        tenant_id = gate.tenant_id or _TENANT
        grant = Grant(
            self.role,
            self.held,
            unit_id=_UNIT if self.held is ScopeKind.UNIT else None,
            region=_REGION if self.held is ScopeKind.REGION else None,
        )
        actor = Actor(tenant_id, f"person:{_PERSON}", _PERSON, frozenset({grant}))
        return gate.permits(actor, self.action, self._object(tenant_id)) == (self.outcome is Outcome.ALLOW)

    def _object(self, tenant_id: UUID) -> Ownership:
        if self.place is Place.OUTSIDE:
            return Ownership(tenant_id)
        owner = _FOREIGN if self.place is Place.FOREIGN else tenant_id
        return Ownership(owner, frozenset({_UNIT}), frozenset({_REGION}), frozenset({_PERSON}))

    def __str__(self) -> str:
        return f"{self.line}: {self.outcome} {self.action} {self.held} {self.place}"


def read_examples(text: str) -> tuple[Example, ...]:
    """Read examples: a table per policy line, in it `allow` and `refuse` as lists of three words each.

    Raises BadExample for a table whose name is no policy line, and for words that are unknown.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise BadExample("examples.toml", str(broken)) from broken
    return tuple(example for name, table in tables.items() for example in _examples_of(name, table))


def gaps(lines: Iterable[Line], examples: Iterable[Example]) -> tuple[str, ...]:
    """Name what is missing: lines without an allow or a refuse, examples whose line is gone."""
    given = {(example.line, example.outcome) for example in examples}
    needed = {(str(line), outcome) for line in lines for outcome in Outcome}
    missing = [f"{line}: has no {outcome} example" for line, outcome in sorted(needed - given)]
    orphans = [f"{line}: has an {outcome} example but is no line" for line, outcome in sorted(given - needed)]
    return (*missing, *orphans)


def _examples_of(name: str, table: object) -> list[Example]:
    try:
        (line,) = read_lines([name])
    except ValueError as bad:
        raise BadExample(name, f"is no policy line: {bad}") from bad
    if not isinstance(table, dict) or not set(table) <= set(Outcome):
        raise BadExample(name, "right is allow = [...] and refuse = [...]")
    return [_example(line, outcome, text) for outcome in Outcome for text in table.get(outcome, [])]


def _example(line: Line, outcome: Outcome, text: object) -> Example:
    try:
        action, held, place = str(text).split(" ")
        return Example(str(line), line.role, Action(action), ScopeKind(held), Place(place), outcome)
    except ValueError as bad:
        raise BadExample(str(line), f"{text!r} is no example ({bad}); right is seat:assign unit inside") from bad
