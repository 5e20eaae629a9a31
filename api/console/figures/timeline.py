"""A term on the line of months: the post is its last usable day, a diamond marks notice, hatching is too late."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from api.console.figures.svg import LATE, element, join, pct, picture
from api.console.values import Level


@dataclass(frozen=True, slots=True)
class Span:
    """One term: its last usable day, and the last day for notice with how that stands (None: no notice)."""

    last_day: date
    notice: date | None = None
    notice_level: Level | None = None


def timeline(span: Span, start: date, end: date, months: tuple[date, ...], sentence: str) -> Markup:
    """The row of one term between `start` (today) and `end`, with a faint line at each of `months`."""

    def at(day: date) -> float:
        return 100 * min(max((day - start).days / max((end - start).days, 1), 0), 1)

    last, notice = at(span.last_day), at(span.notice) if span.notice else None
    pieces = [element("line", class_="l-grid", x1=pct(at(each)), x2=pct(at(each)), y1=0, y2=20) for each in months]
    pieces.append(element("rect", class_="l-allocated", x=0, y=7, width=pct(last), height=6, rx=2))
    if notice is not None:
        pieces.append(element("rect", x=pct(notice), y=7, width=pct(max(last - notice, 0)), height=6, fill=LATE))
    pieces.append(element("line", class_="l-post", x1=pct(last), x2=pct(last), y1=1, y2=19))
    if notice is not None:
        diamond = element(
            "path", class_=f"l-notice l-is-{span.notice_level or 'none'}", d="M0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z"
        )
        pieces.append(element("svg", diamond, x=pct(notice), y=10, width=1, height=1, overflow="visible"))
    return picture(sentence, join(*pieces), height=20, class_="l-timeline")
