"""The words of holding a seat: the states of an assignment, why it ended, and which states occupy (domain.md, 3)."""

from enum import StrEnum


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
