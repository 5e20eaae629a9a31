"""The words of assignment rules: how people stand, what is done about them, what follows when they fall out."""

from datetime import timedelta
from enum import StrEnum

from governance.seats.rules import ReleaseReason

SETTLE_MOST, HIGHEST = 43_200, 9
RETRY_AFTER = timedelta(minutes=15)
"""When somebody who could not be served is tried again, unless capacity grows before."""
GIVES_AGAIN = frozenset({ReleaseReason.LICENSE_EXPIRED, ReleaseReason.TRANSFERRED, ReleaseReason.USER_LEFT})
"""Ends of a seat after which the rule gives another one; after any other, somebody decided, and it does not."""


class Leaving(StrEnum):
    """What becomes of the seat of one who falls out of a rule: proposed for reclaim (14 days), or released."""

    RECLAIM = "RECLAIM"
    RELEASE = "RELEASE"


class MemberState(StrEnum):
    """How a person stands under a rule.

    SEATED: by this rule. BY_HAND: somebody assigned them a seat that does. COVERED: another rule serves them. WAITING:
    in line, all is full. REFUSED: not served, with every reason. HELD_OFF: the rule's seat was ended by somebody, and
    is not given again. LEAVING: fell out of the rule, and keeps the seat for now.
    """

    SEATED = "SEATED"
    BY_HAND = "BY_HAND"
    COVERED = "COVERED"
    WAITING = "WAITING"
    REFUSED = "REFUSED"
    HELD_OFF = "HELD_OFF"
    LEAVING = "LEAVING"


OWN = frozenset({MemberState.SEATED, MemberState.LEAVING})
"""States in which the seat is the rule's own."""
UNSERVED = frozenset({MemberState.WAITING, MemberState.REFUSED})


class Act(StrEnum):
    """What is done about a person: nothing, a seat given, moved, kept after all, proposed for reclaim or released."""

    NONE = "NONE"
    GAIN = "GAIN"
    MOVE = "MOVE"
    KEEP = "KEEP"
    RECLAIM = "RECLAIM"
    RELEASE = "RELEASE"


LOSES = frozenset({Act.RECLAIM, Act.RELEASE})
