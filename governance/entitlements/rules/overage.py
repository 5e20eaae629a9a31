"""How far beyond its supply a line may go: by which mode, up to which percentage, and what of it is owed."""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from governance.entitlements.rules.words import Overage
from governance.kernel.errors import BadInput

STOPS = frozenset({Overage.BLOCK, Overage.ALLOW_TO_PERCENT})
"""The modes in which there is a most that may be taken."""
LEAST, MOST = Decimal(100), Decimal(1000)


def stops(overage: Overage) -> bool:
    """Say whether grants end somewhere: at the supply, or at a percentage of it."""
    return overage in STOPS


def most_of(supply: int | None, percent: Decimal | str | None) -> int | None:
    """Give how many seats may be taken of a supply: floor(supply × percent / 100); without a percentage, all of it.

    None (unlimited) stays unlimited, and nothing stays nothing: no percentage of an expired supply is a seat.
    """
    if supply is None or percent is None:
        return supply
    return int((supply * Decimal(percent) / 100).to_integral_value(ROUND_FLOOR))


def since(limit: int | None, occupied: int, marked: datetime | None, now: datetime) -> datetime | None:
    """Give since when more is taken than a limit (None: none): as marked, or from now on; None where it is not."""
    return (marked or now) if limit is not None and occupied > limit else None


def check_overage(overage: Overage, percent: str | None, *, path: str = "") -> str | None:
    """Give the percentage as it is kept, for the mode that has one. Raises BadInput."""
    if overage is not Overage.ALLOW_TO_PERCENT:
        if percent is not None:
            raise BadInput(
                f"{path}overage_percent", str(percent), f"no percentage, because the mode is {overage.value}"
            )
        return None
    needs = f"a percentage of the supply from {LEAST} to {MOST} with at most two decimals, such as 110"
    if percent is None:
        raise BadInput(f"{path}overage_percent", "nothing", needs)
    try:
        value = Decimal(percent)
    except InvalidOperation:
        raise BadInput(f"{path}overage_percent", str(percent), needs) from None
    if not value.is_finite() or not LEAST <= value <= MOST or value != round(value, 2):
        raise BadInput(f"{path}overage_percent", str(percent), needs)
    return format(value.normalize(), "f")
