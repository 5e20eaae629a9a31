"""What a board can aim at: figures by their names, of one unit and all below it, at an instant, with n and interval.

Shares are in percent; the median in days; spend in the reporting currency, of the fiscal quarter that ended last.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from governance.activation.rules import Step
from governance.agreements.rules import Side
from governance.compliance.roster import describe_checks
from governance.directory.models import Tenant
from governance.directory.narrowing import within_unit
from governance.directory.queries import visible_unit
from governance.kernel import given
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Moments, moments
from governance.metrics.cost_by_unit import CostQuery, CostRow, cost_by_unit, summed
from governance.metrics.first_use import FirstUseQuery, time_to_first_use
from governance.metrics.formulas.wilson import Proportion, wilson
from governance.metrics.funnel import FunnelQuery, activation_funnel
from governance.metrics.measures import Measures
from governance.metrics.periods import PeriodKind, fiscal_quarter
from governance.metrics.position import Dimension, PositionQuery, position
from governance.renewals.retention import RetentionQuery, retention
from governance.reviews.noise import figure
from governance.reviews.rules import AimMeasure, Direction
from governance.reviews.service.content import findings_part

Gathered = Callable[[Work, str, Moments], Awaitable[dict[str, Any] | None]]
YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Aim:
    """`measure` of `subject` is to be at least (UP) or at most (DOWN) `target`, looked at after `judge_day` is over.

    `target`: a decimal number in the measure's own unit. Subjects: a license's id of utilization and in_use (empty:
    all), a check's of open_findings (empty: all), a step of funnel_share, a unit's id of cost_per_unit.
    """

    measure: str
    direction: Direction
    target: str
    judge_day: date
    subject: str = ""


async def gathered(work: Work, unit_id: UUID, measure: str, subject: str, at: datetime | None) -> dict[str, Any] | None:
    """Give a figure of a unit as of `at` (now when None), known now; None where it cannot be told of so few.

    Raises BadInput for a measure or subject that there is not.
    """
    if measure not in MEASURES:
        raise BadInput("aim.measure", given.shown(measure), f"one of {', '.join(MEASURES)}")
    here = await within_unit(work, unit_id)
    return await MEASURES[measure](here, subject, moments(work, at, None))


def checked_target(target: object) -> str:
    """Give a target as a plain decimal text. Raises BadInput."""
    try:
        number = Decimal(given.text(target, "aim.target", most=40))
    except InvalidOperation:
        raise BadInput("aim.target", given.shown(target), "a decimal number such as 80 or 12.5") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadInput("aim.target", given.shown(target), "a number below 10¹⁵")
    return f"{number:f}"


async def _utilization(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    measures = await _measures(here, subject, when)
    if measures is None or measures.percent is None:
        return None
    return figure(measures.percent) | {"n": measures.purchased}


async def _in_use(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    measures = await _measures(here, subject, when)
    if measures is None or not measures.occupied:
        return None
    return _percent(wilson(min(measures.active, measures.occupied), measures.occupied))


async def _measures(here: Work, license_id: str, when: Moments) -> Measures | None:
    told = await position(here, PositionQuery(when.as_of, when.known_at, (Dimension.LICENSE,)))
    if not license_id:
        return told.totals
    found = next((row.measures for row in told.rows if row.group[0].id == license_id), None)
    if found is None:
        raise BadInput("aim.subject", given.shown(license_id), "the id of a license of this unit, or nothing for all")
    return found


async def _median(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    _whole("first_use_median", subject)
    told = await time_to_first_use(here, FirstUseQuery(when.as_of, when.known_at))
    if told.median is None or told.median.time is None:
        return None
    return figure(told.median.time, told.median.lower, told.median.upper, exact=False) | {"n": told.n}


async def _first_use_30(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    _whole("first_use_within_30", subject)
    told = await time_to_first_use(here, FirstUseQuery(when.as_of, when.known_at))
    share = told.within_30
    if share is None:
        return None
    bounds = [None if each is None else f"{each * 100:.4f}" for each in (share.value, share.lower, share.upper)]
    return figure(*bounds, exact=False) | {"n": told.n}


async def _funnel_share(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    if subject not in set(Step):
        raise BadInput("aim.subject", given.shown(subject), f"a step: {', '.join(Step)}")
    told = await activation_funnel(here, FunnelQuery(when.as_of, when.known_at))
    return _percent(next((each.share for each in told.steps if each.step == subject), None))


async def _findings(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    told = await findings_part(here, when)
    if not subject:
        return figure(told["totals"]["open"]) | {"n": None}
    found = next((each["open"] for each in told["checks"] if each["check"] == subject), None)
    if found is None:
        known = ", ".join(check.id for check in describe_checks())
        raise BadInput("aim.subject", given.shown(subject), f"a check, or nothing for all: {known}")
    return figure(found) | {"n": None}


async def _renewal_rate(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    """The share by count of what we bought and fell due within the year before, that was renewed."""
    _whole("renewal_rate", subject)
    last = await _yesterday(here, when)
    query = RetentionQuery(Side.PROCURED, last - YEAR, last, as_of=when.as_of, known_at=when.known_at)
    return _percent((await retention(here, query)).total.due.by_count)


async def _spend(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    _whole("spend", subject)
    return await _cost(here, when, None)


async def _cost_per_unit(here: Work, subject: str, when: Moments) -> dict[str, Any] | None:
    try:
        unit = await visible_unit(here, UUID(subject))
    except (ValueError, NotFound):
        raise BadInput("aim.subject", given.shown(subject), "the id of a unit of this review") from None
    return await _cost(here, when, unit.id)


async def _cost(here: Work, when: Moments, unit_id: UUID | None) -> dict[str, Any] | None:
    """Sum the quarter that ended last, in the reporting currency; None where a currency has no rate."""
    tenant = await here.session.get_one(Tenant, here.tenant_id)
    today = day_of(when.as_of, tenant.zone)
    ended = fiscal_quarter(today, tenant.fiscal_year_start, 1)
    query = CostQuery(when.as_of, when.known_at, ended.first, PeriodKind.FISCAL_QUARTER)
    told = await cost_by_unit(here, query)
    rows: list[CostRow] = [row for row in told.rows if row.period.name == ended.name and unit_id in (None, row.unit_id)]
    cost = summed(rows)
    if cost is None:
        return None
    return figure(Money(cost.total, told.currency).decimal()) | {"n": len(rows), "currency": told.currency}


async def _yesterday(here: Work, when: Moments) -> date:
    tenant = await here.session.get_one(Tenant, here.tenant_id)
    return day_of(when.as_of, tenant.zone) - timedelta(days=1)


def _percent(share: Proportion | None) -> dict[str, Any] | None:
    if share is None:
        return None
    bounds = [f"{each * 100:.4f}" for each in (share.value, share.lower, share.upper)]
    return figure(*bounds, exact=False) | {"n": share.n}


def _whole(measure: str, subject: str) -> None:
    if subject:
        raise BadInput("aim.subject", given.shown(subject), f"nothing: {measure} is told of the whole unit")


MEASURES: Mapping[str, Gathered] = {
    AimMeasure.UTILIZATION: _utilization,
    AimMeasure.IN_USE: _in_use,
    AimMeasure.FIRST_USE_MEDIAN: _median,
    AimMeasure.FIRST_USE_WITHIN_30: _first_use_30,
    AimMeasure.FUNNEL_SHARE: _funnel_share,
    AimMeasure.OPEN_FINDINGS: _findings,
    AimMeasure.RENEWAL_RATE: _renewal_rate,
    AimMeasure.SPEND: _spend,
    AimMeasure.COST_PER_UNIT: _cost_per_unit,
}
"""What a board can aim at."""
