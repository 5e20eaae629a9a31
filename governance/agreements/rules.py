"""The words of agreements: which side we are on, why something was changed, how payment stands."""

from enum import StrEnum

from governance.kernel.errors import BadInput


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


def check_reason(reason: ChangeReason, text: str | None) -> None:
    """Let pass a reason that says enough. Raises BadInput for OTHER without a text."""
    if reason is ChangeReason.OTHER and text is None:
        raise BadInput("reason_text", "nothing", "a text that says why, because the reason is OTHER")
