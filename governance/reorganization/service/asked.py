"""What may be asked of units: a move, a merge, a split; each with its reason and the token of its preview."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.directory.rules import UnitKind
from governance.reorganization.rules import RolesFate


@dataclass(frozen=True)
class MoveUnit:
    """Hang a unit with its subtree below another one, from `at` on (not to come; None: now). `token`: the preview's."""

    unit_id: UUID
    parent_id: UUID
    reason: str
    at: datetime | None = None
    token: str = ""
    expected_version: int | None = None


@dataclass(frozen=True)
class MergeUnits:
    """End a unit; all that it has goes to `into_id`. `roles`: what becomes of those held over the unit itself."""

    unit_id: UUID
    into_id: UUID
    reason: str
    roles: RolesFate = RolesFate.END
    at: datetime | None = None
    token: str = ""


@dataclass(frozen=True)
class SplitUnit:
    """Make a new unit of a part of another one: its units, people, licenses with their pools there, pools, agreements.

    `parent_id` None: the new one hangs beside the other, or below it where that is a root.
    """

    unit_id: UUID
    code: str
    name: str
    reason: str
    kind: UnitKind | None = None
    parent_id: UUID | None = None
    children: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()
    agreements: tuple[UUID, ...] = ()
    licenses: tuple[UUID, ...] = ()
    pools: tuple[UUID, ...] = ()
    roles: RolesFate = RolesFate.END
    at: datetime | None = None
    token: str = ""
