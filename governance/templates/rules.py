"""What differs between a license and its template, and what another version changes there: pure, path by path.

A license is seen as flat paths, such as `lines.named.overage` or `pools.design.seats`, each with one value. What only
starts a purchase (`lines.*.supply.*`), the title and the region are no state of a license and are not compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from policies.templates.merging import flat
from policies.thresholds.threshold import Ladder

UNLIMITED, THERE = "unlimited", "there"
AT_ONCE = 20
"""So many licenses are changed in one transaction; more are a run."""
PAIRS = (("overage", "overage_percent"), ("expiry", "grace_days"))
NO_STATE = frozenset({"title", "region"})
CHANGEABLE_OF_LINE = frozenset(
    {
        "tier", "overage", "overage_percent", "expiry", "grace_days", "spill_order", "needs_acceptance",
        "invitation_days",
    }
)  # fmt: skip


class Standing(StrEnum):
    """Why a license differs from its template: on purpose, or by a later change by hand."""

    OVERRIDDEN = "OVERRIDDEN"
    DRIFTED = "DRIFTED"


class Doing(StrEnum):
    """What becomes of one path when a version is applied."""

    CHANGE = "CHANGE"
    KEPT_OVERRIDE = "KEPT_OVERRIDE"
    KEPT_BY_HAND = "KEPT_BY_HAND"
    CANNOT = "CANNOT"


class Why(StrEnum):
    """Why something cannot be applied, each with its way out in the texts."""

    FIXED_LINE = "FIXED_LINE"
    FIXED_POOL = "FIXED_POOL"
    FIXED_PRODUCT = "FIXED_PRODUCT"
    LINE_STAYS = "LINE_STAYS"
    NO_PURCHASE = "NO_PURCHASE"
    NOT_YOURS = "NOT_YOURS"
    POOL_STAYS = "POOL_STAYS"
    REGION_DECIDES = "REGION_DECIDES"
    SEVERAL_PURCHASES = "SEVERAL_PURCHASES"
    UNKNOWN_NAME = "UNKNOWN_NAME"


FIXED = {"product": Why.FIXED_PRODUCT, "usage": Why.REGION_DECIDES}
REMEDY = {
    Why.FIXED_LINE: "A line keeps how it counts. Add a line of the other kind and move its holders.",
    Why.FIXED_POOL: "A pool keeps its line, unit, region and name. Open another one and move its seats.",
    Why.FIXED_PRODUCT: "A license keeps its product. Make another one of the template.",
    Why.LINE_STAYS: "A line with purchases and holders is not taken away. Let its supply end.",
    Why.NO_PURCHASE: "There are no seats to give yet. Buy a lot, then apply the template again.",
    Why.NOT_YOURS: "Ask somebody who may change this to apply the template.",
    Why.POOL_STAYS: "A pool is not closed by a template. Close it by hand, after a look at its holders.",
    Why.REGION_DECIDES: "The region's policy decides who may see individual use. Choose a region that is as strict.",
    Why.SEVERAL_PURCHASES: "The seats come from several purchases. Change the allocations one by one.",
    Why.UNKNOWN_NAME: "Nothing of that code is there. Enter it first, or override it for this license.",
}


@dataclass(frozen=True)
class Difference:
    """One path at which a license is otherwise than its template says; values are None where nothing is said."""

    path: str
    template: Any
    has: Any
    standing: Standing


@dataclass(frozen=True)
class Step:
    """One path at which another version says something else, or the license does. `over`: seats left beyond a pool.

    `now`: what the license has; `wants`: what the version says there; `suggested`: seats to ask back first.
    """

    path: str
    now: Any
    wants: Any
    doing: Doing
    why: Why | None = None
    over: int = 0
    suggested: tuple[UUID, ...] = field(default=(), compare=False)

    @property
    def remedy(self) -> str:
        return "" if self.why is None else REMEDY[self.why]


@dataclass(frozen=True)
class Wanted:
    """What a version says of a license: by itself, and with the license's overrides over it. Both by path."""

    alone: Mapping[str, Any]
    own: Mapping[str, Any]


def compared(document: Mapping[str, Any], supply: Mapping[str, int | None]) -> dict[str, Any]:
    """Give what a whole document says of a license that stands, by path; shares as seats of the supply of each line."""
    paths = {
        path: value
        for path, value in flat(document).items()
        if path not in NO_STATE and ".supply." not in path and value is not None
    }
    for path in [one for one in paths if one.startswith("pools.") and one.endswith(".percent")]:
        del paths[path]
    for code, seats in shared(document.get("pools", {}), supply).items():
        paths[f"pools.{code}.seats"] = UNLIMITED if seats is None else seats
    return paths


def shared(pools: Mapping[str, Mapping[str, Any]], supply: Mapping[str, int | None]) -> dict[str, int | None]:
    """Give each pool its seats: as said, or its share of the line's, so that shares of 100 % sum to all of them.

    Shares are rounded down; what is left of the rounded sum goes to the largest remainders, then by code. None:
    unlimited.
    """
    found: dict[str, int | None] = {code: pool.get("seats", 0) for code, pool in pools.items()}
    for line, seats in supply.items():
        parts = {code: Decimal(pool["percent"]) for code, pool in pools.items()
                 if pool.get("line") == line and "percent" in pool}  # fmt: skip
        if seats is None:
            found |= dict.fromkeys(parts)
            continue
        exact = {code: seats * percent / 100 for code, percent in parts.items()}
        floors = {code: int(share) for code, share in exact.items()}
        left = int(sum(exact.values(), Decimal(0))) - sum(floors.values())
        for code in sorted(exact, key=lambda one: (floors[one] - exact[one], one))[:left]:
            floors[code] += 1
        found |= floors
    return found


