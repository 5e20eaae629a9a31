"""Which right would be consumed, in the graph: every candidate with every reason, and a hash of the inputs."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.directory import Person
from api.graphql.engine import FieldClass, Reason, Refusal, encode_node_id, field, resolved
from api.graphql.entitlements import Pool
from api.graphql.inputs import GIVEN, answered, asked, command
from api.graphql.seats.things import reason_of
from governance.seats.rules import Criterion, Ruling, Weighed
from governance.seats.service import Explain, Explained, explain_entitlement

strawberry.enum(Criterion, description="What decides which right goes first, in this order.")
strawberry.enum(Ruling, description="Taken; fit, but another goes first; held already; or not fit at all.")


@strawberry.input(description="May this person use this product, from where, as of when?")
class ExplainEntitlementInput:
    person: strawberry.ID = asked("Who would use it.", of="Person")
    product: strawberry.ID = asked("What would be used.", of="Product")
    features: list[strawberry.ID] | None = asked(
        "The features that are needed.", of="Feature", to="feature_ids", default=None
    )
    tier: strawberry.ID | None = asked("The least tier that will do.", of="Tier", default=None)
    region: str | None = asked("From where; null: the country where they worked then.", default=None)
    as_of: datetime | None = asked("The instant it speaks of; now when left out.", default=None)
    known_at: datetime | None = asked("As it was known then; now when left out.", default=None)


@strawberry.type(description="How a candidate stands by one criterion of the order.")
class CandidateStanding:
    criterion: Criterion = field("The criterion.", FieldClass.PUBLIC)
    says: str = field("How the candidate stands by it.", FieldClass.PUBLIC)


@strawberry.type(description="One pool that could give the seat, with all that was said of it.")
class EntitlementCandidate:
    weighed: strawberry.Private[Weighed]
    ruling: Ruling = field("What is said of it.", FieldClass.PUBLIC)
    place: int | None = field("Its place among those that are fit, from 1.", FieldClass.PUBLIC)
    behind: Criterion | None = field("By what the one before it goes first.", FieldClass.PUBLIC)
    line: str = field("Of which line it is.", FieldClass.PUBLIC)
    tier: str | None = field("The tier it grants; null: the product as such.", FieldClass.PUBLIC)
    free: int | None = field("How many seats it had free; null: no limit.", FieldClass.PUBLIC)
    suite: str | None = field("The suite it is of, where another product contains the asked one.", FieldClass.PUBLIC)
    rights: list[str] = field("What its line grants beside the seat, in words.", FieldClass.PUBLIC)
    lots: list[str] = field("Of what is held: the orders in force that carry it.", FieldClass.PUBLIC)
    reasons: list[Reason] = field("Every reason against it.", FieldClass.PUBLIC)
    standings: list[CandidateStanding] = field("How it stands by each criterion but the cost.", FieldClass.PUBLIC)
    price: str | None = field("What one more seat of it costs.", FieldClass.MONEY)

    @resolved("The pool.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.weighed.candidate.facts.id)

    @classmethod
    def of(cls, one: Weighed) -> "EntitlementCandidate":
        facts, says = one.candidate.facts, one.says
        return cls(
            weighed=one, ruling=one.ruling, place=one.place, behind=one.behind, line=facts.line_code,
            tier=facts.tier.code if facts.tier else None, free=facts.free, price=says[Criterion.COST],
            suite=facts.product if one.candidate.suite else None, rights=list(facts.rights),
            lots=list(one.right.lots) if one.right else [],
            reasons=[reason_of(reason) for reason in one.reasons],
            standings=[
                CandidateStanding(criterion=each, says=says[each]) for each in Criterion if each is not Criterion.COST
            ],
        )  # fmt: skip


@strawberry.type(description="Which right would be consumed, and why: asked again with both instants, it is the same.")
class EntitlementExplanation:
    found: strawberry.Private[Explained]
    product: str = field("What would be used.", FieldClass.PUBLIC)
    country: str = field("From where.", FieldClass.PUBLIC)
    as_of: datetime = field("The instant it speaks of.", FieldClass.PUBLIC)
    known_at: datetime = field("As it was known then.", FieldClass.PUBLIC)
    rule_version: int = field("The version of the rule.", FieldClass.PUBLIC)
    inputs_hash: str = field("Names all that it follows from: the same hash has the same verdict.", FieldClass.PUBLIC)
    candidates: list[EntitlementCandidate] = field(
        "Every pool of the product within reach: what is held or taken first, what is not fit last.", FieldClass.PUBLIC
    )

    @resolved("Who would use it.", FieldClass.PUBLIC)
    async def person(self, info: Info) -> Person | None:
        return await Person.by_id(info, encode_node_id("Person", self.found.person.id))

    @classmethod
    def of(cls, found: Explained) -> "EntitlementExplanation":
        verdict = found.verdict
        return cls(
            found=found, product=found.product, country=found.country, as_of=found.as_of, known_at=found.known_at,
            rule_version=verdict.rule_version, inputs_hash=verdict.inputs_hash,
            candidates=[EntitlementCandidate.of(each) for each in verdict.weighed],
        )  # fmt: skip


ExplanationOutcome = Annotated[
    EntitlementExplanation | Refusal,
    strawberry.union("EntitlementExplanationOutcome", description="Which right would be consumed, or why not said."),
]


@strawberry.type(description="What can be asked of rights before a seat is given.")
class ChoiceQueries:
    @resolved("Which right this person would consume, with every candidate and every reason.", FieldClass.PUBLIC)
    async def explain_entitlement(
        self, info: Info, input: Annotated[ExplainEntitlementInput, GIVEN]
    ) -> ExplanationOutcome:
        async def look() -> EntitlementExplanation:
            async with info.context.reading() as work:
                return EntitlementExplanation.of(await explain_entitlement(work, command(info, Explain, input)))

        return await answered(look())
