"""Gross retention: GRR = Σ min(openingᵢ, closingᵢ) / Σ openingᵢ, each contract capped at its opening value.

Expansion never hides churn: the cap holds contract by contract, not over their sum.
Source: domain rules of license governance, section 5. Exact: a Fraction, None for an empty cohort.
"""

from collections.abc import Iterable
from fractions import Fraction


def gross_retention(contracts: Iterable[tuple[int, int]]) -> Fraction | None:
    """The rate over contracts (opening, closing), each ≥ 0. Raises ValueError for a negative value."""
    total = kept = 0
    for opening, closing in contracts:
        if opening < 0 or closing < 0:
            raise ValueError(f"values must be ≥ 0: {opening}, {closing}")
        total += opening
        kept += min(opening, closing)
    return Fraction(kept, total) if total else None
