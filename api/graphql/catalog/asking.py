"""What can be asked of the catalog."""

from enum import StrEnum
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.catalog.things import Feature, Product, Vendor
from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.inputs import BY_WHAT, WHICH, Descending, NodeId, Search, asked, values
from api.graphql.nodes import by, containing, listed
from governance.catalog import queries
from governance.catalog.models import Feature as FeatureRow
from governance.catalog.models import Product as ProductRow
from governance.catalog.models import Vendor as VendorRow
from governance.kernel.work import Work


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
