"""When the use of a pool raises, holds or clears an alert."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from policies.thresholds.threshold import (
    Level,
    Lines,
    level_of,
    percent_used,
)

POOL_USE = "pool-use"
TENTH = Decimal("0.1")


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
    unlimited, and of 0 there is no percent (domain.md, sections 3 and 4).
    """
    if use.supply == 0:
        return Level.CRITICAL if use.occupied > 0 else None
    return level_of(use.percent, current, lines)
