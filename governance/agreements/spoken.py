"""What is said, given notice of and decided about what was signed: the words, and what each must say to count."""

from enum import StrEnum

from governance.kernel.errors import BadInput


class Channel(StrEnum):
    """How a conversation was held."""

    MEETING = "MEETING"
    CALL = "CALL"
    MAIL = "MAIL"
    CHAT = "CHAT"
    PORTAL = "PORTAL"


class Outcome(StrEnum):
    """What becomes of what ends. SWITCHED: to another product; AUTO_RENEWED: by silence."""

    RENEWED = "RENEWED"
    AUTO_RENEWED = "AUTO_RENEWED"
    EXPANDED = "EXPANDED"
    CONTRACTED = "CONTRACTED"
    CANCELLED = "CANCELLED"
    SWITCHED = "SWITCHED"

    @property
    def ends(self) -> bool:
        """Whether nothing follows."""
        return self in {Outcome.CANCELLED, Outcome.SWITCHED}


class Stage(StrEnum):
    """INTENDED: decided here, not yet done. BOOKED: done with the other side; only this counts in figures."""

    INTENDED = "INTENDED"
    BOOKED = "BOOKED"


class CancelReason(StrEnum):
    SERVICE = "SERVICE"
    LOW_QUALITY = "LOW_QUALITY"
    MISSING_FEATURES = "MISSING_FEATURES"
    SWITCHED = "SWITCHED"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    UNUSED = "UNUSED"
    OTHER = "OTHER"


def check_outcome(outcome: Outcome, cancel_reason: CancelReason | None, text: str | None) -> None:
    """Let pass an outcome that says why nothing follows where nothing does. Raises BadInput."""
    if outcome.ends and cancel_reason is None:
        raise BadInput("cancel_reason", "nothing", f"the reason, because the outcome is {outcome.value}")
    if not outcome.ends and cancel_reason is not None:
        raise BadInput("cancel_reason", cancel_reason.value, f"none, because the outcome is {outcome.value}")
    if cancel_reason is CancelReason.OTHER and text is None:
        raise BadInput("reason_text", "nothing", "a text that says why, because the reason is OTHER")
