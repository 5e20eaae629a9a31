"""The words of agreements: which side we are on, why something was changed, how payment stands."""

from enum import StrEnum


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
