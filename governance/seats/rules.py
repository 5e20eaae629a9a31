"""The rules of holding a seat: states and the events between them, what occupies, and every reason for a no."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from governance.catalog.rules import ApprovalStatus, may_be_used
from governance.directory.rules import PersonStatus
from governance.entitlements.rules import Overage
from governance.kernel.errors import Code, Reason, WrongState
from policies.regions.region import RegionTree, Territory

SAME_DENIAL = timedelta(minutes=1)
RECLAIM_SLA = timedelta(days=14)
KEPT_FOR = timedelta(days=30)


class SeatState(StrEnum):
    INVITED = "INVITED"
    ASSIGNED = "ASSIGNED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    RECLAIM_PENDING = "RECLAIM_PENDING"
    RELEASED = "RELEASED"


class ReleaseReason(StrEnum):
    USER_LEFT = "USER_LEFT"
    IDLE = "IDLE"
    DECLINED = "DECLINED"
    INVITE_EXPIRED = "INVITE_EXPIRED"
    TRANSFERRED = "TRANSFERRED"
    LICENSE_EXPIRED = "LICENSE_EXPIRED"
    ADMIN = "ADMIN"
    DOWNGRADE = "DOWNGRADE"


class SeatEvent(StrEnum):
    """What can happen to a seat. ASSIGN and INVITE begin an episode, the others move it."""

    ASSIGN = "ASSIGN"
    INVITE = "INVITE"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    EXPIRE = "EXPIRE"
    USE = "USE"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    PROPOSE_RECLAIM = "PROPOSE_RECLAIM"
    KEEP = "KEEP"
    RELEASE = "RELEASE"


HELD = object()
"""Where a seat was before: ACTIVE once it was used, ASSIGNED until then."""

TABLE: dict[tuple[SeatState | None, SeatEvent], SeatState | object] = {
    (None, SeatEvent.ASSIGN): SeatState.ASSIGNED,
    (None, SeatEvent.INVITE): SeatState.INVITED,
    (SeatState.INVITED, SeatEvent.ACCEPT): SeatState.ASSIGNED,
    (SeatState.INVITED, SeatEvent.DECLINE): SeatState.RELEASED,
    (SeatState.INVITED, SeatEvent.EXPIRE): SeatState.RELEASED,
    # An invitation can be withdrawn: the invitee left, or somebody asked in error.
    (SeatState.INVITED, SeatEvent.RELEASE): SeatState.RELEASED,
    (SeatState.ASSIGNED, SeatEvent.USE): SeatState.ACTIVE,
    (SeatState.ASSIGNED, SeatEvent.SUSPEND): SeatState.SUSPENDED,
    (SeatState.ASSIGNED, SeatEvent.PROPOSE_RECLAIM): SeatState.RECLAIM_PENDING,
    (SeatState.ASSIGNED, SeatEvent.RELEASE): SeatState.RELEASED,
    (SeatState.ACTIVE, SeatEvent.USE): SeatState.ACTIVE,
    (SeatState.ACTIVE, SeatEvent.SUSPEND): SeatState.SUSPENDED,
    (SeatState.ACTIVE, SeatEvent.PROPOSE_RECLAIM): SeatState.RECLAIM_PENDING,
    (SeatState.ACTIVE, SeatEvent.RELEASE): SeatState.RELEASED,
    (SeatState.SUSPENDED, SeatEvent.RESUME): HELD,
    (SeatState.SUSPENDED, SeatEvent.RELEASE): SeatState.RELEASED,
    # Use brings a seat back as used, whatever it was before the proposal.
    (SeatState.RECLAIM_PENDING, SeatEvent.USE): SeatState.ACTIVE,
    (SeatState.RECLAIM_PENDING, SeatEvent.KEEP): HELD,
    (SeatState.RECLAIM_PENDING, SeatEvent.RELEASE): SeatState.RELEASED,
}
WORDS = {
    SeatEvent.ACCEPT: "be accepted",
    SeatEvent.DECLINE: "be declined",
    SeatEvent.EXPIRE: "expire",
    SeatEvent.USE: "be used",
    SeatEvent.SUSPEND: "be suspended",
    SeatEvent.RESUME: "be resumed",
    SeatEvent.PROPOSE_RECLAIM: "be proposed for reclaim",
    SeatEvent.KEEP: "be kept",
    SeatEvent.RELEASE: "be released",
    SeatEvent.ASSIGN: "be assigned",
    SeatEvent.INVITE: "be invited",
}


def next_state(state: SeatState | None, event: SeatEvent, *, used: bool = False) -> SeatState | WrongState:
    """Say where an event leads from a state (None: no seat yet); `used` is whether the seat was ever used.

    "Where it was" needs no memory: ASSIGNED and ACTIVE differ by the first use alone.
    """
    target = TABLE.get((state, event))
    if target is None:
        return WrongState("seat", state.value if state else "not there", WORDS[event])
    if isinstance(target, SeatState):
        return target
    return SeatState.ACTIVE if used else SeatState.ASSIGNED


def occupies(
    state: SeatState, *, at: datetime, invitation_expires_at: datetime | None = None, suspended_occupies: bool = True
) -> bool:
    """Say whether a seat in this state takes room at an instant: the one predicate of all who count."""
    if state is SeatState.RELEASED:
        return False
    if state is SeatState.INVITED:
        return invitation_expires_at is None or at < invitation_expires_at
    return suspended_occupies or state is not SeatState.SUSPENDED


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


def reasons(asked: Question) -> tuple[Reason, ...]:
    """Give every reason why not, most fundamental first; none means: nothing but the ledger stands in between."""
    return tuple(
        reason
        for rule in (_holder_active, _product_approved, _pool_open, _tier_covers, _territory_covers, _unseated, _room)
        for reason in rule(asked)
    )


def _holder_active(asked: Question) -> Iterator[Reason]:
    holder = asked.holder
    subject = f"person {holder.id}"
    if holder.status is not PersonStatus.ACTIVE:
        remedy = "Choose somebody who is active, or correct the directory."
        yield Reason(Code.HOLDER_NOT_ACTIVE, subject, holder.status.value, "ACTIVE", "directory", remedy)
    elif holder.contract_end is not None and holder.contract_end < asked.today:
        remedy = "Extend the contract end in the directory first."
        has = f"contract ended {holder.contract_end}"
        yield Reason(Code.HOLDER_NOT_ACTIVE, subject, has, "a running contract", "directory", remedy)


def _product_approved(asked: Question) -> Iterator[Reason]:
    standing = asked.pool.standing
    if standing is not None and not may_be_used(standing.status, standing.until, asked.today):
        has = standing.status.value + (f" until {standing.until}" if standing.until else "")
        yield Reason(
            Code.PRODUCT_NOT_APPROVED, f"product {asked.pool.product}", has, "an approval in force",
            f"approval decided by {standing.decided_by}", "Ask for the product's approval, or use an approved one.",
        )  # fmt: skip


def _pool_open(asked: Question) -> Iterator[Reason]:
    pool = asked.pool
    if pool.closed_at is not None:
        remedy = "Choose another pool of the line."
        has = f"closed {pool.closed_at:%Y-%m-%d}"
        yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", has, "an open pool", "pool", remedy)
    if not pool.in_force:
        remedy = "Renew the lot or allocate seats of one that is in force."
        yield Reason(Code.NOT_IN_FORCE, f"pool {pool.name}", pool.supply, "a lot in force today", "lots", remedy)


def _tier_covers(asked: Question) -> Iterator[Reason]:
    needs, has = asked.needs_tier, asked.pool.tier
    if needs is None:
        return
    if has is None or has.product != needs.product or (has.code != needs.code and has.rank <= needs.rank):
        yield Reason(
            Code.TIER_TOO_LOW, f"line {asked.pool.line_code}", has.code if has else "no tier", needs.code,
            "metric line", f"Use a line of tier {needs.code} or above.",
        )  # fmt: skip


def _territory_covers(asked: Question) -> Iterator[Reason]:
    lots = asked.pool.territories
    if lots and not any(territory.covers(asked.holder.country, asked.regions) for territory in lots):
        needs = " or ".join(sorted({_spoken(territory) for territory in lots}))
        yield Reason(
            Code.TERRITORY, f"person {asked.holder.id}", asked.holder.country, needs, "territory of lots in force",
            "Use a pool whose lots include the holder's country.",
        )  # fmt: skip


def _unseated(asked: Question) -> Iterator[Reason]:
    if asked.holder.seated_in is not None:
        yield Reason(
            Code.ALREADY_SEATED, f"person {asked.holder.id}", f"a seat in pool {asked.holder.seated_in}",
            "no open seat on this line", "assignments", "Release that seat first, or leave it as it is.",
        )  # fmt: skip


def _room(asked: Question) -> Iterator[Reason]:
    pool = asked.pool
    if pool.overage is not Overage.BLOCK or not pool.in_force:
        return
    for what, ceiling, occupied in (
        (f"pool {pool.name}", pool.ceiling, pool.occupied),
        (f"line {pool.line_code}", pool.line_ceiling, pool.line_occupied),
    ):
        if ceiling is not None and occupied + asked.taken >= ceiling:
            yield no_room(what, ceiling, occupied + asked.taken)


def no_room(what: str, ceiling: int, occupied: int) -> Reason:
    """Say that a pool or line is full."""
    remedy = "Release a seat, allocate more to the pool, or buy more."
    return Reason(Code.LIMIT_REACHED, what, f"{occupied} of {ceiling} taken", "one free seat", "room", remedy)


def _spoken(territory: Territory) -> str:
    included = "/".join(sorted(territory.included))
    return included + (f" without {'/'.join(sorted(territory.excluded))}" if territory.excluded else "")