def override_paths(overrides: Mapping[str, Any]) -> frozenset[str]:
    """Name the compared paths that overrides say; a share is compared as seats."""
    return frozenset(
        f"{path.rpartition('.')[0]}.seats" if path.startswith("pools.") and path.endswith(".percent") else path
        for path in flat(overrides)
    )


def differences(wanted: Wanted, has: Mapping[str, Any], overridden: frozenset[str]) -> tuple[Difference, ...]:
    """List what differs from the template: by a later change by hand, or else on purpose."""
    found, has = [], _as_known(has, wanted.own)
    for path in sorted(wanted.alone.keys() | wanted.own.keys() | has.keys()):
        alone, own, now = wanted.alone.get(path), wanted.own.get(path), has.get(path)
        if now != own and not _unsaid(path, wanted.own):
            found.append(Difference(path, own, now, Standing.DRIFTED))
        elif own != alone and (path in overridden or own == now):
            found.append(Difference(path, alone, now, Standing.OVERRIDDEN))
    return tuple(found)


def steps(
    old: Wanted, new: Wanted, has: Mapping[str, Any], overridden: frozenset[str], *, restore: bool
) -> tuple[Step, ...]:
    """Say path by path what a version changes, what is kept and why, and what cannot be applied.

    `restore`: take back what was changed by hand. What is so already is left out.
    """
    found, has = [], _as_known(has, new.own)
    old = Wanted(_as_known(old.alone, new.own), _as_known(old.own, new.own))
    for path in sorted(old.own.keys() | new.own.keys() | new.alone.keys() | has.keys()):
        now, was, wants = has.get(path), old.own.get(path), new.own.get(path)
        if path in overridden and new.alone.get(path) != old.alone.get(path) and new.alone.get(path) != now:
            found.append(Step(path, now, new.alone.get(path), Doing.KEPT_OVERRIDE))
        if now == wants or (_unsaid(path, new.own) and _unsaid(path, old.own)):
            continue
        if now != was and not restore:
            found.append(Step(path, now, wants, Doing.KEPT_BY_HAND))
        else:
            why = _cannot(path, now, wants, has)
            found.append(Step(path, now, wants, Doing.CHANGE if why is None else Doing.CANNOT, why))
    return _together(found)


def _together(found: list[Step]) -> tuple[Step, ...]:
    """Keep a mode together with its number: where one was changed by hand and stays, the other stays with it."""
    kept = {step.path for step in found if step.doing is Doing.KEPT_BY_HAND}
    stay = {f"{path.rpartition('.')[0]}.{other}" for path in kept
            for one in PAIRS if path.rpartition(".")[2] in one for other in one}  # fmt: skip
    return tuple(
        replace(step, doing=Doing.KEPT_BY_HAND) if step.doing is Doing.CHANGE and step.path in stay else step
        for step in found
    )


def _as_known(paths: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Give a line or a pool that a template does not name as one path, `pools.extra`; others value by value."""
    named = {_thing(path) for path in own}
    known: dict[str, Any] = {}
    for path, value in paths.items():
        if _is_thing(path) and _thing(path) not in named:
            known[_thing(path)] = THERE
        else:
            known[path] = value
    return known


def _thing(path: str) -> str:
    return ".".join(path.split(".")[:2])


def _is_thing(path: str) -> bool:
    return path.startswith(("lines.", "pools."))


def _unsaid(path: str, own: Mapping[str, Any]) -> bool:
    """Say whether a template has no word on a path: then what is there is no difference.

    A line or a pool that it does not name is one all the same: it is there beside those that it names.
    """
    return path not in own and not (_is_thing(path) and path.count(".") == 1)


def _cannot(path: str, now: Any, wants: Any, has: Mapping[str, Any]) -> Why | None:
    table, name = path.partition(".")[0], path.rpartition(".")[2]
    if table in FIXED:
        return FIXED[table]
    if not _is_thing(path):
        return None
    if path.count(".") == 1:
        return Why.LINE_STAYS if table == "lines" else Why.POOL_STAYS
    if not any(each.startswith(f"{_thing(path)}.") for each in has):
        return None
    if table == "lines":
        return None if name in CHANGEABLE_OF_LINE else Why.FIXED_LINE
    return None if name == "seats" else Why.FIXED_POOL


def counted(found: Iterable[Step]) -> dict[str, int]:
    """Count the steps by what becomes of them."""
    counts: dict[str, int] = {}
    for step in found:
        counts[step.doing.value] = counts.get(step.doing.value, 0) + 1
    return counts


def ladder_of(said: Mapping[str, Any]) -> Ladder:
    """Read a ladder as a license keeps it."""
    return Ladder(tuple(said["days_before"]), tuple(said["days_after"]), said["then_every"])


def joined(ladders: Sequence[Ladder]) -> Ladder:
    """Give one ladder with all the rungs of several: what one of them tells is told."""
    before = sorted({day for one in ladders for day in one.days_before}, reverse=True)
    after = sorted({day for one in ladders for day in one.days_after})
    return Ladder(tuple(before), tuple(after), min(one.then_every for one in ladders))
