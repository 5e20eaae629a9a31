"""What a review needs to count: a frozen snapshot, a decision, signers of two units, none of whom prepared it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import rfc8785

from governance.reviews.errors import AlreadySigned, SeparationOfDuties, SignInAgain

SIGNERS = 2
PROOF_MINUTES = 5


class ReviewState(StrEnum):
    """PREPARED: the snapshot is frozen. DECIDED: a decision stands. SIGNED: enough signatures of different units."""

    PREPARED = "PREPARED"
    DECIDED = "DECIDED"
    SIGNED = "SIGNED"


class Seat(StrEnum):
    """CHAIR and MEMBER speak for their department; the DEPUTY does where they have not."""

    CHAIR = "CHAIR"
    MEMBER = "MEMBER"
    DEPUTY = "DEPUTY"


class ItemKind(StrEnum):
    """TOPIC is talked about; PROPOSAL is voted on before it is decided."""

    TOPIC = "TOPIC"
    PROPOSAL = "PROPOSAL"


class SubjectKind(StrEnum):
    """What an own item may be about."""

    AGREEMENT = "AGREEMENT"
    ALERT = "ALERT"
    FINDING = "FINDING"
    LICENSE = "LICENSE"


class Choice(StrEnum):
    """What a member votes."""

    FOR = "FOR"
    AGAINST = "AGAINST"
    ABSTAIN = "ABSTAIN"


class ItemOutcome(StrEnum):
    """APPROVED and REJECTED take the vote where there is one; DEFERRED and NOTED settle nothing."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    DEFERRED = "DEFERRED"
    NOTED = "NOTED"


class ActionState(StrEnum):
    """OPEN until its owner or the board says DONE, or DROPPED with the reason; overdue is what the clock says."""

    OPEN = "OPEN"
    DONE = "DONE"
    DROPPED = "DROPPED"


class AimMeasure(StrEnum):
    """What a board can aim at. Shares in percent, the median in days, money in the reporting currency."""

    UTILIZATION = "utilization"
    IN_USE = "in_use"
    FIRST_USE_MEDIAN = "first_use_median"
    FIRST_USE_WITHIN_30 = "first_use_within_30"
    FUNNEL_SHARE = "funnel_share"
    OPEN_FINDINGS = "open_findings"
    RENEWAL_RATE = "renewal_rate"
    SPEND = "spend"
    COST_PER_UNIT = "cost_per_unit"


AMOUNTS = frozenset({AimMeasure.SPEND, AimMeasure.COST_PER_UNIT})
"""Measures of money: their target and figures are for who may read amounts."""


class Direction(StrEnum):
    """Whether a figure is to be at least, or at most, its target."""

    UP = "UP"
    DOWN = "DOWN"


def sha256_of(content: Any) -> str:
    """Hash JSON-like content in its one canonical form (RFC 8785), as 64 hex digits of SHA-256."""
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def check_signer(
    *,
    principal: str,
    person_id: UUID,
    unit_id: UUID,
    prepared_by: str,
    signed: Iterable[tuple[UUID, UUID]],
    review: str,
) -> None:
    """Let pass who may sign beside those who `signed` (person, unit). Raises SeparationOfDuties, AlreadySigned."""
    before = list(signed)
    if any(person == person_id for person, _ in before):
        raise AlreadySigned(review)
    if principal == prepared_by:
        raise SeparationOfDuties("You prepared this review", "somebody who did not prepare it")
    if any(unit == unit_id for _, unit in before):
        raise SeparationOfDuties("Your unit signed already", "a person of another unit")


def check_proof(authenticated_at: datetime | None, now: datetime) -> datetime:
    """Let pass a sign-in proven within the last minutes, and give its instant. Raises SignInAgain."""
    if authenticated_at is None or now - authenticated_at > timedelta(minutes=PROOF_MINUTES):
        raise SignInAgain(PROOF_MINUTES)
    return authenticated_at
