"""What can be asked of entitlements: those within reach, narrowed and ordered, with their lots and pools."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, paged, resolved
from api.graphql.entitlements.supply import Allocation, Lot, Pool
from api.graphql.entitlements.things import Entitlement
from api.graphql.inputs import BY_WHAT, HELD_AT, KNOWN_AT, WHICH, Descending, NodeId, asked, values
from api.graphql.nodes import by, containing, listed
from governance.entitlements import queries
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.entitlements.models import Pool as PoolRow
from governance.kernel.work import Work


@strawberry.enum(description="Orders of entitlements.")
class EntitlementOrder(StrEnum):
    CODE = "code"
    NAME = "name"
    RECORDED_AT = "recorded_at"


@strawberry.input(description="Which entitlements.")
class EntitlementFilter:
    search: str | None = asked("Part of the code or the name.", default=None)
    agreement: strawberry.ID | None = asked("Only what this agreement grants.", of="Agreement", default=None)
    product: strawberry.ID | None = asked("Only rights to this product.", of="Product", default=None)
    unit: strawberry.ID | None = asked("Only what this very unit owns.", of="Unit", default=None)
    owner: strawberry.ID | None = asked("Only what this person answers for.", of="Person", default=None)


@strawberry.input(description="Which pools.")
class PoolFilter:
    search: str | None = asked("Part of the code or the name.", default=None)
    line: strawberry.ID | None = asked("Only pools of this line.", of="MetricLine", default=None)
    unit: strawberry.ID | None = asked("Only pools for this very unit.", of="Unit", default=None)
    region: str | None = asked("Only pools for this very region.", default=None)
    open: bool | None = asked("Only those that are open, or only those that are closed.", default=None)


_ORDERS: dict[EntitlementOrder, Any] = {
    EntitlementOrder.CODE: EntitlementRow.code,
    EntitlementOrder.NAME: EntitlementRow.name,
    EntitlementOrder.RECORDED_AT: EntitlementRow.recorded_at,
}


@strawberry.type(description="What can be asked of entitlements.")
class EntitlementQueries:
    @paged("The entitlements within reach.", FieldClass.PUBLIC)
    async def entitlements(
        self,
        info: Info,
        paging: Paging,
        filter: Annotated[EntitlementFilter | None, WHICH] = None,
        order: Annotated[EntitlementOrder, BY_WHAT] = EntitlementOrder.CODE,
        descending: Descending = False,
    ) -> Connection[Entitlement]:
        asked_for = filter or EntitlementFilter()
        wanted = values(info, asked_for)

        def narrowed(work: Work) -> Select[EntitlementRow]:
            query = queries.visible_entitlements(work)
            query = query.where(containing(asked_for.search, EntitlementRow.code, EntitlementRow.name))
            for name in ("agreement_id", "product_id", "unit_id", "owner_id"):
                if wanted[name] is not None:
                    query = query.where(getattr(EntitlementRow, name) == wanted[name])
            return query

        orders = by(_ORDERS[order], EntitlementRow.id, descending=descending)
        return await listed(info, paging, Entitlement, orders, narrowed=narrowed)

    @resolved("One entitlement; null where there is none within reach.", FieldClass.PUBLIC)
    async def entitlement(self, info: Info, id: NodeId) -> Entitlement | None:
        return await Entitlement.by_id(info, id)

    @paged("The pools within reach, by code.", FieldClass.PUBLIC)
    async def pools(
        self, info: Info, paging: Paging, filter: Annotated[PoolFilter | None, WHICH] = None
    ) -> Connection[Pool]:
        asked_for = filter or PoolFilter()
        wanted = values(info, asked_for)

        def narrowed(work: Work) -> Select[PoolRow]:
            query = queries.visible_pools(work).where(containing(asked_for.search, PoolRow.code, PoolRow.name))
            for name in ("line_id", "unit_id", "region"):
                if wanted[name] is not None:
                    query = query.where(getattr(PoolRow, name) == wanted[name])
            if asked_for.open is None:
                return query
            return query.where(PoolRow.closed_at.is_(None) if asked_for.open else PoolRow.closed_at.is_not(None))

        return await listed(info, paging, Pool, Pool.order, narrowed=narrowed)

    @resolved("One pool; null where there is none within reach.", FieldClass.PUBLIC)
    async def pool(self, info: Info, id: NodeId) -> Pool | None:
        return await Pool.by_id(info, id)

    @paged("What was bought, of entitlements within reach, the earliest first.", FieldClass.PUBLIC)
    async def lots(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[Lot]:
        return await listed(info, paging, Lot, Lot.order, narrowed=Lot.dated(as_of, known_at))

    @paged("What pools within reach were given, the earliest first.", FieldClass.PUBLIC)
    async def allocations(
        self,
        info: Info,
        paging: Paging,
        as_of: Annotated[datetime | None, HELD_AT] = None,
        known_at: Annotated[datetime | None, KNOWN_AT] = None,
    ) -> Connection[Allocation]:
        return await listed(info, paging, Allocation, Allocation.order, narrowed=Allocation.dated(as_of, known_at))
