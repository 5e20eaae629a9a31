"""Renewal rate = Σ min(due, renewed) / Σ due, over what fell due in the period; not yet due is left out.

By count each due is 1; by seats and by value what was booked counts up to what expired, so growth renews nothing.
Source: domain rules of license governance, section 5. Exact: a Fraction, None for an empty cohort.
"""

from collections.abc import Iterable
from fractions import Fraction


def renewal_rate(pairs: Iterable[tuple[int, int]]) -> Fraction | None:
    """The rate over pairs (due, renewed), each ≥ 0. Raises ValueError for a negative amount."""
    due = kept = 0
    for expiring, booked in pairs:
        if expiring < 0 or booked < 0:
            raise ValueError(f"amounts must be ≥ 0: {expiring}, {booked}")
        due += expiring
        kept += min(expiring, booked)
    return Fraction(kept, due) if due else None
