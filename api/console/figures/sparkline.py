"""A line without axes for the shape of a series; its numbers stand in the row beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console.figures.svg import element, picture, short


def sparkline(values: Sequence[float], sentence: str = "") -> Markup:
    """Oldest first; a level series runs through the middle; fewer than two values draw nothing."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    span = high - low
    points = " ".join(
        f"{short(100 * index / (len(values) - 1))},{short(18 - 16 * ((value - low) / span if span else 0.5))}"
        for index, value in enumerate(values)
    )
    line = element("polyline", class_="l-line", points=points, vector_effect="non-scaling-stroke")
    inner = element("svg", line, viewBox="0 0 100 20", preserveAspectRatio="none", width="100%", height="20")
    return picture(sentence, inner, height=20, class_="l-sparkline")
