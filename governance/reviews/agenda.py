"""Why something is on a board's agenda: each source looks at the frozen figures of now and of the review before.

A source is one entry of SOURCES: its name, its version, and a pure function from two snapshots to items.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from governance.metrics.formulas.wilson import wilson
from governance.reviews.noise import change, figure

Content = Mapping[str, Any]
LOW_USE = Decimal(50)
FULL = Decimal(90)


@dataclass(frozen=True)
class Item:
    """One item: `key` is the same from review to review; `facts` is what was frozen of it."""

    key: str
    rule: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Source:
    name: str
    version: int
    items: Callable[[Content, Content | None], Iterator[Item]]


def agenda(now: Content, before: Content | None) -> list[Item]:
    """Give the items of a review in the order of their sources."""
    return [
        Item(item.key, item.rule, {**item.facts, "rule": f"{item.rule}/{source.version}", "source": source.name})
        for source in SOURCES
        for item in source.items(now, before)
    ]


def read(content: Content | None, measure: str, subject: str = "") -> dict[str, Any] | None:
    """Read a figure that a decision may name out of a frozen snapshot; None where it holds none."""
    if content is None or measure not in MEASURES:
        return None
    return MEASURES[measure](content, subject)


def _row(content: Content, license_id: str) -> Content | None:
    place = content["position"]
    if not license_id:
        totals: Content | None = place["totals"]
        return totals
    return next((row for row in place["rows"] if row["license_id"] == license_id), None)


def _utilization(content: Content, subject: str) -> dict[str, Any] | None:
    row = _row(content, subject)
    return None if row is None or row["percent"] is None else figure(row["percent"])


def _in_use(content: Content, subject: str) -> dict[str, Any] | None:
    row = _row(content, subject)
    share = None if row is None or not row["occupied"] else wilson(min(row["active"], row["occupied"]), row["occupied"])
    if share is None:
        return None
    return figure(*(f"{each * 100:.4f}" for each in (share.value, share.lower, share.upper)), exact=False)


def _first_use_30(content: Content, _: str) -> dict[str, Any] | None:
    share = content["time_to_first_use"]["within_30"]
    return None if share is None else figure(share["value"], share["lower"], share["upper"], exact=False)


def _median(content: Content, _: str) -> dict[str, Any] | None:
    told = content["time_to_first_use"]["median"]
    if told is None or told["time"] is None:
        return None
    return figure(told["time"], told["lower"], told["upper"], exact=False)


def _findings(content: Content, subject: str) -> dict[str, Any] | None:
    if not subject:
        return figure(content["findings"]["totals"]["open"])
    return next((figure(each["open"]) for each in content["findings"]["checks"] if each["check"] == subject), None)


MEASURES: Mapping[str, Callable[[Content, str], dict[str, Any] | None]] = {
    "utilization": _utilization,
    "in_use": _in_use,
    "first_use_within_30": _first_use_30,
    "first_use_median": _median,
    "open_findings": _findings,
}
"""What a decision may name as the figure it is to move. Subjects: a license's id, or a check's; empty is the whole."""


def _item(
    rule: str, measure: str, subject: str, name: str, page: str, now: Content, before: Content | None
) -> Item:  # fmt: skip
    stands, stood = read(now, measure, subject), read(before, measure, subject)
    facts = {
        "measure": measure, "subject": subject, "name": name, "page": page, "now": stands, "before": stood,
        "change": change(stood, stands),
    }  # fmt: skip
    return Item(f"{rule}:{subject}"[:120], rule, facts)


def position_items(now: Content, before: Content | None) -> Iterator[Item]:
    """Licenses that are over or nearly full, and those whose holders use them too little."""
    for row in now["position"]["rows"]:
        page, percent = f"/licenses/{row['license_id']}", row["percent"]
        if (row["balance"] is not None and row["balance"] < 0) or (percent is not None and Decimal(percent) >= FULL):
            rule = "license-over" if row["balance"] is not None and row["balance"] < 0 else "license-full"
            yield _item(rule, "utilization", row["license_id"], row["license"], page, now, before)
        used = read(now, "in_use", row["license_id"])
        if used is not None and Decimal(used["upper"]) < LOW_USE:
            yield _item("license-little-used", "in_use", row["license_id"], row["license"], page, now, before)


def first_use_items(now: Content, before: Content | None) -> Iterator[Item]:
    """Time to first use, at every review."""
    yield _item("time-to-first-use", "first_use_within_30", "", "", "/activation", now, before)


def finding_items(now: Content, before: Content | None) -> Iterator[Item]:
    """Checks whose open findings are more than at the review before, or grave."""
    for check in now["findings"]["checks"]:
        stood = read(before, "open_findings", check["check"])
        worse = stood is None or check["open"] > int(stood["value"])
        if check["open"] and (worse or check["severity"] in ("HIGH", "CRITICAL")):
            name = check["title"] or check["check"]
            page = f"/findings?check={check['check']}"
            yield _item("findings-open", "open_findings", check["check"], name, page, now, before)


def alert_items(now: Content, before: Content | None) -> Iterator[Item]:
    """Alerts that stood when it was frozen, each pool and rule by itself."""
    stood = {(each["pool_id"], each["alert"]) for each in (before or {}).get("alerts", ())}
    for each in now.get("alerts", ()):
        which = (each["pool_id"], each["alert"])
        facts = {
            **each,
            "page": f"/alerts/{each['id']}",
            "change": {"moved": "SAME" if which in stood else "NEW"},
        }
        yield Item(f"alert:{which[0]}:{which[1]}", "alert-open", facts)


def renewal_items(now: Content, before: Content | None) -> Iterator[Item]:
    """Agreements of which something ends within the next two quarters and nothing follows it."""
    stood = {each["id"] for each in (before or {}).get("renewals", ())}
    for each in now.get("renewals", ()):
        facts = {
            **each,
            "page": f"/agreements/{each['id']}",
            "change": {"moved": "SAME" if each["id"] in stood else "NEW"},
        }
        yield Item(f"renewal:{each['id']}", "renewal-due", facts)


def action_items(now: Content, _: Content | None) -> Iterator[Item]:
    """Actions of earlier reviews that are still open."""
    for each in now.get("open_actions", ()):
        yield Item(f"action:{each['id']}", "action-open", {**each, "page": f"/reviews/{each['review']}"})


def effect_items(now: Content, _: Content | None) -> Iterator[Item]:
    """Aims whose day to be judged has come: the figure then, on that day, and what became of it."""
    for each in now.get("aims", ()):
        aim, judged = each["aim"], each["judged"]
        facts = {
            **each, "now": judged["now"], "before": aim["then"], "change": change(aim["then"], judged["now"]),
            "verdict": judged["verdict"], "page": f"/reviews/{each['review']}",
        }  # fmt: skip
        yield Item(f"aim:{each['id']}", "aim-judged", facts)


SOURCES: tuple[Source, ...] = (
    Source("actions", 1, action_items),
    Source("aims", 1, effect_items),
    Source("position", 1, position_items),
    Source("activation", 1, first_use_items),
    Source("findings", 1, finding_items),
    Source("alerts", 1, alert_items),
    Source("renewals", 1, renewal_items),
)
