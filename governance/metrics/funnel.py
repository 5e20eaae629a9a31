"""The activation funnel: how many of those who could take each step did, who is lost, which errors stood in the way.

A step that no source tells of is not observed, never 0 %; seats that may still take it are told apart from lost ones.
What is small, or would tell of what is small, is kept back: `small_groups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from governance.activation.rules import Step
from governance.catalog import queries as catalog
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Moments, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.asked import ActivationQuery, Asked, check_asked
from governance.metrics.definitions import Definition, definitions
from governance.metrics.formulas.kaplan_meier import Quantile, kaplan_meier_of_histogram
from governance.metrics.formulas.wilson import Proportion, wilson
from governance.metrics.funnel_book import Book, Chosen, open_book
from governance.metrics.funnel_gather import ORDER
from governance.metrics.funnel_steps import Counts
from governance.metrics.small_groups import ASKED, CALLS, USED, none_or_enough
from policies.access.actions import Action


class FunnelBy(StrEnum):
    """What a product's funnel is told apart by."""

    UNIT = "UNIT"
    REGION = "REGION"


@dataclass(frozen=True)
class FunnelQuery(ActivationQuery):
    """`by` takes a product and no cohort: groups are told within one product."""

    by: FunnelBy | None = None


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
    """One step. `eligible` = `reached` + `lost` (over without it) + `not_yet`; all None where it is not observed or
    kept back; `lost` and `not_yet` also where only their sum may be told. `share` is reached of eligible. `wait`: days
    from the step before, by when half of the eligible took it; None too where a step between is kept back. `unknown`:
    seats whose wait is not known. `errors`: codes, the most met first; `errors_hidden`: how many are kept back.
    """

    step: Step
    observed: bool
    suppressed: bool
    eligible: int | None = None
    reached: int | None = None
    lost: int | None = None
    not_yet: int | None = None
    share: Proportion | None = None
    wait: Quantile | None = None
    unknown: int | None = None
    errors: tuple[ErrorTold, ...] = ()
    errors_hidden: int = 0


@dataclass(frozen=True)
class ScoresTold:
    """How many answered with a score from `low` to `high`."""

    low: int
    high: int
    answers: int


@dataclass(frozen=True)
class SurveyTold:
    """Answers from 1 (hard) to 7 (easy), of responders only; neighboring scores are put together until none is small.

    `scores` is None where that leaves nothing to tell apart.
    """

    asked: int
    answered: int
    response: Proportion | None
    scores: tuple[ScoresTold, ...] | None


@dataclass(frozen=True)
class FunnelGroup:
    """The seats of one unit or region: `key` is its id or code."""

    key: str
    name: str
    seats: int
    steps: tuple[StepTold, ...]
    suppressed: bool


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
    assigned_from: datetime | None
    assigned_until: datetime | None
    by: FunnelBy | None
    groups: tuple[FunnelGroup, ...]
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition


@dataclass(frozen=True)
class Funnels:
    """One reading, from which every product's funnel is told, and all of them together (None)."""

    work: Work
    query: FunnelQuery
    asked: Asked
    book: Book
    scope: Scope
    when: Moments
    freshness: tuple[Freshness, ...]

    @property
    def products(self) -> tuple[UUID, ...]:
        """The products that anybody has a seat of."""
        return self.book.products

    def of(self, product_id: UUID | None) -> Funnel:
        """Tell the funnel of one product, or of all."""
        chosen, k, confidence = self.book.chosen(product_id), self.book.k, self.query.confidence
        closed, told = chosen.group.closed, chosen.group.others()
        return Funnel(
            seats=chosen.seats,
            steps=() if closed else _steps(chosen, k, confidence),
            unassisted=_unassisted(told.get(USED), confidence),
            contacts=told[CALLS][0] if CALLS in told else None,
            survey=_survey(chosen, told.get(ASKED), confidence),
            suppressed=closed,
            k=k,
            confidence=confidence,
            product_id=product_id,
            assigned_from=self.asked.begin,
            assigned_until=self.asked.end,
            by=self.query.by,
            groups=(),
            scope=self.scope,
            as_of=self.when.as_of,
            known_at=self.when.known_at,
            freshness=self.freshness,
            policy_version=self.work.gate.revision,
            definition=definitions()["activation_funnel"],
        )

    async def apart(self, product_id: UUID, by: FunnelBy) -> tuple[FunnelGroup, ...]:
        """Tell a product's steps by unit or region, over all cohorts."""
        found = await self.book.apart(self.work, product_id, by_unit=by is FunnelBy.UNIT)
        return tuple(
            FunnelGroup(
                key, name, chosen.seats,
                () if chosen.group.closed else _steps(chosen, self.book.k, self.query.confidence), chosen.group.closed,
            )
            for key, name, chosen in found
        )  # fmt: skip


