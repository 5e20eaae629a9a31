"""The words of the catalog: whether a product may be used, until when that was decided, and what money is worth."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

EURO = "EUR"
LONGEST_PAUSE = timedelta(days=7)
"""No holiday of the central bank is longer; a currency that others outlive by more is quoted no more."""


class ApprovalStatus(StrEnum):
    APPROVED = "APPROVED"
    RESTRICTED = "RESTRICTED"
    SUNSETTING = "SUNSETTING"
    DENIED = "DENIED"


def may_be_used(status: ApprovalStatus | None, until: date | None, today: date) -> bool:
    """Say whether new seats of a product may be granted; a product nobody has decided on may be, until someone does."""
    if status is None:
        return True
    return status is not ApprovalStatus.DENIED and (until is None or today <= until)


@dataclass(frozen=True)
class Rate:
    """How many units of a currency are worth one of another, and the day of which that is known."""

    rate: Decimal
    day: date


def cross(source: Rate, target: Rate) -> Rate:
    """Give what one unit of `source` is worth in `target`, both quoted for one euro; of the older day of the two."""
    return Rate(target.rate / source.rate, min(source.day, target.day))
