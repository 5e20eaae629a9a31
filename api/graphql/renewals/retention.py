"""Retention in the graph: renewal rate, GRR and NRR of one side, by count, seats and value, with every rate used."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.frame import Framed, framed
from api.graphql.nodes import Money
from governance.agreements.rules import Side
from governance.metrics.formulas.wilson import Proportion
from governance.renewals.retention import ByValue, Figures, RetentionBy, RetentionQuery, retention
from governance.renewals.retention import Retention as RetentionAnswer

strawberry.enum(RetentionBy, description="What retention is told apart by.")


@strawberry.type(description="A share with its interval.")
class RenewalShare:
    value: float = field("The share, 0 to 1.", FieldClass.PUBLIC)
    lower: float = field("Lower end of its interval.", FieldClass.PUBLIC)
    upper: float = field("Upper end of its interval.", FieldClass.PUBLIC)
    n: int = field("Of how many.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Proportion) -> "RenewalShare":
        return cls(value=told.value, lower=told.lower, upper=told.upper, n=told.n)


@strawberry.type(description="A rate that a figure used: what one unit of a currency was worth.")
class RetentionRate:
    currency: str = field("The currency it converts from.", FieldClass.PUBLIC)
    asked: date = field("The day whose rate was asked for.", FieldClass.PUBLIC)
    rate: str = field("The rate as it was used.", FieldClass.PUBLIC)
    day: date = field("The day it was published for.", FieldClass.PUBLIC)
    source: str = field("Who said it.", FieldClass.PUBLIC)


@strawberry.type(description="From opening to closing: opening + expansion − contraction − churn, a year's value each.")
class RetentionWaterfall:
    opening: Money = field("In force on the first day.", FieldClass.MONEY)
    expansion: Money = field("What grew.", FieldClass.MONEY)
    contraction: Money = field("What shrank and stayed.", FieldClass.MONEY)
    churn: Money = field("What was lost whole.", FieldClass.MONEY)
    closing: Money = field("What stands at the end.", FieldClass.MONEY)


@strawberry.type(description="Retention by a year's value in one currency.")
class RetentionByValue:
    told: strawberry.Private[ByValue]
    currency: str = field("The reporting currency.", FieldClass.PUBLIC)
    rate_day: date | None = field("Whose rates all amounts take; null: each its own first day's.", FieldClass.PUBLIC)
    missing_rates: list[str] = field("Currencies and days without a rate; then no figure.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: ByValue) -> "RetentionByValue":
        return cls(told=told, currency=told.currency, rate_day=told.day, missing_rates=list(told.missing))

    @resolved("Renewed of due by value, 0 to 1; null: nothing was due, or a rate is missing.", FieldClass.MONEY)
    def renewal_rate(self) -> float | None:
        return None if self.told.worths is None else _rate(self.told.worths.by_value)

    @resolved("Gross retention: each contract capped at its opening value.", FieldClass.MONEY)
    def grr(self) -> float | None:
        return None if self.told.worths is None else _rate(self.told.worths.grr)

    @resolved("Net retention of the opening cohort, growth included.", FieldClass.MONEY)
    def nrr(self) -> float | None:
        return None if self.told.worths is None else _rate(self.told.worths.nrr)

    @resolved("What fell due.", FieldClass.MONEY)
    def due(self) -> Money | None:
        return None if self.told.worths is None else Money.of(self.told.worths.due, self.currency)

    @resolved("Of it, what was renewed, up to what was due.", FieldClass.MONEY)
    def renewed(self) -> Money | None:
        return None if self.told.worths is None else Money.of(self.told.worths.renewed, self.currency)

    @resolved("From opening to closing.", FieldClass.MONEY)
    def waterfall(self) -> RetentionWaterfall | None:
        if self.told.worths is None:
            return None
        flow, names = self.told.worths.waterfall, ("opening", "expansion", "contraction", "churn", "closing")
        return RetentionWaterfall(**{name: Money.of(getattr(flow, name), self.currency) for name in names})

    @resolved("Every rate used, with its day and source.", FieldClass.PUBLIC)
    def rates(self) -> list[RetentionRate]:
        return [RetentionRate(**vars(rate)) for rate in self.told.rates]


@strawberry.type(description="Retention of one group, or of all.")
class RetentionFigures:
    told: strawberry.Private[Figures]
    name: str | None = field("What the group is called; null: all.", FieldClass.PUBLIC)
    first_day: date = field("The first day.", FieldClass.PUBLIC)
    last_day: date = field("The last day, inclusive.", FieldClass.PUBLIC)
    contracts: int = field("Agreements with a lot in these days.", FieldClass.PUBLIC)
    due: int = field("Lots that fell due and are over.", FieldClass.PUBLIC)
    renewed: int = field("Of these, renewed.", FieldClass.PUBLIC)
    churned: int = field("Of these, not renewed.", FieldClass.PUBLIC)
    by_silence: int = field("Renewed by silence.", FieldClass.PUBLIC)
    not_yet_due: int = field("Lots that end in these days and are not over; in no rate.", FieldClass.PUBLIC)
    seats_due: int = field("Seats that fell due.", FieldClass.PUBLIC)
    seats_renewed: int = field("Of these, renewed, up to what was due.", FieldClass.PUBLIC)
    unlimited: int = field("Lots without a number of seats, which the rate by seats leaves out.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Figures) -> "RetentionFigures":
        same = ("renewed", "by_silence", "not_yet_due", "seats_due", "seats_renewed", "unlimited", "due")
        return cls(
            told=told, name=told.name, first_day=told.first_day, last_day=told.last_day, contracts=told.contracts,
            churned=told.due.lost, **{name: getattr(told.due, name) for name in same},
        )  # fmt: skip

    @resolved("Renewed of due by count, with its Wilson interval; null: nothing was due.", FieldClass.PUBLIC)
    def renewal_rate(self) -> RenewalShare | None:
        found = self.told.due.by_count
        return None if found is None else RenewalShare.of(found)

    @resolved("Renewed of due by seats, 0 to 1.", FieldClass.PUBLIC)
    def seat_rate(self) -> float | None:
        return _rate(self.told.due.by_seats)

    @resolved("By value, each amount at the rate of its own first day.", FieldClass.PUBLIC)
    def as_booked(self) -> RetentionByValue:
        return RetentionByValue.of(self.told.booked)

    @resolved("By value, all amounts at the rates of one day.", FieldClass.PUBLIC)
    def constant_currency(self) -> RetentionByValue:
        return RetentionByValue.of(self.told.constant)


@strawberry.type(description="Retention of one side: what we provide, or what we buy; never both.")
class Retention(Framed):
    told: strawberry.Private[RetentionAnswer]
    side: Side = field("The side.", FieldClass.PUBLIC)
    confidence: float = field("The confidence of all intervals.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: RetentionAnswer) -> "Retention":
        return cls(**framed(told, "side", "confidence"))

    @resolved("All of it.", FieldClass.PUBLIC)
    def total(self) -> RetentionFigures:
        return RetentionFigures.of(self.told.total)

    @resolved("Group by group, where it is told apart.", FieldClass.PUBLIC)
    def groups(self) -> list[RetentionFigures]:
        return [RetentionFigures.of(each) for each in self.told.groups]


@strawberry.input(description="Which side, over which days, as of when.")
class RetentionInput:
    side: Side = asked("PROVIDED: retention. PROCURED: spend retention.")
    first_day: date = asked("The first day.")
    last_day: date = asked("The last day, inclusive.")
    by: RetentionBy | None = asked("What it is told apart by.", default=None)
    rate_day: date | None = asked("Whose rates constant currency takes; the last day when left out.", default=None)
    as_of: datetime | None = asked("The instant it speaks of; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)
    confidence: float = asked("The confidence of all intervals, 0.5 to below 1.", default=0.95)


RetentionOutcome = Annotated[
    Retention | Refusal, strawberry.union("RetentionOutcome", description="The figures, or why not.")
]


@strawberry.type(description="What can be asked of retention.")
class RetentionQueries:
    @resolved("How much of what fell due within reach was renewed, and how much value stayed.", FieldClass.PUBLIC)
    async def retention(self, info: Info, input: Annotated[RetentionInput, WHICH]) -> RetentionOutcome:
        async def look() -> Retention:
            query = RetentionQuery(**values(info, input))
            async with info.context.reading() as work:
                return Retention.of(await retention(work, query))

        return await answered(look())


def _rate(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)
