"""Time to first use in words and pictures: its figures with intervals, the rising curve, the table it is drawn from."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from api.console import formats
from api.console.charts import CurvePart
from api.console.context import Context
from api.console.controls import Column
from api.console.figures import Curve, stepcurve
from api.console.figures_said import DAYS_SHOWN, share_figure, waited
from api.console.parts import Figure, Figures, Part
from api.console.values import Missing, Suppressed
from governance.metrics.first_use import FirstUse
from governance.metrics.formulas.kaplan_meier import Quantile, Share, Step

HORIZON: Final = float(DAYS_SHOWN)
MARKS: Final = (0, 7, 14, 21, 30)


def median_figure(ctx: Context, told: FirstUse, href: str = "") -> Figure:
    """The median with its interval, how many it rests on, and how many have not used their seat yet."""
    return replace(_quantile(ctx, told, told.median, ctx.text("activation.median")), href=href)


def _quantile(ctx: Context, told: FirstUse, found: Quantile | None, label: str) -> Figure:
    if told.suppressed:
        return Figure(label, Suppressed(k=told.k))
    if not told.n:
        return Figure(label, Missing(ctx.text("activation.nothing")))
    n = formats.number(ctx.locale, told.n)
    count = ctx.text("activation.n_alone", n=n)
    if told.censored is not None:
        count = ctx.text("activation.n", n=n, censored=formats.number(ctx.locale, told.censored))
    if found is None:
        return Figure(label, Missing(ctx.text("activation.not_reached")), lines=(count,))
    return waited(ctx, label, found.time, found.lower, found.upper, (count,))


def within_figure(ctx: Context, told: FirstUse, found: Share | None, days: int) -> Figure:
    """The share with a first use within so many days, with its interval."""
    label = ctx.text("activation.within", days=days)
    if told.suppressed:
        return Figure(label, Suppressed(k=told.k))
    if found is None:
        return Figure(label, Missing(ctx.text("activation.not_followed", days=days)))
    return share_figure(ctx, label, found.value, found.lower, found.upper)


def figures_part(ctx: Context, told: FirstUse) -> Part:
    """The figures side by side; seats whose first use is unknown are told apart from them."""
    lower = ctx.text("activation.quartile_lower")
    upper = ctx.text("activation.quartile_upper")
    return Figures(
        (
            median_figure(ctx, told),
            _quantile(ctx, told, told.lower_quartile, lower),
            _quantile(ctx, told, told.upper_quartile, upper),
            within_figure(ctx, told, told.within_7, 7),
            within_figure(ctx, told, told.within_30, 30),
        )
    )


def curve_part(ctx: Context, told: FirstUse) -> Part:
    """The curve and, in the same card, the table whose numbers it shows."""
    version = ctx.text("activation.method", version=told.definition.version)
    days = [_at(told, mark) for mark in MARKS]
    median = _median(told)
    return CurvePart(
        title=ctx.text("activation.share"), sub=ctx.text("activation.share_sub"), ident="first-use", columns=COLUMNS,
        rows=rows_of(told), sentence=_sentence(ctx, days[-1].share, told.median.time if told.median else None),
        definition=told.definition.id, method=f"{version} · {ctx.text('activation.band')}", drawing=_drawn(ctx, told),
        x="day", series=("share",), band=("low", "high"), below="waiting", median=median,
        median_label=_half(ctx, median), marks=MARKS,
    )  # fmt: skip


def _median(told: FirstUse) -> float | None:
    """The median, where it was reached within what is drawn."""
    time = None if told.median is None else told.median.time
    return time if time is not None and time <= HORIZON else None


def _half(ctx: Context, median: float | None) -> str:
    return ctx.text("activation.half", median=formats.number(ctx.locale, round(median or 0, 1)))


def _drawn(ctx: Context, told: FirstUse) -> Markup:
    points = []
    for step in told.curve:
        share, low, high = reached(step)
        points.append((step.time, share, share if low is None else low, share if high is None else high))
    days = [_at(told, mark) for mark in MARKS]
    axis = [(float(each.day), ctx.text("activation.day_mark", day=each.day)) for each in days]
    waiting = [(float(each.day), formats.number(ctx.locale, each.waiting)) for each in days]
    median = told.median.time if told.median is not None else None
    within = median is not None and median <= HORIZON
    return stepcurve(
        Curve(points), _sentence(ctx, days[-1].share, median), horizon=HORIZON, axis=axis, not_yet=waiting,
        not_yet_label=ctx.text("activation.not_yet"), median=median if within else None,
        median_label=_half(ctx, median),
    )  # fmt: skip


def _sentence(ctx: Context, share: float, median: float | None) -> str:
    said = formats.percent(ctx.locale, share)
    if median is None or median > HORIZON:
        return ctx.text("activation.share_sentence", share=said, days=DAYS_SHOWN)
    half = formats.number(ctx.locale, round(median, 1))
    return ctx.text("activation.half_sentence", median=half, share=said, days=DAYS_SHOWN)


@dataclass(frozen=True, slots=True)
class Day:
    """The curve at one instant; shares are 0 to 1, `waiting` have neither used their seat nor left."""

    day: float
    share: float
    low: float | None
    high: float | None
    uses: int
    waiting: int


def rows_of(told: FirstUse) -> list[Day]:
    """The curve at the end of each day and at its median, as far as anybody was followed."""
    last = told.curve[-1].time if told.curve else 0
    median = _median(told)
    days: list[float] = sorted({*range(int(HORIZON) + 1), *(() if median is None else (median,))})
    return [_at(told, day) for day in days if day == 0 or day <= last]


def _at(told: FirstUse, day: float) -> Day:
    passed = told.curve[: bisect_right(told.curve, float(day), key=lambda step: step.time)]
    gone = sum(step.events + step.censored for step in passed)
    uses = sum(step.events for step in passed)
    if not passed:
        return Day(day, 0.0, None, None, 0, told.n)
    share, low, high = reached(passed[-1])
    return Day(day, share, low, high, uses, told.n - gone)


def reached(step: Step) -> tuple[float, float | None, float | None]:
    """The share that has had a first use by a step, with its interval: one less the share that has not."""
    return (
        1 - step.survival,
        None if step.upper is None else 1 - step.upper,
        None if step.lower is None else 1 - step.lower,
    )


COLUMNS: Final = (
    Column("day", "activation.day", kind="number"),
    Column("share", "activation.reached", kind="percent", strong=True),
    Column("low", "activation.low", kind="percent", leaves=4, quiet=True),
    Column("high", "activation.high", kind="percent", leaves=4, quiet=True),
    Column("uses", "activation.events", kind="number", leaves=3),
    Column("waiting", "activation.at_risk", kind="number"),
)
