"""What a grant is decided on: the pool, the holder to be, and what else is known of both."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from governance.catalog.bonds import Key, TierBook
from governance.catalog.rules import ApprovalStatus
from governance.directory.rules import PersonStatus
from governance.entitlements.rules import Covered, LicenseModel, Overage
from policies.regions.region import RegionTree, Territory


@dataclass(frozen=True)
class HeldRight:
    """A seat that its holder can use, as a right among others: its key in the book of tiers, its pool, its lots."""

    key: Key
    line_id: UUID
    line_code: str
    pool: str
    spoken: str
    lots: tuple[str, ...] = ()
    seat_id: UUID | None = None


@dataclass(frozen=True)
class Holder:
    """The person who shall hold the seat; `seated_in` names the pool of this line where they sit already.

    `own_device`: the device of theirs whose seat of this line counts for them too. `stack`: what else they can use, on
    any line that a book of tiers says something of.
    """

    id: UUID
    status: PersonStatus
    country: str
    contract_end: date | None = None
    version: int = 1
    seated_in: str | None = None
    own_device: str | None = None
    stack: tuple[HeldRight, ...] = ()


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
    id: UUID | None = None
    releases: bool = False


@dataclass(frozen=True)
class PoolFacts:
    """What is known of a pool at an instant. `ceiling` None is unlimited; `free` is the room in pool and line.

    `book`: the tiers around it, what they grant, contain and require; `covered`: what a covered holder's seat does.
    `downgrades`: older releases that a seat may be used as; `rights`: each right beside the seat, in words.
    """

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
    covered: Covered = Covered.TELL
    downgrades: frozenset[Key] = frozenset()
    rights: tuple[str, ...] = ()
    book: TierBook = field(default_factory=TierBook, repr=False, compare=False)

    @property
    def key(self) -> Key:
        """Name it in the book of tiers: its tier, or the product as such."""
        return self.product_id if self.tier is None or self.tier.id is None else self.tier.id

    @property
    def grants(self) -> frozenset[str]:
        """Give the codes of the features that a seat of it grants."""
        return self.book.grants(self.key)

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
    """May this holder sit in this pool, today, at this tier, for these features (by code)?

    `taken` are seats promised earlier in the same call.
    """

    pool: PoolFacts
    holder: Holder
    today: date
    regions: RegionTree
    needs_tier: TierNeed | None = None
    taken: int = 0
    needs_features: frozenset[str] = frozenset()
