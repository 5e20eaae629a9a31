"""The words of the rulebook: which policies a tenant may adjust, and how a version stands."""

from enum import StrEnum


class PolicyKind(StrEnum):
    ROLES = "ROLES"
    THRESHOLDS = "THRESHOLDS"


class VersionState(StrEnum):
    DRAFT = "DRAFT"
    LIVE = "LIVE"
    RETIRED = "RETIRED"
