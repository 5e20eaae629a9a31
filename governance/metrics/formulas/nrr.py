"""Net retention: NRR = (opening + expansion − contraction − churn) / opening, on the contracts there at the opening.

Who came later is not in it. Source: domain rules of license governance, section 5. Exact; None for an empty cohort.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From opening to closing: closing = opening + expansion − contraction − churn, to the unit."""

    opening: int
    expansion: int
    contraction: int
    churn: int

    @property
    def closing(self) -> int:
        return self.opening + self.expansion - self.contraction - self.churn

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.closing, self.opening) if self.opening else None


def net_retention(contracts: Iterable[tuple[int, int]]) -> Waterfall:
    """The waterfall over contracts (opening, closing), each ≥ 0; a contract that opened at 0 is not of the cohort.

    Raises ValueError for a negative value.
    """
    total = more = less = lost = 0
    for opening, closing in contracts:
        if opening < 0 or closing < 0:
            raise ValueError(f"values must be ≥ 0: {opening}, {closing}")
        if not opening:
            continue
        total += opening
        more += max(0, closing - opening)
        lost += opening if not closing else 0
        less += max(0, opening - closing) if closing else 0
    return Waterfall(total, more, less, lost)
