"""Suites and add-ons in the graph: what a tier contains or requires, and what a vendor's table suggests."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.graphql.catalog.doing import TierOutcome
from api.graphql.catalog.things import Tier
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, field, resolved
from api.graphql.inputs import GIVEN, NodeId, answered, asked, changed, command, opened
from governance.catalog import queries
from governance.catalog.bonding import BondTiers, EndTierBond, bond_tiers, end_tier_bond, suggested_parts
from governance.catalog.models import Tier as TierRow
from governance.catalog.rules import BondKind
from governance.kernel.work import Work


@strawberry.input(description="What a tier contains, or what it requires.")
class BondTiersInput:
    tier: strawberry.ID = asked("The suite, or the add-on.", of="Tier")
    kind: BondKind = asked("Whether it contains the others, or stands on any one of them.")
    reason: str = asked("What that is said on, such as the vendor's terms.")
    parts: list[strawberry.ID] | None = asked("Other tiers.", of="Tier", to="part_ids", default=None)
    products: list[strawberry.ID] | None = asked(
        "Products as such: every tier is part, any tier is base.", of="Product", to="product_ids", default=None
    )
    since: datetime | None = asked("Since when it holds; now when left out.", default=None)


@strawberry.input(description="A bond that ends.")
class EndTierBondInput:
    bond: strawberry.ID = asked("What the tier contains or requires no more.", of="TierBond")
    reason: str = asked("Why.")


@strawberry.type(description="A suite that grants all the features of a part, and more, by the vendor's own table.")
class SuggestedPart:
    suite: Tier = field("What would be the suite.", FieldClass.PUBLIC)
    part: Tier = field("What would be its part.", FieldClass.PUBLIC)
    features: int = field("How many features the part grants, all of which the suite grants too.", FieldClass.PUBLIC)


@strawberry.type(description="What a vendor's table suggests of suites; a person confirms it.")
class SuggestedParts:
    suggestions: list[SuggestedPart] = field("Suite and part, the nearest first; 50 at the most.", FieldClass.PUBLIC)


SuggestedPartsOutcome = Annotated[
    SuggestedParts | Refusal,
    strawberry.union("SuggestedPartsOutcome", description="What is suggested of suites, or why not."),
]


@strawberry.type(description="What can be asked of suites.")
class BondQueries:
    @resolved("Which tiers of a product seem to be suites or parts; nothing is said by it.", FieldClass.PUBLIC)
    async def suggested_parts(self, info: Info, product: NodeId) -> SuggestedPartsOutcome:
        async def look() -> SuggestedParts:
            async with info.context.reading() as work:
                found = await suggested_parts(work, opened("Product", product, "product"))
            told = [SuggestedPart(suite=Tier.of(e.suite), part=Tier.of(e.part), features=e.features) for e in found]
            return SuggestedParts(suggestions=told)

        return await answered(look())


@strawberry.type(description="What can be done to suites and add-ons.")
class BondMutations:
    @resolved("Say what a suite contains, or on which bases an add-on stands; once more changes nothing.",
              FieldClass.PUBLIC)  # fmt: skip
    async def bond_tiers(self, info: Info, input: Annotated[BondTiersInput, GIVEN]) -> TierOutcome:
        async def verb(work: Work) -> TierRow:
            rows = await bond_tiers(work, command(info, BondTiers, input))
            return await queries.tier(work, rows[0].tier_id)

        return await changed(info, Tier, input, verb)

    @resolved("End what a tier contains or requires, from now on.", FieldClass.PUBLIC)
    async def end_tier_bond(self, info: Info, input: Annotated[EndTierBondInput, GIVEN]) -> TierOutcome:
        async def verb(work: Work) -> TierRow:
            return await queries.tier(work, (await end_tier_bond(work, command(info, EndTierBond, input))).tier_id)

        return await changed(info, Tier, input, verb)
