"""Who may do what, asked of others: why one principal may try an act, who may, and all that one may, as of any day.

Answers are made of what decides for real: the gate of the day and the grants that held then. Nothing is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from governance.directory import queries as directory
from governance.directory.models import RoleGrant
from governance.directory.rules import EVERYONE
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import PolicyKind, gate_of, shipped_content
from policies.access.actions import Action
from policies.access.gate import Explanation, Gate
from policies.access.parties import Actor, Grant, Ownership, Reach, Role, ScopeKind


@dataclass(frozen=True)
class Ability:
    """An act that a principal may try, how far it reaches for them, and the lines of the policy that say so."""

    action: Action
    reach: Reach
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Permitting:
    """Which roles let an act be tried at which width, by the gate of a day. `own`: one's own things, by any grant."""

    pairs: tuple[tuple[Role, ScopeKind], ...]
    everyone: bool


async def gate_at(work: Work, at: datetime) -> Gate:
    """Give the gate that judged at an instant: the tenant's policy that was live then, else the one Lictor ships."""
    if at >= work.now():
        return work.gate
    query = select(PolicyVersion.content).where(
        PolicyVersion.tenant_id == work.tenant_id,
        PolicyVersion.kind == PolicyKind.ROLES,
        PolicyVersion.published_at <= at,
        or_(PolicyVersion.retired_at.is_(None), PolicyVersion.retired_at > at),
    )
    content = (await work.session.execute(query)).scalar_one_or_none()
    return _shipped(work.tenant_id) if content is None else gate_of(content, work.tenant_id)


async def explain_access(
    work: Work, principal: str, action: Action, whose: Ownership, at: datetime | None = None
) -> Explanation:
    """Say whether a principal might try an act on what belongs there, and each grant's part in that.

    Their grants and the policy are those of `at` (None: now); whose the thing is, is today's answer. Raises NotFound
    for a principal outside reach, Refused for who may not ask, BadInput.
    """
    at = at or work.now()
    gate, other = await gate_at(work, at), await _principal(work, principal, at)
    return gate.explain(other, action, whose)


async def what_can(work: Work, principal: str, at: datetime | None = None) -> tuple[Ability, ...]:
    """Give every act that a principal might try at `at` (None: now), with how far it reaches.

    Raises NotFound, Refused, BadInput.
    """
    at = at or work.now()
    gate, other = await gate_at(work, at), await _principal(work, principal, at)
    able = []
    for action in Action:
        reach = gate.reach(other, action)
        if not reach.is_nothing:
            said = gate.explain(other, action, _somewhere_within(reach, other))
            lines = {str(reason.line) for reason in said.reasons if reason.line is not None}
            able.append(Ability(action, reach, tuple(sorted(lines))))
    return tuple(able)


async def permitting(work: Work, action: Action, whose: Ownership, at: datetime | None = None) -> Permitting:
    """Say which grants let an act be tried on what belongs there. Raises Refused for who may not ask there."""
    work.permit(Action.ACCESS_EXPLAIN, whose, f"who may {action}")
    gate = await gate_at(work, at or work.now())
    pairs = tuple(
        (role, scope)
        for role in Role
        for scope in ScopeKind
        if scope is not ScopeKind.OWN and gate.allows(role, action, scope)
    )
    return Permitting(pairs, gate.allows(EVERYONE.role, action, EVERYONE.scope))


def grants_permitting(work: Work, found: Permitting, whose: Ownership, at: datetime | None = None) -> Select[RoleGrant]:
    """Give the grants within reach that held at `at` and let their holders try the act on what belongs there."""
    at = at or work.now()
    ways: list[ColumnElement[bool]] = []
    for role, scope in found.pairs:
        place = {
            ScopeKind.TENANT: RoleGrant.scope == ScopeKind.TENANT,
            ScopeKind.UNIT: and_(RoleGrant.scope == ScopeKind.UNIT, RoleGrant.unit_id.in_(whose.unit_path)),
            ScopeKind.REGION: and_(RoleGrant.scope == ScopeKind.REGION, RoleGrant.region.in_(whose.region_path)),
        }[scope]
        ways.append(and_(RoleGrant.role == role, place))
    return directory.grants(work).where(
        RoleGrant.start <= at, or_(RoleGrant.end.is_(None), RoleGrant.end > at), or_(*ways) if ways else false()
    )


def owners_permitted(found: Permitting, whose: Ownership) -> Sequence[UUID]:
    """Give whose own the thing is, where the act may be tried on one's own by everyone."""
    return sorted(whose.people) if found.everyone else ()


async def _principal(work: Work, principal: str, at: datetime) -> Actor:
    """Give a principal as the actor they were at `at`. Raises NotFound, Refused, BadInput."""
    kind, _, name = principal.partition(":")
    try:
        key = UUID(name)
    except ValueError:
        raise BadInput("principal", principal, "person:<id> or service:<id>") from None
    if kind == "person":
        person = await directory.person_or_self(work, key)
        whose = await directory.ownership(work, unit_id=person.unit_id, region=person.country, people=(person.id,))
        work.permit(Action.ACCESS_EXPLAIN, whose, principal)
        held = await directory.grants_of(work.session, work.tenant_id, at, person_id=key, service_account_id=None)
        gone = person.left_at is not None and person.left_at <= at
        return Actor(work.tenant_id, principal, key, frozenset() if gone else held | {EVERYONE})
    if kind != "service":
        raise BadInput("principal", principal, "person:<id> or service:<id>")
    account = await directory.service_account(work, key)
    unit = await directory.unit(work, account.unit_id)
    if not work.permits(Action.ACCESS_EXPLAIN, await directory.ownership(work, unit_id=unit.id, region=unit.region)):
        raise NotFound("service account", name)
    held = await directory.grants_of(work.session, work.tenant_id, at, person_id=None, service_account_id=key)
    gone = account.ended_at is not None and account.ended_at <= at
    return Actor(work.tenant_id, principal, None, frozenset[Grant]() if gone else held)


def _somewhere_within(reach: Reach, actor: Actor) -> Ownership:
    """Name a place that the whole reach touches, so that every grant that gives the act has its line."""
    people = frozenset() if reach.own is None else frozenset({reach.own})
    return Ownership(actor.tenant_id, reach.units, reach.regions, people)


@cache
def _shipped(tenant_id: UUID) -> Gate:
    return gate_of(shipped_content(PolicyKind.ROLES), tenant_id)
