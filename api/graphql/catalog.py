"""The catalog in the graph: vendors, products, ranked tiers, features, and whether a product may be used."""

from collections.abc import Awaitable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved, type_named
from api.graphql.inputs import BY_WHAT, GIVEN, WHICH, Descending, NodeId, Search, asked, changed, command, values
from api.graphql.nodes import Node, by, containing, listed, listed_of, short_list
from governance.catalog import queries
from governance.catalog.models import Approval as ApprovalRow
from governance.catalog.models import Feature as FeatureRow
from governance.catalog.models import Product as ProductRow
from governance.catalog.models import Tier as TierRow
from governance.catalog.models import TierFeature as TierFeatureRow
from governance.catalog.models import Vendor as VendorRow
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

if TYPE_CHECKING:
    from api.graphql.agreements import Agreement
    from api.graphql.entitlements import Entitlement

strawberry.enum(ApprovalStatus, description="Whether a product may be used.")


@strawberry.type(description="Who sells products.")
class Vendor(Node):
    row: strawberry.Private[VendorRow]
    visible = queries.visible_vendors
    key = VendorRow.id

    @resolved("The vendor's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @paged("What this vendor sells, by name.", FieldClass.PUBLIC)
    async def products(self, info: Info, paging: Paging) -> Connection["Product"]:
        order = by(ProductRow.name, ProductRow.id)
        return await listed_of(info, paging, Product, order, column=ProductRow.vendor_id, of=self.row.id)

    @paged("The agreements with this vendor, by number.", FieldClass.PUBLIC)
    async def agreements(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Agreement", strawberry.lazy("api.graphql.agreements")]]:
        kind = type_named(info, "Agreement")
        column = kind.key.class_.vendor_id
        return await listed_of(info, paging, kind, by(kind.key.class_.number, kind.key), column=column, of=self.row.id)


@strawberry.type(description="Something a vendor sells.")
class Product(Node):
    row: strawberry.Private[ProductRow]
    visible = queries.visible_products
    key = ProductRow.id

    @resolved("The product's code, unique in the tenant's catalog.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("The product's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("The product's version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("Who sells it.", FieldClass.PUBLIC)
    async def vendor(self, info: Info) -> Vendor | None:
        return await Vendor.get(info, self.row.vendor_id)

    @resolved("Its tiers, the lowest rank first; a higher rank covers those below.", FieldClass.PUBLIC)
    async def tiers(self, info: Info) -> list["Tier"]:
        return await short_list(info, Tier, by(TierRow.rank, TierRow.id), column=TierRow.product_id, of=self.row.id)

    @resolved("The decision on its use that counts today; null where nobody has decided.", FieldClass.PUBLIC)
    async def approval(self, info: Info) -> "Approval | None":
        row = await info.context.one("latest approval", _latest_approvals, ApprovalRow.product_id).load(self.row.id)
        return None if row is None else Approval.of(row)

    @paged("Every decision on its use, the latest first.", FieldClass.PUBLIC)
    async def approvals(self, info: Info, paging: Paging) -> Connection["Approval"]:
        order = by(ApprovalRow.recorded_at, ApprovalRow.id, descending=True)
        return await listed_of(info, paging, Approval, order, column=ApprovalRow.product_id, of=self.row.id)

    @paged("The rights to use it, by code.", FieldClass.PUBLIC)
    async def entitlements(
        self, info: Info, paging: Paging
    ) -> Connection[Annotated["Entitlement", strawberry.lazy("api.graphql.entitlements")]]:
        kind = type_named(info, "Entitlement")
        column = kind.key.class_.product_id
        return await listed_of(info, paging, kind, by(kind.key.class_.code, kind.key), column=column, of=self.row.id)


@strawberry.type(description="A rank of a product; it grants features.")
class Tier(Node):
    row: strawberry.Private[TierRow]
    visible = queries.visible_tiers
    key = TierRow.id

    @resolved("The tier's code, unique in its product.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("The tier's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("Its rank in the product; a higher one covers a lower one.", FieldClass.PUBLIC)
    def rank(self) -> int:
        return self.row.rank

    @resolved("The product it is a tier of.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("The features it grants, by code.", FieldClass.PUBLIC)
    async def features(self, info: Info) -> list["Feature"]:
        order = by(FeatureRow.code, FeatureRow.id)
        column = TierFeatureRow.tier_id
        return await short_list(info, Feature, order, column=column, of=self.row.id, narrowed=_granted_features)


@strawberry.type(description="Something that a tier lets its holders do.")
class Feature(Node):
    row: strawberry.Private[FeatureRow]
    visible = queries.visible_features
    key = FeatureRow.id

    @resolved("The feature's code, unique in the tenant's catalog.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("The feature's name.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @paged("The tiers that grant it, by code.", FieldClass.PUBLIC)
    async def tiers(self, info: Info, paging: Paging) -> Connection[Tier]:
        order = by(TierRow.code, TierRow.id)
        column = TierFeatureRow.feature_id
        return await listed_of(info, paging, Tier, order, column=column, of=self.row.id, narrowed=_granting_tiers)


@strawberry.type(description="A decision on whether a product may be used; the latest one counts.")
class Approval(Node):
    row: strawberry.Private[ApprovalRow]
    visible = queries.visible_approvals
    key = ApprovalRow.id

    @resolved("What was decided.", FieldClass.PUBLIC)
    def status(self) -> ApprovalStatus:
        return self.row.status

    @resolved("The last day on which it holds; null: until another decision.", FieldClass.PUBLIC)
    def until(self) -> date | None:
        return self.row.until

    @resolved("Why it was decided so.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("The principal who decided.", FieldClass.PUBLIC)
    def decided_by(self) -> str:
        return self.row.decided_by

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The product it is about.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


def _latest_approvals(work: Work) -> Select[ApprovalRow]:
    return queries.latest_approvals(work.tenant_id).where(queries.catalog_in_reach(work))


def _granted_features(work: Work) -> Select[FeatureRow]:
    return queries.visible_tier_features(work).with_only_columns(FeatureRow, maintain_column_froms=True)


def _granting_tiers(work: Work) -> Select[TierRow]:
    same = (TierFeatureRow.tenant_id == TierRow.tenant_id) & (TierFeatureRow.tier_id == TierRow.id)
    return queries.visible_tiers(work).join(TierFeatureRow, same)


@strawberry.enum(description="Orders of products.")
class ProductOrder(StrEnum):
    CODE = "code"
    NAME = "name"


@strawberry.input(description="Which products.")
class ProductFilter:
    search: str | None = asked("Part of the code or the name.", default=None)
    vendor: strawberry.ID | None = asked("Only those of this vendor.", of="Vendor", default=None)


_PRODUCT_ORDERS = {ProductOrder.CODE: ProductRow.code, ProductOrder.NAME: ProductRow.name}


@strawberry.type(description="What can be asked of the catalog.")
class CatalogQueries:
    @paged("The products of the catalog.", FieldClass.PUBLIC)
    async def products(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[ProductFilter | None, WHICH] = None,
        order: Annotated[ProductOrder, BY_WHAT] = ProductOrder.NAME,
        descending: Descending = False,
    ) -> Connection[Product]:
        asked_for = filter or ProductFilter()
        vendor = values(info, asked_for).get("vendor_id")

        def narrowed(work: Work) -> Select[ProductRow]:
            query = queries.visible_products(work).where(containing(asked_for.search, ProductRow.code, ProductRow.name))
            return query if vendor is None else query.where(ProductRow.vendor_id == vendor)

        orders = by(_PRODUCT_ORDERS[order], ProductRow.id, descending=descending)
        return await listed(info, paging, Product, orders, narrowed=narrowed)

    @resolved("One product; null where there is none within reach.", FieldClass.PUBLIC)
    async def product(self, info: Info, id: NodeId) -> Product | None:
        return await Product.by_id(info, id)

    @paged("The vendors of the catalog, by name.", FieldClass.PUBLIC)
    async def vendors(self, info: Info, paging: Paging, search: Search = None) -> Connection[Vendor]:
        def narrowed(work: Work) -> Select[VendorRow]:
            return queries.visible_vendors(work).where(containing(search, VendorRow.name))

        return await listed(info, paging, Vendor, by(VendorRow.name, VendorRow.id), narrowed=narrowed)

    @paged("The features that tiers grant, by code.", FieldClass.PUBLIC)
    async def features(self, info: Info, paging: Paging, search: Search = None) -> Connection[Feature]:
        def narrowed(work: Work) -> Select[FeatureRow]:
            return queries.visible_features(work).where(containing(search, FeatureRow.code, FeatureRow.name))

        return await listed(info, paging, Feature, by(FeatureRow.code, FeatureRow.id), narrowed=narrowed)


@strawberry.input(description="A new vendor.")
class AddVendorInput:
    name: str = asked("The name, unique in the tenant.")


@strawberry.input(description="A new product.")
class AddProductInput:
    vendor: strawberry.ID = asked("Who sells it.", of="Vendor")
    code: str = asked("The code, unique in the tenant's catalog.")
    name: str = asked("The name.")


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


VendorOutcome = Annotated[Vendor | Refusal, strawberry.union("VendorOutcome", description="A vendor, or why not.")]
ProductOutcome = Annotated[Product | Refusal, strawberry.union("ProductOutcome", description="A product, or why not.")]
TierOutcome = Annotated[Tier | Refusal, strawberry.union("TierOutcome", description="A tier, or why not.")]
FeatureOutcome = Annotated[Feature | Refusal, strawberry.union("FeatureOutcome", description="A feature, or why not.")]
ApprovalOutcome = Annotated[
    Approval | Refusal, strawberry.union("ApprovalOutcome", description="A decision on use, or why not.")
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
