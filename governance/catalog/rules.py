"""The words of the catalog: whether a product may be used, until when that was decided, and what money is worth."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

EURO = "EUR"
ECB = "ECB"
LONGEST_PAUSE = timedelta(days=7)
"""No holiday of the central bank is longer; a currency that others outlive by more is quoted no more."""


class ApprovalStatus(StrEnum):
    """What was decided of a product's use. PROPOSED: it is asked for and nobody has decided. WITHDRAWN: what was
    decided stands no more, and nothing was decided in its place.
    """

    APPROVED = "APPROVED"
    RESTRICTED = "RESTRICTED"
    SUNSETTING = "SUNSETTING"
    DENIED = "DENIED"
    PROPOSED = "PROPOSED"
    WITHDRAWN = "WITHDRAWN"


class BondKind(StrEnum):
    """What one tier has to do with another, or with a product as such. CONTAINS: a suite, whose holders are covered for
    the part. REQUIRES: an add-on, which stands on any one of its bases.
    """

    CONTAINS = "CONTAINS"
    REQUIRES = "REQUIRES"


class Stand(StrEnum):
    """How a product stands on a day. UNDECIDED: nobody ever decided about it, or it is only proposed."""

    STANDING = "STANDING"
    UNDECIDED = "UNDECIDED"
    ENDED = "ENDED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"


DECIDED_AGAINST = (ApprovalStatus.DENIED, ApprovalStatus.WITHDRAWN)


def stand_of(status: ApprovalStatus | None, until: date | None, today: date) -> Stand:
    """Say how a decision stands on a day; a denial and a withdrawal stand without end."""
    if status is None or status is ApprovalStatus.PROPOSED:
        return Stand.UNDECIDED
    if status in DECIDED_AGAINST:
        return Stand(status.value)
    return Stand.STANDING if until is None or today <= until else Stand.ENDED


def may_be_used(status: ApprovalStatus | None, until: date | None, today: date) -> bool:
    """Say whether new seats of a product may be granted; a product nobody has decided on may be, until someone does."""
    return stand_of(status, until, today) in {Stand.STANDING, Stand.UNDECIDED}


@dataclass(frozen=True)
class Rate:
    """How many units of a currency are worth one of another, the day of which that is known, and who said so."""

    rate: Decimal
    day: date
    source: str = field(default=ECB, compare=False)


def cross(source: Rate, target: Rate) -> Rate:
    """Give what one unit of `source` is worth in `target`, both quoted for one euro; of the older day of the two."""
    said = "; ".join(sorted({source.source, target.source} - {""}))
    return Rate(target.rate / source.rate, min(source.day, target.day), said)
