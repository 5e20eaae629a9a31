"""Entitled, assigned here, held there, used: which of the four do not fit, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

UNUSED_AFTER = timedelta(days=30)
USED_WITHIN = timedelta(days=90)


class Difference(StrEnum):
    """What does not fit, the gravest first."""

    USED_NOT_ENTITLED = "USED_NOT_ENTITLED"
    HELD_NOT_ENTITLED = "HELD_NOT_ENTITLED"
    HELD_BY_LEAVER = "HELD_BY_LEAVER"
    HELD_BY_NOBODY = "HELD_BY_NOBODY"
    HELD_NOT_ASSIGNED = "HELD_NOT_ASSIGNED"
    HELD_OTHER_TIER = "HELD_OTHER_TIER"
    USED_NOT_ASSIGNED = "USED_NOT_ASSIGNED"
    ASSIGNED_NOT_HELD = "ASSIGNED_NOT_HELD"
    ASSIGNED_NEVER_USED = "ASSIGNED_NEVER_USED"


class Remedy(StrEnum):
    """What mends a difference. BUY and MATCH are a person's to do; the others are done by the token of a preview."""

    ASSIGN_HERE = "ASSIGN_HERE"
    BUY = "BUY"
    GRANT_THERE = "GRANT_THERE"
    MATCH = "MATCH"
    RECLAIM_HERE = "RECLAIM_HERE"
    REVOKE_THERE = "REVOKE_THERE"


DONE_HERE = frozenset({Remedy.ASSIGN_HERE, Remedy.GRANT_THERE, Remedy.RECLAIM_HERE, Remedy.REVOKE_THERE})
REMEDIES: Mapping[Difference, Remedy] = {
    Difference.USED_NOT_ENTITLED: Remedy.BUY,
    Difference.HELD_NOT_ENTITLED: Remedy.REVOKE_THERE,
    Difference.HELD_BY_LEAVER: Remedy.REVOKE_THERE,
    Difference.HELD_BY_NOBODY: Remedy.MATCH,
    Difference.HELD_NOT_ASSIGNED: Remedy.REVOKE_THERE,
    Difference.HELD_OTHER_TIER: Remedy.GRANT_THERE,
    Difference.USED_NOT_ASSIGNED: Remedy.ASSIGN_HERE,
    Difference.ASSIGNED_NOT_HELD: Remedy.GRANT_THERE,
    Difference.ASSIGNED_NEVER_USED: Remedy.RECLAIM_HERE,
}


@dataclass(frozen=True)
class Seat:
    """A seat that is assigned here; `settled`: accepted, so that the vendor should have it."""

    id: UUID
    pool_id: UUID
    tier_id: UUID | None
    started_at: datetime
    settled: bool


@dataclass(frozen=True)
class Holding:
    """What an account holds there."""

    id: UUID
    account: str
    tier_id: UUID | None
    quantity: int
    source: str
    observed_at: datetime


@dataclass(frozen=True)
class Four:
    """One holder, or one account that fits nobody, of one license at an instant.

    `entitled`: the license has supply in force. `seat`: assigned here. `holdings`: held there. `listed`: a whole list
    of the vendor says who holds it, since when it was observed; None: nobody knows, and nothing follows from silence.
    `used_at`: last use known; `use_told`: use of the product is observed at all, and of this holder it may be told.
    `floating`: seats are lent to whoever comes, so nobody need be assigned one to hold it.
    """

    person_id: UUID | None
    left: bool
    entitled: bool
    seat: Seat | None
    holdings: tuple[Holding, ...]
    listed: datetime | None
    used_at: datetime | None
    use_told: bool
    floating: bool = False

    @property
    def key(self) -> str:
        """Name the row through every reading: the person, or the account."""
        return str(self.person_id) if self.person_id is not None else f"account:{self.holdings[0].account}"

    @property
    def account(self) -> str | None:
        return self.holdings[0].account if self.holdings else None


def differences(four: Four, now: datetime) -> tuple[Difference, ...]:
    """Name what does not fit, the gravest first; nothing is named of what nobody knows."""
    used = four.use_told and four.used_at is not None and now - four.used_at <= USED_WITHIN
    return tuple(sorted({*_without_right(four, used=used), *_here_and_there(four, now)}, key=list(Difference).index))


def remedy_of(four: Four, difference: Difference, now: datetime) -> Remedy:
    """Say what mends a difference of this holder: who uses what they hold is seated, who does not loses it there."""
    used = four.use_told and four.used_at is not None and now - four.used_at <= USED_WITHIN
    if difference is Difference.HELD_NOT_ASSIGNED and used:
        return Remedy.ASSIGN_HERE
    return REMEDIES[difference]


def _without_right(four: Four, *, used: bool) -> set[Difference]:
    found: set[Difference] = set()
    if not four.entitled:
        if used:
            found.add(Difference.USED_NOT_ENTITLED)
        if four.holdings:
            found.add(Difference.HELD_NOT_ENTITLED)
    elif used and four.seat is None and not four.holdings and not four.floating:
        found.add(Difference.USED_NOT_ASSIGNED)
    return found


def _here_and_there(four: Four, now: datetime) -> set[Difference]:
    found: set[Difference] = set()
    if four.holdings:
        if four.person_id is None:
            found.add(Difference.HELD_BY_NOBODY)
        elif four.left:
            found.add(Difference.HELD_BY_LEAVER)
        elif four.seat is None and four.entitled and not four.floating:
            found.add(Difference.HELD_NOT_ASSIGNED)
        elif four.seat is not None and _other_tier(four.seat, four.holdings):
            found.add(Difference.HELD_OTHER_TIER)
    seat = four.seat
    if seat is None or not seat.settled:
        return found
    if not four.holdings and four.listed is not None and seat.started_at <= four.listed:
        found.add(Difference.ASSIGNED_NOT_HELD)
    if four.use_told and four.used_at is None and now - seat.started_at > UNUSED_AFTER:
        found.add(Difference.ASSIGNED_NEVER_USED)
    return found


def _other_tier(seat: Seat, holdings: tuple[Holding, ...]) -> bool:
    there = {holding.tier_id for holding in holdings}
    return seat.tier_id is not None and None not in there and seat.tier_id not in there
