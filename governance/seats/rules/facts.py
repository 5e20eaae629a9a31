"""What a grant is decided on: the pool, the holder to be, and what else is known of both."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from governance.catalog.rules import ApprovalStatus
from governance.directory.rules import PersonStatus
from governance.entitlements.rules import LicenseModel, Overage
from policies.regions.region import RegionTree, Territory


@dataclass(frozen=True)
class Holder:
    """The person who shall hold the seat; `seated_in` names the pool of this line where they sit already."""

    id: UUID
    status: PersonStatus
    country: str
    contract_end: date | None = None
    version: int = 1
    seated_in: str | None = None


@dataclass(frozen=True)
class Standing:
    """Whether the product may be used: the latest approval, None where nobody decided."""

    status: ApprovalStatus
    until: date | None
    decided_by: str


@dataclass(frozen=True)
class TierNeed:
    """A tier by name and rank: a higher one covers lower ones, those of one rank cover only themselves."""

    code: str
    rank: int
    product: str


@dataclass(frozen=True)
class PoolFacts:
    """What is known of a pool at an instant. `ceiling` None is unlimited; `free` is the room in pool and line."""

    id: UUID
    name: str
    line_id: UUID
    line_code: str
    product_id: UUID
    product: str
    version: int
    overage: Overage
    needs_acceptance: bool
    invitation_days: int
    suspended_occupies: bool
    closed_at: datetime | None
    ceiling: int | None
    occupied: int
    line_ceiling: int | None
    line_occupied: int
    territories: tuple[Territory, ...]
    supply: str
    tier: TierNeed | None = None
    standing: Standing | None = None
    overage_percent: str | None = None
    model: LicenseModel = LicenseModel.NAMED_USER

    @property
    def free(self) -> int | None:
        """Seats left in both pool and line, never below 0; None: no limit in either."""
        left = [
            max(0, ceiling - occupied)
            for ceiling, occupied in ((self.ceiling, self.occupied), (self.line_ceiling, self.line_occupied))
            if ceiling is not None
        ]
        return min(left) if left else None

    @property
    def in_force(self) -> bool:
        return bool(self.territories)


@dataclass(frozen=True)
class Question:
    """May this holder sit in this pool, today, at this tier? `taken` are seats promised earlier in the same call."""

    pool: PoolFacts
    holder: Holder
    today: date
    regions: RegionTree
    needs_tier: TierNeed | None = None
    taken: int = 0
