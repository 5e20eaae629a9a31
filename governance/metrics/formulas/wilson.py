"""Wilson: (p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n), the interval of a share such as 8 of 10.

It stays inside 0..1 and means something at 0 of n, where the textbook interval p ± z·√(p(1 − p)/n) has no width.

Source: Wilson 1927, without continuity correction.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of n between 0 and 1 with its interval."""

    successes: int
    n: int
    value: float
    lower: float
    upper: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Proportion | None:
    """The share `successes / n` with its interval at `confidence`; None where n is 0.

    Raises ValueError unless 0 ≤ successes ≤ n and 0 < confidence < 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n: {successes} of {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    scale = 1 + z * z / n
    center = (share + z * z / (2 * n)) / scale
    margin = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    lower = 0.0 if successes == 0 else max(0.0, center - margin)
    upper = 1.0 if successes == n else min(1.0, center + margin)
    return Proportion(successes, n, share, lower, upper)
