"""Time to first use in the graph: median and quartiles with their intervals, and the step curve behind them."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.frame import Framed, framed
from governance.metrics.first_use import FirstUse as FirstUseAnswer
from governance.metrics.first_use import FirstUseQuery, time_to_first_use
from governance.metrics.formulas.kaplan_meier import Quantile as QuantileAnswer
from governance.metrics.formulas.kaplan_meier import Share as ShareAnswer


@strawberry.type(description="By when a share of the seats was used for the first time.")
class Quantile:
    share: float = field("The share, 0 to 1.", FieldClass.PUBLIC)
    days: float | None = field("Days until then; null: not reached within the follow-up.", FieldClass.PUBLIC)
    lower: float | None = field("Lower end of the interval in days.", FieldClass.PUBLIC)
    upper: float | None = field("Upper end of the interval in days; null: not reached.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, found: QuantileAnswer | None) -> "Quantile | None":
        if found is None:
            return None
        return cls(share=found.share, days=found.time, lower=found.lower, upper=found.upper)


@strawberry.type(description="The share of seats used within so many days.")
class ShareWithin:
    days: float = field("The days.", FieldClass.PUBLIC)
    value: float = field("The share, 0 to 1.", FieldClass.PUBLIC)
    lower: float | None = field("Lower end of the interval.", FieldClass.PUBLIC)
    upper: float | None = field("Upper end of the interval.", FieldClass.PUBLIC)


@strawberry.type(description="One step of the curve.")
class CurveStep:
    days: float = field("Days since the seat was granted.", FieldClass.PUBLIC)
    at_risk: int = field("How many seats were followed that far and not yet used.", FieldClass.PUBLIC)
    events: int = field("How many were first used then.", FieldClass.PUBLIC)
    censored: int = field("How many were followed no further.", FieldClass.PUBLIC)
    used: float = field("The share used by then, 0 to 1.", FieldClass.PUBLIC)
    lower: float | None = field("Lower end of its interval.", FieldClass.PUBLIC)
    upper: float | None = field("Upper end of its interval.", FieldClass.PUBLIC)


@strawberry.type(description="Time from grant to first use, never-used seats counted as not yet (right-censored).")
class TimeToFirstUse(Framed):
    told: strawberry.Private[FirstUseAnswer]
    n: int = field("Seats followed.", FieldClass.PUBLIC)
    events: int | None = field("Of these, used.", FieldClass.PUBLIC)
    censored: int | None = field("Of these, not yet used.", FieldClass.PUBLIC)
    unknown_dates: int | None = field("Seats whose dates are not known, apart from n.", FieldClass.PUBLIC)
    suppressed: bool = field("Whether the group is too small to be shown, or would tell of one.", FieldClass.PUBLIC)
    k: int = field("The smallest group that is shown.", FieldClass.PUBLIC)
    confidence: float = field("The confidence of all intervals.", FieldClass.PUBLIC)
    assigned_from: datetime | None = field("Where the cohort begins; null: all seats.", FieldClass.PUBLIC)
    assigned_until: datetime | None = field("Where the cohort ends.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: FirstUseAnswer) -> "TimeToFirstUse":
        same = ("n", "events", "censored", "unknown_dates", "suppressed", "k", "confidence", "assigned_from",
                "assigned_until")  # fmt: skip
        return cls(**framed(told, *same))

    @resolved("By when half of the seats were used; null where it must not be shown.", FieldClass.PUBLIC)
    def median(self) -> Quantile | None:
        return Quantile.of(self.told.median)

    @resolved("By when a quarter of the seats was used.", FieldClass.PUBLIC)
    def lower_quartile(self) -> Quantile | None:
        return Quantile.of(self.told.lower_quartile)

    @resolved("By when three quarters of the seats were used.", FieldClass.PUBLIC)
    def upper_quartile(self) -> Quantile | None:
        return Quantile.of(self.told.upper_quartile)

    @resolved("The share used within 7 days; null beyond the follow-up.", FieldClass.PUBLIC)
    def within_7(self) -> ShareWithin | None:
        return _share(7, self.told.within_7)

    @resolved("The share used within 30 days; null beyond the follow-up.", FieldClass.PUBLIC)
    def within_30(self) -> ShareWithin | None:
        return _share(30, self.told.within_30)

    @resolved("The curve, step by step.", FieldClass.PUBLIC)
    def curve(self) -> list[CurveStep]:
        return [
            CurveStep(
                days=step.time, at_risk=step.at_risk, events=step.events, censored=step.censored,
                used=1 - step.survival,
                lower=None if step.upper is None else 1 - step.upper,
                upper=None if step.lower is None else 1 - step.lower,
            )
            for step in self.told.curve
        ]  # fmt: skip

    @resolved("The product it is narrowed to.", FieldClass.PUBLIC)
    def product(self) -> strawberry.ID | None:
        return None if self.told.product_id is None else encode_node_id("Product", self.told.product_id)


COHORT = "Where a cohort of seats begins by their grant; within one fiscal quarter, and widened to it."


@strawberry.input(description="Which seats, and as of when.")
class FirstUseInput:
    as_of: datetime | None = asked("The instant it speaks of; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)
    product: strawberry.ID | None = asked("Only seats of this product.", of="Product", default=None)
    assigned_from: datetime | None = asked(COHORT, default=None)
    assigned_until: datetime | None = asked("Where the cohort ends (exclusive).", default=None)
    confidence: float = asked("The confidence of all intervals, 0.5 to below 1.", default=0.95)


FirstUseOutcome = Annotated[
    TimeToFirstUse | Refusal, strawberry.union("FirstUseOutcome", description="The figure, or why not.")
]


@strawberry.type(description="What can be asked of activation.")
class FirstUseQueries:
    @resolved("Time to first use within reach; groups too small to be shown are suppressed.", FieldClass.PUBLIC)
    async def time_to_first_use(
        self, info: Info, input: Annotated[FirstUseInput | None, WHICH] = None
    ) -> FirstUseOutcome:
        async def look() -> TimeToFirstUse:
            asked_for = FirstUseQuery(**values(info, input or FirstUseInput()))
            async with info.context.reading() as work:
                return TimeToFirstUse.of(await time_to_first_use(work, asked_for))

        return await answered(look())


def _share(days: float, found: ShareAnswer | None) -> ShareWithin | None:
    if found is None:
        return None
    return ShareWithin(days=days, value=found.value, lower=found.lower, upper=found.upper)
