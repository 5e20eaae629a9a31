"""How long until a seat is used for the first time: never-used seats count as not yet, small groups are not shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.catalog import queries as catalog
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.asked import ActivationQuery, check_asked
from governance.metrics.definitions import Definition, definitions
from governance.metrics.first_use_gather import Cohort, Waits, waits_by_product
from governance.metrics.formulas.kaplan_meier import Quantile, Share, Step, Survival, kaplan_meier_of_histogram
from governance.metrics.small_groups import none_or_enough
from policies.access.actions import Action

FirstUseQuery = ActivationQuery


@dataclass(frozen=True)
class FirstUse:
    """Time to first use in days. `n` = `events` + `censored`; `unknown_dates` are seats apart from `n`.

    Where `suppressed`, the group is smaller than `k`, or would tell of one that is, and shows `n` alone.
    `within_7` and `within_30`: share used within so many days. `curve`: the steps of the share not yet used.
    """

    n: int
    events: int | None
    censored: int | None
    unknown_dates: int | None
    lower_quartile: Quantile | None
    median: Quantile | None
    upper_quartile: Quantile | None
    within_7: Share | None
    within_30: Share | None
    curve: tuple[Step, ...]
    suppressed: bool
    k: int
    confidence: float
    product_id: UUID | None
    assigned_from: datetime | None
    assigned_until: datetime | None
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition


@dataclass(frozen=True)
class _Judged:
    """What may be told of a group."""

    survival: Survival | None
    n: int
    unknown_dates: int


async def time_to_first_use(work: Work, query: FirstUseQuery) -> FirstUse:
    """Tell time to first use within reach. Raises BadInput, NotFound for a product that is not there."""
    if query.product_id is not None:
        await catalog.product(work, query.product_id)
    return (await times_to_first_use(work, query))[query.product_id]


async def times_to_first_use(work: Work, query: FirstUseQuery) -> dict[UUID | None, FirstUse]:
    """Tell it of all products together (None) and of each that has seats, or is asked for, from one reading.

    Raises BadInput.
    """
    when, tenant = moments(work, query.as_of, query.known_at), await tenant_of(work)
    asked = check_asked(query, when, tenant)
    groups = await waits_by_product(work, when, Cohort(asked.begin, asked.end))
    fresh, scope = await freshness_at(work, when, tenant.stale_after_days), await scope_of(work, Action.METRIC_READ)
    found: dict[UUID | None, FirstUse] = {}
    for product_id in dict.fromkeys((None, query.product_id, *groups)):
        judged = judge(groups, product_id, k=tenant.small_group, confidence=query.confidence)
        found[product_id] = FirstUse(
            **told_of(judged, tenant.small_group), k=tenant.small_group, confidence=query.confidence,
            product_id=product_id, assigned_from=asked.begin, assigned_until=asked.end, scope=scope,
            as_of=when.as_of, known_at=when.known_at, freshness=fresh, policy_version=work.gate.revision,
            definition=definitions()["time_to_first_use"],
        )  # fmt: skip
    return found


def told_of(judged: _Judged, k: int) -> dict[str, Any]:
    """Say what may be told: counts only where none is small, and a curve in steps of k seats and more."""
    survival = judged.survival
    if survival is None:
        names = ("events", "censored", "unknown_dates", "lower_quartile", "median", "upper_quartile", "within_7",
                 "within_30")  # fmt: skip
        return {"n": judged.n, "curve": (), "suppressed": True} | dict.fromkeys(names)
    counts = {"events": survival.events, "censored": survival.censored, "unknown_dates": judged.unknown_dates}
    whole = all(none_or_enough(count, k) for count in counts.values())
    return {
        "n": judged.n, **(counts if whole else dict.fromkeys(counts)), "lower_quartile": survival.lower_quartile,
        "median": survival.median, "upper_quartile": survival.upper_quartile, "within_7": survival.share_within(7),
        "within_30": survival.share_within(30), "curve": folded(survival.steps, k), "suppressed": False,
    }  # fmt: skip


def folded(steps: Sequence[Step], k: int) -> tuple[Step, ...]:
    """Put steps of the curve together until each has none or k first uses and more; shares stay as they are.

    Those who were followed no further are told with the step at which they are k and more, and count at risk until
    then. First uses left over at the end go with the step before them.
    """
    told: list[Step] = []
    at_risk = sum(step.events + step.censored for step in steps)
    events = censored = 0
    for each in steps:
        events, censored = events + each.events, censored + each.censored
        if events >= k or (not events and censored >= k):
            gone = censored if censored >= k else 0
            told.append(replace(each, at_risk=at_risk, events=events, censored=gone))
            at_risk, events, censored = at_risk - events - gone, 0, censored - gone
    if events and told:
        before, last = told.pop(), next(step for step in reversed(steps) if step.events)
        events += before.events
        told.append(replace(last, at_risk=before.at_risk, events=events, censored=before.censored))
        if censored >= k:
            left = before.at_risk - events - before.censored
            told.append(replace(steps[-1], at_risk=left, events=0, censored=censored))
    return tuple(told)


def judge(groups: Mapping[UUID, Waits], product_id: UUID | None, *, k: int, confidence: float) -> _Judged:
    """Estimate one product, or all of them; nothing is estimated of a group that must not be shown."""
    chosen = list(groups.values()) if product_id is None else [groups.get(product_id, Waits())]
    total = Waits.together(chosen)
    hidden = hidden_groups({product: waits.seats for product, waits in groups.items()}, k)
    if total.seats < k or (product_id is not None and product_id in hidden):
        return _Judged(None, total.n, total.unknown_dates)
    days = {hours / 24: counts for hours, counts in total.histogram.items()}
    return _Judged(kaplan_meier_of_histogram(days, confidence), total.n, total.unknown_dates)


def hidden_groups(sizes: Mapping[UUID, int], k: int) -> frozenset[UUID]:
    """Name the groups that are not shown: those under `k`, and so many more that the hidden ones are `k` together.

    Otherwise the total less the groups that are shown would tell of a small one.
    """
    ascending = sorted((size, str(group), group) for group, size in sizes.items() if size > 0)
    hidden: set[UUID] = set()
    together = 0
    for size, _, group in ascending:
        if size >= k and (not hidden or together >= k):
            break
        hidden.add(group)
        together += size
    return frozenset(hidden)
