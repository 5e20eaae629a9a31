"""What deciding about a person rests on, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from governance.assignment_rules.rules.words import Act, Leaving, MemberState
from governance.kernel.errors import Reason
from governance.seats.rules import ReleaseReason, SeatState


@dataclass(frozen=True)
class RuleFacts:
    """A rule as its version in force says it; `rank` is that of the least tier, 0 where any will do."""

    id: UUID
    code: str
    number: int
    rank: int = 0
    priority: int = 0
    line_id: UUID | None = None
    pool_id: UUID | None = None
    leaving: Leaving = Leaving.RECLAIM
    settle: timedelta = timedelta(0)

    @property
    def says(self) -> str:
        """Name rule and version, as the trail does."""
        return f"rule {self.code}, version {self.number}"


@dataclass(frozen=True)
class Held:
    """An open seat of the product that a rule gave. `adopted`: no rule has it now; it was let go of, or never noted."""

    id: UUID
    line_id: UUID
    pool_id: UUID
    rank: int
    state: SeatState
    adopted: bool = False


@dataclass(frozen=True)
class Standing:
    """How the person stood under a rule. `ended`: how the seat that served them ended, where it has.

    `lost_place`: their place in line ended without a seat.
    """

    rule_id: UUID
    number: int
    state: MemberState
    seat_id: UUID | None = None
    leaves_at: datetime | None = None
    ended: ReleaseReason | None = None
    lost_place: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Weighing:
    """What the automatic choice says of a rule for the person: a pool that fits, a seat by hand, or what is against it.

    `full`: the pool whose only fault is to be full; `nearest`: the one with the least against it. `rank` is the
    fitting pool's.
    """

    pool_id: UUID | None = None
    rank: int = 0
    by_hand: UUID | None = None
    full: UUID | None = None
    nearest: UUID | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Place:
    """How a person stands under one rule from now on. `wait_in`: the pool they wait for, or that refused them."""

    state: MemberState
    seat_id: UUID | None = None
    wait_in: UUID | None = None
    reasons: tuple[Reason, ...] = ()
    leaves_at: datetime | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What is done about a person. A rule that is not among `places` has let go of them; `extras` are given back."""

    person_id: UUID
    act: Act = Act.NONE
    rule: RuleFacts | None = None
    seat: Held | None = None
    pool_id: UUID | None = None
    places: Mapping[UUID, Place] = field(default_factory=dict)
    extras: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Matter:
    """All that is known of one person: the rules they fall under, those they stood under, and the rules' own seats.

    `rules` holds every rule that is named, also one that ended. `left`: they left the organization.
    """

    person_id: UUID
    now: datetime
    matching: tuple[RuleFacts, ...]
    rules: Mapping[UUID, RuleFacts]
    standing: tuple[Standing, ...] = ()
    own: tuple[Held, ...] = ()
    left: bool = False
