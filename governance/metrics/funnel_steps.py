"""The steps of a group of seats, counted: who could take each, who did, who is over without it, who may still."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from governance.activation.rules import Step
from governance.metrics.funnel_gather import ORDER, RANK, Ways

DERIVED = frozenset({Step.INVITED, Step.ACCEPTED, Step.ASSIGNED})
BY_INVITATION = frozenset({Step.INVITED, Step.ACCEPTED})
NO_STEPS: frozenset[Step] = frozenset()


@dataclass(frozen=True)
class Counts:
    """Seats at one step; `eligible` = `reached` + `lost` + `not_yet`."""

    eligible: int = 0
    reached: int = 0
    lost: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.eligible + other.eligible, self.reached + other.reached, self.lost + other.lost)

    @property
    def missed(self) -> int:
        """Those who did not reach it, over or not."""
        return self.eligible - self.reached

    @property
    def not_yet(self) -> int:
        return self.missed - self.lost


def count_steps(parts: Iterable[Ways], skipped: frozenset[Step] = NO_STEPS) -> dict[Step, Counts]:
    """Count the steps over several products; one without a source for a step is not in that step's figures.

    A skipped step is passed over as if nobody told of it: those who could take the next are those before it.
    """
    figures: dict[Step, Counts] = defaultdict(Counts)
    for each in parts:
        for step, counts in _of_product(each, skipped).items():
            figures[step] += counts
    return dict(figures)


def _of_product(ways: Ways, skipped: frozenset[Step]) -> dict[Step, Counts]:
    """Count each observed step of one product: its eligible are those who reached the told step before it."""
    figures: dict[Step, Counts] = {}
    before = RANK[Step.INVITED]
    for step in ORDER:
        if step in skipped or (step not in DERIVED and step not in ways.observed):
            continue
        invited_only = step in BY_INVITATION
        counts = _step(ways, step, 0 if step is Step.ASSIGNED else before, invited_only=invited_only)
        if counts.eligible or not invited_only:
            figures[step] = counts
        before = RANK[step]
    return figures


def _step(ways: Ways, step: Step, before: int, *, invited_only: bool) -> Counts:
    counts = Counts()
    for (invited, furthest, ended), seats in ways.came.items():
        if RANK[furthest] < before or (invited_only and not invited):
            continue
        reached = RANK[furthest] >= RANK[step]
        counts += Counts(seats, seats if reached else 0, seats if ended and not reached else 0)
    return counts
