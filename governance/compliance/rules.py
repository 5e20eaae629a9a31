"""The words of judging: how severe, how sure, how a finding stands, and who may waive it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Severity(StrEnum):
    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Verdict(StrEnum):
    """Worst of: NON_COMPLIANT > PARTIAL > UNKNOWN > COMPLIANT; EXEMPT is left out of roll-ups and counted."""

    NON_COMPLIANT = "NON_COMPLIANT"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"
    COMPLIANT = "COMPLIANT"
    EXEMPT = "EXEMPT"


class FindingState(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    WAIVED = "WAIVED"
    RESOLVED = "RESOLVED"


class CheckState(StrEnum):
    """How one check of one scan ended; ERRORED makes the scan incomplete and never reads as clean."""

    CLEAN = "CLEAN"
    FOUND = "FOUND"
    ERRORED = "ERRORED"


def standing(state: FindingState, waived_until: datetime | None, at: datetime) -> FindingState:
    """Give the state that holds at `at`: a waiver that has run out is an open finding, swept or not."""
    if state is FindingState.WAIVED and waived_until is not None and waived_until <= at:
        return FindingState.OPEN
    return state


def same_hands(approver: UUID | None, principal: str, *, owner_id: UUID | None, taken_on_by: str | None) -> str | None:
    """Say what keeps somebody from waiving a finding, as what they did; None where nothing does.

    Separation of duties: who owns the license, or took the finding on, has an interest in its going away.
    """
    if approver is not None and approver == owner_id:
        return "own what it is about"
    if taken_on_by is not None and taken_on_by == principal:
        return "acknowledged it"
    return None
