"""The words of the rulebook, how a policy of each kind is read and tried, and what differs between two of them."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from governance.kernel.errors import BadInput, Code, Reason
from governance.kernel.given import shown
from governance.rulebook.errors import BadPolicy
from policies.access.actions import Action
from policies.access.errors import BadExample, BadPolicyLine
from policies.access.examples import gaps, read_examples
from policies.access.gate import Gate
from policies.access.parties import Actor, Grant
from policies.regions.region import UnknownRegion, world_tree
from policies.templates.fields import is_code
from policies.templates.merging import flat
from policies.templates.template import InvalidTemplate, Problem, check_template, read_overrides
from policies.thresholds import threshold
from policies.thresholds.drawn import drawn_lines
from policies.thresholds.threshold import InvalidLines, Level, Thresholds, level_of, thresholds


class PolicyKind(StrEnum):
    """ROLES: `{lines: [role,acts,scope,effect …]}`; THRESHOLDS: shaped as defaults.toml, with
    `overrides` for products, pools, regions, units (thresholds/drawn.py); TEMPLATE: one for each subject, shaped as
    templates/template.py says. Each: `four_eyes`.
    """

    ROLES = "ROLES"
    TEMPLATE = "TEMPLATE"
    THRESHOLDS = "THRESHOLDS"


class VersionState(StrEnum):
    DRAFT = "DRAFT"
    LIVE = "LIVE"
    RETIRED = "RETIRED"


FOUR_EYES = "four_eyes"


@dataclass(frozen=True)
class ThresholdDifference:
    """One line that is drawn elsewhere: `use.warn` from 80 to 75, as JSON; None where it is new or gone."""

    line: str
    before: str | None
    after: str | None


@cache
def shipped_content(kind: PolicyKind) -> Mapping[str, Any]:
    """Give what Lictor ships as a policy of this kind: what holds until a tenant publishes its own."""
    if kind is PolicyKind.ROLES:
        return {"lines": [str(line) for line in Gate.from_files().lines]}
    if kind is PolicyKind.TEMPLATE:
        return {}
    return tomllib.loads(Path(threshold.__file__).with_name("defaults.toml").read_text("utf-8"))


def gate_of(content: Mapping[str, Any], tenant_id: UUID) -> Gate:
    """Build a tenant's gate from a ROLES policy. Raises BadPolicy."""
    lines = content.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise BadPolicy(PolicyKind.ROLES, "`lines` must be a list of role,acts,scope,effect")
    try:
        return Gate.from_lines(lines, tenant_id=tenant_id)
    except BadPolicyLine as bad:
        raise BadPolicy(PolicyKind.ROLES, str(bad)) from bad


def thresholds_of(content: Mapping[str, Any]) -> Thresholds:
    """Read a THRESHOLDS policy. Raises BadPolicy."""
    try:
        drawn_lines(content)
        return thresholds(content)
    except InvalidLines as bad:
        raise BadPolicy(PolicyKind.THRESHOLDS, str(bad)) from bad
    except (KeyError, TypeError, AttributeError, InvalidOperation) as bad:
        raise BadPolicy(PolicyKind.THRESHOLDS, f"{bad} is missing or not a number") from bad


def failing(kind: PolicyKind, content: Mapping[str, Any], examples: Sequence[Any], tenant_id: UUID) -> tuple[str, ...]:
    """Name every example that does not hold, and every own line of a ROLES policy that has none. Raises BadPolicy."""
    if kind is PolicyKind.ROLES:
        return _failing_roles(content, examples, tenant_id)
    if kind is PolicyKind.TEMPLATE:
        return _failing_template(content, examples)
    return _failing_thresholds(content, examples)


def _failing_roles(content: Mapping[str, Any], examples: Sequence[Any], tenant_id: UUID) -> tuple[str, ...]:
    """Lines that Lictor ships have their examples with them; every other needs an allow and a refuse of its own."""
    gate = gate_of(content, tenant_id)
    try:
        tables = [f"[{json.dumps(one['line'])}]\n{_lists(one)}" for one in examples]
        read = read_examples("\n".join(tables))
    except (BadExample, KeyError, TypeError) as bad:
        raise BadPolicy(kind=PolicyKind.ROLES, why=f"an example cannot be read: {bad}") from bad
    shipped = frozenset(shipped_content(PolicyKind.ROLES)["lines"])
    standing = frozenset(map(str, gate.lines))
    own = [line for line in gate.lines if str(line) not in shipped]
    missing = gaps(own, [example for example in read if example.line not in standing & shipped])
    return (*missing, *(str(example) for example in read if not example.holds(gate)))


