"""What is asked of activation: which seats, as of when; a cohort is one whole fiscal quarter, so that none overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from governance.directory.models import Tenant
from governance.kernel.due import day_of, start_of
from governance.kernel.errors import BadInput
from governance.metrics.answers import Moments
from governance.metrics.periods import fiscal_quarter

QUARTERS = 12


@dataclass(frozen=True)
class ActivationQuery:
    """`assigned_from` and `assigned_until` (half-open) lie in one fiscal quarter; the cohort is all of that quarter."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    product_id: UUID | None = None
    assigned_from: datetime | None = None
    assigned_until: datetime | None = None
    confidence: float = 0.95


@dataclass(frozen=True)
class Asked:
    """`starts`: where the newest fiscal quarters begin, the newest first. `quarter`: which of them is the cohort."""

    starts: Sequence[datetime]
    quarter: int | None = None
    begin: datetime | None = None
    end: datetime | None = None


def check_asked(query: ActivationQuery, when: Moments, tenant: Tenant) -> Asked:
    """Widen a cohort to its fiscal quarter in the tenant's zone. Raises BadInput for what no quarter holds."""
    if not 0.5 <= query.confidence < 1:
        raise BadInput("confidence", str(query.confidence), "a number from 0.5 to below 1, such as 0.95")
    begin, end = query.assigned_from, query.assigned_until
    for field, value in (("assigned_from", begin), ("assigned_until", end)):
        if value is not None and value.tzinfo is None:
            raise BadInput(field, value.isoformat(), "an instant with its zone, such as 2026-03-02T09:00:00Z")
    today = day_of(when.as_of, tenant.zone)
    edges = [
        start_of(fiscal_quarter(today, tenant.fiscal_year_start, back).first, tenant.zone)
        for back in range(-1, QUARTERS)
    ]
    if begin is None and end is None:
        return Asked(edges[1:])
    if begin is None or end is None:
        raise BadInput(
            "assigned_until" if end is None else "assigned_from", "nothing", "both ends of a cohort, or none"
        )
    if end <= begin:
        raise BadInput("assigned_until", end.isoformat(), f"later than {begin}")
    for back, (after, start) in enumerate(pairwise(edges)):
        if start <= begin and end <= after:
            return Asked(edges[1:], back, start, after)
    last = end - timedelta(microseconds=1)
    needs = f"a cohort within one of the {QUARTERS} newest fiscal quarters; figures of cohorts that overlap tell of few"
    raise BadInput("assigned_until", f"{begin.isoformat()} to {last.isoformat()}", needs)
