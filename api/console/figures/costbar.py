"""Cost in parts: of seats taken solid, of seats a pool has and nobody holds hatched, of seats in no pool tinted."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console.figures.svg import IDLE, element, join, pct, picture


def costbar(parts: Sequence[int], most: int, sentence: str) -> Markup:
    """Draw `parts` (taken, unused, in no pool, not to be split) against the largest row, which fills the width."""
    looks: tuple[dict[str, str], ...] = (
        {"class_": "l-occupied"}, {"fill": IDLE}, {"class_": "l-allocated"}, {"class_": "l-track"},
    )  # fmt: skip
    pieces, start = [], 0.0
    for part, look in zip(parts, looks, strict=True):
        width = 100 * part / most if most > 0 else 0.0
        if width > 0:
            pieces.append(element("rect", x=pct(start), y=2, width=pct(width), height=12, **look))
        start += width
    return picture(sentence, join(*pieces), height=16, class_="l-costbar")
