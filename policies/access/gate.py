"""The one door: says whether an actor may try an act on an object, how far an act reaches, and why.

Casbin is asked once per revision for each (role, act, scope, tenancy) and the answer is kept; `permits`, `reach` and
`explain` are all made of these answers, so a list and a check cannot disagree. A gate is immutable: another policy is
another gate, swapped whole. It answers "may this principal try"; whether there is room, the ledger says.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self
from uuid import UUID

from casbin import Enforcer

from policies.access.actions import Action
from policies.access.fields import FieldAct, FieldClass, FieldMatrix, read_matrix
from policies.access.lines import Line, read_lines
from policies.access.parties import Actor, Grant, Ownership, Reach, Role, ScopeKind

HERE = Path(__file__).parent
MODEL = (HERE / "model.conf").read_text("utf-8")
FIELDS = (HERE / "fields.toml").read_text("utf-8")

# Casbin logs every policy and every request; a later dictConfig would undo `disabled`, but not a level.
logging.getLogger("casbin").setLevel(logging.CRITICAL + 1)

_WIDTH = {scope.value: width for width, scope in enumerate(ScopeKind)}


class Tenancy(StrEnum):
    """The domain of a question: an object of the actor's own tenant, or of another. Every line speaks of home."""

    __hash__ = str.__hash__
    HOME = "home"
    ABROAD = "abroad"


_HOME = Tenancy.HOME  # an enum's member, looked up at each question, would be half of its time


class Because(StrEnum):
    """Why a decision came out as it did."""

    LINE_ALLOWS = "line_allows"
    LINE_DENIES = "line_denies"
    NO_LINE = "no_line"
    OUT_OF_REACH = "out_of_reach"
    NO_GRANT = "no_grant"
    TOKEN_NARROWS = "token_narrows"  # noqa: S105 - a reason, no secret
    OTHER_TENANT = "other_tenant"
    POLICY_BROKEN = "policy_broken"


@dataclass(frozen=True)
class Verdict:
    """What casbin said for a role and a scope; `line` is the one that decided, None where none matched."""

    allowed: bool
    because: Because
    line: Line | None = None


@dataclass(frozen=True)
class Reason:
    """One grant and what became of it."""

    because: Because
    grant: Grant | None = None
    line: Line | None = None


@dataclass(frozen=True)
class Explanation:
    """The decision with the grants and lines that made it, or why none did."""

    permitted: bool
    reasons: tuple[Reason, ...]


