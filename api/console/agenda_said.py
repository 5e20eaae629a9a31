"""Items of an agenda in words: what each is about and why it is there, its figure then and now, how the vote stands."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from api.console import formats
from api.console.context import Context
from api.console.findings_read import title_of
from api.console.texts import known
from governance.reviews.noise import Moved
from governance.reviews.queries import Entry
from governance.reviews.quorum import Missing as Lacking
from governance.reviews.rules import Choice
from governance.reviews.voting import Tally

SHARES: Final = frozenset({"first_use_within_30"})  # frozen as a share of 1; every other rate is in percent
COUNTS: Final = frozenset({"open_findings"})
DAYS: Final = frozenset({"first_use_median"})
JOINED: Final = "\u2060–\u2060"  # an interval stays on one line
MONEY: Final = frozenset({"spend", "cost_per_unit"})
RIGHTS: Final = {
    "activation": "metric:read", "agreements": "agreement:read", "alerts": "alert:read", "findings": "finding:read",
    "licenses": "entitlement:read", "reviews": "review:read",
}  # fmt: skip
Figure = Mapping[str, Any]


def rule_of(entry: Entry) -> str:
    """The source of an item without its version: `license-over`."""
    return "own" if entry.own else str(entry.facts.get("rule", "")).partition("/")[0]


def item_href(entry: Entry) -> str:
    """The page of an item."""
    return f"/reviews/{entry.review_id}/items/{quote(entry.key, safe=':')}"


def may_open(ctx: Context, href: str) -> bool:
    """Whether the reader may open the page that an item leads to."""
    right = RIGHTS.get(href.strip("/").partition("/")[0].partition("?")[0])
    return right is not None and ctx.may(right)


def item_title(ctx: Context, entry: Entry) -> str:
    """What an item is about."""
    if entry.own is not None:
        return entry.own.title
    facts, rule = entry.facts, rule_of(entry)
    if rule == "findings-open":
        return title_of(ctx, str(facts["subject"]))
    name = str(facts.get("name") or "")
    if facts.get("licenses"):
        return f"{', '.join(facts['licenses'])} · {name}"
    return name or _text(ctx, "agenda.about", rule) or entry.title


def item_why(ctx: Context, entry: Entry) -> str:
    """Why an item is on the agenda."""
    if entry.own is not None:
        return ctx.text(f"agenda.own_{entry.kind.value.lower()}")
    return _text(ctx, "agenda.why", rule_of(entry)) or rule_of(entry)


def _text(ctx: Context, prefix: str, name: str) -> str:
    key = f"{prefix}_{name.replace('-', '_')}"
    return ctx.text(key) if known(ctx.locale, key) else ""


def figure_words(ctx: Context, measure: str, figure: Figure | None, *, frozen: bool = True) -> str:
    """A figure with its interval: `41.2 % (38.0–44.5 %)`; "" where there is none.

    `frozen`: whether it stands in a snapshot, where a share is told of 1 rather than in percent.
    """
    if figure is None or figure.get("value") is None:
        return ""
    value, low, high = (_one(ctx, measure, figure, key, frozen=frozen) for key in ("value", "lower", "upper"))
    return f"{value} ({low.removesuffix('%').rstrip()}{JOINED}{high})" if low and high else value


def _one(ctx: Context, measure: str, figure: Figure, key: str, *, frozen: bool) -> str:
    said = figure.get(key)
    if said is None:
        return ""
    number = Decimal(str(said))
    if measure in COUNTS:
        return formats.number(ctx.locale, int(number))
    if measure in DAYS:
        return ctx.text("agenda.days", count=formats.number(ctx.locale, round(number, 1)))
    if measure in MONEY:
        return f"{formats.number(ctx.locale, round(number, 2))} {figure.get('currency', '')}".strip()
    return formats.percent(ctx.locale, number if measure in SHARES and frozen else number / 100)


def measured(facts: Figure) -> tuple[str, bool]:
    """Which figure an item is about, "" where none, and whether it is told as snapshots tell it (an aim's is not)."""
    if facts.get("aim"):
        return str(facts["aim"].get("measure") or ""), False
    return str(facts.get("measure") or ""), True


def item_figure(ctx: Context, facts: Figure, key: str = "now") -> str:
    """What was frozen of an item in one figure, how grave it was, or the day that it turns on."""
    measure, frozen = measured(facts)
    if measure:
        return figure_words(ctx, measure, facts.get(key), frozen=frozen)
    if facts.get("level"):
        return ctx.text(f"status.{str(facts['level']).lower()}")
    for name in ("last_day", "due_day"):
        if facts.get(name):
            return formats.day(ctx.locale, date.fromisoformat(str(facts[name])))
    return ""


def change_words(ctx: Context, facts: Figure) -> str:
    """What can be said of the change since the review before."""
    told = facts.get("change")
    if not told:
        return ""
    moved = Moved(told["moved"])
    if moved in (Moved.UP, Moved.DOWN) and told.get("by") is not None:
        measure, frozen = measured(facts)
        return _by(ctx, measure, Decimal(told["by"]), frozen=frozen)
    return ctx.text(f"agenda.moved_{moved.value.lower()}")


def _by(ctx: Context, measure: str, by: Decimal, *, frozen: bool) -> str:
    if measure in COUNTS:
        return formats.balance(ctx.locale, int(by))
    if measure in DAYS:
        sign = "+" if by > 0 else formats.MINUS
        return ctx.text("agenda.days", count=f"{sign}{formats.number(ctx.locale, round(abs(by), 1))}")
    shown = formats.points(ctx.locale, by if measure in SHARES and frozen else by / 100)
    return ctx.text("agenda.points", points=shown)


def tally_words(ctx: Context, counted: Tally | None) -> str:
    """`3 for · 1 against`; "" where nobody voted."""
    if counted is None or not counted.voices:
        return ""
    parts = ((choice, counted.count(choice)) for choice in Choice)
    return " · ".join(
        ctx.text(f"agenda.count_{choice.value.lower()}", count=count)
        for choice, count in parts
        if count or choice is Choice.FOR
    )


def lacking_words(ctx: Context, lacks: Lacking, silent: tuple[str, ...]) -> str:
    """Who is still missing for a quorum; "" where nobody is."""
    parts = [*lacks.needed, *([ctx.text("agenda.chair")] if lacks.chair else [])]
    if lacks.departments:
        of = ", ".join(silent) or ctx.text("agenda.without_member")
        parts.append(ctx.text("agenda.departments_of", count=lacks.departments, names=of))
    return "; ".join(parts)


def instant_words(ctx: Context, moment: datetime) -> str:
    """An instant in the reader's zone."""
    return formats.instant(ctx.locale, moment, ctx.zone)
