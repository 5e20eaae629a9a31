"""How long until a seat is used for the first time: never-used seats count as not yet, small groups are not shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.catalog import queries as catalog
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.definitions import Definition, definitions
from governance.metrics.first_use_gather import Cohort, Waits, waits_by_product
from governance.metrics.formulas.kaplan_meier import Quantile, Share, Step, Survival, kaplan_meier_of_histogram
from policies.access.actions import Action


@dataclass(frozen=True)
class FirstUseQuery:
    """`assigned_from` and `assigned_until` (half-open) bound the cohort by when its seats were assigned."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    product_id: UUID | None = None
    assigned_from: datetime | None = None
    assigned_until: datetime | None = None
    confidence: float = 0.95


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
    if not 0.5 <= query.confidence < 1:
        raise BadInput("confidence", str(query.confidence), "a number from 0.5 to below 1, such as 0.95")
    check_cohort(query.assigned_from, query.assigned_until)
    when = moments(work, query.as_of, query.known_at)
    if query.product_id is not None:
        await catalog.product(work, query.product_id)
    groups = await waits_by_product(work, when, Cohort(query.assigned_from, query.assigned_until))
    tenant = await tenant_of(work)
    judged = judge(groups, query.product_id, k=tenant.small_group, confidence=query.confidence)
    survival = judged.survival
    return FirstUse(
        n=judged.n,
        events=None if survival is None else survival.events,
        censored=None if survival is None else survival.censored,
        unknown_dates=None if survival is None else judged.unknown_dates,
        lower_quartile=None if survival is None else survival.lower_quartile,
        median=None if survival is None else survival.median,
        upper_quartile=None if survival is None else survival.upper_quartile,
        within_7=None if survival is None else survival.share_within(7),
        within_30=None if survival is None else survival.share_within(30),
        curve=() if survival is None else survival.steps,
        suppressed=survival is None,
        k=tenant.small_group,
        confidence=query.confidence,
        product_id=query.product_id,
        assigned_from=query.assigned_from,
        assigned_until=query.assigned_until,
        scope=await scope_of(work, Action.METRIC_READ),
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=await freshness_at(work, when, tenant.stale_after_days),
        policy_version=work.gate.revision,
        definition=definitions()["time_to_first_use"],
    )


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


def check_cohort(begin: datetime | None, end: datetime | None) -> None:
    """Let pass a cohort with zones and in order. Raises BadInput."""
    for field, value in (("assigned_from", begin), ("assigned_until", end)):
        if value is not None and value.tzinfo is None:
            raise BadInput(field, value.isoformat(), "an instant with its zone, such as 2026-03-02T09:00:00Z")
    if begin and end and end <= begin:
        raise BadInput("assigned_until", end.isoformat(), f"later than {begin}")
