"""A license before anyone signs: its lines, pools, alerts, ladders and journey, by region; read with every problem.

A template is a document (TOML or JSON) of these tables; what is in [ ] may be left out:

    title, [product] (its code in the catalog), [region], [renewal_basis], [four_eyes]
    lines.<code>          model, term, [tier, overage, overage_percent, expiry, grace_days, spill_order,
                          needs_acceptance, invitation_days, suspended_occupies]
    lines.<code>.supply   what a purchase starts from: [quantity or unlimited, months, zone, currency, unit_price,
                          cost_basis, pack_size, included, excluded]
    pools.<code>          percent of the line's seats, or seats; [line where there are several, name, unit (its code),
                          region]
    alerts.use            [warn, high, critical, clear_below] in percent
    ladders.expiry, ladders.notice   days_before, days_after, then_every: on which days ends and notices are told
    journey               [value_type, value_feature, survey]
    usage                 individual: who may see what one person did, at the most
    regions.<code>        any of these but title and product: what holds there; `false` takes a table away
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policies.regions.region import world_tree
from policies.templates.fields import (
    JOURNEY,
    LADDER,
    LINE,
    ONLY_BASE,
    POOL,
    SUPPLY,
    TOP,
    USAGE,
    USE,
    Value,
    is_code,
)
from policies.templates.merging import flat, laid, nested, whole
from policies.thresholds.threshold import InvalidLines, Origin, Override, lines_for

AT_MOST = {"lines": 12, "pools": 200, "regions": 100}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a template: where, what stands there, and what would be right."""

    path: str
    has: str
    needs: str

    def __str__(self) -> str:
        return f"{self.path}: {self.has} cannot be used; needs {self.needs}"


