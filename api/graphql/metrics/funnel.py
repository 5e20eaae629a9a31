"""The activation funnel in the graph: each step with its eligible, its share and interval, and its errors."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import WHICH, answered, asked, values
from api.graphql.metrics.first_use import FirstUseInput, Quantile
from api.graphql.metrics.frame import Framed, framed
from governance.activation.rules import Step
from governance.metrics.formulas.wilson import Proportion as ProportionAnswer
from governance.metrics.funnel import Funnel, FunnelBy, FunnelQuery, StepTold, activation_funnel
from governance.metrics.funnel import FunnelGroup as FunnelGroupAnswer

strawberry.enum(FunnelBy, description="What a product's funnel is told apart by.")


@strawberry.type(description="A share with its interval (Wilson).")
class Proportion:
    successes: int = field("How many.", FieldClass.PUBLIC)
    n: int = field("Of how many.", FieldClass.PUBLIC)
    value: float = field("The share, 0 to 1.", FieldClass.PUBLIC)
    lower: float = field("Lower end of the interval.", FieldClass.PUBLIC)
    upper: float = field("Upper end of the interval.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, found: ProportionAnswer | None) -> "Proportion | None":
        if found is None:
            return None
        return cls(successes=found.successes, n=found.n, value=found.value, lower=found.lower, upper=found.upper)


@strawberry.type(description="An error code that seats met at a step.")
class FunnelError:
    code: str = field("The code.", FieldClass.PUBLIC)
    seats: int = field("Seats that met it.", FieldClass.PUBLIC)
    overcome: int = field("Of these, seats that came past the step since.", FieldClass.PUBLIC)
    stuck: int = field("Of these, seats that did not.", FieldClass.PUBLIC)


@strawberry.type(description="One step of the funnel.")
class FunnelStep:
    told: strawberry.Private[StepTold]
    step: Step = field("The step.", FieldClass.PUBLIC)
    observed: bool = field("Whether any source tells of it; where none does, nothing is known.", FieldClass.PUBLIC)
    suppressed: bool = field("Whether it is kept back: it would tell of fewer than k seats.", FieldClass.PUBLIC)
    eligible: int | None = field("Seats that reached the told step before it.", FieldClass.PUBLIC)
    reached: int | None = field("Of these, seats that reached it.", FieldClass.PUBLIC)
    lost: int | None = field("Of these, seats that are over without it; null: kept back.", FieldClass.PUBLIC)
    not_yet: int | None = field("Of these, seats that may still reach it; null: kept back.", FieldClass.PUBLIC)
    unknown: int | None = field("Of these, seats whose wait is not known; null: kept back.", FieldClass.PUBLIC)
    errors_hidden: int = field("How many codes are kept back.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: StepTold) -> "FunnelStep":
        same = ("step", "observed", "suppressed", "eligible", "reached", "lost", "not_yet", "unknown", "errors_hidden")
        return cls(told=told, **{name: getattr(told, name) for name in same})

    @resolved("Reached of eligible.", FieldClass.PUBLIC)
    def share(self) -> Proportion | None:
        return Proportion.of(self.told.share)

    @resolved(
        "By when half of the eligible took it, in days from the step before; null: kept back, or nobody tells.",
        FieldClass.PUBLIC,
    )
    def wait(self) -> Quantile | None:
        return Quantile.of(self.told.wait)

    @resolved("The codes met at it that may be told, the most met first.", FieldClass.PUBLIC)
    def errors(self) -> list[FunnelError]:
        return [
            FunnelError(code=each.code, seats=each.seats, overcome=each.overcome, stuck=each.stuck)
            for each in self.told.errors
        ]


@strawberry.type(description="The seats of one unit or region on their way.")
class FunnelGroup:
    told: strawberry.Private[FunnelGroupAnswer]
    key: strawberry.ID = field("The unit's id, or the region's code.", FieldClass.PUBLIC)
    name: str = field("What it is called.", FieldClass.PUBLIC)
    seats: int = field("First episodes of holders, in all.", FieldClass.PUBLIC)
    suppressed: bool = field("Whether the group is too small to be shown, or would tell of one.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: FunnelGroupAnswer, by: FunnelBy) -> "FunnelGroup":
        key = encode_node_id("Unit", UUID(told.key)) if by is FunnelBy.UNIT else strawberry.ID(told.key)
        return cls(told=told, key=key, name=told.name, seats=told.seats, suppressed=told.suppressed)

    @resolved("The steps in their order; none where it must not be shown.", FieldClass.PUBLIC)
    def steps(self) -> list[FunnelStep]:
        return [FunnelStep.of(each) for each in self.told.steps]


@strawberry.type(description="How many seats gave an answer within a range.")
class SurveyScore:
    score: int = field("The lowest answer of the range, 1 (hard) to 7 (easy).", FieldClass.PUBLIC)
    until: int = field("The highest answer of it.", FieldClass.PUBLIC)
    answers: int = field("How many gave it.", FieldClass.PUBLIC)


@strawberry.type(description="How far seats came from invitation to value, and what stood in their way.")
class ActivationFunnel(Framed):
    told: strawberry.Private[Funnel]
    seats: int = field("First episodes of holders, in all.", FieldClass.PUBLIC)
    contacts: int | None = field("Calls for help about them.", FieldClass.PUBLIC)
    suppressed: bool = field("Whether the group is too small to be shown, or would tell of one.", FieldClass.PUBLIC)
    k: int = field("The smallest group that is shown.", FieldClass.PUBLIC)
    confidence: float = field("The confidence of all intervals.", FieldClass.PUBLIC)
    assigned_from: datetime | None = field("Where the cohort begins; null: all seats.", FieldClass.PUBLIC)
    assigned_until: datetime | None = field("Where the cohort ends.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Funnel) -> "ActivationFunnel":
        same = ("seats", "contacts", "suppressed", "k", "confidence", "assigned_from", "assigned_until")
        return cls(**framed(told, *same))

    @resolved("The steps in their order; none where it must not be shown.", FieldClass.PUBLIC)
    def steps(self) -> list[FunnelStep]:
        return [FunnelStep.of(each) for each in self.told.steps]

    @resolved("Of the seats that were used, those without a call for help before first use.", FieldClass.PUBLIC)
    def unassisted(self) -> Proportion | None:
        return Proportion.of(self.told.unassisted)

    @resolved("Answered of asked, of the one question after first use.", FieldClass.PUBLIC)
    def survey_response(self) -> Proportion | None:
        return Proportion.of(self.told.survey.response) if self.told.survey else None

    @resolved(
        "The answers, in ranges that tell of no few; none where there are no such.",
        FieldClass.PUBLIC,
    )
    def survey_scores(self) -> list[SurveyScore]:
        scores = self.told.survey.scores if self.told.survey else None
        return [SurveyScore(score=each.low, until=each.high, answers=each.answers) for each in scores or ()]

    @resolved("The product's seats by unit or region, where that is asked for.", FieldClass.PUBLIC)
    def groups(self) -> list[FunnelGroup]:
        by = self.told.by
        return [] if by is None else [FunnelGroup.of(each, by) for each in self.told.groups]

    @resolved("The product it is narrowed to.", FieldClass.PUBLIC)
    def product(self) -> strawberry.ID | None:
        return None if self.told.product_id is None else encode_node_id("Product", self.told.product_id)


@strawberry.input(description="Which seats, as of when, and how they are told apart.")
class FunnelInput(FirstUseInput):
    by: FunnelBy | None = asked("Tell a product's seats apart, too; takes a product and no cohort.", default=None)


FunnelOutcome = Annotated[
    ActivationFunnel | Refusal, strawberry.union("FunnelOutcome", description="The funnel, or why not.")
]


@strawberry.type(description="What can be asked of the way to first use.")
class FunnelQueries:
    @resolved("The activation funnel within reach; groups too small to be shown are suppressed.", FieldClass.PUBLIC)
    async def activation_funnel(self, info: Info, input: Annotated[FunnelInput | None, WHICH] = None) -> FunnelOutcome:
        async def look() -> ActivationFunnel:
            asked_for = FunnelQuery(**values(info, input or FunnelInput()))
            async with info.context.reading() as work:
                return ActivationFunnel.of(await activation_funnel(work, asked_for))

        return await answered(look())
