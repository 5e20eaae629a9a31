"""part_i = ⌊amount × w_i / Σw⌋, and what is left goes to the largest remainders, a unit each: the parts sum exactly.

Source: the method of the largest remainder (Hamilton, 1792). Spread over days: what was spent until the end of day d of
n is amount × d / n, rounded half to even, and a stretch is a difference of two of these, so that stretches which follow
one another sum to the amount whatever their number.
"""

from collections.abc import Sequence
from fractions import Fraction


def apportioned(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Part a whole amount by weights. Raises ValueError where no weight is above 0, or one below."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be 0 or more, and one of them above: {list(weights)}")
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    parts = [size * weight // whole for weight in weights]
    remainders = [size * weight % whole for weight in weights]
    left = size - sum(parts)
    for place in sorted(range(len(weights)), key=lambda at: (-remainders[at], at))[:left]:
        parts[place] += 1
    return tuple(sign * part for part in parts)


def spent(amount: int, days: int, first: int, last: int) -> int:
    """Give what of an amount over `days` days falls on day `first` to day `last`, both counted from 1 and inclusive."""
    return round(Fraction(amount * last, days)) - round(Fraction(amount * (first - 1), days))
