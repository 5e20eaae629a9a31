"""What is done to entitlements: granted, bought, corrected, pooled, allocated; each verb in a file of its noun."""

from governance.entitlements.service.allocations import (
    ChangeAllocation,
    NewAllocation,
    allocate,
    change_allocation,
    preview_change_allocation,
)
from governance.entitlements.service.consumption import NewReading, RecordConsumption, record_consumption
from governance.entitlements.service.effects import Preview, RoomEffect
from governance.entitlements.service.grant import (
    CorrectEntitlement,
    NewEntitlement,
    NewLine,
    add_line,
    correct_entitlement,
    grant_entitlement,
)
from governance.entitlements.service.lots import CorrectLot, NewLot, buy_lot, correct_lot, preview_correct_lot
from governance.entitlements.service.pools import (
    ClosePool,
    NewPool,
    close_pool,
    open_again,
    open_pool,
    preview_close_pool,
)
from governance.entitlements.service.reallocate import (
    MoveAllocation,
    Share,
    SplitLot,
    move_allocation,
    preview_move_allocation,
    preview_split_lot,
    split_lot,
)
from governance.entitlements.service.regions import DefineRegionGroup, define_region_group

__all__ = [
    "ChangeAllocation",
    "ClosePool",
    "CorrectEntitlement",
    "CorrectLot",
    "DefineRegionGroup",
    "MoveAllocation",
    "NewAllocation",
    "NewEntitlement",
    "NewLine",
    "NewLot",
    "NewPool",
    "NewReading",
    "Preview",
    "RecordConsumption",
    "RoomEffect",
    "Share",
    "SplitLot",
    "add_line",
    "allocate",
    "buy_lot",
    "change_allocation",
    "close_pool",
    "correct_entitlement",
    "correct_lot",
    "define_region_group",
    "grant_entitlement",
    "move_allocation",
    "open_again",
    "open_pool",
    "preview_change_allocation",
    "preview_close_pool",
    "preview_correct_lot",
    "preview_move_allocation",
    "preview_split_lot",
    "record_consumption",
    "split_lot",
]
