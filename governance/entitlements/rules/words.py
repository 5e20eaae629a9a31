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


class Covered(StrEnum):
    """What becomes of a seat whose holder another right covers already: given and told of, or refused."""

    TELL = "TELL"
    REFUSE = "REFUSE"


class RightKind(StrEnum):
    """What a line grants beside its seats. DOWNGRADE: its holders may use older releases. SECOND_USE: a second,
    portable device of the same holder is not counted.
    """

    DOWNGRADE = "DOWNGRADE"
    SECOND_USE = "SECOND_USE"


class Expiry(StrEnum):
    """What becomes of holders when all their supply has ended. Nobody new is seated after it in any mode.

    RESTRICT: they keep their seats, and are over. REVOKE: they lose them at that instant. GRACE: they keep them
    for some days more, then lose them. MAINTAIN: what they held is theirs for good.
    """

    RESTRICT = "RESTRICT"
    REVOKE = "REVOKE"
    GRACE = "GRACE"
    MAINTAIN = "MAINTAIN"


class Resets(StrEnum):
    """When a meter begins anew: with each term of its lots, or with each month of their zone."""

    TERM = "TERM"
    MONTH = "MONTH"


class OwnDevice(StrEnum):
    """Whether somebody with a seat and their own device take one seat of a line, or two."""

    ONCE = "ONCE"
    TWICE = "TWICE"


class VmCores(StrEnum):
    """Whose cores a virtual machine takes of a line of cores: its own, or those of its host, once for all on it."""

    OWN = "OWN"
    HOST = "HOST"


class LotStand(StrEnum):
    """How a lot stands at an instant: not begun, in force, ended but within its line's days of grace, over."""

    COMING = "COMING"
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    EXPIRED = "EXPIRED"


class RenewalBasis(StrEnum):
    """From when a renewal holds: seamlessly, from today, or seamlessly unless it comes too late for that."""

    FROM_EXPIRY = "FROM_EXPIRY"
    FROM_NOW = "FROM_NOW"
    FROM_NOW_IF_EXPIRED = "FROM_NOW_IF_EXPIRED"


class RoomKind(StrEnum):
    """What a room belongs to: a pool, or the whole metric line."""

    POOL = "POOL"
    LINE = "LINE"
