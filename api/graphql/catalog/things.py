"""The catalog in the graph: vendors, products, ranked tiers, features, and whether a product may be used."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.catalog.priced import ListPrice
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved, type_named
from api.graphql.nodes import Node, by, listed_of, short_list
from governance.catalog import queries
from governance.catalog.models import Approval as ApprovalRow
from governance.catalog.models import Feature as FeatureRow
from governance.catalog.models import ListPrice as ListPriceRow
from governance.catalog.models import Product as ProductRow
from governance.catalog.models import Tier as TierRow
from governance.catalog.models import TierBond as TierBondRow
from governance.catalog.models import TierFeature as TierFeatureRow
from governance.catalog.models import Vendor as VendorRow
from governance.catalog.rules import ApprovalStatus, BondKind
from governance.kernel.work import Work

if TYPE_CHECKING:
    from api.graphql.agreements import Agreement
    from api.graphql.entitlements import Entitlement

RETIRED = strawberry.argument(description="Whether those are given, too, that the vendor lists no more.")

strawberry.enum(ApprovalStatus, description="Whether a product may be used.")
strawberry.enum(
    BondKind, description="What a tier has to do with another: a suite with its part, an add-on with a base."
)


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

    @resolved(
        "Whether its tiers are releases: a newer one covers an older one by a downgrade right alone.", FieldClass.PUBLIC
    )
    def releases(self) -> bool:
        return self.row.releases

    @resolved("The product's version, for expectedVersion.", FieldClass.PUBLIC)
    def version(self) -> int:
        return self.row.version

    @resolved("Who sells it.", FieldClass.PUBLIC)
    async def vendor(self, info: Info) -> Vendor | None:
        return await Vendor.get(info, self.row.vendor_id)

    @resolved("Its tiers, the lowest rank first; a higher rank covers those below.", FieldClass.PUBLIC)
    async def tiers(self, info: Info, retired: Annotated[bool, RETIRED] = False) -> list["Tier"]:
        which = queries.visible_tiers if retired else queries.tiers_on_sale
        order = by(TierRow.rank, TierRow.id)
        return await short_list(info, Tier, order, column=TierRow.product_id, of=self.row.id, narrowed=which)

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

    @resolved("The vendor's own id of it; null where it has none.", FieldClass.PUBLIC)
    def external_id(self) -> str | None:
        return self.row.external_id

    @resolved("Since when the vendor lists it no more; null while it does.", FieldClass.PUBLIC)
    def retired_at(self) -> datetime | None:
        return self.row.retired_at

    @resolved("The product it is a tier of.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("The features it grants, by code.", FieldClass.PUBLIC)
    async def features(self, info: Info) -> list["Feature"]:
        order = by(FeatureRow.code, FeatureRow.id)
        column = TierFeatureRow.tier_id
        return await short_list(info, Feature, order, column=column, of=self.row.id, narrowed=_granted_features)

    @resolved("What it contains or requires: its parts as a suite, its bases as an add-on.", FieldClass.PUBLIC)
    async def bonds(self, info: Info) -> list["TierBond"]:
        order = by(TierBondRow.kind, TierBondRow.id)
        return await short_list(info, TierBond, order, column=TierBondRow.tier_id, of=self.row.id)

    @resolved("Which suites contain it, and which add-ons stand on it.", FieldClass.PUBLIC)
    async def bonded_to(self, info: Info) -> list["TierBond"]:
        order = by(TierBondRow.kind, TierBondRow.id)
        return await short_list(info, TierBond, order, column=TierBondRow.part_id, of=self.row.id)

    @resolved("Its list prices that stand, by currency; in a currency without one it is not sold.", FieldClass.PUBLIC)
    async def list_prices(self, info: Info) -> list[ListPrice]:
        order = by(ListPriceRow.currency, ListPriceRow.id)
        return await short_list(info, ListPrice, order, column=ListPriceRow.tier_id, of=self.row.id)


@strawberry.type(description="What a tier contains or requires: another tier, or a product as such, any tier of it.")
class TierBond(Node):
    row: strawberry.Private[TierBondRow]
    visible = queries.visible_bonds
    key = TierBondRow.id

    @resolved("The suite, or the add-on.", FieldClass.PUBLIC)
    async def tier(self, info: Info) -> Tier | None:
        return await Tier.get(info, self.row.tier_id)

    @resolved(
        "CONTAINS: its holders are covered for the part. REQUIRES: it stands on any one of these.", FieldClass.PUBLIC
    )
    def kind(self) -> BondKind:
        return self.row.kind

    @resolved("The part, or the base; null where it is a product as such.", FieldClass.PUBLIC)
    async def part(self, info: Info) -> Tier | None:
        return await Tier.get(info, self.row.part_id)

    @resolved("The product that is part or base as such; null where it is a tier.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)

    @resolved("Since when it holds.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start

    @resolved("What it was said on.", FieldClass.PUBLIC)
    def reason(self) -> str:
        return self.row.reason

    @resolved("The principal who said so.", FieldClass.PUBLIC)
    def recorded_by(self) -> str:
        return self.row.recorded_by


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

    @resolved("The register that says so; null where a person decided here.", FieldClass.PUBLIC)
    def source(self) -> str | None:
        return self.row.source

    @resolved("The status in the words of that register.", FieldClass.PUBLIC)
    def source_status(self) -> str | None:
        return self.row.source_status

    @resolved("How the product is deployed, in the words of that register.", FieldClass.PUBLIC)
    def deployment(self) -> str | None:
        return self.row.deployment

    @resolved("Since when the decision holds.", FieldClass.PUBLIC)
    def start(self) -> datetime:
        return self.row.start or self.row.recorded_at

    @resolved("When it was decided.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at

    @resolved("The product it is about.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


def _latest_approvals(work: Work) -> Select[ApprovalRow]:
    return queries.latest_approvals(work.tenant_id, as_of=work.now()).where(queries.catalog_in_reach(work))


def _granted_features(work: Work) -> Select[FeatureRow]:
    return queries.visible_tier_features(work).with_only_columns(FeatureRow, maintain_column_froms=True)


def _granting_tiers(work: Work) -> Select[TierRow]:
    same = (TierFeatureRow.tenant_id == TierRow.tenant_id) & (TierFeatureRow.tier_id == TierRow.id)
    return queries.visible_tiers(work).join(TierFeatureRow, same)
