"""Kaplan–Meier: S(t) = Π over times tᵢ ≤ t of (1 − eventsᵢ / at_riskᵢ), censored seats counted until they leave.

How long until something happens, when for some it has not happened yet. A seat that was never used is not thrown away
and not counted as slow: it stays at risk until the day we stopped looking.

Sources: Kaplan & Meier 1958 (estimate); Greenwood 1926 (variance); Kalbfleisch & Prentice 1980 (pointwise interval by
the log(−log S) transform); Brookmeyer & Crowley 1982 (interval of a quantile, here with that same transform).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist

# Products of fractions miss an exact 0.5 by a few ulps; a quantile must not slip to the next time for that.
_SLACK = 1e-12


@dataclass(frozen=True, slots=True)
class Step:
    """What happened at one time. The interval is None where it is not defined (S = 0 or S = 1)."""

    time: float
    at_risk: int
    events: int
    censored: int
    survival: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which `share` of all had the event, with its interval; None where follow-up did not reach it."""

    share: float
    time: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """The share with the event within `time`, with its interval (None where it is not defined)."""

    time: float
    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Survival:
    """The whole estimate. Times are in the unit of the durations given; `confidence` holds for every interval."""

    n: int
    events: int
    censored: int
    confidence: float
    steps: tuple[Step, ...]
    lower_quartile: Quantile
    median: Quantile
    upper_quartile: Quantile

    def share_within(self, time: float) -> Share | None:
        """1 − S(time); None where nobody was followed that long, or nobody was followed at all."""
        if not self.steps or time < 0 or (time > self.steps[-1].time and self.steps[-1].survival > 0):
            return None
        before = bisect_right(self.steps, time, key=lambda step: step.time)
        if before == 0:
            return Share(time, 0.0, None, None)
        step = self.steps[before - 1]
        return Share(
            time,
            1 - step.survival,
            None if step.upper is None else 1 - step.upper,
            None if step.lower is None else 1 - step.lower,
        )


def kaplan_meier(observations: Iterable[tuple[float, bool]], confidence: float = 0.95) -> Survival:
    """The estimate from single histories: (duration, True where the event was seen, False where censored).

    Raises ValueError for a duration that is negative or not finite, or a confidence outside 0..1.
    """
    histogram: dict[float, tuple[int, int]] = {}
    for duration, observed in observations:
        events, censored = histogram.get(duration, (0, 0))
        histogram[duration] = (events + 1, censored) if observed else (events, censored + 1)
    return kaplan_meier_of_histogram(histogram, confidence)


def kaplan_meier_of_histogram(histogram: Mapping[float, tuple[int, int]], confidence: float = 0.95) -> Survival:
    """The same estimate from counts: duration → (events, censored), as the day rollups keep them.

    Raises ValueError for a negative count, for a duration that is negative or not finite, or for a confidence
    outside 0..1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    for duration, (events, censored) in histogram.items():
        if not math.isfinite(duration) or duration < 0:
            raise ValueError(f"a duration must be a finite number ≥ 0, not {duration}")
        if events < 0 or censored < 0:
            raise ValueError(f"counts at duration {duration} must be ≥ 0")
    steps = tuple(_steps(histogram, NormalDist().inv_cdf(0.5 + confidence / 2)))
    events = sum(step.events for step in steps)
    censored = sum(step.censored for step in steps)
    return Survival(
        n=events + censored,
        events=events,
        censored=censored,
        confidence=confidence,
        steps=steps,
        lower_quartile=_quantile(steps, 0.25),
        median=_quantile(steps, 0.5),
        upper_quartile=_quantile(steps, 0.75),
    )


def _steps(histogram: Mapping[float, tuple[int, int]], z: float) -> Iterator[Step]:
    at_risk = sum(events + censored for events, censored in histogram.values())
    survival = 1.0
    greenwood = 0.0
    for time in sorted(histogram):
        events, censored = histogram[time]
        if events + censored == 0:
            continue
        # Ties: who is censored at t was still at risk at t.
        if events == at_risk:
            survival = 0.0
        elif events:
            survival *= 1 - events / at_risk
            greenwood += events / (at_risk * (at_risk - events))
        lower, upper = _interval(survival, greenwood, z)
        yield Step(time, at_risk, events, censored, survival, lower, upper)
        at_risk -= events + censored


def _interval(survival: float, greenwood: float, z: float) -> tuple[float | None, float | None]:
    if not 0 < survival < 1:
        return None, None
    log_survival = math.log(survival)
    width = math.exp(z * math.sqrt(greenwood) / -log_survival)
    return math.exp(log_survival * width), math.exp(log_survival / width)


def _quantile(steps: tuple[Step, ...], share: float) -> Quantile:
    left = 1 - share + _SLACK
    return Quantile(
        share,
        next((step.time for step in steps if step.survival <= left), None),
        next((step.time for step in steps if step.lower is not None and step.lower <= left), None),
        next((step.time for step in steps if step.upper is not None and step.upper <= left), None),
    )
