"""The words of entitlements: how a line is counted, held and priced, and what a full pool does."""

from enum import StrEnum


class LicenseModel(StrEnum):
    NAMED_USER = "NAMED_USER"
    CONCURRENT_USER = "CONCURRENT_USER"
    DEVICE = "DEVICE"
    NODE_LOCKED = "NODE_LOCKED"
    SITE = "SITE"
    ENTERPRISE = "ENTERPRISE"
    CORE = "CORE"
    METERED = "METERED"
    CAPACITY = "CAPACITY"
    OTHER = "OTHER"


class Term(StrEnum):
    PERPETUAL = "PERPETUAL"
    SUBSCRIPTION = "SUBSCRIPTION"
    EVALUATION = "EVALUATION"
    TRUE_UP = "TRUE_UP"


class Overage(StrEnum):
    """What a full pool does: refuse, flag, flag up to a percentage, or settle later at the true-up."""

    BLOCK = "BLOCK"
    ALLOW_AND_FLAG = "ALLOW_AND_FLAG"
    ALLOW_TO_PERCENT = "ALLOW_TO_PERCENT"
    TRUE_UP = "TRUE_UP"


class CostBasis(StrEnum):
    """What the unit price is the price of: a seat a term, a pack, the whole lot."""

    PER_SEAT = "PER_SEAT"
    PACK = "PACK"
    FLAT = "FLAT"


class RoomKind(StrEnum):
    """What a room belongs to: a pool, or the whole metric line."""

    POOL = "POOL"
    LINE = "LINE"