class InvalidTemplate(ValueError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def check_template(content: Mapping[str, Any]) -> None:
    """Let pass a template that can be read whole, in every region it names. Raises InvalidTemplate (every problem)."""
    found = [*_top(content, ""), *_tables(content, "")]
    if not found:
        found = list(_together(content, ""))
    for code, variant in _tables_in(content.get("regions"), "regions", found):
        path = f"regions.{code}."
        if code not in world_tree():
            found.append(Problem(f"regions.{code}", code, "a region: an M49 area such as 150, a country such as DE"))
        elif partial := [*_variant(variant, path), *_tables(variant, path)]:
            found.extend(partial)
        elif not found:
            found.extend(_together(laid(content, (code, *world_tree().ancestors(code))), path))
    if found:
        raise InvalidTemplate(found)


def read_overrides(content: Mapping[str, Any], way_up: Sequence[str], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Give the whole document of a region with these overrides. Raises InvalidTemplate, naming `overrides.…`."""
    path = "overrides."
    found = [*_variant(overrides, path, also=("product",)), *_tables(overrides, path)]
    document = laid(content, way_up, overrides) if not found else {}
    found = found or list(_together(document, path))
    if found:
        raise InvalidTemplate(found)
    return canonical(whole(document))


def canonical(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give each value as it is kept, in the order of paths: `80` and `"80.0"` are one percentage.

    The document was read before.
    """
    paths = sorted(flat(document).items())
    kept = {path: None if value is None else _spec(path).reads(value) for path, value in paths}
    return nested(kept)


def _spec(path: str) -> Value:
    """Give how the value at a path is read."""
    *tables, name = path.split(".")
    match tables:
        case ["lines", _, "supply"]:
            return SUPPLY[name]
        case ["lines", _]:
            return LINE[name]
        case ["pools", _]:
            return POOL[name]
        case ["alerts", "use"]:
            return USE[name]
        case ["ladders", _]:
            return LADDER[name]
        case ["journey"]:
            return JOURNEY[name]
        case ["usage"]:
            return USAGE[name]
    return TOP[name]


def _top(content: Mapping[str, Any], path: str) -> Iterable[Problem]:
    known = (*TOP, "lines", "pools", "alerts", "ladders", "journey", "usage", "regions")
    yield from _known(content, known, path)
    yield from _checked({name: content[name] for name in TOP if name in content}, TOP, path)
    if "title" not in content:
        yield Problem(f"{path}title", "nothing", TOP["title"].needs)
    if not content.get("lines"):
        yield Problem(f"{path}lines", "nothing", "at least one line, such as [lines.named] with model and term")


def _variant(variant: Mapping[str, Any], path: str, also: Sequence[str] = ()) -> Iterable[Problem]:
    known = [name for name in (*TOP, "lines", "pools", "alerts", "ladders", "journey", "usage")
             if name not in ONLY_BASE or name in also]  # fmt: skip
    yield from _known(variant, known, path)
    yield from _checked({name: variant[name] for name in TOP if name in variant and name in known}, TOP, path)


def _tables(content: Mapping[str, Any], path: str) -> Iterable[Problem]:
    """Check every value of lines, pools, alerts, ladders, journey and usage by itself."""
    found: list[Problem] = []
    for code, line in _tables_in(content.get("lines"), f"{path}lines", found):
        here = f"{path}lines.{code}."
        found.extend(_known(line, (*LINE, "supply"), here))
        found.extend(_checked({k: v for k, v in line.items() if k in LINE}, LINE, here))
        found.extend(_table(line.get("supply"), SUPPLY, f"{here}supply"))
    for code, pool in _tables_in(content.get("pools"), f"{path}pools", found):
        found.extend(_table(pool, POOL, f"{path}pools.{code}"))
    for table, kinds in (("alerts", {"use": USE}), ("ladders", {"expiry": LADDER, "notice": LADDER})):
        given = content.get(table)
        if given is None or given is False:
            continue
        if not isinstance(given, Mapping):
            found.append(Problem(f"{path}{table}", _said(given), f"a table of {' and '.join(kinds)}"))
            continue
        found.extend(_known(given, tuple(kinds), f"{path}{table}."))
        for kind, specs in kinds.items():
            found.extend(_table(given.get(kind), specs, f"{path}{table}.{kind}"))
    found.extend(_table(content.get("journey"), JOURNEY, f"{path}journey"))
    found.extend(_table(content.get("usage"), USAGE, f"{path}usage"))
    return found


def _table(given: Any, specs: Mapping[str, Value], path: str) -> Iterable[Problem]:
    if given is None or given is False:
        return
    if not isinstance(given, Mapping):
        yield Problem(path, _said(given), f"a table of {', '.join(specs)}")
        return
    yield from _known(given, tuple(specs), f"{path}.")
    yield from _checked(given, specs, f"{path}.")


def _tables_in(given: Any, path: str, found: list[Problem]) -> list[tuple[str, Mapping[str, Any]]]:
    if given is None:
        return []
    most = AT_MOST[path.rpartition(".")[2]]
    if not isinstance(given, Mapping) or len(given) > most:
        found.append(
            Problem(path, _said(given), f"at most {AT_MOST[path.rpartition('.')[2]]} tables, each with a code")
        )
        return []
    tables = []
    for code, table in given.items():
        if not path.endswith("regions") and not is_code(code):
            found.append(Problem(f"{path}.{code}", code, "a code of small letters, digits, - and _, such as named"))
        elif isinstance(table, Mapping):
            tables.append((code, table))
        elif table is not False:
            found.append(Problem(f"{path}.{code}", _said(table), "a table; false takes it away in a region"))
    return tables


def _known(given: Mapping[str, Any], known: Sequence[str], path: str) -> Iterable[Problem]:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            needs = f"{near[0]}, if that is meant" if near else f"one of {', '.join(known)}"
            yield Problem(f"{path}{name}", "a field that no template has", needs)


def _checked(given: Mapping[str, Any], specs: Mapping[str, Value], path: str) -> Iterable[Problem]:
    for name, value in given.items():
        if name in specs:
            try:
                specs[name].reads(value)
            except (ValueError, TypeError):
                yield Problem(f"{path}{name}", _said(value), specs[name].needs)


def _together(content: Mapping[str, Any], path: str) -> Iterable[Problem]:
    """Check what concerns several values at once, of a document that is whole."""
    document = whole(content)
    for code, line in document["lines"].items():
        yield from _line_together(line, f"{path}lines.{code}.")
    if not document["lines"]:
        yield Problem(f"{path}lines", "nothing", "at least one line")
    yield from _pools_together(document, path)
    use = document.get("alerts", {}).get("use", {})
    try:
        lines_for([Override(Origin.POOL, **{name: Decimal(str(value)) for name, value in use.items()})])
    except InvalidLines as bad:
        yield Problem(f"{path}alerts.use", bad.reason, "0 < warn < high < critical, and clear_below under warn")
    for kind, ladder in document.get("ladders", {}).items():
        for name in LADDER:
            if name not in ladder:
                yield Problem(f"{path}ladders.{kind}.{name}", "nothing", LADDER[name].needs)
    journey = document.get("journey", {})
    if "value_feature" in journey and "value_type" not in journey:
        yield Problem(f"{path}journey.value_type", "nothing", "the type of event that brings value_feature")


def _line_together(line: Mapping[str, Any], path: str) -> Iterable[Problem]:
    for name in ("model", "term"):
        if name not in line:
            yield Problem(f"{path}{name}", "nothing", LINE[name].needs)
    if (line["overage"] == "ALLOW_TO_PERCENT") != (line["overage_percent"] is not None):
        to = line["overage"] == "ALLOW_TO_PERCENT"
        needs = LINE["overage_percent"].needs if to else f"no percentage, because overage is {line['overage']}"
        yield Problem(f"{path}overage_percent", _said(line["overage_percent"]), needs)
    if (line["expiry"] == "GRACE") != (line["grace_days"] > 0):
        needs = "at least one day" if line["expiry"] == "GRACE" else f"0, because expiry is {line['expiry']}"
        yield Problem(f"{path}grace_days", _said(line["grace_days"]), needs)
    supply = line.get("supply", {})
    if supply.get("unlimited") and supply.get("cost_basis") != "FLAT":
        yield Problem(f"{path}supply.cost_basis", _said(supply.get("cost_basis")), "FLAT, because seats are unlimited")
    if supply.get("unlimited") and supply.get("quantity") is not None:
        yield Problem(f"{path}supply.quantity", _said(supply["quantity"]), "no number, because seats are unlimited")
    if line.get("term") == "PERPETUAL" and "months" in supply:
        yield Problem(f"{path}supply.months", _said(supply["months"]), "no months, because the term is PERPETUAL")


def _pools_together(document: Mapping[str, Any], path: str) -> Iterable[Problem]:
    shares: dict[str, Decimal] = {}
    for code, pool in document["pools"].items():
        here = f"{path}pools.{code}"
        if pool["line"] not in document["lines"]:
            yield Problem(f"{here}.line", _said(pool["line"]), f"one of the lines {', '.join(document['lines'])}")
        if ("percent" in pool) == ("seats" in pool):
            has = "both" if "seats" in pool else "neither"
            yield Problem(here, has, "either percent (of the line's seats) or seats")
        shares[pool["line"]] = shares.get(pool["line"], Decimal(0)) + Decimal(str(pool.get("percent", 0)))
    for line, share in shares.items():
        if share > 100:
            yield Problem(f"{path}pools", f"{share} % of line {line}", "100 % or less of each line")


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    text = "true" if value is True else "false" if value is False else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