class Gate:
    """One policy snapshot; `revision` is a digest of everything that decides, alike in every process."""

    def __init__(self, lines: tuple[Line, ...], fields: FieldMatrix, model: str, tenant_id: UUID | None) -> None:
        self.lines = lines
        self.fields = fields
        self.tenant_id = tenant_id
        self.revision = _revision(lines, fields, model, tenant_id)
        self._by_number = {str(line.number): line for line in lines}
        self._verdicts: dict[tuple[Role, Action, ScopeKind, Tenancy], Verdict] = {}
        self._casbin = _enforcer(lines, model)

    @classmethod
    def from_files(cls, folder: Path = HERE) -> Self:
        """Build the gate from roles.csv, fields.toml and model.conf of a folder.

        Raises BadPolicyLine, BadFieldRule.
        """
        texts = {name: (folder / name).read_text("utf-8") for name in ("roles.csv", "fields.toml", "model.conf")}
        return cls.from_lines(texts["roles.csv"].split("\n"), fields=texts["fields.toml"], model=texts["model.conf"])

    @classmethod
    def from_lines(
        cls, texts: Iterable[str], *, fields: str = FIELDS, model: str = MODEL, tenant_id: UUID | None = None
    ) -> Self:
        """Build a gate from policy lines as text, `role,acts,scope,effect` each; for one tenant if it is given.

        Raises BadPolicyLine, BadFieldRule.
        """
        return cls(read_lines(texts), read_matrix(fields), model, tenant_id)

    def permits(self, actor: Actor, action: Action, ownership: Ownership) -> bool:
        """Say whether the actor may try the act on this object."""
        if self._closed_to(actor, action):
            return False
        tenancy = _HOME if actor.tenant_id is ownership.tenant_id else _tenancy(actor, ownership)
        known = self._verdicts
        for grant in actor.grants:
            asked = (grant.role, action, grant.scope, tenancy)
            verdict = known.get(asked) or self._verdict(*asked)
            if verdict.allowed and grant.covers(ownership, actor.person_id):
                return True
        return False

    def reach(self, actor: Actor, action: Action) -> Reach:
        """Say how far the act reaches for the actor: the objects that `permits` lets through, as roots of subtrees."""
        if self._closed_to(actor, action):
            return Reach(tenant_id=actor.tenant_id)
        return _place([grant for grant in actor.grants if self.allows(grant.role, action, grant.scope)], actor)

    def may(self, actor: Actor, action: Action) -> bool:
        """Say whether the actor may try the act anywhere; for what everyone reads alike (catalog, schema)."""
        return not self.reach(actor, action).is_nothing

    def may_read(self, actor: Actor, field_class: FieldClass) -> bool:
        return self._may_touch(actor, field_class, FieldAct.READ)

    def may_write(self, actor: Actor, field_class: FieldClass) -> bool:
        return self._may_touch(actor, field_class, FieldAct.WRITE)

    def allows(self, role: Role, action: Action, scope: ScopeKind) -> bool:
        """Say whether a grant of this role, held this wide, lets the act be tried where it reaches."""
        return self._verdict(role, action, scope, Tenancy.HOME).allowed

    def explain(self, actor: Actor, action: Action, ownership: Ownership) -> Explanation:
        """Give the decision of `permits` with each grant's part in it."""
        permitted = self.permits(actor, action, ownership)
        if (tenancy := _tenancy(actor, ownership)) is Tenancy.ABROAD or not self._serves(actor):
            return Explanation(permitted, (Reason(Because.OTHER_TENANT),))
        if self._closed_to(actor, action):
            return Explanation(permitted, (Reason(Because.TOKEN_NARROWS),))
        reasons = []
        for grant in sorted(actor.grants, key=str):
            verdict = self._verdict(grant.role, action, grant.scope, tenancy)
            inside = not verdict.allowed or grant.covers(ownership, actor.person_id)
            reasons.append(Reason(verdict.because if inside else Because.OUT_OF_REACH, grant, verdict.line))
        return Explanation(permitted, tuple(reasons) or (Reason(Because.NO_GRANT),))

    def _verdict(self, role: Role, action: Action, scope: ScopeKind, tenancy: Tenancy) -> Verdict:
        asked = (role, action, scope, tenancy)
        if (known := self._verdicts.get(asked)) is None:
            known = self._verdicts[asked] = self._ask(*asked)
        return known

    def _ask(self, role: Role, action: Action, scope: ScopeKind, tenancy: Tenancy) -> Verdict:
        """Ask casbin; whatever goes wrong in there, nobody passes. Without lines it would judge an empty one."""
        if not self.lines:
            return Verdict(allowed=False, because=Because.NO_LINE)
        try:
            allowed, rule = self._casbin.enforce_ex(_subject(role), tenancy.value, action.value, scope.value)
        except Exception:  # noqa: BLE001 - a matcher is evaluated text: any failure of it denies
            return Verdict(allowed=False, because=Because.POLICY_BROKEN)
        line = self._by_number[rule[-1]] if rule else None
        if allowed is True:
            return Verdict(allowed=True, because=Because.LINE_ALLOWS, line=line)
        return Verdict(allowed=False, because=Because.LINE_DENIES if line else Because.NO_LINE, line=line)

    def _may_touch(self, actor: Actor, field_class: FieldClass, act: FieldAct) -> bool:
        return self._serves(actor) and not actor.roles.isdisjoint(self.fields[field_class, act])

    def _closed_to(self, actor: Actor, action: Action) -> bool:
        """Say whether nothing is permitted before any grant is looked at."""
        narrowed, served = actor.token_actions, self.tenant_id
        return (narrowed is not None and action not in narrowed) or (served is not None and served != actor.tenant_id)

    def _serves(self, actor: Actor) -> bool:
        return self.tenant_id is None or self.tenant_id == actor.tenant_id


def _tenancy(actor: Actor, ownership: Ownership) -> Tenancy:
    return Tenancy.HOME if actor.tenant_id == ownership.tenant_id else Tenancy.ABROAD


def _place(held: list[Grant], actor: Actor) -> Reach:
    """Put the places of grants together: each reaches its own scope and nothing else."""
    scopes = {grant.scope for grant in held}
    return Reach(
        everything=ScopeKind.TENANT in scopes,
        units=frozenset(grant.unit_id for grant in held if grant.unit_id is not None),
        regions=frozenset(grant.region for grant in held if grant.region is not None),
        own=actor.person_id if ScopeKind.OWN in scopes else None,
        tenant_id=actor.tenant_id,
    )


def _subject(role: Role) -> str:
    return f"role:{role.value}"


def _enforcer(lines: tuple[Line, ...], model: str) -> Enforcer:
    """Hand casbin the checked lines as lists; nothing is ever parsed as text by it but the model."""
    named = {line.acts: frozenset(action.value for action in line.actions) for line in lines}
    enforcer = Enforcer(Enforcer.new_model(text=model), None, False)
    enforcer.add_function("names", lambda acts, action: action in named.get(acts, ()))
    enforcer.add_function("within", lambda held, widest: _WIDTH[held] <= _WIDTH[widest])
    for line in lines:
        subject, home = _subject(line.role), Tenancy.HOME.value
        enforcer.add_policy(subject, home, line.acts, line.scope.value, line.effect.value, str(line.number))
    return enforcer


def _revision(lines: tuple[Line, ...], fields: FieldMatrix, model: str, tenant_id: UUID | None) -> str:
    """Digest what decides: lines in order, the matrix, the model; comments in roles.csv do not count."""
    matrix = [f"{field_class}.{act}={','.join(sorted(roles))}" for (field_class, act), roles in fields.items()]
    parts = [str(tenant_id), model, *map(str, lines), "", *sorted(matrix)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
