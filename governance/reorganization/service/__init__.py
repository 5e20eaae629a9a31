"""What is done to whole units and to what somebody owns: move, merge, split, hand over; shown first, each of them."""

from governance.reorganization.service.asked import MergeUnits, MoveUnit, SplitUnit
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
    "LinesChange",
    "MergeUnits",
    "MoveUnit",
    "Plan",
    "Preview",
    "SplitUnit",
    "merge_units",
    "move_unit",
    "preview_merge",
    "preview_move",
    "preview_split",
    "split_unit",
]
