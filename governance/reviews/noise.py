"""Whether a figure moved between two reviews, or only as much as chance would: d ± √((p₁−l₁)² + (u₂−p₂)²) (MOVER).

Each figure brings its own interval; a count of accounts (seats, findings) has none and is exact.

Source: Zou & Donner 2008; for two shares with Wilson intervals it is Newcombe's method 10 of 1998.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Moved(StrEnum):
    """What can be said of a change."""

    NEW = "NEW"
    UP = "UP"
    DOWN = "DOWN"
    SAME = "SAME"
    WITHIN_NOISE = "WITHIN_NOISE"
    CANNOT_TELL = "CANNOT_TELL"


class Verdict(StrEnum):
    """What became of an aim on its judge-on day."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    CANT_TELL = "CANT_TELL"


Figure = Mapping[str, Any]


def figure(value: object, lower: object = None, upper: object = None, *, exact: bool = True) -> dict[str, Any]:
    """Give a figure as a snapshot keeps it: decimal texts, and whether it is exact."""
    said = (None if each is None else str(each) for each in (value, lower, upper))
    return dict(zip(("value", "lower", "upper"), said, strict=True)) | {"exact": exact}


def change(before: Figure | None, now: Figure | None) -> dict[str, Any]:
    """Compare two figures: the difference, its interval where there is one, and what can be said."""
    if now is None or now["value"] is None:
        return {"moved": Moved.CANNOT_TELL.value, "by": None, "lower": None, "upper": None}
    if before is None or before["value"] is None:
        return {"moved": Moved.NEW.value, "by": None, "lower": None, "upper": None}
    by = Decimal(now["value"]) - Decimal(before["value"])
    if before["exact"] and now["exact"]:
        moved = Moved.SAME if by == 0 else Moved.UP if by > 0 else Moved.DOWN
        return {"moved": moved.value, "by": str(by), "lower": None, "upper": None}
    bounds = _bounds(before, now)
    if bounds is None:
        return {"moved": Moved.CANNOT_TELL.value, "by": str(by), "lower": None, "upper": None}
    low, high = bounds
    moved = Moved.UP if low > 0 else Moved.DOWN if high < 0 else Moved.WITHIN_NOISE
    return {"moved": moved.value, "by": str(by), "lower": f"{low:.6f}", "upper": f"{high:.6f}"}


def verdict(then: Figure | None, now: Figure | None, target: str, *, upward: bool) -> Verdict:
    """Judge an aim: MET where the target is reached by more than chance, NOT_MET where it surely is not.

    An exact figure reaches its target or does not. Of a share or a median, the change since then must be beyond noise
    to be MET, and the whole interval must fall short to be NOT_MET; whatever lies between cannot be told.
    """
    if now is None or now["value"] is None:
        return Verdict.CANT_TELL
    goal, stands = Decimal(target), Decimal(now["value"])
    reached = stands >= goal if upward else stands <= goal
    if now["exact"]:
        return Verdict.MET if reached else Verdict.NOT_MET
    best = now["upper" if upward else "lower"]
    if best is not None and (Decimal(best) < goal if upward else Decimal(best) > goal):
        return Verdict.NOT_MET
    real = change(then, now)["moved"] == (Moved.UP if upward else Moved.DOWN).value
    return Verdict.MET if reached and real else Verdict.CANT_TELL


def _bounds(before: Figure, now: Figure) -> tuple[float, float] | None:
    texts = [each for one in (before, now) for each in (one["value"], one["lower"], one["upper"])]
    if any(each is None for each in texts):
        return None
    p1, l1, u1, p2, l2, u2 = (float(each) for each in texts)
    by = p2 - p1
    return by - math.hypot(p2 - l2, u1 - p1), by + math.hypot(u2 - p2, p1 - l1)
