"""The words of agreements: which side we are on, why something was changed, how payment stands."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from governance.kernel.errors import BadInput

MOST_UPLIFT = 1000


class Side(StrEnum):
    """PROCURED: we are the licensee. PROVIDED: we grant to a unit or customer."""

    PROCURED = "PROCURED"
    PROVIDED = "PROVIDED"


class ChangeReason(StrEnum):
    """Required on every change of quantity, date or price; OTHER needs a text."""

    NEW = "NEW"
    INCORRECT_INPUT = "INCORRECT_INPUT"
    DELAYED_PAYMENT = "DELAYED_PAYMENT"
    REQUESTED = "REQUESTED"
    TRUE_UP = "TRUE_UP"
    RENEWAL = "RENEWAL"
    OTHER = "OTHER"


class Payment(StrEnum):
    PAID = "PAID"
    DUE = "DUE"
    OVERDUE = "OVERDUE"


def uplift_percent(value: object, field: str) -> str | None:
    """Give a cap on how much dearer a renewal may be, in percent, as it is kept; None where none is agreed.

    Raises BadInput.
    """
    if value is None or value == "":
        return None
    needs = "a percentage from 0 to 1000 with at most two decimals, such as 3.5"
    try:
        percent = Decimal(value.strip()) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        raise BadInput(field, str(value)[:40], needs) from None
    if not percent.is_finite() or not 0 <= percent <= MOST_UPLIFT or percent != round(percent, 2):
        raise BadInput(field, str(value)[:40], needs)
    return format(percent.normalize(), "f")


def check_reason(reason: ChangeReason, text: str | None) -> None:
    """Let pass a reason that says enough. Raises BadInput for OTHER without a text."""
    if reason is ChangeReason.OTHER and text is None:
        raise BadInput("reason_text", "nothing", "a text that says why, because the reason is OTHER")
