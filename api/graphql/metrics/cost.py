"""Cost by unit in the graph: months or fiscal quarters, in the lots' currency and in the tenant's, with every rate."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.frame import Framed, framed
from api.graphql.nodes import Money
from governance.metrics.cost_by_unit import CostByUnit as CostAnswer
from governance.metrics.cost_by_unit import CostQuery, CostRow, Reconciled, Split, cost_by_unit
from governance.metrics.cost_by_unit_gather import Tree
from governance.metrics.cost_of_the_day import by_unit_of_the_day
from governance.metrics.cost_rollup import UnitCost as UnitAnswer
from governance.metrics.cost_rollup import by_unit
from governance.metrics.periods import Period, PeriodKind

strawberry.enum(PeriodKind, name="CostPeriodKind", description="How days are cut into periods.")
strawberry.enum(Tree, name="CostTree", description="By which tree of units cost is told.")


@strawberry.type(description="Cost split by what became of the seats.")
class CostSplit:
    told: strawberry.Private[Split]
    currency: strawberry.Private[str]

    @resolved("Of seats that were taken.", FieldClass.MONEY)
    def occupied(self) -> Money:
        return Money.of(self.told.occupied, self.currency)

    @resolved("Of seats that a pool had and nobody held.", FieldClass.MONEY)
    def unused(self) -> Money:
        return Money.of(self.told.unused, self.currency)

    @resolved("Of seats that no pool had.", FieldClass.MONEY)
    def unallocated(self) -> Money:
        return Money.of(self.told.unallocated, self.currency)

    @resolved("Of lots without a number of seats, which cannot be split.", FieldClass.MONEY)
    def unlimited(self) -> Money:
        return Money.of(self.told.unlimited, self.currency)

    @resolved("All of it.", FieldClass.MONEY)
    def total(self) -> Money:
        return Money.of(self.told.total, self.currency)

    @resolved("Unused and unallocated in percent of what can be split, one decimal; null of nothing.", FieldClass.MONEY)
    def idle_percent(self) -> str | None:
        return None if self.told.idle is None else str(self.told.idle)


@strawberry.type(description="A month or fiscal quarter.")
class CostPeriod:
    name: str = field("Its name, such as 2026-03 or FY2026-Q1.", FieldClass.PUBLIC)
    first_day: date = field("Its first day.", FieldClass.PUBLIC)
    last_day: date = field("Its last day, inclusive.", FieldClass.PUBLIC)
    whole: bool = field("Whether it is told in full; the running one is not.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, period: Period) -> "CostPeriod":
        return cls(name=period.name, first_day=period.first, last_day=period.last, whole=period.whole)


@strawberry.type(description="What one unit's seats of one product cost in one period.")
class CostLine:
    told: strawberry.Private[CostRow]

    @resolved("The period.", FieldClass.PUBLIC)
    def period(self) -> CostPeriod:
        return CostPeriod.of(self.told.period)

    @resolved("The unit: where the pool is, or where the license is owned.", FieldClass.PUBLIC)
    def unit(self) -> str:
        return self.told.unit

    @resolved("The unit's id.", FieldClass.PUBLIC)
    def unit_id(self) -> strawberry.ID:
        return encode_node_id("Unit", self.told.unit_id)

    @resolved("The vendor.", FieldClass.PUBLIC)
    def vendor(self) -> str:
        return self.told.vendor

    @resolved("The product.", FieldClass.PUBLIC)
    def product(self) -> str:
        return self.told.product

    @resolved("In the currency of the lots.", FieldClass.MONEY)
    def cost(self) -> CostSplit:
        return CostSplit(told=self.told.cost, currency=self.told.currency)

    @resolved("In the reporting currency; null: no rate is known.", FieldClass.MONEY)
    def converted(self) -> CostSplit | None:
        return _split(self.told.converted, self.told.rates.currency)

    @resolved("The rate as it was used; null: none is known, or both currencies are one.", FieldClass.PUBLIC)
    def rate(self) -> str | None:
        rate = self.told.rates.known.get(self.told.currency)
        return None if rate is None else f"{rate.rate:f}"

    @resolved("The day the rate was published for.", FieldClass.PUBLIC)
    def rate_day(self) -> date | None:
        rate = self.told.rates.known.get(self.told.currency)
        return None if rate is None else rate.day

    @resolved("Who said the rate.", FieldClass.PUBLIC)
    def rate_source(self) -> str | None:
        rate = self.told.rates.known.get(self.told.currency)
        return None if rate is None else rate.source


@strawberry.type(description="A unit with all that hangs below it in the tree asked for, in the reporting currency.")
class CostUnit:
    told: strawberry.Private[UnitAnswer]
    currency: strawberry.Private[str]

    @resolved("The unit's name.", FieldClass.PUBLIC)
    def unit(self) -> str:
        return self.told.unit

    @resolved("The unit's id.", FieldClass.PUBLIC)
    def unit_id(self) -> strawberry.ID:
        return encode_node_id("Unit", self.told.unit_id)

    @resolved("How far below the root it is.", FieldClass.PUBLIC)
    def depth(self) -> int:
        return self.told.depth

    @resolved("Its own seats; null: a rate is missing.", FieldClass.MONEY)
    def own(self) -> CostSplit | None:
        return _split(self.told.own, self.currency)

    @resolved("With all units below it; null: a rate is missing.", FieldClass.MONEY)
    def whole(self) -> CostSplit | None:
        return _split(self.told.whole, self.currency)


@strawberry.type(description="Whether the rows sum to what the lots cost.")
class CostReconciled:
    told: strawberry.Private[Reconciled]
    lots: int = field("Lots that are in reach with all of their pools.", FieldClass.PUBLIC)
    partly: int = field("Lots of which only some pools are in reach; they cannot be checked.", FieldClass.PUBLIC)
    agrees: bool = field("Whether both sums are the same, to the millionth.", FieldClass.PUBLIC)

    @resolved("What the rows of these lots come to, by currency.", FieldClass.MONEY)
    def told_cost(self) -> list[Money]:
        return [Money.of(each.micros, each.currency) for each in self.told.told]

    @resolved("What these lots cost in the same days, by currency.", FieldClass.MONEY)
    def lots_cost(self) -> list[Money]:
        return [Money.of(each.micros, each.currency) for each in self.told.due]


@strawberry.type(description="What units' seats cost, by period.")
class CostByUnit(Framed):
    told: strawberry.Private[CostAnswer]
    rolled: strawberry.Private[tuple[UnitAnswer, ...]]
    currency: str = field("The reporting currency.", FieldClass.PUBLIC)

    @resolved("The rows: a period, unit, product and currency each.", FieldClass.PUBLIC)
    def rows(self) -> list[CostLine]:
        return [CostLine(told=row) for row in self.told.rows]

    @resolved("Units with what hangs below them, from the top down.", FieldClass.PUBLIC)
    def units(self) -> list[CostUnit]:
        return [CostUnit(told=each, currency=self.told.currency) for each in self.rolled]

    @resolved("The periods it covers.", FieldClass.PUBLIC)
    def periods(self) -> list[CostPeriod]:
        return [CostPeriod.of(period) for period in self.told.periods]

    @resolved("The currencies that a rate was missing for.", FieldClass.PUBLIC)
    def missing_rates(self) -> list[str]:
        return list(self.told.missing)

    @resolved("Whether the rows sum to what the lots cost.", FieldClass.PUBLIC)
    def reconciled(self) -> CostReconciled:
        told = self.told.reconciled
        return CostReconciled(told=told, lots=told.lots, partly=told.partly, agrees=told.agrees)


@strawberry.input(description="Which days, in which periods, as of when.")
class CostInput:
    as_of: datetime | None = asked("The instant it speaks of, whose day is the last; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)
    first_day: date | None = asked("From which day; eleven months back when left out.", default=None)
    period: PeriodKind = asked("How days are cut; at most 36 periods.", default=PeriodKind.MONTH)
    tree: Tree = asked("Whether units are those of today, or those of each period's end.", default=Tree.TODAY)


CostOutcome = Annotated[CostByUnit | Refusal, strawberry.union("CostOutcome", description="The cost, or why not.")]


@strawberry.type(description="What can be asked of cost.")
class CostQueries:
    @resolved("What units' seats cost within reach, by period, product and vendor.", FieldClass.PUBLIC)
    async def cost_by_unit(self, info: Info, input: Annotated[CostInput | None, WHICH] = None) -> CostOutcome:
        async def look() -> CostByUnit:
            query = CostQuery(**values(info, input or CostInput()))
            async with info.context.reading() as work:
                found = await cost_by_unit(work, query)
                then = query.tree is Tree.OF_THE_DAY
                rolled = await by_unit_of_the_day(work, found) if then else await by_unit(work, found.rows)
            return CostByUnit(rolled=rolled, **framed(found, "currency"))

        return await answered(look())


def _split(told: Split | None, currency: str) -> CostSplit | None:
    return None if told is None else CostSplit(told=told, currency=currency)