def _lists(example: Mapping[str, Any]) -> str:
    return f"allow = {json.dumps(example.get('allow', []))}\nrefuse = {json.dumps(example.get('refuse', []))}\n"


def _failing_thresholds(content: Mapping[str, Any], examples: Sequence[Any]) -> tuple[str, ...]:
    """An example is `{percent, from, level}`: at so many percent, coming from a level (or none), this level holds."""
    lines = thresholds_of(content).use
    failed = []
    for one in examples:
        try:
            percent, came_from, wanted = Decimal(str(one["percent"])), _level(one.get("from")), _level(one["level"])
        except (KeyError, TypeError, AttributeError, InvalidOperation) as bad:
            raise BadPolicy(PolicyKind.THRESHOLDS, f"an example cannot be read: {bad}") from bad
        if (given := level_of(percent, came_from, lines)) != wanted:
            failed.append(f"at {percent} % coming from {_said(came_from)}: {_said(given)}, not {_said(wanted)}")
    return tuple(failed)


def _failing_template(content: Mapping[str, Any], examples: Sequence[Any]) -> tuple[str, ...]:
    """An example is `{region, overrides, gives}`: made there with these, each path of `gives` has that value."""
    read_template(content)
    failed = []
    for number, one in enumerate(examples):
        try:
            region, overrides, wanted = one.get("region", "001"), one.get("overrides", {}), dict(one["gives"])
            way_up = (region, *world_tree().ancestors(region))
            given = flat(read_overrides(content, way_up, overrides))
        except InvalidTemplate as bad:
            failed.append(f"example {number + 1}: {bad}")
        except (KeyError, TypeError, ValueError, AttributeError, UnknownRegion) as bad:
            raise BadPolicy(PolicyKind.TEMPLATE, f"example {number + 1} cannot be read: {bad}") from bad
        else:
            failed += [
                f"in {region}, {path} is {given.get(path)!r}, not {value!r}"
                for path, value in wanted.items() if given.get(path) != value
            ]  # fmt: skip
    return tuple(failed)


def check_subject(kind: PolicyKind, subject: str) -> str:
    """Give which policy of its kind is meant: a template has a code, of other kinds there is one. Raises BadInput."""
    if kind is not PolicyKind.TEMPLATE:
        if subject:
            raise BadInput("subject", shown(subject), f"nothing, because there is one {kind.value} policy")
        return ""
    if not is_code(subject):
        raise BadInput("subject", shown(subject), "the template's code: small letters, digits, - and _, such as seats")
    return subject


def read_template(content: Mapping[str, Any]) -> None:
    """Let pass a TEMPLATE that can be read, whatever the region. Raises BadPolicy with every problem as a reason."""
    try:
        check_template(content)
    except InvalidTemplate as bad:
        problems = tuple(template_reason(one) for one in bad.problems)
        raise BadPolicy(PolicyKind.TEMPLATE, str(bad), problems) from bad


def template_reason(problem: Problem) -> Reason:
    """Say of one problem of a template where it is, what stands there and what would be right."""
    return Reason(Code.BAD_INPUT, problem.path, problem.has, problem.needs, source="template")


def _level(name: str | None) -> Level | None:
    return None if name is None else Level[name]


def _said(level: Level | None) -> str:
    return "no level" if level is None else level.name


def acts_of(gate: Gate, tenant_id: UUID, grants: frozenset[Grant]) -> frozenset[tuple[str, Action]]:
    """Give what a set of grants lets somebody try, each act with the place it is held at."""
    nobody = UUID(int=0)
    held = set()
    for grant in grants:
        actor = Actor(tenant_id, f"person:{nobody}", nobody, frozenset({grant}))
        place = str(grant).partition(" @ ")[2]
        held |= {(place, action) for action in Action if gate.may(actor, action)}
    return frozenset(held)


def threshold_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[ThresholdDifference, ...]:
    """Compare two THRESHOLDS or TEMPLATE policies line by line."""
    old, new = _flat(before), _flat(after)
    return tuple(
        ThresholdDifference(line, old.get(line), new.get(line))
        for line in sorted(old.keys() | new.keys())
        if old.get(line) != new.get(line)
    )


def _flat(content: Mapping[str, Any], head: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{head}{key}.")
        else:
            flat[f"{head}{key}"] = json.dumps(value)
    return flat
