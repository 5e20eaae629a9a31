"""Seats against their limit: one post at 86 % of the width in every row, so that rows compare at a glance."""

from typing import Final

from markupsafe import Markup

from api.console.figures.svg import FADE, IDLE, OVERAGE, STALE, element, join, pct, picture
from api.console.values import SeatBar

POST: Final = 86.0
CUT: Final = 0.16
UNLIMITED: Final = 34.0
ENDED: Final = 11.0


def seatbar(bar: SeatBar, sentence: str, *, large: bool = False) -> Markup:
    """The bar of one row, or the large form with the post's label, threshold ticks and idle seats hatched."""
    top, thick, height = (30.0, 26.0, 84.0) if large else (2.0, 12.0, 16.0)
    if bar.limit is None:
        body = _unlimited(bar, top, thick)
    elif bar.limit <= 0:
        body = join(*_overage(0.0, ENDED if bar.occupied else 0.0, top, thick, cut=False), _post(0.3, top, thick))
    elif bar.stale:
        body = _stale(bar, bar.limit, top, thick)
    else:
        body = _limited(bar, bar.limit, top, thick)
    if large and bar.limit:
        body = join(body, *_scale(bar, bar.limit, top, thick))
    return picture(sentence, body, height=height, class_="l-seatbar")


def _limited(bar: SeatBar, limit: int, top: float, thick: float) -> Markup:
    scale = POST / limit
    inside = min(bar.occupied, limit) * scale
    over = bar.occupied / limit - 1
    pieces = [_bar("l-track", 0, POST, top, thick)]
    if bar.allocated:
        pieces.append(_bar("l-allocated", 0, min(bar.allocated, limit) * scale, top, thick))
    pieces.append(_bar("l-occupied", 0, inside, top, thick))
    if bar.idle:
        idle = min(bar.idle, bar.occupied, limit) * scale
        pieces.append(_bar("", max(inside - idle, 0), idle, top, thick, fill=IDLE))
    if over > 0:
        pieces += _overage(POST, min(over, CUT) * POST, top, thick, cut=over > CUT)
    return join(*pieces, _post(POST, top, thick))


def _overage(start: float, width: float, top: float, thick: float, *, cut: bool) -> list[Markup]:
    """Hatched beyond the post; cut with an arrow where more than 16 % would not fit."""
    if not width:
        return []
    width = 11.2 if cut else max(width - 0.8, 2.6)
    pieces = [
        element(
            "rect",
            class_="l-over",
            x=pct(start + 1),
            y=top + 0.5,
            width=pct(width),
            height=thick - 1,
            rx=2,
            fill=OVERAGE,
        )
    ]
    if cut:
        arrow = element("path", class_="l-over-arrow", d=f"M3 {top + 1}l6 {thick / 2 - 1}l-6 {thick / 2 - 1}z")
        pieces.append(
            element("svg", arrow, x=pct(start + 1 + width), y=0, width=10, height=top + thick, overflow="visible")
        )
    return pieces


def _stale(bar: SeatBar, limit: int, top: float, thick: float) -> Markup:
    width = pct(min(bar.occupied / limit, 1) * POST)
    return join(
        _bar("l-allocated", 0, POST, top, thick),
        element("rect", class_="l-stale", x=0.5, y=top + 0.5, width=width, height=thick - 1, rx=2, fill=STALE),
        _post(POST, top, thick),
    )


def _unlimited(bar: SeatBar, top: float, thick: float) -> Markup:
    return join(
        _bar("", 0, 100, top, thick, fill=FADE),
        _bar("l-occupied", 0, UNLIMITED if bar.occupied else 0, top, thick),
    )


def _bar(name: str, x: float, width: float, top: float, thick: float, fill: str | None = None) -> Markup:
    return element("rect", class_=name or None, x=pct(x), y=top, width=pct(width), height=thick, rx=2, fill=fill)


def _post(x: float, top: float, thick: float) -> Markup:
    reach = 2 if top < 10 else 8
    return element("line", class_="l-post", x1=pct(x), x2=pct(x), y1=top - reach, y2=top + thick + min(reach, 4))


def _scale(bar: SeatBar, limit: int, top: float, thick: float) -> list[Markup]:
    """What the large form adds: the post's label above, the text inside, the thresholds below."""
    pieces = []
    if bar.post_label:
        pieces.append(element("text", bar.post_label, class_="l-post-label", x=pct(POST), y=14, text_anchor="middle"))
    if bar.inside:
        pieces.append(element("text", bar.inside, class_="l-inside", x=14, y=top + thick / 2 + 4.5))
    below = top + thick
    for at, label in bar.ticks:
        x = pct(min(at / limit, 1.16) * POST)
        if at != limit:
            pieces.append(element("line", class_="l-tick", x1=x, x2=x, y1=below + 3, y2=below + 7))
        anchor = "middle" if at == limit else "end"  # labels stay beside each other where 90 and 100 are neighbors
        pieces.append(element("text", label, class_="l-scale", x=x, y=below + 22, text_anchor=anchor))
    return pieces
