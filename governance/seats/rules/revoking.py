"""How many seats of a line may be taken from people who still hold them, within a term, and when the next lot may go.

A seat counts when somebody else takes it from a person who is there: released by hand, for idleness or by a rule, or
proposed for that and unanswered. A leaver's seat never counts: nobody works with it any more, and keeping it is the
risk. What a holder gives back, declines or lets run out counts as little: nobody took it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from enum import StrEnum

from governance.kernel.due import day_of, end_after, start_of
from governance.kernel.errors import BadInput

PERCENT = Decimal(5)
LEAST = 1
"""A line so small that its percentage is no seat at all may lose this many, unless the percentage is 0."""
COOLDOWN = timedelta(days=1)
"""How long a line rests between two calls that take several seats: who was hit can speak up before the next."""


@dataclass(frozen=True)
class Span:
    """When a lot is usable, in its own zone. `last_day` None: without end."""

    first_day: date
    last_day: date | None
    zone: str


class MarkKind(StrEnum):
    """What is noted of a cap: several seats taken in one call, raised until the term ends, or set to a percentage."""

    TAKEN = "TAKEN"
    RAISED = "RAISED"
    SET = "SET"


class CapSource(StrEnum):
    """Where the percentage of a cap was said: for the line, for the whole tenant, or nowhere."""

    LINE = "LINE"
    TENANT = "TENANT"
    DEFAULT = "DEFAULT"


@dataclass(frozen=True)
class CapRule:
    """The percentage that holds for a line, and where it was said."""

    percent: Decimal = PERCENT
    source: CapSource = CapSource.DEFAULT


@dataclass(frozen=True)
class Cap:
    """How a line stands: `cap` None is no limit. `used`: taken since `began_at`, proposed to be, or about to be taken.

    `opens_at`: when a new term begins; `rests_until`: no call that takes several before.
    """

    cap: int | None
    raised: int
    used: int
    opens_at: datetime | None
    rests_until: datetime | None = None
    rule: CapRule = CapRule()
    began_at: datetime | None = None

    @property
    def most(self) -> int | None:
        """Give how many seats may be taken in this term altogether; None: no limit."""
        return None if self.cap is None else self.cap + self.raised

    @property
    def left(self) -> int | None:
        """Give how many more seats may be taken in this term, never below 0; None: as many as there are."""
        return None if self.most is None else max(0, self.most - self.used)


def cap_of(supply: int | None, percent: Decimal = PERCENT) -> int | None:
    """Give floor(supply x percent), at least 1; 0 for 0 %, None for an unlimited supply: a part of it is no number."""
    if supply is None:
        return None
    part = int((supply * percent / 100).to_integral_value(ROUND_FLOOR))
    return max(LEAST, part) if percent else 0


def checked_percent(given: str | None) -> Decimal | None:
    """Give a percentage from 0 to 100 with at most two decimals; None where none is given. Raises BadInput."""
    if given is None or not given.strip():
        return None
    try:
        value = Decimal(given.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= 100 or value != round(value, 2):
        raise BadInput("percent", given[:40], "a percentage from 0 to 100 with at most two decimals, such as 7.5")
    return value


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
