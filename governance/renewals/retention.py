"""How much of what fell due was renewed and how much revenue stayed: what we provide and what we spend, never mixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from governance.agreements.rules import Side
from governance.directory.models import Tenant
from governance.kernel.due import day_of
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Moments, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.definitions import Definition, definitions
from governance.metrics.periods import PeriodKind, periods
from governance.renewals.retention_gather import Book, dated_lots
from governance.renewals.retention_rules import Dated, Due, Span, Worths, count_due, parts_of, worths
from policies.access.actions import Action

DEFINITIONS = {Side.PROVIDED: "retention", Side.PROCURED: "spend_retention"}


class RetentionBy(StrEnum):
    """What a figure is told apart by."""

    PRODUCT = "PRODUCT"
    VENDOR = "VENDOR"
    REGION = "REGION"
    UNIT = "UNIT"
    FISCAL_QUARTER = "FISCAL_QUARTER"


@dataclass(frozen=True)
class RetentionQuery:
    """One side, over `first_day` to `last_day`, both inclusive. `rate_day`: whose rates constant currency takes."""

    side: Side
    first_day: date
    last_day: date
    by: RetentionBy | None = None
    rate_day: date | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None
    confidence: float = 0.95


@dataclass(frozen=True)
class UsedRate:
    """What one unit of `currency` was worth: exact text, asked for `asked`, published on `day` by `source`."""

    currency: str
    asked: date
    rate: str
    day: date
    source: str


@dataclass(frozen=True)
class ByValue:
    """Figures by a year's value in micro-units of `currency`; None, with `missing`, where a rate is not known.

    `day`: of constant currency; None: as booked, each amount at the rate of its own first day.
    """

    currency: str
    day: date | None
    worths: Worths | None
    missing: tuple[str, ...]
    rates: tuple[UsedRate, ...]


@dataclass(frozen=True)
class Figures:
    """One group, or all: `key` is the id or word it is told apart by, and `name` what it is called."""

    key: str | None
    name: str | None
    first_day: date
    last_day: date
    contracts: int
    due: Due
    booked: ByValue
    constant: ByValue


@dataclass(frozen=True)
class Retention:
    """Retention of one side: all of it, then group by group. Accounting: no group is too small to be shown."""

    side: Side
    first_day: date
    last_day: date
    by: RetentionBy | None
    total: Figures
    groups: tuple[Figures, ...]
    confidence: float
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition


@dataclass(frozen=True)
class _Desk:
    """What every judgment of one answer needs."""

    work: Work
    when: Moments
    tenant: Tenant
    query: RetentionQuery
    rate_day: date
    among: Mapping[UUID, Dated]


async def retention(work: Work, query: RetentionQuery) -> Retention:
    """Tell retention of one side within reach. Raises BadInput."""
    _check(query)
    when, tenant = moments(work, query.as_of, query.known_at), await tenant_of(work)
    dated = await dated_lots(work, query.side, (query.first_day, query.last_day), when)
    rate_day = query.rate_day or min(query.last_day, day_of(when.as_of, tenant.zone))
    desk = _Desk(work, when, tenant, query, rate_day, {each.lot_key: each for each in dated})
    whole = (query.first_day, query.last_day)
    return Retention(
        side=query.side,
        first_day=query.first_day,
        last_day=query.last_day,
        by=query.by,
        total=await _figures(desk, dated, whole, None, None),
        groups=await _groups(desk, dated),
        confidence=query.confidence,
        scope=await scope_of(work, Action.RENEWAL_READ),
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=await freshness_at(work, when, tenant.stale_after_days),
        policy_version=work.gate.revision,
        definition=definitions()[DEFINITIONS[query.side]],
    )


def _check(query: RetentionQuery) -> None:
    if query.last_day < query.first_day:
        raise BadInput("last_day", query.last_day.isoformat(), f"{query.first_day.isoformat()} or later")
    if not 0.5 <= query.confidence < 1:
        raise BadInput("confidence", str(query.confidence), "a number from 0.5 to below 1, such as 0.95")


async def _groups(desk: _Desk, dated: Sequence[Dated]) -> tuple[Figures, ...]:
    by, query = desk.query.by, desk.query
    if by is None:
        return ()
    if by is RetentionBy.FISCAL_QUARTER:
        cut = periods(PeriodKind.FISCAL_QUARTER, query.first_day, query.last_day, desk.tenant.fiscal_year_start)
        return tuple([await _figures(desk, dated, (part.first, part.last), part.name, part.name) for part in cut])
    groups: dict[str, list[Dated]] = {}
    for each in dated:
        groups.setdefault(each.keys[by.value.lower()], []).append(each)
    named = sorted((key.partition("\n")[2] or key, key) for key in groups)
    whole = (query.first_day, query.last_day)
    return tuple([await _figures(desk, groups[key], whole, key.partition("\n")[0], name) for name, key in named])


async def _figures(
    desk: _Desk, dated: Sequence[Dated], days: tuple[date, date], key: str | None, name: str | None
) -> Figures:
    before = day_of(desk.when.as_of, desk.tenant.zone) - timedelta(days=1)
    span = Span(days[0], days[1], min(days[1], before))
    return Figures(
        key, name, days[0], days[1], len({each.agreement_id for each in dated}),
        count_due(dated, span, desk.query.confidence), await _by_value(desk, dated, span, None),
        await _by_value(desk, dated, span, desk.rate_day),
    )  # fmt: skip


async def _by_value(desk: _Desk, dated: Sequence[Dated], span: Span, day: date | None) -> ByValue:
    book, parts = Book(desk.tenant.currency), parts_of(dated, span, desk.among)
    await book.learn(desk.work, parts, day, desk.when)
    missing = book.missing(parts, day)
    if missing:
        return ByValue(book.currency, day, None, missing, ())
    judged = worths(dated, span, book.worth(day), desk.among)
    rates = tuple(
        UsedRate(currency, asked, cost.rate, cost.day, cost.source)
        for (currency, asked), cost in sorted(book.used.items())
        if cost.rate is not None and cost.day is not None and cost.source is not None
    )
    return ByValue(book.currency, day, judged, (), rates)
