"""The words of judging: how severe, how sure, how a finding stands."""

from enum import StrEnum


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
