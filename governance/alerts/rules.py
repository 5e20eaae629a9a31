"""When the use of a pool raises, holds or clears an alert, and whose lines it is measured by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from policies.thresholds.threshold import (
    InvalidLines,
    Level,
    Lines,
    Origin,
    Override,
    level_of,
    lines_for,
    percent_used,
)

POOL_USE = "pool-use"
TENTH = Decimal("0.1")
DRAWN = ("warn", "high", "critical", "clear_below")


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


@dataclass(frozen=True)
class Drawn:
    """Lines that a tenant drew itself: for all, or for one product, pool, region (and below), unit (and below)."""

    override: Override
    product_id: UUID | None = None
    pool_id: UUID | None = None
    region: str | None = None
    unit_id: UUID | None = None


@dataclass(frozen=True)
class Place:
    """Where a pool hangs: its unit and region, each with what lies above, the nearest first."""

    unit_path: tuple[UUID, ...]
    region_path: tuple[str, ...]


def use_level(use: PoolUse, current: Level | None, lines: Lines) -> Level | None:
    """Give the level that holds now, given the one before (None: no alert).

    Seats occupied while no supply is in force are critical whatever the lines say: expired supply counts 0, never
    unlimited, and of 0 there is no percent (domain.md, sections 3 and 4).
    """
    if use.supply == 0:
        return Level.CRITICAL if use.occupied > 0 else None
    return level_of(use.percent, current, lines)


def drawn_lines(content: Mapping[str, Any] | None) -> tuple[Drawn, ...]:
    """Read the rulebook's THRESHOLDS: `use` for the tenant, `overrides` for one product, pool, region or unit each.

    `{"use": {"warn": 75}, "overrides": [{"origin": "POOL", "id": "…", "warn": 60}, {"origin": "REGION", "id": "150",
    "clear_below": 10}]}`; percents are numbers or decimal texts, what is left out is inherited. Raises InvalidLines.
    """
    if not content:
        return ()
    drawn = [Drawn(_override(Origin.TENANT, content["use"]))] if content.get("use") else []
    return (*drawn, *(_drawn(one) for one in content.get("overrides", ())))


def lines_of(use: PoolUse, place: Place, drawn: Iterable[Drawn]) -> Lines:
    """Give the lines a pool is measured by: tenant, product, pool, region, unit; within these the nearest wins.

    Raises InvalidLines where they end up out of order.
    """
    found = [(_distance(use, place, one), one.override) for one in drawn]
    near = sorted(((d, override) for d, override in found if d is not None), key=lambda pair: -pair[0])
    return lines_for(override for _, override in near)


def _distance(use: PoolUse, place: Place, one: Drawn) -> int | None:
    """Say how far up the lines were drawn: 0 for the pool's own place; None where they are not drawn for it."""
    match one.override.origin:
        case Origin.PRODUCT:
            return 0 if one.product_id == use.product_id else None
        case Origin.POOL:
            return 0 if one.pool_id == use.pool_id else None
        case Origin.REGION:
            return place.region_path.index(one.region) if one.region in place.region_path else None
        case Origin.UNIT:
            return place.unit_path.index(one.unit_id) if one.unit_id in place.unit_path else None
        case _:
            return 0


def _drawn(one: Mapping[str, Any]) -> Drawn:
    try:
        origin = Origin[one["origin"]]
        override, subject = _override(origin, one), one["id"]
        match origin:
            case Origin.REGION:
                return Drawn(override, region=str(subject))
            case Origin.PRODUCT:
                return Drawn(override, product_id=UUID(subject))
            case Origin.POOL:
                return Drawn(override, pool_id=UUID(subject))
            case Origin.UNIT:
                return Drawn(override, unit_id=UUID(subject))
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise InvalidLines("overrides", f"cannot be read: {error}") from None
    raise InvalidLines("overrides", "lines of the tenant stand under `use`")


def _override(origin: Origin, values: Mapping[str, Any]) -> Override:
    drawn = {key: Decimal(str(values[key])) for key in DRAWN if values.get(key) is not None}
    return Override(origin, **drawn)
