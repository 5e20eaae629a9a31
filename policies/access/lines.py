"""Reads the lines of roles.csv and refuses every one that the vocabulary does not know.

A line is `role,acts,scope,effect`: `seat:assign`, several with `|` on either side (`lot|pool:create|read`), or `*` for
every resource that has the verb (`*:read`). The scope is the widest at which the role may hold the act; narrower ones
are included. Nothing is quoted and nothing escaped, so no value can carry a comma or a newline into the policy.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from policies.access.actions import Action
from policies.access.errors import BadPolicyLine
from policies.access.parties import Role, ScopeKind

HEADER = "role,acts,scope,effect"

_ACTS = re.compile(r"(?P<resources>\*|[a-z]+(?:\|[a-z]+)*):(?P<verbs>[a-z]+(?:\|[a-z]+)*)")
_RESOURCES = {action.resource for action in Action}
_HAVING = {
    verb: {action.resource: action for action in Action if action.verb == verb}
    for verb in {action.verb for action in Action}
}
_Word = TypeVar("_Word", bound=StrEnum)


class Effect(StrEnum):
    """A deny takes acts back from its own role; it does not reach over to another role of the same actor."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True)
class Line:
    """One line of the policy; `number` counts from 1 in its file, `acts` is as written, `actions` what it means."""

    number: int
    role: Role
    acts: str
    actions: frozenset[Action]
    scope: ScopeKind
    effect: Effect

    def __str__(self) -> str:
        return f"{self.role},{self.acts},{self.scope},{self.effect}"


def read_lines(texts: Iterable[str]) -> tuple[Line, ...]:
    """Read policy lines; blank lines, `#` comments and the header are passed over.

    Raises BadPolicyLine naming the first bad line and what would be right, also for a line that stands twice.
    """
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for number, text in enumerate(texts, start=1):
        if not text.strip(" ") or text.startswith("#") or text == HEADER:
            if "\n" in text or "\r" in text:
                raise BadPolicyLine(number, "a comment holds a line break; one text is one line")
            continue
        line = _read_line(number, text)
        if str(line) in seen:
            raise BadPolicyLine(number, f"says the same as line {seen[str(line)]}; keep one of them")
        seen[str(line)] = number
        lines.append(line)
    return tuple(lines)


def _read_line(number: int, text: str) -> Line:
    cells = text.split(",")
    if len(cells) != len(HEADER.split(",")):
        raise BadPolicyLine(number, f"has {len(cells)} cells; right is {HEADER}")
    role, acts, scope, effect = cells
    return Line(
        number=number,
        role=_word(number, Role, "role", role),
        acts=acts,
        actions=frozenset(_actions(number, acts)),
        scope=_word(number, ScopeKind, "scope", scope),
        effect=_word(number, Effect, "effect", effect),
    )


def _word(number: int, vocabulary: type[_Word], what: str, value: str) -> _Word:
    for word in vocabulary:
        if word.value == value:
            return word
    raise BadPolicyLine(number, f"{value!r} is no {what}; right is one of {', '.join(vocabulary)}")


def _actions(number: int, acts: str) -> Iterator[Action]:
    """Yield the acts that a pattern means; each resource must have each verb, `*` means those that have it."""
    pattern = _ACTS.fullmatch(acts)
    if pattern is None:
        raise BadPolicyLine(number, f"{acts!r} names no acts; right is resource:verb, a|b:c|d or *:verb")
    for verb in pattern["verbs"].split("|"):
        having = _HAVING.get(verb)
        if having is None:
            known = [each for each in pattern["resources"].split("|") if each in _RESOURCES]
            right = f"; right is {_right(known[0], {})}" if known else ""
            raise BadPolicyLine(number, f"no resource knows the verb {verb!r}{right}")
        for resource in having if pattern["resources"] == "*" else pattern["resources"].split("|"):
            if resource not in having:
                raise BadPolicyLine(number, f"{resource}:{verb} is no act; right is {_right(resource, having)}")
            yield having[resource]


def _right(resource: str, having: dict[str, Action]) -> str:
    if resource in _RESOURCES:
        return "one of " + ", ".join(action for action in Action if action.resource == resource)
    return "one of " + ", ".join(having.values())
