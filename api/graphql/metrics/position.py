"""The license position in the graph: signed, within reach, as of any instant, as known at any instant."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.entitlements.measured import PeriodUse
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.converted import ReportingCost
from api.graphql.metrics.frame import Framed, framed
from api.graphql.nodes import Money
from governance.audit.entries import plain
from governance.entitlements.rules import LicenseModel
from governance.metrics.cost import Rates
from governance.metrics.covered import CoveredSeats
from governance.metrics.difference import Difference as DifferenceAnswer
from governance.metrics.difference import FactKind, LearnedFact, explain_difference
from governance.metrics.measured import MeasuredUse as Measured
from governance.metrics.measures import Measures
from governance.metrics.position import Dimension, Group, Position, PositionQuery, PositionRow, position

strawberry.enum(Dimension, name="PositionDimension", description="What a position can be told by.")
strawberry.enum(FactKind, description="What kind of fact was learned.")


@strawberry.type(description="One coordinate of a row.")
class PositionGroup:
    told: strawberry.Private[Group]

    @resolved("What it is a coordinate of.", FieldClass.PUBLIC)
    def dimension(self) -> Dimension:
        return self.told.dimension

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.told.name

    @resolved("Its key within the dimension; null: none, or not allocated to any pool.", FieldClass.PUBLIC)
    def key(self) -> str | None:
        return self.told.id


@strawberry.type(description="Seats, signed and never clamped; null in purchased, allocated or balance: unlimited.")
class PositionMeasures:
    told: strawberry.Private[Measures]
    rates: strawberry.Private[Rates]
    purchased: int | None = field("Seats bought and in force.", FieldClass.PUBLIC)
    entitled: int | None = field("Seats one may use by what was bought.", FieldClass.PUBLIC)
    allocated: int | None = field("Seats given to pools.", FieldClass.PUBLIC)
    unallocated: int | None = field("Bought but not given to a pool; negative: given beyond.", FieldClass.PUBLIC)
    occupied: int = field("Seats taken.", FieldClass.PUBLIC)
    active: int = field("Of these, used at least once.", FieldClass.PUBLIC)
    observed: int | None = field("Of these, used within the window; null: no fresh source.", FieldClass.PUBLIC)
    overage: int = field("Seats taken beyond what was bought.", FieldClass.PUBLIC)
    balance: int | None = field("Purchased less occupied, signed.", FieldClass.PUBLIC)
    covered: int = field("Of the occupied, seats that another right of their holders covers.", FieldClass.PUBLIC)
    needed: int = field("Of the occupied, seats that no other right covers.", FieldClass.PUBLIC)
    matched: int | None = field("Purchased less needed, signed.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Measures, rates: Rates) -> "PositionMeasures":
        same = ("purchased", "entitled", "allocated", "unallocated", "occupied", "active", "observed", "overage",
                "balance", "covered", "needed", "matched")  # fmt: skip
        return cls(told=told, rates=rates, **{name: getattr(told, name) for name in same})

    @resolved("Occupied in percent of purchased, one decimal; null of 0 and of unlimited.", FieldClass.PUBLIC)
    def percent(self) -> str | None:
        return None if self.told.percent is None else str(self.told.percent)

    @resolved("Which rights cover the covered seats, with their lots; they add up to `covered`.", FieldClass.PUBLIC)
    def covered_by(self) -> list["CoveringRight"]:
        return [CoveringRight.of(each) for each in self.told.covered_by]

    @resolved("What is counted in units, line by line; none of it is in the seats.", FieldClass.PUBLIC)
    def measured(self) -> list["MeasuredUse"]:
        return [MeasuredUse.of(each) for each in self.told.measured]

    @resolved("What the lots cost for their terms, by currency; never converted here.", FieldClass.MONEY)
    def cost(self) -> list[Money]:
        return [Money.of(amount.micros, amount.currency) for amount in self.told.cost]

    @resolved("The same in the tenant's reporting currency, at the rate of the as-of day.", FieldClass.MONEY)
    def cost_in_reporting(self) -> ReportingCost:
        return ReportingCost.of(self.rates.cost(self.told.cost))


@strawberry.type(description="A right that carries seats of other lines: a suite, a higher tier, or an equal one.")
class CoveringRight:
    right: str = field("The product and tier that covers.", FieldClass.PUBLIC)
    license: str | None = field("Its license; null: it is out of reach.", FieldClass.PUBLIC)
    lots: list[str] = field("The orders in force behind it, those of no number by their first day.", FieldClass.PUBLIC)
    seats: int = field("How many seats it covers.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: CoveredSeats) -> "CoveringRight":
        return cls(right=told.right, license=told.license or None, lots=list(told.lots), seats=told.seats)


@strawberry.type(description="What a measured line has and its period has consumed so far, in its own unit.")
class MeasuredUse:
    told: strawberry.Private[Measured]
    code: str = field("The code of the line.", FieldClass.PUBLIC)
    measure: str | None = field("What it counts; null: nobody said.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Measured) -> "MeasuredUse":
        return cls(told=told, code=told.code, measure=told.measure)

    @resolved("How it is counted.", FieldClass.PUBLIC)
    def model(self) -> LicenseModel:
        return self.told.model

    @resolved("What the period has, consumed and went beyond.", FieldClass.PUBLIC)
    def use(self) -> PeriodUse:
        return PeriodUse.of(self.told.period, self.told.use)


@strawberry.type(description="One row of a position.")
class PositionLine:
    told: strawberry.Private[PositionRow]
    rates: strawberry.Private[Rates]

    @resolved("Its coordinates, in the order asked for.", FieldClass.PUBLIC)
    def group(self) -> list[PositionGroup]:
        return [PositionGroup(told=group) for group in self.told.group]

    @resolved("Its figures.", FieldClass.PUBLIC)
    def measures(self) -> PositionMeasures:
        return PositionMeasures.of(self.told.measures, self.rates)


@strawberry.type(description="The effective license position.")
class LicensePosition(Framed):
    told: strawberry.Private[Position]
    window_days: int = field("How many days back `observed` looks.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Position) -> "LicensePosition":
        return cls(**framed(told, "window_days"))

    @resolved("Its rows.", FieldClass.PUBLIC)
    def rows(self) -> list[PositionLine]:
        return [PositionLine(told=row, rates=self.told.rates) for row in self.told.rows]

    @resolved("Their sum; null for who may not see unscoped totals.", FieldClass.PUBLIC)
    def totals(self) -> PositionMeasures | None:
        told = self.told
        return None if told.totals is None else PositionMeasures.of(told.totals, told.rates)


@strawberry.type(description="A fact that was learned between two reports of one instant.")
class Learned:
    told: strawberry.Private[LearnedFact]

    @resolved("What kind of fact.", FieldClass.PUBLIC)
    def kind(self) -> FactKind:
        return self.told.kind

    @resolved("What it is about; of seats and usage it names no person.", FieldClass.PUBLIC)
    def label(self) -> str:
        return self.told.label

    @resolved("When it was learned.", FieldClass.PUBLIC)
    def learned_at(self) -> datetime:
        return self.told.learned_at

    @resolved("As it was known before; null: not at all.", FieldClass.MONEY)
    def before(self) -> JSON | None:
        return None if self.told.before is None else JSON(plain(self.told.before))

    @resolved("As it was known afterwards; null: not any more.", FieldClass.MONEY)
    def after(self) -> JSON | None:
        return None if self.told.after is None else JSON(plain(self.told.after))


@strawberry.type(description="Why two reports of one instant differ.")
class PositionDifference:
    told: strawberry.Private[DifferenceAnswer]

    @resolved("The facts learned between the two.", FieldClass.PUBLIC)
    def facts(self) -> list[Learned]:
        return [Learned(told=fact) for fact in self.told.facts]

    @resolved("Whether all of them are listed.", FieldClass.PUBLIC)
    def complete(self) -> bool:
        return self.told.complete


@strawberry.input(description="Which position.")
class PositionInput:
    as_of: datetime | None = asked("The instant it speaks of; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)
    by: list[Dimension] | None = asked("What it is told by, none twice; by license when left out.", default=None)


@strawberry.input(description="Two reports of one instant.")
class DifferenceInput:
    as_of: datetime = asked("The instant both speak of.")
    known_at1: datetime = asked("As the one knew it.")
    known_at2: datetime = asked("As the other knew it.")


PositionOutcome = Annotated[
    LicensePosition | Refusal, strawberry.union("PositionOutcome", description="The position, or why not.")
]
DifferenceOutcome = Annotated[
    PositionDifference | Refusal, strawberry.union("DifferenceOutcome", description="The difference, or why not.")
]


@strawberry.type(description="What can be asked of positions.")
class PositionQueries:
    @resolved("The effective license position within reach.", FieldClass.PUBLIC)
    async def position(self, info: Info, input: Annotated[PositionInput | None, WHICH] = None) -> PositionOutcome:
        async def look() -> LicensePosition:
            given = values(info, input or PositionInput())
            query = PositionQuery(given["as_of"], given["known_at"], tuple(given["by"] or (Dimension.LICENSE,)))
            async with info.context.reading() as work:
                return LicensePosition.of(await position(work, query))

        return await answered(look())

    @resolved("Which facts make two reports of one instant differ.", FieldClass.PUBLIC)
    async def explain_difference(self, info: Info, input: Annotated[DifferenceInput, WHICH]) -> DifferenceOutcome:
        async def look() -> PositionDifference:
            async with info.context.reading() as work:
                told = await explain_difference(work, input.as_of, input.known_at1, input.known_at2)
            return PositionDifference(told=told)

        return await answered(look())