async def read_funnels(work: Work, query: FunnelQuery) -> Funnels:
    """Read within reach what all funnels of one cohort are told from. Raises BadInput."""
    if query.by is not None and (query.product_id is None or query.assigned_from is not None):
        raise BadInput("by", query.by.value, "a product and no cohort beside it: groups are told within one product")
    tenant, when = await tenant_of(work), moments(work, query.as_of, query.known_at)
    asked = check_asked(query, when, tenant)
    book = await open_book(work, when, tenant, asked)
    fresh = await freshness_at(work, when, tenant.stale_after_days)
    return Funnels(work, query, asked, book, await scope_of(work, Action.METRIC_READ), when, fresh)


async def activation_funnel(work: Work, query: FunnelQuery) -> Funnel:
    """Tell the funnel within reach. Raises BadInput, NotFound for a product that is not there."""
    if query.product_id is not None:
        await catalog.product(work, query.product_id)
    read = await read_funnels(work, query)
    found = read.of(query.product_id)
    if query.by is None or query.product_id is None:
        return found
    return replace(found, groups=await read.apart(query.product_id, query.by))


def _steps(chosen: Chosen, k: int, confidence: float) -> tuple[StepTold, ...]:
    figures, true = chosen.group.figures(), chosen.true
    errors = {key: parts for key, parts in chosen.group.others().items() if len(key) > 1}
    met = {key for each in chosen.group.parts for key in each.errors}
    found = []
    for step in ORDER:
        said = sorted(
            (ErrorTold(key[1], sum(parts), parts[0]) for key, parts in errors.items() if key[0] == step.value),
            key=lambda error: (-error.seats, error.code),
        )
        hidden = sum(each is step for each, _ in met) - len(said)
        counts = figures.get(step)
        if counts is None or not counts.eligible:
            kept = step in true and true[step].eligible > 0 and counts is None
            found.append(StepTold(step, step in true, kept, errors=tuple(said), errors_hidden=hidden))
            continue
        whole = step in chosen.group.whole
        wait, unknown = _wait(chosen, step, counts, k, confidence)
        found.append(StepTold(
            step, True, False, counts.eligible, counts.reached, None if whole else counts.lost,
            None if whole else counts.not_yet, wilson(counts.reached, counts.eligible, confidence), wait, unknown,
            tuple(said), hidden,
        ))  # fmt: skip
    return tuple(found)


def _wait(chosen: Chosen, step: Step, counts: Counts, k: int, confidence: float) -> tuple[Quantile | None, int | None]:
    """Give the median wait where the step before it is told, too: else the wait is from another step."""
    waits = chosen.waits.get(step)
    if waits is None or waits.n < k or counts != chosen.true[step]:
        return None, None
    days = {hours / 24: seats for hours, seats in waits.histogram.items()}
    unknown = waits.unknown_dates if none_or_enough(waits.unknown_dates, k) and waits.n >= k else None
    return kaplan_meier_of_histogram(days, confidence).median, unknown


def _unassisted(told: tuple[int, ...] | None, confidence: float) -> Proportion | None:
    return wilson(told[0], sum(told), confidence) if told and sum(told) else None


def _survey(chosen: Chosen, told: tuple[int, ...] | None, confidence: float) -> SurveyTold | None:
    if told is None:
        return None
    answered, asked = told[0], sum(told)
    scores: Mapping[int, int] = chosen.scores
    said = tuple(
        ScoresTold(low, high, sum(scores.get(n, 0) for n in range(low, high + 1))) for low, high in chosen.ranges
    )
    return SurveyTold(asked, answered, wilson(answered, asked, confidence), said if len(said) > 1 else None)
