"""Cost a seat in the graph: a day, month, year and term, and what unused seats cost, each kind apart."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.converted import ConvertedCost
from api.graphql.metrics.frame import Framed, MetricDefinition, framed
from api.graphql.nodes import Money
from governance.kernel.money import Money as Amount
from governance.metrics.cost import Rates
from governance.metrics.formulas.seat_period import Periods
from governance.metrics.seat_cost import SeatCostQuery, seat_costs
from governance.metrics.seat_cost import SeatCosts as SeatCostsAnswer
from governance.metrics.seat_cost_rules import CostBy, CostOf, SeatCost, Withheld

strawberry.enum(CostBy, name="SeatCostBy", description="What cost a seat is told by.")
strawberry.enum(
    Withheld,
    name="UseWithheld",
    description="Why use is not told: of too few, or derivable; no fresh source told of it; seats are not held by lot.",
)
KINDS = {CostBy.LOT: "Renewal", CostBy.LINE: "MetricLine", CostBy.LICENSE: "Entitlement", CostBy.PRODUCT: "Product",
         CostBy.UNIT: "Unit"}  # fmt: skip


@strawberry.type(description="Cost by period, in the currency of the lots, with the reporting currency beside it.")
class PeriodCost:
    told: strawberry.Private[Periods]
    currency: strawberry.Private[str]
    rates: strawberry.Private[Rates]

    def _money(self, micros: int | None) -> ConvertedCost | None:
        return None if micros is None else ConvertedCost(told=self.rates.convert(Amount(micros, self.currency)))

    @resolved("A day; null: nothing of it has an end.", FieldClass.MONEY)
    def day(self) -> ConvertedCost | None:
        return self._money(self.told.day)

    @resolved("A month, a twelfth of a year; null: nothing of it has an end.", FieldClass.MONEY)
    def month(self) -> ConvertedCost | None:
        return self._money(self.told.month)

    @resolved("A year of 365 days; null: nothing of it has an end.", FieldClass.MONEY)
    def year(self) -> ConvertedCost | None:
        return self._money(self.told.year)

    @resolved("The term of the lots, of those without an end too.", FieldClass.MONEY)
    def term(self) -> ConvertedCost | None:
        return self._money(self.told.term)


@strawberry.type(description="What the seats of a row cost in one currency.")
class SeatCostAmounts:
    told: strawberry.Private[CostOf]
    rates: strawberry.Private[Rates]
    currency: str = field("The currency (ISO 4217).", FieldClass.PUBLIC)
    seats: int = field("The seats that are paid in it.", FieldClass.PUBLIC)

    def _periods(self, told: Periods | None) -> PeriodCost | None:
        return None if told is None else PeriodCost(told=told, currency=self.currency, rates=self.rates)

    @resolved("All seats.", FieldClass.MONEY)
    def total(self) -> PeriodCost | None:
        return self._periods(self.told.total)

    @resolved("One seat; null: no number of seats.", FieldClass.MONEY)
    def per_seat(self) -> PeriodCost | None:
        return self._periods(self.told.per_seat)

    @resolved("Seats that nobody holds or no pool has; null by lot.", FieldClass.MONEY)
    def unassigned(self) -> PeriodCost | None:
        return self._periods(self.told.unassigned)

    @resolved("Seats given more than 30 days ago and never used; null where it is withheld.", FieldClass.MONEY)
    def never_used(self) -> PeriodCost | None:
        return self._periods(self.told.never_used)

    @resolved("Seats not used for 60 days; null where it is withheld.", FieldClass.MONEY)
    def dormant(self) -> PeriodCost | None:
        return self._periods(self.told.dormant)

    @resolved("Of the total the price of lots without an end: told for the term alone.", FieldClass.MONEY)
    def endless(self) -> Money:
        return Money.of(self.told.endless, self.currency)

    @resolved("Beside the total the price of lots without a number of seats, which is not parted.", FieldClass.MONEY)
    def unlimited(self) -> Money:
        return Money.of(self.told.unlimited, self.currency)


@strawberry.type(description="What seats cost, and how many of them lie idle.")
class SeatCostRow:
    told: strawberry.Private[SeatCost]
    rates: strawberry.Private[Rates]
    kind: strawberry.Private[str]
    name: str = field("What it is of.", FieldClass.PUBLIC)
    of: str = field("The license of a lot or line, the product of a license; else empty.", FieldClass.PUBLIC)
    purchased: int | None = field("Its seats; null: unlimited.", FieldClass.PUBLIC)
    occupied: int | None = field("Of these, taken; null by lot.", FieldClass.PUBLIC)
    unassigned: int | None = field(
        "Held by nobody, or given to no pool; null by lot, or where all is unlimited.", FieldClass.PUBLIC
    )
    never_used: int | None = field(
        "Given more than 30 days ago and never used; null where it is withheld.", FieldClass.PUBLIC
    )
    dormant: int | None = field("Not used for 60 days; null where it is withheld.", FieldClass.PUBLIC)
    withheld: Withheld | None = field("Why use is not told at all.", FieldClass.PUBLIC)
    dormant_withheld: Withheld | None = field("Why it is not told who is dormant.", FieldClass.PUBLIC)

    @resolved("The thing it is of; null for the whole.", FieldClass.PUBLIC)
    def id(self) -> strawberry.ID | None:
        return None if self.told.id is None else encode_node_id(self.kind, self.told.id)

    @resolved("The cost in each currency.", FieldClass.MONEY)
    def costs(self) -> list[SeatCostAmounts]:
        return [SeatCostAmounts(told=each, rates=self.rates, currency=each.currency, seats=each.seats)
                for each in self.told.costs]  # fmt: skip

    @classmethod
    def of_told(cls, told: SeatCost, answer: SeatCostsAnswer) -> "SeatCostRow":
        names = ("name", "of", "purchased", "occupied", "unassigned", "never_used", "dormant", "withheld",
                 "dormant_withheld")  # fmt: skip
        same = {name: getattr(told, name) for name in names}
        return cls(told=told, rates=answer.rates, kind=KINDS[answer.by], **same)


@strawberry.type(description="What seats cost a day, month, year and term, and what unused ones cost.")
class SeatCosts(Framed):
    told: strawberry.Private[SeatCostsAnswer]
    by: CostBy = field("What it is told by.", FieldClass.PUBLIC)

    @resolved("The rows by name.", FieldClass.PUBLIC)
    def rows(self) -> list[SeatCostRow]:
        return [SeatCostRow.of_told(each, self.told) for each in self.told.rows]

    @resolved("All of them; null without the right to a total of the whole tenant.", FieldClass.PUBLIC)
    def whole(self) -> SeatCostRow | None:
        return None if self.told.whole is None else SeatCostRow.of_told(self.told.whole, self.told)

    @resolved("The tenant's reporting currency (ISO 4217).", FieldClass.PUBLIC)
    def currency(self) -> str:
        return self.told.rates.currency

    @resolved("The day whose rates were asked for, in the tenant's zone.", FieldClass.PUBLIC)
    def asked_day(self) -> date:
        return self.told.rates.asked

    @resolved("What unassigned, never used and dormant mean.", FieldClass.PUBLIC)
    def unused_definition(self) -> MetricDefinition:
        return MetricDefinition.of(self.told.unused_definition)


SeatCostOutcome = Annotated[
    SeatCosts | Refusal, strawberry.union("SeatCostOutcome", description="Cost a seat, or why not.")
]


@strawberry.input(description="What is asked of cost a seat.")
class SeatCostInput:
    by: CostBy = asked("What it is told by.", default=CostBy.LICENSE)
    as_of: datetime | None = asked("The instant it speaks of; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)


@strawberry.type(description="What can be asked of cost a seat.")
class SeatCostQueries:
    @resolved("What seats cost by period, and what unused ones cost.", FieldClass.PUBLIC)
    async def seat_costs(self, info: Info, input: Annotated[SeatCostInput | None, WHICH] = None) -> SeatCostOutcome:
        async def look() -> SeatCosts:
            given = values(info, input or SeatCostInput())
            async with info.context.reading() as work:
                return SeatCosts(**framed(await seat_costs(work, SeatCostQuery(**given)), "by"))

        return await answered(look())
