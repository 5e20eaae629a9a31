"""One board's review in one workbook: its agenda, frozen figures, decisions, votes, actions and signatures."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from policies.access.actions import Action
from reports.ground import Gathered, Ground, Table, gathered
from reports.review_read import read_review
from reports.shape import Report
from reports.workbook import ChartKind, Column, Kind, Measure, Row, Tally

ABOUT, AGENDA, FIGURES, MEASURES = "review", "review_agenda", "review_figures", "review_measures"
DECISIONS, VOTES, ACTIONS, SIGNATURES = "review_decisions", "review_votes", "review_actions", "review_signatures"
KEYS = (ABOUT, AGENDA, FIGURES, MEASURES, DECISIONS, VOTES, ACTIONS, SIGNATURES)
CHOICES = ("for", "against", "abstain")
Columns = tuple[tuple[str, Kind, int], ...]
TEXT, INSTANT, WHOLE, NUMBER = Kind.TEXT, Kind.INSTANT, Kind.INTEGER, Kind.DECIMAL

COLUMNS: dict[str, Columns] = {
    ABOUT: (("fact", TEXT, 26), ("value", TEXT, 70)),
    AGENDA: (
        ("number", WHOLE, 8), ("item", TEXT, 44), ("kind", TEXT, 12), ("source", TEXT, 24), ("measure", TEXT, 22),
        ("now", NUMBER, 12), ("lower", NUMBER, 12), ("upper", NUMBER, 12), ("before", NUMBER, 12), ("change", TEXT, 16),
        *((name, WHOLE, 10) for name in CHOICES), ("outcome", TEXT, 14), ("day", Kind.DATE, 14), ("key", TEXT, 40),
    ),
    FIGURES: (
        ("product", TEXT, 24), ("tier", TEXT, 18), ("license", TEXT, 28), ("purchased", WHOLE, 12),
        ("allocated", WHOLE, 12), ("occupied", WHOLE, 12), ("active", WHOLE, 12), ("overage", WHOLE, 12),
        ("balance", WHOLE, 12), ("percent", Kind.PERCENT, 10),
    ),
    MEASURES: (
        ("section", TEXT, 22), ("measure", TEXT, 40), ("value", NUMBER, 12), ("lower", NUMBER, 12),
        ("upper", NUMBER, 12),
    ),
    DECISIONS: (
        ("item", TEXT, 44), ("outcome", TEXT, 14), ("text", TEXT, 60), ("by", TEXT, 22), ("at", INSTANT, 20),
        ("standing", TEXT, 12), ("sha256", TEXT, 66),
    ),
    VOTES: (
        ("item", TEXT, 44), ("department", TEXT, 18), ("choice", TEXT, 12), ("member", TEXT, 22), ("seat", TEXT, 12),
        ("at", INSTANT, 20), ("key", TEXT, 40),
    ),
    ACTIONS: (
        ("what", TEXT, 50), ("item", TEXT, 36), ("owner", TEXT, 22), ("due_day", Kind.DATE, 14), ("state", TEXT, 12),
        ("closed_at", INSTANT, 20), ("reason", TEXT, 30), ("aim", TEXT, 26), ("direction", TEXT, 12),
        ("target", NUMBER, 12), ("then", NUMBER, 12), ("judge_day", Kind.DATE, 14), ("judged", NUMBER, 12),
        ("verdict", TEXT, 14),
    ),
    SIGNATURES: (
        ("member", TEXT, 22), ("department", TEXT, 18), ("unit", TEXT, 22), ("at", INSTANT, 20), ("sha256", TEXT, 66),
    ),
}  # fmt: skip
"""Each sheet's columns: key, kind, width. Their titles are `review.<key>` of the words."""


async def gather(ground: Ground) -> tuple[Table, ...]:
    """Gather one review; where none was prepared by then, its sheets have no rows. Raises NotFound for a named one."""
    told = await read_review(ground)
    rows: dict[str, tuple[Row, ...]] = dict.fromkeys(KEYS, ())
    if told is not None:
        rows = {
            ABOUT: tuple(told.about()), AGENDA: tuple(told.agenda()), FIGURES: tuple(_figures(told.content)),
            MEASURES: tuple(_measures(ground, told.content)), DECISIONS: tuple(told.decisions()),
            VOTES: tuple(told.votes()), ACTIONS: tuple(told.actions()), SIGNATURES: tuple(told.signatures()),
        }  # fmt: skip
    return tuple(_table(ground, key, rows[key]) for key in KEYS)


async def _report(ground: Ground) -> Gathered:
    return gathered(*await gather(ground))


REPORT = Report("review", (Action.REVIEW_READ,), _report, many=True)


def _table(ground: Ground, key: str, rows: tuple[Row, ...]) -> Table:
    words = ground.words
    columns = tuple(Column(name, words(f"review.{name}"), kind, width) for name, kind, width in COLUMNS[key])
    charts = (_chart(ground),) if key == VOTES and rows else ()
    return Table(key=key, columns=columns, rows=rows, expected=len(rows), charts=charts, note=words(f"note.{key}"))


def _chart(ground: Ground) -> Tally:
    """Draw how each item was voted on."""
    words = ground.words
    series = tuple(Measure(words(f"review.{name}"), _is(words(f"review.{name}"))) for name in CHOICES)
    return Tally(words("review.chart"), "item", series, ChartKind.STACKED, rest=words("note.rest"))


def _is(choice: str) -> Callable[[Row], bool]:
    return lambda row: row["choice"] == choice


def _figures(content: Any) -> Iterable[Row]:
    """Give the frozen position, license by license; what it cost is told to other rights than a review's."""
    for row in content["position"]["rows"]:
        counts = {name: row[name] for name, kind, _ in COLUMNS[FIGURES] if kind is WHOLE}
        yield {
            "product": row["product"], "tier": row["tier"], "license": row["license"], **counts,
            "percent": None if row["percent"] is None else Decimal(row["percent"]),
        }  # fmt: skip


def _measures(ground: Ground, content: Any) -> Iterable[Row]:
    """Give the frozen findings and the time to first use, each figure with its interval where it has one."""
    words = ground.words
    for check in content["findings"]["checks"]:
        yield _measure(words("review.findings"), check["title"] or check["check"], check["open"])
    told, section = content["time_to_first_use"], words("review.first_use")
    if told["suppressed"]:
        return
    yield _measure(section, words("review.n"), told["n"])
    yield _measure(section, words("review.censored"), told["censored"])
    if told["median"] is not None:
        median = told["median"]
        yield _measure(section, words("review.median"), median["time"], median["lower"], median["upper"])
    for days in (7, 30):
        share = told[f"within_{days}"]
        if share is not None:
            bounds = (None if share[k] is None else Decimal(share[k]) * 100 for k in ("value", "lower", "upper"))
            yield _measure(section, words(f"review.within_{days}"), *bounds)


def _measure(section: str, name: str, value: Any, lower: Any = None, upper: Any = None) -> Row:
    said = (None if each is None else Decimal(str(each)) for each in (value, lower, upper))
    return {"section": section, "measure": name, **dict(zip(("value", "lower", "upper"), said, strict=True))}
