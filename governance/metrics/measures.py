"""The figures of one row of a position, and how they follow from each other."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from governance.kernel.money import Money
from governance.metrics.covered import CoveredSeats
from governance.metrics.measured import MeasuredUse


@dataclass(frozen=True)
class Measures:
    """Seats (None: unlimited), signed; `observed` is None where no source is fresh enough to know.

    `percent` = occupied / purchased, None for 0 and unlimited. `cost` for the terms of the lots, by currency.
    `measured`: what is counted in units, line by line; none of it is in the seats, all of it in the cost.
    `covered_by`: of the occupied, those that a suite, a higher tier or an equal right of their holders carries.
    """

    purchased: int | None
    entitled: int | None
    allocated: int | None
    occupied: int
    active: int
    observed: int | None
    overage: int
    balance: int | None
    percent: Decimal | None
    cost: tuple[Money, ...]
    measured: tuple[MeasuredUse, ...] = ()
    covered_by: tuple[CoveredSeats, ...] = ()

    @property
    def covered(self) -> int:
        """Count the occupied seats that another right of their holders covers."""
        return sum(each.seats for each in self.covered_by)

    @property
    def needed(self) -> int:
        """Count the occupied seats that no other right covers: occupied = covered + needed."""
        return self.occupied - self.covered

    @property
    def matched(self) -> int | None:
        """Purchased less needed, signed: what is left or lacking when what covers a seat carries it."""
        return None if self.purchased is None else self.purchased - self.needed

    @property
    def unallocated(self) -> int | None:
        """Purchased but not given to a pool; negative where pools were given more than there is."""
        return None if self.purchased is None else self.purchased - (self.allocated or 0)


def percent(occupied: int, purchased: int | None) -> Decimal | None:
    """Give occupied / purchased in percent with one decimal; None of 0 and of unlimited, never 0 % or infinity."""
    if not purchased or purchased < 0:
        return None
    return (Decimal(occupied) * 100 / purchased).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
