"""Cost in the reporting currency in the graph: each conversion with its rate, the rate's day and who said it."""

from datetime import date

import strawberry

from api.graphql.engine import FieldClass, resolved
from api.graphql.nodes import Money
from governance.kernel.money import Money as Amount
from governance.metrics.cost import ConvertedCost as ConvertedAnswer
from governance.metrics.cost import ReportingCost as ReportingAnswer


@strawberry.type(description="What the cost in one currency comes to in the tenant's reporting currency.")
class ConvertedCost:
    told: strawberry.Private[ConvertedAnswer]

    @resolved("The amount in the contract's currency.", FieldClass.MONEY)
    def amount(self) -> Money:
        return Money.of(self.told.amount.micros, self.told.amount.currency)

    @resolved("What it comes to, rounded half to even once; null: no rate is known.", FieldClass.MONEY)
    def converted(self) -> Money | None:
        return money_or_none(self.told.converted)

    @resolved("The rate as it was used; null: none is known, or both currencies are one.", FieldClass.PUBLIC)
    def rate(self) -> str | None:
        return self.told.rate

    @resolved("The day the rate was published for: the day asked for, or the last one before it.", FieldClass.PUBLIC)
    def rate_day(self) -> date | None:
        return self.told.day

    @resolved("Who said the rate.", FieldClass.PUBLIC)
    def rate_source(self) -> str | None:
        return self.told.source


@strawberry.type(description="Cost in the tenant's reporting currency.")
class ReportingCost:
    told: strawberry.Private[ReportingAnswer]

    @classmethod
    def of(cls, told: ReportingAnswer) -> "ReportingCost":
        return cls(told=told)

    @resolved("The reporting currency (ISO 4217).", FieldClass.PUBLIC)
    def currency(self) -> str:
        return self.told.currency

    @resolved("The day whose rates were asked for, in the tenant's zone.", FieldClass.PUBLIC)
    def asked_day(self) -> date:
        return self.told.asked

    @resolved("All of it; null where a currency has no rate, never 0 for want of one.", FieldClass.MONEY)
    def total(self) -> Money | None:
        return money_or_none(self.told.total)

    @resolved("Each currency with its conversion.", FieldClass.MONEY)
    def parts(self) -> list[ConvertedCost]:
        return [ConvertedCost(told=part) for part in self.told.parts]

    @resolved("The currencies that no rate was known of on that day, as known then.", FieldClass.PUBLIC)
    def missing_rates(self) -> list[str]:
        return list(self.told.missing)


def money_or_none(amount: Amount | None) -> Money | None:
    return None if amount is None else Money.of(amount.micros, amount.currency)
