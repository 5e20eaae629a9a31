"""The activation funnel in the graph: each step with its eligible, its share and interval, and its errors."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, encode_node_id, field, resolved
from api.graphql.inputs import WHICH, answered, values
from api.graphql.metrics.first_use import FirstUseInput
from api.graphql.metrics.frame import Freshness, MetricDefinition, Scope
from governance.activation.rules import Step
from governance.metrics.formulas.wilson import Proportion as ProportionAnswer
from governance.metrics.funnel import Funnel, FunnelQuery, StepTold, activation_funnel


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
    suppressed: bool = field("Whether fewer than k seats could take it.", FieldClass.PUBLIC)
    eligible: int | None = field("Seats that reached the observed step before it.", FieldClass.PUBLIC)
    reached: int | None = field("Of these, seats that reached it.", FieldClass.PUBLIC)
    lost: int | None = field("Of these, seats that are over without it.", FieldClass.PUBLIC)
    not_yet: int | None = field("Of these, seats that may still reach it.", FieldClass.PUBLIC)
    errors_hidden: int = field("How many codes were met by fewer than k seats.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: StepTold) -> "FunnelStep":
        same = ("step", "observed", "suppressed", "eligible", "reached", "lost", "not_yet", "errors_hidden")
        return cls(told=told, **{name: getattr(told, name) for name in same})

    @resolved("Reached of eligible.", FieldClass.PUBLIC)
    def share(self) -> Proportion | None:
        return Proportion.of(self.told.share)

    @resolved("The codes that k seats or more met at it, the most met first.", FieldClass.PUBLIC)
    def errors(self) -> list[FunnelError]:
        return [
            FunnelError(code=each.code, seats=each.seats, overcome=each.overcome, stuck=each.stuck)
            for each in self.told.errors
        ]


@strawberry.type(description="How many seats gave one answer.")
class SurveyScore:
    score: int = field("The answer, 1 (hard) to 7 (easy).", FieldClass.PUBLIC)
    answers: int = field("How many gave it.", FieldClass.PUBLIC)


@strawberry.type(description="How far seats came from invitation to value, and what stood in their way.")
class ActivationFunnel:
    told: strawberry.Private[Funnel]
    seats: int = field("First episodes of holders, in all.", FieldClass.PUBLIC)
    contacts: int | None = field("Calls for help about them.", FieldClass.PUBLIC)
    suppressed: bool = field("Whether the group is too small to be shown, or would tell of one.", FieldClass.PUBLIC)
    k: int = field("The smallest group that is shown.", FieldClass.PUBLIC)
    confidence: float = field("The confidence of all intervals.", FieldClass.PUBLIC)
    as_of: datetime = field("The instant it speaks of.", FieldClass.PUBLIC)
    known_at: datetime = field("As it was known then.", FieldClass.PUBLIC)
    policy_version: str = field("The version of the rights it was read under.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, told: Funnel) -> "ActivationFunnel":
        same = ("seats", "contacts", "suppressed", "k", "confidence", "as_of", "known_at", "policy_version")
        return cls(told=told, **{name: getattr(told, name) for name in same})

    @resolved("The steps in their order; none where it must not be shown.", FieldClass.PUBLIC)
    def steps(self) -> list[FunnelStep]:
        return [FunnelStep.of(each) for each in self.told.steps]

    @resolved("Of the seats that were used, those without a call for help before first use.", FieldClass.PUBLIC)
    def unassisted(self) -> Proportion | None:
        return Proportion.of(self.told.unassisted)

    @resolved("Answered of asked, of the one question after first use.", FieldClass.PUBLIC)
    def survey_response(self) -> Proportion | None:
        return Proportion.of(self.told.survey.response) if self.told.survey else None

    @resolved("The answers of those who answered; none where fewer than k did.", FieldClass.PUBLIC)
    def survey_scores(self) -> list[SurveyScore]:
        scores = self.told.survey.scores if self.told.survey else None
        return [SurveyScore(score=score, answers=count) for score, count in sorted((scores or {}).items())]

    @resolved("The product it is narrowed to.", FieldClass.PUBLIC)
    def product(self) -> strawberry.ID | None:
        return None if self.told.product_id is None else encode_node_id("Product", self.told.product_id)

    @resolved("Whose seats it covers.", FieldClass.PUBLIC)
    def scope(self) -> Scope:
        return Scope.of(self.told.scope)

    @resolved("How fresh its sources were.", FieldClass.PUBLIC)
    def freshness(self) -> list[Freshness]:
        return [Freshness.of(fresh) for fresh in self.told.freshness]

    @resolved("What it means.", FieldClass.PUBLIC)
    def definition(self) -> MetricDefinition:
        return MetricDefinition.of(self.told.definition)


FunnelOutcome = Annotated[
    ActivationFunnel | Refusal, strawberry.union("FunnelOutcome", description="The funnel, or why not.")
]


@strawberry.type(description="What can be asked of the way to first use.")
class FunnelQueries:
    @resolved("The activation funnel within reach; groups too small to be shown are suppressed.", FieldClass.PUBLIC)
    async def activation_funnel(
        self, info: Info, input: Annotated[FirstUseInput | None, WHICH] = None
    ) -> FunnelOutcome:
        async def look() -> ActivationFunnel:
            asked_for = FunnelQuery(**values(info, input or FirstUseInput()))
            async with info.context.reading() as work:
                return ActivationFunnel.of(await activation_funnel(work, asked_for))

        return await answered(look())
