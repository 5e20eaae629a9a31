"""Figures of waiting and of shares in words and whiskers: estimate, interval, how many, or why there is none."""

from collections.abc import Sequence
from typing import Final

from api.console import formats
from api.console.context import Context
from api.console.parts import Figure, Whisker
from api.console.values import Missing

DAYS_SHOWN: Final = 30


def waited(
    ctx: Context,
    label: str,
    time: float | None,
    low: float | None,
    high: float | None,
    lines: Sequence[str] = (),
    about: str = "",
) -> Figure:
    """A time in days with its interval on a line from 0 to 30; not reached reads so, never as 0."""
    if time is None:
        return Figure(label, Missing(ctx.text("activation.not_reached")), lines=tuple(lines), about=about)
    value = formats.number(ctx.locale, round(time, 1))
    unit = ctx.text("activation.days")
    if low is None or high is None:
        bounds = () if low is None else (ctx.text("activation.from", low=formats.number(ctx.locale, round(low, 1))),)
        return Figure(label, value, unit, lines=(*bounds, *lines), about=about)
    said = ctx.text(
        "figure.at_confidence",
        low=formats.number(ctx.locale, round(low, 1)),
        high=formats.number(ctx.locale, round(high, 1)),
    )
    end = max(DAYS_SHOWN, high)
    return Figure(label, value, unit, Whisker(round(time, 1), low, high, 0, end), (said, *lines), about=about)


def share_figure(
    ctx: Context, label: str, value: float, low: float | None, high: float | None, lines: Sequence[str] = ()
) -> Figure:
    """A share in percent with its interval on a line from 0 to 100."""
    percent = formats.percent(ctx.locale, value)
    if low is None or high is None:
        return Figure(label, percent, lines=tuple(lines))
    first, last = formats.number(ctx.locale, round(100 * low, 1)), formats.percent(ctx.locale, high)
    said = ctx.text("figure.at_confidence", low=first, high=last)
    return Figure(label, percent, whisker=Whisker(100 * value, 100 * low, 100 * high, 0, 100), lines=(said, *lines))
