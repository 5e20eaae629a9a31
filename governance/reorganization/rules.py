"""Units change: what may become of them, of the roles over them, and who gains or loses what by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from policies.access.parties import Role


class Verb(StrEnum):
    """What becomes of a unit: it hangs elsewhere, goes into another one, or gives a part of itself away."""

    MOVE = "unit:move"
    MERGE = "unit:merge"
    SPLIT = "unit:split"


class PlannedState(StrEnum):
    """How a reorganization of a day to come stands: it waits, was carried out, was stopped by what moved, withdrawn."""

    PLANNED = "PLANNED"
    DONE = "DONE"
    STOPPED = "STOPPED"
    WITHDRAWN = "WITHDRAWN"


class RolesFate(StrEnum):
    """What becomes of the roles held over the unit itself.

    END: where it is merged they end; over what is split off they are not held. CARRY: whoever holds one holds it over
    the other unit too, which is wider. Roles for some hours, and those a provider's groups give, are never carried.
    """

    END = "END"
    CARRY = "CARRY"


class Kind(StrEnum):
    """What a unit has."""

    UNIT = "UNIT"
    PERSON = "PERSON"
    AGREEMENT = "AGREEMENT"
    LICENSE = "LICENSE"
    POOL = "POOL"
    BOARD = "BOARD"
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"
    DEVICE = "DEVICE"


class Effect(StrEnum):
    GAINS = "GAINS"
    LOSES = "LOSES"


class Over(StrEnum):
    """Over what access changes: what moves, or what the other unit had already."""

    WHAT_MOVES = "WHAT_MOVES"
    WHAT_WAS_THERE = "WHAT_WAS_THERE"


class PrincipalKind(StrEnum):
    PERSON = "PERSON"
    GROUP = "GROUP"
    SERVICE_ACCOUNT = "SERVICE_ACCOUNT"


@dataclass(frozen=True, order=True)
class Principal:
    """Who holds a role."""

    kind: PrincipalKind
    id: UUID


@dataclass(frozen=True)
class Held:
    """A role held over a unit and all below it; `lent`: for some hours, or by a provider's word."""

    grant_id: UUID
    principal: Principal
    role: Role
    unit_id: UUID
    start: datetime
    end: datetime | None
    lent: bool


@dataclass(frozen=True)
class AccessChange:
    """Who gains or loses which role over what."""

    principal: Principal
    role: Role
    effect: Effect
    over: Over


def carried(held: Sequence[Held], unit_id: UUID, fate: RolesFate) -> tuple[Held, ...]:
    """Give the roles over the unit itself that go along."""
    if fate is RolesFate.END:
        return ()
    return tuple(each for each in held if each.unit_id == unit_id and not each.lent)


def access_changes(
    held: Iterable[Held], before: Iterable[UUID], after: Iterable[UUID], also: Iterable[Held], over: Over
) -> tuple[AccessChange, ...]:
    """Compare who holds what over a place whose path was `before` and is `after`; `also` are held there too.

    Who holds the same role over both ways up neither gains nor loses.
    """
    had, has = frozenset(before), frozenset(after)
    roles = [(each.principal, each.role, each.unit_id) for each in held]
    then = {(principal, role) for principal, role, unit in roles if unit in had}
    now = {(principal, role) for principal, role, unit in roles if unit in has}
    now |= {(each.principal, each.role) for each in also}
    changed = [(who, role, Effect.GAINS) for who, role in now - then]
    changed += [(who, role, Effect.LOSES) for who, role in then - now]
    changed.sort(key=lambda each: (each[2], each[1], each[0]))
    return tuple(AccessChange(who, role, effect, over) for who, role, effect in changed)
