"""What is done to whole units and to what somebody owns: move, merge, split, hand over; shown first, each of them."""

from governance.reorganization.service.ahead import plan_ahead, sweep_planned, withdraw_planned
from governance.reorganization.service.asked import MergeUnits, MoveUnit, SplitUnit
from governance.reorganization.service.handing import (
    HandedOver,
    HandOver,
    Handover,
    hand_over,
    preview_handover,
)
from governance.reorganization.service.plan import LinesChange, Plan, Preview
from governance.reorganization.service.units import (
    merge_units,
    move_unit,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)

__all__ = [
    "HandOver",
    "HandedOver",
    "Handover",
    "LinesChange",
    "MergeUnits",
    "MoveUnit",
    "Plan",
    "Preview",
    "SplitUnit",
    "hand_over",
    "merge_units",
    "move_unit",
    "plan_ahead",
    "preview_handover",
    "preview_merge",
    "preview_move",
    "preview_split",
    "split_unit",
    "sweep_planned",
    "withdraw_planned",
]
