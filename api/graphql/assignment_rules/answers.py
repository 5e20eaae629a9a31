"""What a rule would mean: person by person, counted, with its cost and the token to apply it."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import (
    FieldClass,
    Reason,
    encode_node_id,
    field,
    resolved,
)
from api.graphql.entitlements import Pool
from api.graphql.nodes import Money
from api.graphql.seats.things import reason_of
from governance.assignment_rules.service import (
    Effect,
    Effected,
    RulePreview,
)
from governance.kernel.errors import BadInput

MOST = 500
strawberry.enum(Effect, name="RuleEffect", description="What a rule would mean for one person.")
Effects = Annotated[list[Effect] | None, strawberry.argument(description="Only these effects; all when left out.")]
First = Annotated[int, strawberry.argument(description="How many people at most, 500 in all.")]


@strawberry.type(description="What a rule would mean for one person.")
class RuleEffected:
    person_id: strawberry.ID = field("Who.", FieldClass.PUBLIC)
    effect: Effect = field("What it would mean.", FieldClass.PUBLIC)
    pool_id: strawberry.ID | None = field("The pool of the seat; null where there is none.", FieldClass.PUBLIC)
    reasons: list[Reason] = field("Why not, every reason.", FieldClass.PUBLIC)

    @resolved("The person; null outside one's reach.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.by_id(info, self.person_id)

    @resolved("The pool; null outside one's reach.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return None if self.pool_id is None else await Pool.by_id(info, self.pool_id)

    @classmethod
    def of(cls, one: Effected) -> "RuleEffected":
        pool_id = None if one.pool_id is None else encode_node_id("Pool", one.pool_id)
        reasons = [reason_of(each) for each in one.reasons]
        person_id = encode_node_id("Person", one.person_id)
        return cls(person_id=person_id, effect=one.effect, pool_id=pool_id, reasons=reasons)


@strawberry.type(description="How many people a rule would mean the same for.")
class RuleEffectCount:
    effect: Effect = field("What it would mean.", FieldClass.PUBLIC)
    people: int = field("For how many.", FieldClass.PUBLIC)


@strawberry.type(description="What the seats that a rule gives cost, each at the price of the lot that ends first.")
class RuleCost:
    gained: Money = field("The seats that are given.", FieldClass.MONEY)
    freed: Money = field("The seats that come free.", FieldClass.MONEY)


@strawberry.type(description="What a rule would do, and the token to apply exactly that.")
class AssignmentRulePreview:
    token: str = field("Good for 15 minutes, while the facts stay.", FieldClass.PUBLIC)
    number: int = field("The number that the version would have.", FieldClass.PUBLIC)
    counts: list[RuleEffectCount] = field("How many people it would mean what for.", FieldClass.PUBLIC)
    costs: list[RuleCost] = field("What it costs, by currency.", FieldClass.MONEY)
    shown: strawberry.Private[RulePreview]

    @resolved("Person by person.", FieldClass.PUBLIC)
    def people(self, effects: Effects = None, first: First = 100) -> list[RuleEffected]:
        if not 1 <= first <= MOST:
            raise BadInput("first", str(first), f"a number from 1 to {MOST}")
        found = [each for each in self.shown.effects if effects is None or each.effect in effects]
        return [RuleEffected.of(each) for each in found[:first]]

    @classmethod
    def of(cls, shown: RulePreview) -> "AssignmentRulePreview":
        counts = [RuleEffectCount(effect=effect, people=people) for effect, people in shown.counts.items()]
        costs = [
            RuleCost(gained=Money.of(each.gained, each.currency), freed=Money.of(each.freed, each.currency))
            for each in shown.costs
        ]
        return cls(token=shown.token, number=shown.number, counts=counts, costs=costs, shown=shown)
