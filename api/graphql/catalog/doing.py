"""What can be done to the catalog: vendors, products, tiers and features added, approvals decided."""

from collections.abc import Awaitable
from datetime import date
from typing import Annotated

import strawberry

from api.graphql.catalog.priced import ListPrice, PriceBandInput, bands_given, unit_price_given
from api.graphql.catalog.things import Approval, Feature, Product, Tier, Vendor
from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed, command
from governance.catalog import queries
from governance.catalog.bands import CostBasis
from governance.catalog.list_prices import SetListPrice, set_list_price
from governance.catalog.models import Approval as ApprovalRow
from governance.catalog.models import ListPrice as ListPriceRow
from governance.catalog.models import Tier as TierRow
from governance.catalog.rules import ApprovalStatus
from governance.catalog.service import (
    ApprovalDecision,
    FeatureGrant,
    NewFeature,
    NewProduct,
    NewTier,
    NewVendor,
    add_feature,
    add_product,
    add_tier,
    add_vendor,
    decide_approval,
    grant_feature,
)
from governance.kernel.work import Work


@strawberry.input(description="A new vendor.")
class AddVendorInput:
    name: str = asked("The name, unique in the tenant.")


@strawberry.input(description="A new product.")
class AddProductInput:
    vendor: strawberry.ID = asked("Who sells it.", of="Vendor")
    code: str = asked("The code, unique in the tenant's catalog.")
    name: str = asked("The name.")
    releases: bool = asked(
        "Whether its tiers are releases: a newer one covers an older one by a downgrade right alone.", default=False
    )


@strawberry.input(description="A new tier of a product.")
class AddTierInput:
    product: strawberry.ID = asked("The product.", of="Product")
    code: str = asked("The code, unique in the product.")
    name: str = asked("The name.")
    rank: int = asked("The rank, from 0 on; a higher one covers those below.")


@strawberry.input(description="A new feature.")
class AddFeatureInput:
    code: str = asked("The code, unique in the tenant's catalog.")
    name: str = asked("The name.")


@strawberry.input(description="A feature that a tier is to grant.")
class GrantFeatureInput:
    tier: strawberry.ID = asked("The tier.", of="Tier")
    feature: strawberry.ID = asked("The feature.", of="Feature")


@strawberry.input(description="A decision on whether a product may be used.")
class DecideApprovalInput:
    product: strawberry.ID = asked("The product.", of="Product")
    status: ApprovalStatus = asked("What is decided.")
    reason: str = asked("Why.")
    until: date | None = asked("The last day on which it holds; null: until another decision.", default=None)


@strawberry.input(description="What a vendor asks for a seat of a tier and month, in one currency.")
class SetListPriceInput:
    tier: strawberry.ID = asked("The tier.", of="Tier")
    currency: str = asked("The currency (ISO 4217).")
    basis: CostBasis = asked("PER_SEAT, VOLUME or GRADUATED.", default=CostBasis.PER_SEAT)
    unit_price: str | None = asked(
        "The price of one seat and month, a decimal number; null where bands say it.", cls=FieldClass.MONEY,
        default=None,
    )  # fmt: skip
    bands: list[PriceBandInput] | None = asked(
        "The price of a seat band by band, where the basis is VOLUME or GRADUATED.", cls=FieldClass.MONEY, default=None
    )


VendorOutcome = Annotated[Vendor | Refusal, strawberry.union("VendorOutcome", description="A vendor, or why not.")]
ProductOutcome = Annotated[Product | Refusal, strawberry.union("ProductOutcome", description="A product, or why not.")]
TierOutcome = Annotated[Tier | Refusal, strawberry.union("TierOutcome", description="A tier, or why not.")]
FeatureOutcome = Annotated[Feature | Refusal, strawberry.union("FeatureOutcome", description="A feature, or why not.")]
ApprovalOutcome = Annotated[
    Approval | Refusal, strawberry.union("ApprovalOutcome", description="A decision on use, or why not.")
]
ListPriceOutcome = Annotated[
    ListPrice | Refusal, strawberry.union("ListPriceOutcome", description="A list price, or why not.")
]


@strawberry.type(description="What can be done to the catalog.")
class CatalogMutations:
    @resolved("Add a vendor.", FieldClass.PUBLIC)
    async def add_vendor(self, info: Info, input: Annotated[AddVendorInput, GIVEN]) -> VendorOutcome:
        return await changed(info, Vendor, input, lambda work: add_vendor(work, command(info, NewVendor, input)))

    @resolved("Add a product.", FieldClass.PUBLIC)
    async def add_product(self, info: Info, input: Annotated[AddProductInput, GIVEN]) -> ProductOutcome:
        return await changed(info, Product, input, lambda work: add_product(work, command(info, NewProduct, input)))

    @resolved("Add a tier to a product.", FieldClass.PUBLIC)
    async def add_tier(self, info: Info, input: Annotated[AddTierInput, GIVEN]) -> TierOutcome:
        return await changed(info, Tier, input, lambda work: add_tier(work, command(info, NewTier, input)))

    @resolved("Add a feature that tiers can grant.", FieldClass.PUBLIC)
    async def add_feature(self, info: Info, input: Annotated[AddFeatureInput, GIVEN]) -> FeatureOutcome:
        return await changed(info, Feature, input, lambda work: add_feature(work, command(info, NewFeature, input)))

    @resolved("Let a tier grant a feature; once more changes nothing.", FieldClass.PUBLIC)
    async def grant_feature(self, info: Info, input: Annotated[GrantFeatureInput, GIVEN]) -> TierOutcome:
        async def verb(work: Work) -> TierRow:
            return await queries.tier(work, (await grant_feature(work, command(info, FeatureGrant, input))).tier_id)

        return await changed(info, Tier, input, verb)

    @resolved("Decide whether a product may be used; earlier decisions stay readable.", FieldClass.PUBLIC)
    async def decide_approval(self, info: Info, input: Annotated[DecideApprovalInput, GIVEN]) -> ApprovalOutcome:
        def verb(work: Work) -> Awaitable[ApprovalRow]:
            return decide_approval(work, command(info, ApprovalDecision, input))

        return await changed(info, Approval, input, verb)

    @resolved("Write down what a vendor's list asks for a tier; the price before stays readable.", FieldClass.PUBLIC)
    async def set_list_price(self, info: Info, input: Annotated[SetListPriceInput, GIVEN]) -> ListPriceOutcome:
        def verb(work: Work) -> Awaitable[ListPriceRow]:
            bands = bands_given(info, input.bands)
            price = unit_price_given(input.unit_price, bands)
            return set_list_price(work, command(info, SetListPrice, input, unit_price=price, bands=bands))

        return await changed(info, ListPrice, input, verb)
