"""The activation funnel: how many of those who could take each step did, who is lost, which errors stood in the way.

A step that no source tells of is not observed, never 0 %; seats that may still take it are told apart from lost ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.activation.rules import Step
from governance.catalog import queries as catalog
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.definitions import Definition, definitions
from governance.metrics.first_use import check_cohort, hidden_groups
from governance.metrics.first_use_gather import Cohort
from governance.metrics.formulas.wilson import Proportion, wilson
from governance.metrics.funnel_gather import ORDER, RANK, Ways, ways_by_product
from policies.access.actions import Action

DERIVED = frozenset({Step.INVITED, Step.ACCEPTED, Step.ASSIGNED})
BY_INVITATION = frozenset({Step.INVITED, Step.ACCEPTED})


@dataclass(frozen=True)
class FunnelQuery:
    """`assigned_from` and `assigned_until` (half-open) bound the cohort by when its seats were assigned."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    product_id: UUID | None = None
    assigned_from: datetime | None = None
    assigned_until: datetime | None = None
    confidence: float = 0.95


@dataclass(frozen=True)
class ErrorTold:
    """Seats that met an error code at a step, and of those the ones that came past the step since."""

    code: str
    seats: int
    overcome: int

    @property
    def stuck(self) -> int:
        return self.seats - self.overcome


@dataclass(frozen=True)
class StepTold:
    """One step. `eligible` = `reached` + `lost` (over without it) + `not_yet`; all None where it is not observed or the
    group is too small. `share` is reached of eligible. `errors`: codes that k seats or more met, the most met first;
    `errors_hidden`: how many codes fewer seats met.
    """

    step: Step
    observed: bool
    suppressed: bool
    eligible: int | None
    reached: int | None
    lost: int | None
    not_yet: int | None
    share: Proportion | None
    errors: tuple[ErrorTold, ...] = ()
    errors_hidden: int = 0


@dataclass(frozen=True)
class SurveyTold:
    """Answers from 1 (hard) to 7 (easy), of responders only; `scores` is None where fewer than k answered."""

    asked: int
    answered: int
    response: Proportion | None
    scores: Mapping[int, int] | None


@dataclass(frozen=True)
class Funnel:
    """The steps in their order over `seats` first episodes. `unassisted`: of the seats that were used, those without a
    call for help before. Where `suppressed`, nothing but the number of seats is told.
    """

    seats: int
    steps: tuple[StepTold, ...]
    unassisted: Proportion | None
    contacts: int | None
    survey: SurveyTold | None
    suppressed: bool
    k: int
    confidence: float
    product_id: UUID | None
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition


@dataclass(frozen=True)
class _Counts:
    eligible: int = 0
    reached: int = 0
    lost: int = 0

    def __add__(self, other: "_Counts") -> "_Counts":
        return _Counts(self.eligible + other.eligible, self.reached + other.reached, self.lost + other.lost)


async def activation_funnel(work: Work, query: FunnelQuery) -> Funnel:
    """Tell the funnel within reach. Raises BadInput, NotFound for a product that is not there."""
    if not 0.5 <= query.confidence < 1:
        raise BadInput("confidence", str(query.confidence), "a number from 0.5 to below 1, such as 0.95")
    check_cohort(query.assigned_from, query.assigned_until)
    when = moments(work, query.as_of, query.known_at)
    if query.product_id is not None:
        await catalog.product(work, query.product_id)
    groups = await ways_by_product(work, when, Cohort(query.assigned_from, query.assigned_until))
    tenant = await tenant_of(work)
    k = tenant.small_group
    chosen = list(groups.values()) if query.product_id is None else [groups.get(query.product_id, Ways())]
    seats = sum(each.seats for each in chosen)
    hidden = hidden_groups({product: each.seats for product, each in groups.items()}, k)
    closed = seats < k or query.product_id in hidden
    return Funnel(
        seats=seats,
        steps=() if closed else steps_of(chosen, k, query.confidence),
        unassisted=None if closed else _unassisted(chosen, k, query.confidence),
        contacts=None if closed else sum(each.contacts for each in chosen),
        survey=None if closed else _survey(chosen, k, query.confidence),
        suppressed=closed,
        k=k,
        confidence=query.confidence,
        product_id=query.product_id,
        scope=await scope_of(work, Action.METRIC_READ),
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=await freshness_at(work, when, tenant.stale_after_days),
        policy_version=work.gate.revision,
        definition=definitions()["activation_funnel"],
    )


def steps_of(ways: Iterable[Ways], k: int, confidence: float) -> tuple[StepTold, ...]:
    """Tell every step over several products; a product without a source for a step is not in that step's figures."""
    chosen = list(ways)
    figures: dict[Step, _Counts] = defaultdict(_Counts)
    for each in chosen:
        for step, counts in _figures(each).items():
            figures[step] += counts
    errors: dict[Step, dict[str, tuple[int, int]]] = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for each in chosen:
        for (step, code), (met, past) in each.errors.items():
            so_far = errors[step][code]
            errors[step][code] = (so_far[0] + met, so_far[1] + past)
    return tuple(_told(step, figures.get(step), errors[step], k, confidence) for step in ORDER)


def _figures(ways: Ways) -> dict[Step, _Counts]:
    """Count each observed step of one product: its eligible are those who reached the observed step before it."""
    figures: dict[Step, _Counts] = {}
    before = RANK[Step.INVITED]
    for step in ORDER:
        if step not in DERIVED and step not in ways.observed:
            continue
        invited_only = step in BY_INVITATION
        counts = _step(ways, step, 0 if step is Step.ASSIGNED else before, invited_only=invited_only)
        if counts.eligible or not invited_only:
            figures[step] = counts
        before = RANK[step]
    return figures


def _step(ways: Ways, step: Step, before: int, *, invited_only: bool) -> _Counts:
    counts = _Counts()
    for (invited, furthest, ended), seats in ways.came.items():
        if RANK[furthest] < before or (invited_only and not invited):
            continue
        reached = RANK[furthest] >= RANK[step]
        counts += _Counts(seats, seats if reached else 0, seats if ended and not reached else 0)
    return counts


def _told(
    step: Step, counts: _Counts | None, errors: Mapping[str, tuple[int, int]], k: int, confidence: float
) -> StepTold:
    shown = sorted((-met, code, past) for code, (met, past) in errors.items() if met >= k)
    said = tuple(ErrorTold(code, -met, past) for met, code, past in shown)
    unseen = len(errors) - len(said)
    if counts is None or counts.eligible < k:
        small = counts is not None and counts.eligible > 0
        return StepTold(step, counts is not None, small, None, None, None, None, None, said, unseen)
    not_yet = counts.eligible - counts.reached - counts.lost
    share = wilson(counts.reached, counts.eligible, confidence)
    return StepTold(step, True, False, counts.eligible, counts.reached, counts.lost, not_yet, share, said, unseen)


def _unassisted(ways: Iterable[Ways], k: int, confidence: float) -> Proportion | None:
    chosen = list(ways)
    used = sum(each.used for each in chosen)
    return wilson(sum(each.unassisted for each in chosen), used, confidence) if used >= k else None


def _survey(ways: Iterable[Ways], k: int, confidence: float) -> SurveyTold:
    asked, scores = 0, dict[int, int]()
    for each in ways:
        asked += each.asked
        for score, count in each.scores.items():
            scores[score] = scores.get(score, 0) + count
    answered = sum(scores.values())
    return SurveyTold(asked, answered, wilson(answered, asked, confidence), scores if answered >= k else None)
