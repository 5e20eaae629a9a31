"""One step of a funnel: how many of those who began have come this far."""

from markupsafe import Markup

from api.console.figures.svg import element, join, pct, picture


def funnel_bar(share: float, sentence: str = "") -> Markup:
    """`share` of the first step, 0 to 1."""
    width = pct(100 * min(max(share, 0), 1))
    return picture(
        sentence,
        join(
            element("rect", class_="l-track", x=0, y=2, width="100%", height=12, rx=2),
            element("rect", class_="l-occupied", x=0, y=2, width=width, height=12, rx=2),
        ),
        height=16,
        class_="l-funnel",
    )
