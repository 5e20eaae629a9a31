"""Who acts, what they were granted, whose an object is, and how far a right reaches.

All values are frozen: a decision is made on what was true when it was asked. Nothing here knows a database; the
directory fills these in, the gate judges them.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from policies.access.actions import Action
from policies.access.errors import BadParty

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PRINCIPAL = re.compile(rf"(?P<kind>person|service):(?P<id>{_UUID})|system:[a-z][a-z0-9_-]*")


class Role(StrEnum):
    __hash__ = str.__hash__  # an enum's own is many times slower, and each question looks up three
    IT_ADMIN = "it_admin"
    LICENSE_OWNER = "license_owner"
    AUDITOR = "auditor"
    BOARD_MEMBER = "board_member"
    FINANCE = "finance"
    HOLDER = "holder"


class ScopeKind(StrEnum):
    """How wide a role is held, from the narrowest to the widest."""

    __hash__ = str.__hash__
    OWN = "own"
    UNIT = "unit"
    REGION = "region"
    TENANT = "tenant"


@dataclass(frozen=True)
class Grant:
    """A role, held within a scope: one's own objects, a unit's subtree, a region's subtree, or the whole tenant.

    `group_id` is the group through which it is held; None: it was given to the principal itself.
    """

    role: Role
    scope: ScopeKind
    unit_id: UUID | None = None
    region: str | None = None
    group_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.unit_id is not None) != (self.scope is ScopeKind.UNIT):
            raise BadParty(str(self), "a unit belongs to a unit scope, and only there")
        if bool(self.region) != (self.scope is ScopeKind.REGION):
            raise BadParty(str(self), "a region code belongs to a region scope, and only there")

    def covers(self, ownership: "Ownership", person_id: UUID | None) -> bool:
        """Say whether the object lies where this is held, for the person who holds it."""
        if self.unit_id is not None:
            return self.unit_id in ownership.unit_path
        if self.region:
            return self.region in ownership.region_path
        return self.scope is ScopeKind.TENANT or (person_id is not None and person_id in ownership.people)

    def __str__(self) -> str:
        place = self.unit_id or self.region
        through = f" by group {self.group_id}" if self.group_id else ""
        return f"{self.role} @ {self.scope}" + (f" {place}" if place else "") + through


@dataclass(frozen=True)
class Standing:
    """How an actor came in, and the number that the tenant's rights had before their grants were read.

    Whoever writes compares that number once more in the very transaction: rights that moved are looked at again.
    """

    revision: int
    session_id: UUID | None = None
    token_id: UUID | None = None


@dataclass(frozen=True)
class Actor:
    """The one who tries: a typed principal of one tenant with what was granted to them.

    `token_actions` narrows the grants to the acts a token was made for and never widens them; None means no token.
    `authenticated_at` is the last time this person proved who they are (UTC), for acts that ask for it again.
    `standing` None: the house itself, or one whose rights are read anew for each act.

    Raises BadParty for a principal that is not `person:<uuid>`, `service:<uuid>` or `system:<name>`.
    """

    tenant_id: UUID
    principal: str
    person_id: UUID | None = None
    grants: frozenset[Grant] = frozenset()
    token_actions: frozenset[Action] | None = None
    authenticated_at: datetime | None = None
    standing: Standing | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        typed = _PRINCIPAL.fullmatch(self.principal)
        if typed is None:
            raise BadParty(self.principal, "a principal is person:<uuid>, service:<uuid> or system:<name>")
        if typed["kind"] == "person" and str(self.person_id) != typed["id"]:
            raise BadParty(self.principal, f"names another person than {self.person_id}")

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)


@dataclass(frozen=True)
class Ownership:
    """Whose an object is today: its tenant, its unit and region with all their ancestors, and its people.

    `people` are those who may call the object their own: owner, deputy, holder. An object of the tenant as a whole
    (settings, catalog) has neither unit, region nor people, so only a tenant-wide grant reaches it.
    """

    tenant_id: UUID
    unit_path: frozenset[UUID] = frozenset()
    region_path: frozenset[str] = frozenset()
    people: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Reach:
    """How far an act reaches for one actor: what a list's WHERE is made of.

    `units` and `regions` are roots of subtrees, `own` is the person whose objects are meant. All empty is nothing.
    A reach always lies within `tenant_id`; a reach without a tenant contains nothing.
    """

    everything: bool = False
    units: frozenset[UUID] = field(default=frozenset())
    regions: frozenset[str] = field(default=frozenset())
    own: UUID | None = None
    tenant_id: UUID | None = None

    @property
    def is_nothing(self) -> bool:
        return not (self.everything or self.units or self.regions or self.own)

    def contains(self, ownership: Ownership) -> bool:
        """Say whether the object lies in this reach."""
        return self.tenant_id == ownership.tenant_id and (
            self.everything
            or not self.units.isdisjoint(ownership.unit_path)
            or not self.regions.isdisjoint(ownership.region_path)
            or (self.own is not None and self.own in ownership.people)
        )
