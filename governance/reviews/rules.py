"""The words of reviews."""

from enum import StrEnum


class ReviewState(StrEnum):
    """PREPARED: the snapshot is frozen. DECIDED: a decision stands. SIGNED: enough signatures of different units."""

    PREPARED = "PREPARED"
    DECIDED = "DECIDED"
    SIGNED = "SIGNED"
