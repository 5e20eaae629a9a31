"""The words of the catalog: whether a product may be used, and until when that was decided."""

from datetime import date
from enum import StrEnum


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
