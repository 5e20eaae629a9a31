"""A template with its region variants and overrides laid over it: what is not said there is inherited."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.templates.fields import LINE_DEFAULTS, ONLY_BASE

INSTEAD = {"seats": "percent", "percent": "seats", "quantity": "unlimited", "unlimited": "quantity"}
"""Of these pairs a document says one: saying it anew takes the other away."""
WITH = {"overage": "overage_percent", "expiry": "grace_days"}
"""A mode that is said anew takes the number of the former mode away."""


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one document over another: tables are merged, other values replaced, `false` takes a whole table away."""
    whole = {name: value for name, value in base.items() if not _gives_way(name, base, over)}
    for name, value in over.items():
        below = whole.get(name)
        if value is False and isinstance(below, Mapping):
            del whole[name]
        elif isinstance(value, Mapping):
            whole[name] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            whole[name] = value
    return whole


def _gives_way(name: str, base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    if name in over:
        return False
    instead = INSTEAD.get(name)
    return instead in over or any(
        name == number and mode in over and over[mode] != base.get(mode) for mode, number in WITH.items()
    )


def flat(document: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """Name every value by its path: `lines.named.overage`."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{head}{name}.")
        else:
            found[f"{head}{name}"] = value
    return found


def nested(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Make the document whose values have these paths."""
    document: dict[str, Any] = {}
    for path, value in paths.items():
        *tables, last = path.split(".")
        place = document
        for table in tables:
            below = place.setdefault(table, {})
            if not isinstance(below, dict):
                below = place[table] = {}
            place = below
        place[last] = value
    return document


def variant_regions(content: Mapping[str, Any], way_up: Sequence[str]) -> tuple[str, ...]:
    """Name the variants that hold in a region, the widest first. `way_up`: the region and what it lies in."""
    said = content.get("regions", {})
    return tuple(code for code in reversed(way_up) if code in said)


def laid(
    content: Mapping[str, Any], way_up: Sequence[str], overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give the whole document that holds in a region, with overrides over it. The template was read before.

    `way_up`: the region and what it lies in, nearest first.
    """
    document = {name: value for name, value in content.items() if name not in {"regions", "four_eyes"}}
    for code in variant_regions(content, way_up):
        document = merged(document, {k: v for k, v in content["regions"][code].items() if k not in ONLY_BASE})
    return merged({**document, "region": way_up[0]}, overrides or {})


def whole(document: Mapping[str, Any]) -> dict[str, Any]:
    """Say also what a laid document leaves to the house: the rules of each line, the line of each pool."""
    lines = {code: {**LINE_DEFAULTS, **line} for code, line in document.get("lines", {}).items()}
    only = next(iter(lines)) if len(lines) == 1 else None
    region = document.get("region", "001")
    pools = {
        code: {"line": only, "name": code, "region": region, **pool} for code, pool in document.get("pools", {}).items()
    }
    return {**document, "region": region, "lines": lines, "pools": pools}
