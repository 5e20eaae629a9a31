"""What can be done to entitlements: granted, corrected, bought for, pooled and allocated."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.entitlements.inputs import (
    AllocateInput,
    BuyLotInput,
    ChangeAllocationInput,
    ClosePoolInput,
    CorrectEntitlementInput,
    CorrectLotInput,
    GrantEntitlementInput,
    OpenPoolInput,
    RecordConsumptionInput,
    allocation_change,
    lot_correction,
    new_consumption,
    new_entitlement,
    new_lot,
    pool_closing,
)
from api.graphql.entitlements.supply import Allocation, Lot, Pool
from api.graphql.entitlements.things import Entitlement, MetricLine
from api.graphql.inputs import GIVEN, changed, command, values
from governance.entitlements.models import Entitlement as EntitlementRow
from governance.entitlements.service import (
    CorrectEntitlement,
    NewAllocation,
    NewPool,
    allocate,
    buy_lot,
    change_allocation,
    close_pool,
    correct_entitlement,
    correct_lot,
    grant_entitlement,
    open_pool,
    record_consumption,
)
from governance.kernel.work import Work

EntitlementOutcome = Annotated[
    Entitlement | Refusal, strawberry.union("EntitlementOutcome", description="An entitlement, or why not.")
]
LotOutcome = Annotated[Lot | Refusal, strawberry.union("LotOutcome", description="A lot, or why not.")]
LineOutcome = Annotated[MetricLine | Refusal, strawberry.union("LineOutcome", description="A metric line, or why not.")]
PoolOutcome = Annotated[Pool | Refusal, strawberry.union("PoolOutcome", description="A pool, or why not.")]
AllocationOutcome = Annotated[
    Allocation | Refusal, strawberry.union("AllocationOutcome", description="An allocation, or why not.")
]


@strawberry.type(description="What can be done to entitlements.")
class EntitlementMutations:
    @resolved("Grant the right to use a product, with its metric lines.", FieldClass.PUBLIC)
    async def grant_entitlement(self, info: Info, input: Annotated[GrantEntitlementInput, GIVEN]) -> EntitlementOutcome:
        def verb(work: Work) -> Awaitable[EntitlementRow]:
            return grant_entitlement(work, new_entitlement(info, input))

        return await changed(info, Entitlement, input, verb)

    @resolved("Correct an entitlement's name, or who answers for it.", FieldClass.PUBLIC)
    async def correct_entitlement(
        self, info: Info, input: Annotated[CorrectEntitlementInput, GIVEN]
    ) -> EntitlementOutcome:
        def verb(work: Work) -> Awaitable[EntitlementRow]:
            changes = values(info, input.changes, path="changes.")
            return correct_entitlement(work, command(info, CorrectEntitlement, input, changes=changes))

        return await changed(info, Entitlement, input, verb)

    @resolved("Buy a lot for a metric line.", FieldClass.PUBLIC)
    async def buy_lot(self, info: Info, input: Annotated[BuyLotInput, GIVEN]) -> LotOutcome:
        return await changed(info, Lot, input, lambda work: buy_lot(work, new_lot(info, input)))

    @resolved("Correct a lot; where that leaves holders over, by the token of its preview.", FieldClass.PUBLIC)
    async def correct_lot(self, info: Info, input: Annotated[CorrectLotInput, GIVEN]) -> LotOutcome:
        return await changed(info, Lot, input, lambda work: correct_lot(work, lot_correction(info, input)))

    @resolved("Record what a measured line consumed; said again it is corrected.", FieldClass.PUBLIC)
    async def record_consumption(self, info: Info, input: Annotated[RecordConsumptionInput, GIVEN]) -> LineOutcome:
        return await changed(
            info, MetricLine, input, lambda work: record_consumption(work, new_consumption(info, input))
        )

    @resolved("Open a pool of a line.", FieldClass.PUBLIC)
    async def open_pool(self, info: Info, input: Annotated[OpenPoolInput, GIVEN]) -> PoolOutcome:
        return await changed(info, Pool, input, lambda work: open_pool(work, command(info, NewPool, input)))

    @resolved("Close a pool, by the token of its preview; nobody is revoked by it.", FieldClass.PUBLIC)
    async def close_pool(self, info: Info, input: Annotated[ClosePoolInput, GIVEN]) -> PoolOutcome:
        return await changed(info, Pool, input, lambda work: close_pool(work, pool_closing(info, input)))

    @resolved("Give seats of a lot to a pool.", FieldClass.PUBLIC)
    async def allocate(self, info: Info, input: Annotated[AllocateInput, GIVEN]) -> AllocationOutcome:
        return await changed(info, Allocation, input, lambda work: allocate(work, command(info, NewAllocation, input)))

    @resolved(
        "Give a pool another quantity; where that leaves holders over, by the preview's token.", FieldClass.PUBLIC
    )
    async def change_allocation(self, info: Info, input: Annotated[ChangeAllocationInput, GIVEN]) -> AllocationOutcome:
        return await changed(
            info, Allocation, input, lambda work: change_allocation(work, allocation_change(info, input))
        )
