"""An interval on a line with its estimate as a dot and last period as a tick."""

from markupsafe import Markup

from api.console.figures.svg import element, join, pct, picture
from api.console.parts import Whisker


def whisker(shown: Whisker, sentence: str) -> Markup:
    """`shown` in the figure's own unit; what lies outside start and end is drawn at the edge."""

    def at(value: float) -> str:
        span = shown.end - shown.start or 1
        return pct(2 + 96 * min(max((value - shown.start) / span, 0), 1))

    pieces = [
        element("line", class_="l-axis", x1="0", x2="100%", y1=8, y2=8),
        element("line", class_="l-interval", x1=at(shown.low), x2=at(shown.high), y1=8, y2=8),
    ]
    if shown.previous is not None:
        pieces.append(element("line", class_="l-previous", x1=at(shown.previous), x2=at(shown.previous), y1=3, y2=13))
    pieces.append(element("circle", class_="l-dot", cx=at(shown.value), cy=8, r=4))
    return picture(sentence, join(*pieces), height=16, class_="l-whisker")
