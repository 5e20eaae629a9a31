"""When the use of a pool raises, holds or clears an alert, and when an end or a notice deadline is announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from governance.entitlements.rules import Part, seats_at
from governance.kernel.due import days_until
from policies.thresholds.threshold import (
    Ladder,
    Level,
    Lines,
    level_of,
    percent_used,
)

POOL_USE = "pool-use"
SLOWER = "first-use-slower"
TENTH = Decimal("0.1")
INSTANT = timedelta(microseconds=1)
UNLIMITED = "∞"  # the same in every language: the letter is written in that of its reader


class AlertState(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


UNRESOLVED_STATES = (AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.SNOOZED)


@dataclass(frozen=True)
class PoolUse:
    """How full a pool is. `supply` in seats: 0 when nothing is in force, None when unlimited."""

    pool_id: UUID
    pool: str
    license: str
    product_id: UUID
    unit_id: UUID
    region: str
    supply: int | None
    occupied: int

    @property
    def percent(self) -> Decimal | None:
        """Give the use in percent, exact; None of 0 or unlimited: there is no percent of nothing."""
        return percent_used(self.occupied, self.supply)

    def facts(self) -> dict[str, Any]:
        """Give what an alert keeps: percent is cut, not rounded, to a tenth, so that 79.99 never reads as 80."""
        percent = self.percent
        return {
            "pool": self.pool,
            "license": self.license,
            "occupied": self.occupied,
            "supply": self.supply,
            "percent": None if percent is None else str(percent.quantize(TENTH, ROUND_FLOOR)),
        }


def use_level(use: PoolUse, current: Level | None, lines: Lines) -> Level | None:
    """Give the level that holds now, given the one before (None: no alert).

    Seats occupied while no supply is in force are critical whatever the lines say: expired supply counts 0, never
    unlimited, and of 0 there is no percent.
    """
    if use.supply == 0:
        return Level.CRITICAL if use.occupied > 0 else None
    return level_of(use.percent, current, lines)


class LadderRule(StrEnum):
    """What a ladder counts down to: the last usable day of lots, or the last day on which notice can be given."""

    EXPIRY = "expiry"
    NOTICE_DEADLINE = "notice-deadline"


@dataclass(frozen=True)
class DatedLot:
    """A lot as a ladder sees it: `quantity` in seats (None: unlimited), held from `start` until `end` (half-open).

    `renews`: the lots that it is linked to besides; `renewed_until`: when each lot ends that is linked to renew it, be
    it of this line or of another one (None: never).
    """

    lot_key: UUID
    quantity: int | None
    start: datetime
    end: datetime | None
    last_day: date | None
    zone: str
    renewal_of: UUID | None
    renews: frozenset[UUID] = frozenset()
    renewed_until: tuple[datetime | None, ...] = ()


@dataclass(frozen=True)
class Ending:
    """What ends on a named day in its zone, whose it is, and whether something is still to be done afterwards.

    `quantity` in seats (None: unlimited). `facts`: what a letter says of it besides.
    """

    rule: LadderRule
    subject_id: UUID
    day: date
    zone: str
    quantity: int | None
    people: tuple[UUID, ...]
    pending: bool
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Announcement:
    """One rung of one ending: told once per person under `dedupe`."""

    text: str
    people: tuple[UUID, ...]
    facts: dict[str, Any]
    dedupe: str


def ends_unrenewed(lots: Sequence[DatedLot]) -> tuple[DatedLot, ...]:
    """Give the lots of one line that end and that no other lot of the line follows.

    A lot is followed by one that names it as `renewal_of`, or is linked to it, and ends later; by one as large that
    begins later than it and still holds when it ends; and by whatever keeps the line's seats at its end as many as
    they were before.
    """
    return tuple(lot for lot in lots if lot.end is not None and not _followed(lot, lot.end, lots))


def _followed(lot: DatedLot, end: datetime, lots: Sequence[DatedLot]) -> bool:
    if any(until is None or until > end for until in lot.renewed_until):
        return True
    after = [one for one in lots if one is not lot and (one.end is None or one.end > end)]
    if any(one.renewal_of == lot.lot_key or _takes_over(one, lot, end) for one in after):
        return True
    parts = [Part(one.quantity, one.start, one.end) for one in lots]
    seats_before, seats_after = seats_at(parts, end - INSTANT), seats_at(parts, end)
    return seats_after is None or (seats_before is not None and seats_after >= seats_before)


def _takes_over(later: DatedLot, lot: DatedLot, end: datetime) -> bool:
    as_large = later.quantity is None or (lot.quantity is not None and later.quantity >= lot.quantity)
    return later.renewal_of is None and not later.renews and lot.start < later.start <= end and as_large


def outlives(last_day: date, lines: Sequence[Sequence[DatedLot]], now: datetime) -> bool:
    """Say whether what an agreement supplies has been renewed beyond its last day: then no notice is decided any more.

    So it is where a lot outlasts the agreement and no other one, still in force or to come, ends with it unrenewed.
    """
    dated = [lot for lots in lines for lot in lots if lot.last_day is not None]
    unrenewed = [lot for lots in lines for lot in ends_unrenewed(lots)]
    left = any(lot.end is not None and lot.end > now and lot.last_day <= last_day for lot in unrenewed if lot.last_day)
    return not left and any(lot.last_day > last_day for lot in dated if lot.last_day)


def announcement(ending: Ending, now: datetime, ladder: Ladder) -> Announcement | None:
    """Give the rung on which an ending stands at `now`, by the days of its own zone; None before the first one.

    After the rungs that follow the day, the ladder goes on only while something is pending.
    """
    days_left = days_until(ending.day, now, ending.zone)
    rung = ladder.rung(days_left)
    if rung is None or (rung < -ladder.days_after[-1] and not ending.pending):
        return None
    when = "ahead" if days_left > 0 else "today" if days_left == 0 else "over"
    facts = {
        **dict(ending.facts),
        "day": ending.day.isoformat(),
        "days": abs(days_left),
        "quantity": UNLIMITED if ending.quantity is None else ending.quantity,
    }
    dedupe = f"{ending.rule}:{ending.subject_id}:{ending.day}:{rung}"
    return Announcement(f"{ending.rule}-{when}", ending.people, facts, dedupe)
