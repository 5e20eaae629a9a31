"""Lines that a tenant draws itself, for all or for one product, pool, region or unit: read from its policy, and chosen.

A THRESHOLDS policy draws the tenant's lines under `use`, and nearer ones under `overrides`:
`[{"origin": "POOL", "id": "…", "warn": 60}, {"origin": "REGION", "id": "150", "clear_below": 10}]`. Percents are
numbers or decimal texts; what an override leaves out is inherited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from policies.thresholds.threshold import InvalidLines, Lines, Origin, Override, lines_for

PERCENTS = ("warn", "high", "critical", "clear_below")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines and what they are drawn for; nothing named means for the whole tenant. Regions and units reach below."""

    override: Override
    product_id: UUID | None = None
    pool_id: UUID | None = None
    region: str | None = None
    unit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pool stands: its product, itself, its unit and region, each with what lies above, nearest first."""

    product_id: UUID
    pool_id: UUID
    unit_path: tuple[UUID, ...]
    region_path: tuple[str, ...]


def drawn_lines(content: Mapping[str, Any] | None) -> tuple[Drawn, ...]:
    """Read the lines of a THRESHOLDS policy; each must hold by itself over the tenant's own. Raises InvalidLines."""
    if not content:
        return ()
    tenants = [Drawn(_override(Origin.TENANT, content["use"]))] if content.get("use") else []
    nearer = [_drawn(one) for one in _listed(content)]
    for one in nearer:
        lines_for([each.override for each in (*tenants, one)])
    return (*tenants, *nearer)


def lines_at(place: Place, drawn: Iterable[Drawn]) -> Lines:
    """Give the lines in force at a place: tenant, product, pool, region, unit, and within these the nearest wins.

    Raises InvalidLines where lines that hold one by one are out of order together.
    """
    found = [(_steps_up(place, one), one.override) for one in drawn]
    far_first = sorted(((steps, override) for steps, override in found if steps is not None), key=lambda one: -one[0])
    return lines_for(override for _, override in far_first)


def _steps_up(place: Place, one: Drawn) -> int | None:
    """Count how far above the place the lines were drawn, 0 for its own; None where they are not drawn for it."""
    match one.override.origin:
        case Origin.PRODUCT:
            return 0 if one.product_id == place.product_id else None
        case Origin.POOL:
            return 0 if one.pool_id == place.pool_id else None
        case Origin.REGION:
            return place.region_path.index(one.region) if one.region in place.region_path else None
        case Origin.UNIT:
            return place.unit_path.index(one.unit_id) if one.unit_id in place.unit_path else None
        case _:
            return 0


def _listed(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    overrides = content.get("overrides", [])
    if not isinstance(overrides, list) or not all(isinstance(one, Mapping) for one in overrides):
        raise InvalidLines("overrides", "a list of tables is needed")
    return overrides


def _drawn(one: Mapping[str, Any]) -> Drawn:
    try:
        origin, subject = Origin[one["origin"]], str(one["id"])
        override = _override(origin, one)
        match origin:
            case Origin.REGION:
                return Drawn(override, region=subject)
            case Origin.PRODUCT:
                return Drawn(override, product_id=UUID(subject))
            case Origin.POOL:
                return Drawn(override, pool_id=UUID(subject))
            case Origin.UNIT:
                return Drawn(override, unit_id=UUID(subject))
    except (KeyError, ValueError, TypeError) as error:
        if isinstance(error, InvalidLines):
            raise
        raise InvalidLines("overrides", f"needs origin, id and percents; {error} cannot be read") from None
    raise InvalidLines("overrides", "lines of the tenant stand under `use`")


def _override(origin: Origin, values: Mapping[str, Any]) -> Override:
    try:
        drawn = {key: Decimal(str(values[key])) for key in PERCENTS if values.get(key) is not None}
    except ArithmeticError:
        raise InvalidLines("overrides", "a percent is a decimal number such as 80 or 82.5") from None
    if not all(percent.is_finite() for percent in drawn.values()):
        raise InvalidLines("overrides", "a percent is a finite number")
    return Override(origin, **drawn)
