"""Log-rank: χ² = (Σ(dᵢ − nᵢ·Dᵢ/Nᵢ))² / Σ Vᵢ, Vᵢ = Dᵢ·(nᵢ/Nᵢ)(1 − nᵢ/Nᵢ)·(Nᵢ − Dᵢ)/(Nᵢ − 1), over the times of events.

Do two groups wait alike, when some of either are still waiting? dᵢ of nᵢ in the first group and Dᵢ of Nᵢ in both had
the event at time i. Fewer events than expected means that the first group waits longer.

Sources: Mantel 1966; Peto & Peto 1972 (hypergeometric variance, tied times together).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Compared:
    """The first group against both. `p` is two-sided; `p_slower` is that of the first group waiting longer."""

    n: tuple[int, int]
    observed: int
    expected: float
    variance: float
    chi_square: float
    p: float
    p_slower: float


Histogram = Mapping[float, tuple[int, int]]


def log_rank(first: Histogram, second: Histogram) -> Compared | None:
    """Compare two groups by their histograms (duration → (events, censored)).

    None where no event tells them apart. Raises ValueError for a duration or count that is none.
    """
    for duration, counts in [*first.items(), *second.items()]:
        if not math.isfinite(duration) or duration < 0 or min(counts) < 0:
            raise ValueError(f"a duration must be a finite number ≥ 0 with counts ≥ 0: {duration}, {counts}")
    sizes = tuple(sum(events + censored for events, censored in group.values()) for group in (first, second))
    left, both = sizes[0], sum(sizes)
    observed, expected, variance = 0, 0.0, 0.0
    for time in sorted({*first, *second}):
        (events, censored), (others, others_censored) = first.get(time, (0, 0)), second.get(time, (0, 0))
        together = events + others
        observed += events
        if together:
            share = left / both
            expected += together * share
            if both > 1:
                variance += together * share * (1 - share) * (both - together) / (both - 1)
        left -= events + censored
        both -= together + censored + others_censored
    if variance <= 0:
        return None
    z = (observed - expected) / math.sqrt(variance)
    normal = NormalDist()
    two_sided = math.erfc(abs(z) / math.sqrt(2))
    return Compared((sizes[0], sizes[1]), observed, expected, variance, z * z, two_sided, normal.cdf(z))


def histogram_of(observations: Iterable[tuple[float, bool]]) -> dict[float, tuple[int, int]]:
    """Count single histories: (duration, True where the event was seen, False where censored)."""
    counted: dict[float, tuple[int, int]] = {}
    for duration, seen in observations:
        events, censored = counted.get(duration, (0, 0))
        counted[duration] = (events + 1, censored) if seen else (events, censored + 1)
    return counted
