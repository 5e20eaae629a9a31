"""The states of a seat, the events between them, and what takes room."""

from datetime import datetime, timedelta
from enum import StrEnum

from governance.kernel.errors import WrongState

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
