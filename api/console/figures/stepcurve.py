"""A Kaplan–Meier curve as rising steps with its band, the median marked, and who has not got there yet below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.console.figures.svg import element, join, pct, picture, short

LEFT: Final = 12.0
WIDE: Final = 85.0
TOP: Final = 14.0
TALL: Final = 220.0


@dataclass(frozen=True, slots=True)
class Curve:
    """One period: (time, share reached, low, high) at each event, oldest first; shares are 0 to 1."""

    points: Sequence[tuple[float, float, float, float]]
    name: str = ""


def stepcurve(
    curve: Curve,
    sentence: str,
    *,
    horizon: float,
    axis: Sequence[tuple[float, str]],
    not_yet: Sequence[tuple[float, str]] = (),
    not_yet_label: str = "",
    median: float | None = None,
    median_label: str = "",
    previous: Curve | None = None,
) -> Markup:
    """`horizon` and all times in one unit; `axis` and `not_yet` are (time, text) under the line; shares start at 0."""
    pieces = [*_shares(), *_axis(axis, horizon, TOP + TALL + 18)]
    if not_yet:
        row = TOP + TALL + 34
        pieces.append(element("text", not_yet_label, class_="l-scale l-row-label", x=0, y=row))
        pieces.append(element("text", not_yet_label, class_="l-scale l-row-label-narrow", x=0, y=row + 16))
        pieces += _axis(not_yet, horizon, row)
    plot = [element("polygon", class_="l-band", points=_band(curve, horizon))]
    if previous is not None:
        plot.append(_line(previous, horizon, "l-line l-last-period"))
    plot.append(_line(curve, horizon, "l-line"))
    inner = element(
        "svg",
        join(*plot),
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        width=pct(WIDE),
        height=TALL,
        x=pct(LEFT),
        y=TOP,
    )
    pieces.append(inner)
    if median is not None:
        pieces += _median(median, median_label, horizon)
    return picture(sentence, join(*pieces), height=TOP + TALL + (54 if not_yet else 26), class_="l-curve")


def _x(time: float, horizon: float) -> float:
    return LEFT + WIDE * min(time / horizon, 1)


def _shares() -> list[Markup]:
    pieces = []
    for share in (0, 25, 50, 75, 100):
        y = TOP + TALL * (1 - share / 100)
        pieces.append(element("line", class_="l-grid", x1=pct(LEFT), x2=pct(LEFT + WIDE), y1=y, y2=y))
        pieces.append(element("text", f"{share}%", class_="l-scale", x=pct(LEFT - 1.5), y=y + 4, text_anchor="end"))
    return pieces


def _axis(labels: Sequence[tuple[float, str]], horizon: float, y: float) -> list[Markup]:
    return [
        element("text", label, class_="l-scale", x=pct(_x(time, horizon)), y=y, text_anchor="middle")
        for time, label in labels
    ]


def _steps(curve: Curve, horizon: float, column: int) -> list[tuple[float, float]]:
    """The corners of the steps in a 100 by 100 box, from zero to the horizon."""
    corners, level = [(0.0, 100.0)], 100.0
    for point in curve.points:
        if point[0] > horizon:
            break
        x = 100 * point[0] / horizon
        corners.append((x, level))
        level = 100 - 100 * point[column]
        corners.append((x, level))
    return [*corners, (100.0, level)]


def _written(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{short(x)},{short(y)}" for x, y in corners)


def _line(curve: Curve, horizon: float, name: str) -> Markup:
    return element(
        "polyline", class_=name, points=_written(_steps(curve, horizon, 1)), vector_effect="non-scaling-stroke"
    )


def _band(curve: Curve, horizon: float) -> str:
    return _written([*_steps(curve, horizon, 3), *reversed(_steps(curve, horizon, 2))])


def _median(time: float, label: str, horizon: float) -> list[Markup]:
    x, y = _x(time, horizon), TOP + TALL / 2
    return [
        element("line", class_="l-guide", x1=pct(LEFT), x2=pct(x), y1=y, y2=y),
        element("line", class_="l-guide", x1=pct(x), x2=pct(x), y1=y, y2=TOP + TALL),
        element("circle", class_="l-dot", cx=pct(x), cy=y, r=4.5),
        element("text", label, class_="l-post-label", x=pct(x + 3), y=y + 24),
    ]
