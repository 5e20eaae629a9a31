"""What is done to entitlements: granted, bought, corrected, pooled, allocated; each verb in a file of its noun."""

from governance.entitlements.service.allocations import (
    ChangeAllocation,
    NewAllocation,
    allocate,
    change_allocation,
    preview_change_allocation,
)
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

__all__ = [
    "ChangeAllocation",
    "ClosePool",
    "CorrectEntitlement",
    "CorrectLot",
    "NewAllocation",
    "NewEntitlement",
    "NewLine",
    "NewLot",
    "NewPool",
    "Preview",
    "RoomEffect",
    "add_line",
    "allocate",
    "buy_lot",
    "change_allocation",
    "close_pool",
    "correct_entitlement",
    "correct_lot",
    "grant_entitlement",
    "open_again",
    "open_pool",
    "preview_change_allocation",
    "preview_close_pool",
    "preview_correct_lot",
]
