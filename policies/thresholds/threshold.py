"""When use of a license becomes worth a warning, when the warning clears, and on which days an expiry is announced.

All arithmetic is in Decimal and whole numbers: 79.999…% never becomes 80 by rounding.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

_HUNDRED = Decimal(100)


class Level(IntEnum):
    """How serious it is; the highest one reached wins."""

    WARN = 1
    HIGH = 2
    CRITICAL = 3


class Origin(IntEnum):
    """Who drew a line. Inheritance runs from the tenant to the unit: the later one overrides."""

    TENANT = 1
    PRODUCT = 2
    POOL = 3
    REGION = 4
    UNIT = 5


class InvalidLines(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"threshold {field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Lines:
    """Use lines in percent of the limit. A level clears `clear_below` points under its own line."""

    warn: Decimal
    high: Decimal
    critical: Decimal
    clear_below: Decimal

    def __post_init__(self) -> None:
        if not 0 < self.warn < self.high < self.critical:
            raise InvalidLines("lines", f"0 < warn < high < critical fails: {self.warn}, {self.high}, {self.critical}")
        if not 0 <= self.clear_below < self.warn:
            raise InvalidLines("clear_below", f"{self.clear_below} must lie between 0 and warn ({self.warn})")

    def line(self, level: Level) -> Decimal:
        """The percent at which the level is raised."""
        return {Level.WARN: self.warn, Level.HIGH: self.high, Level.CRITICAL: self.critical}[level]


@dataclass(frozen=True, slots=True)
class Override:
    """Lines redrawn by one origin; None keeps what was inherited."""

    origin: Origin
    warn: Decimal | None = None
    high: Decimal | None = None
    critical: Decimal | None = None
    clear_below: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Days on which an expiry is announced, relative to the last usable day."""

    days_before: tuple[int, ...]
    days_after: tuple[int, ...]
    then_every: int

    def rung(self, days_left: int) -> int | None:
        """The latest announcement due when `days_left` days remain (negative: days since); None before the first.

        The answer names the rung (120 … 0, then −1, −8, −15 …), so that a day nobody looked at is not skipped and
        the same rung is not announced twice.
        """
        reached = [rung for rung in self._rungs() if days_left <= rung]
        if not reached:
            return None
        latest = min(reached)
        if latest == -self.days_after[-1]:
            return latest - (latest - days_left) // self.then_every * self.then_every
        return latest

    def _rungs(self) -> tuple[int, ...]:
        return (*self.days_before, *(-day for day in self.days_after))


@dataclass(frozen=True, slots=True)
class Idle:
    """Days without use until a seat is suspect, a candidate, reclaimed; days of grace for a new seat."""

    suspect_days: int
    candidate_days: int
    reclaim_days: int
    activation_grace_days: int


@dataclass(frozen=True, slots=True)
class Slowdown:
    """When recent seats are used later than those before: spans in days, least groups, one-sided p of being slower."""

    recent_days: int
    baseline_days: int
    least_seats: int
    least_used: int
    raise_below: float
    high_below: float
    clear_above: float

    def level(self, p: float | None, current: Level | None) -> Level | None:
        """Give the level at this p; one that stands is held until p rises above `clear_above`, or tells nothing."""
        if p is None:
            return None
        if p < self.high_below:
            return Level.HIGH
        if p < self.raise_below:
            return Level.WARN
        return None if p > self.clear_above or current is None else Level.WARN


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Everything defaults.toml draws. `lease_seconds`: how long a concurrent seat is held without a heartbeat."""

    use: Lines
    expiry: Ladder
    idle: Idle
    lease_seconds: int
    slowdown: Slowdown


def percent_used(used: int, limit: int | None) -> Decimal | None:
    """Use in percent of the limit; None where the limit is 0 or unlimited (None): no percent of nothing exists."""
    if not limit:
        return None
    return Decimal(used) * _HUNDRED / Decimal(limit)


def level_of(percent: Decimal | None, current: Level | None, lines: Lines) -> Level | None:
    """The level now, given the level before.

    A level is raised at its line and held until the percent falls below the line minus `clear_below`; then it is
    cleared and armed again. No percent (limit 0 or unlimited) is no level.
    """
    if percent is None:
        return None
    raised = max((level for level in Level if percent >= lines.line(level)), default=None)
    if current is None:
        return raised
    held = max((level for level in Level if level <= current and _still_holds(percent, level, lines)), default=None)
    return max((level for level in (raised, held) if level is not None), default=None)


def lines_for(overrides: Iterable[Override], inherited: Lines | None = None) -> Lines:
    """The lines in force: inherited (else the defaults), redrawn by tenant, product, pool, region, unit in that order.

    Raises InvalidLines where they end up out of order.
    """
    lines = inherited or default_thresholds().use
    drawn = {"warn": lines.warn, "high": lines.high, "critical": lines.critical, "clear_below": lines.clear_below}
    for override in sorted(overrides, key=lambda one: one.origin):
        for field in drawn:
            value: Decimal | None = getattr(override, field)
            if value is not None:
                drawn[field] = value
    return Lines(**drawn)


@cache
def default_thresholds() -> Thresholds:
    """What defaults.toml says."""
    return thresholds(tomllib.loads(Path(__file__).with_name("defaults.toml").read_text(encoding="utf-8")))


def thresholds(document: Mapping[str, Any]) -> Thresholds:
    """Thresholds from a document shaped as defaults.toml. Raises InvalidLines, KeyError for what is missing."""
    use, expiry = document["use"], document["expiry"]
    before, after = tuple(expiry["days_before"]), tuple(expiry["days_after"])
    if not before or list(before) != sorted(set(before), reverse=True) or before[-1] < 0:
        raise InvalidLines("expiry.days_before", "days must fall, down to 0 or above")
    if not after or list(after) != sorted(set(after)) or after[0] < 1:
        raise InvalidLines("expiry.days_after", "days must rise, from 1 or above")
    if expiry["then_every"] < 1:
        raise InvalidLines("expiry.then_every", "at least one day")
    idle = Idle(**document["idle"])
    if not 0 < idle.suspect_days <= idle.candidate_days <= idle.reclaim_days:
        raise InvalidLines("idle", "suspect ≤ candidate ≤ reclaim fails")
    return Thresholds(
        use=Lines(**{field: Decimal(str(use[field])) for field in ("warn", "high", "critical", "clear_below")}),
        expiry=Ladder(before, after, expiry["then_every"]),
        idle=idle,
        lease_seconds=document["lease"]["seconds"],
        slowdown=Slowdown(**document["slowdown"]),
    )


def _still_holds(percent: Decimal, level: Level, lines: Lines) -> bool:
    return percent >= lines.line(level) - lines.clear_below
