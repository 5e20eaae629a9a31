"""How many seats of a line may be taken from people who still hold them, within a term, and when the next lot may go.

A seat counts when somebody else takes it from a person who is there: released by hand, for idleness or by a rule, or
proposed for that and unanswered. A leaver's seat never counts: nobody works with it any more, and keeping it is the
risk. What a holder gives back, declines or lets run out counts as little: nobody took it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from governance.kernel.due import day_of, end_after, start_of

PERCENT = Decimal(5)
LEAST = 1
"""A line so small that five percent of it are no seat at all may lose this many."""
COOLDOWN = timedelta(days=1)
"""How long a line rests between two calls that take several seats: who was hit can speak up before the next."""


@dataclass(frozen=True)
class Span:
    """When a lot is usable, in its own zone. `last_day` None: without end."""

    first_day: date
    last_day: date | None
    zone: str


@dataclass(frozen=True)
class Cap:
    """How a line stands: `cap` None is no limit. `opens_at`: when a new term begins; `rests_until`: no bulk before."""

    cap: int | None
    raised: int
    used: int
    opens_at: datetime | None
    rests_until: datetime | None = None

    @property
    def left(self) -> int | None:
        """Give how many more seats may be taken in this term, never below 0; None: as many as there are."""
        return None if self.cap is None else max(0, self.cap + self.raised - self.used)


def cap_of(supply: int | None) -> int | None:
    """Give floor(supply x 5 %), at least 1; None for an unlimited supply: a part of it is no number."""
    return None if supply is None else max(LEAST, int(supply * PERCENT / 100))


def term_of(spans: Sequence[Span], now: datetime) -> tuple[datetime, datetime | None]:
    """Give the term that `now` lies in: a year from the first usable day of what is in force, or until the last end.

    A supply of several years, or without end, has a term each year. Without any supply the term began a year ago.
    """
    if not spans:
        return now - timedelta(days=365), None
    first = min(spans, key=lambda each: start_of(each.first_day, each.zone))
    today, begun = day_of(now, first.zone), first.first_day
    while (following := _next_year(first.first_day, begun.year + 1)) <= today:
        begun = following
    ends = [end_after(each.last_day, each.zone) for each in spans]
    known = [each for each in ends if each is not None]
    end = start_of(following, first.zone)
    return start_of(begun, first.zone), min(end, max(known)) if len(known) == len(ends) else end


def _next_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
