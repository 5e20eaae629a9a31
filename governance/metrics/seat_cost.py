"""What a seat costs a day, month, year and term, and what seats cost that nobody has, never used, or stopped using.

Of lots in force at an instant, as known at another, in the agreement's currency and in the reporting one.
"""

from dataclasses import dataclass
from datetime import datetime

from governance.kernel.due import day_of
from governance.kernel.money import Money
from governance.kernel.work import Work
from governance.metrics.answers import Freshness, Scope, freshness_at, moments, scope_of, tenant_of
from governance.metrics.cost import ConvertedCost, Rates, rates_into
from governance.metrics.definitions import Definition, definitions
from governance.metrics.seat_cost_gather import seat_facts
from governance.metrics.seat_cost_rules import CostBy, SeatCost, judge
from policies.access.actions import Action


@dataclass(frozen=True)
class SeatCostQuery:
    as_of: datetime | None = None
    known_at: datetime | None = None
    by: CostBy = CostBy.LICENSE


@dataclass(frozen=True)
class SeatCosts:
    """The rows and their whole, which is None where an unscoped total is asked for without the right to it."""

    rows: tuple[SeatCost, ...]
    whole: SeatCost | None
    by: CostBy
    rates: Rates
    scope: Scope
    as_of: datetime
    known_at: datetime
    freshness: tuple[Freshness, ...]
    policy_version: str
    definition: Definition
    unused_definition: Definition

    def converted(self, micros: int, currency: str) -> ConvertedCost:
        """Give an amount in the reporting currency, the rate and its day beside it."""
        return self.rates.convert(Money(micros, currency))


async def seat_costs(work: Work, query: SeatCostQuery) -> SeatCosts:
    """Tell within reach what seats cost. Raises BadInput for moments that cannot be asked for."""
    when = moments(work, query.as_of, query.known_at)
    tenant = await tenant_of(work)
    facts = await seat_facts(work, when)
    fresh = await freshness_at(work, when, tenant.stale_after_days)
    watched = any(not source.stale for source in fresh)
    scope = await scope_of(work, Action.POSITION_READ)
    rows, whole = judge(facts, query.by, tenant.small_group, watched=watched)
    day = day_of(when.as_of, tenant.zone)
    may_total = not scope.everything or work.gate.may(work.actor, Action.TOTAL_UNSCOPED)
    return SeatCosts(
        rows=rows,
        whole=whole if may_total else None,
        by=query.by,
        rates=await rates_into(work, tenant.currency, day, when.known_at, {lot.currency for lot in facts.lots}),
        scope=scope,
        as_of=when.as_of,
        known_at=when.known_at,
        freshness=fresh,
        policy_version=work.gate.revision,
        definition=definitions()["seat_cost"],
        unused_definition=definitions()["unused_seats"],
    )
