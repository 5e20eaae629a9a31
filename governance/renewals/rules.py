"""How a renewal stands at an instant, and what follows what: pure decisions on dated lots, notices and outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from governance.agreements.spoken import Outcome, Stage
from governance.entitlements.rules import gap_days
from governance.kernel.due import days_until

NEAR_DAYS, DECIDE_DAYS = 90, 30
DAYS_A_MONTH = Fraction(146097, 4800)  # the Gregorian calendar's 400 years


class RenewalState(StrEnum):
    """UPCOMING → NOTICE_NEAR (90 days) → DECISION_DUE (30 days, or past the deadline where silence ends it).

    TOO_LATE_TO_CANCEL: silence renews and the notice deadline is over. NOTICE_GIVEN: it will end. Then RENEWED,
    AUTO_RENEWED (by silence), CANCELLED, or LAPSED: it ended and nothing was decided.
    """

    UPCOMING = "UPCOMING"
    NOTICE_NEAR = "NOTICE_NEAR"
    DECISION_DUE = "DECISION_DUE"
    TOO_LATE_TO_CANCEL = "TOO_LATE_TO_CANCEL"
    NOTICE_GIVEN = "NOTICE_GIVEN"
    RENEWED = "RENEWED"
    AUTO_RENEWED = "AUTO_RENEWED"
    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"


@dataclass(frozen=True)
class Follows:
    """A lot that renews the one that ends: seats (None: unlimited), a year's value in micro-units, its first day.

    `among`: how many lots it renews; of several, seats and value are the part of this one.
    """

    first_day: date
    quantity: int | None
    value: int
    currency: str
    lot_key: UUID | None = None
    among: int = 1


@dataclass(frozen=True)
class Said:
    """A standing outcome: seats, and a year's value in micro-units of the currency of what ends."""

    stage: Stage
    outcome: Outcome
    quantity: int | None
    value: int | None


@dataclass(frozen=True)
class Ends:
    """What ends when, and what is known of afterwards. `value` a year in micro-units; days in `zone`."""

    last_day: date
    zone: str
    auto_renews: bool
    notice_days: int | None
    quantity: int | None
    value: int
    notice_given: date | None
    follows: tuple[Follows, ...]
    said: tuple[Said, ...]

    @property
    def deadline(self) -> date | None:
        """The last day on which notice can be given."""
        return None if self.notice_days is None else self.last_day - timedelta(days=self.notice_days)

    @property
    def booked(self) -> Said | None:
        return next((said for said in self.said if said.stage is Stage.BOOKED), None)


@dataclass(frozen=True)
class Part:
    """A year's value in micro-units of one currency from a first day on, and the lot that says it, if one does."""

    currency: str
    day: date
    value: int
    lot_key: UUID | None = None


@dataclass(frozen=True)
class Closing:
    """What stands after the end: seats (None: unlimited), and a year's value lot by lot, each in its own currency."""

    renewed: bool
    by_silence: bool
    quantity: int | None
    parts: tuple[Part, ...]

    def value(self, currency: str) -> int | None:
        """Give the value of all parts; None where one is in another currency: it takes a rate to add them."""
        if any(part.currency != currency for part in self.parts):
            return None
        return sum(part.value for part in self.parts)


def state_at(ends: Ends, now: datetime) -> RenewalState:
    """Say how a renewal stands at `now`, in its own zone."""
    booked = ends.booked
    if booked is not None and booked.outcome.ends:
        return RenewalState.CANCELLED
    if ends.follows or (booked is not None and booked.outcome is not Outcome.AUTO_RENEWED):
        return RenewalState.RENEWED
    if booked is not None:
        return RenewalState.AUTO_RENEWED
    timely = _timely(ends)
    if days_until(ends.last_day, now, ends.zone) < 0:
        if timely:
            return RenewalState.CANCELLED
        return RenewalState.AUTO_RENEWED if ends.auto_renews else RenewalState.LAPSED
    if timely:
        return RenewalState.NOTICE_GIVEN
    left = days_until(ends.deadline or ends.last_day, now, ends.zone)
    if left < 0:
        return RenewalState.TOO_LATE_TO_CANCEL if ends.auto_renews else RenewalState.DECISION_DUE
    if left <= DECIDE_DAYS:
        return RenewalState.DECISION_DUE
    return RenewalState.NOTICE_NEAR if left <= NEAR_DAYS else RenewalState.UPCOMING


def closing_of(ends: Ends, now: datetime, currency: str) -> Closing:
    """Say what stands after the end: what was bought for it, else what was booked, else what silence does."""
    state = state_at(ends, now)
    if not state_renewed(state):
        return Closing(False, False, 0, ())
    if ends.follows:
        quantities = [each.quantity for each in ends.follows]
        seats = None if any(one is None for one in quantities) else sum(one or 0 for one in quantities)
        parts = tuple(Part(each.currency, each.first_day, each.value, each.lot_key) for each in ends.follows)
        return Closing(True, False, seats, parts)
    booked = ends.booked
    seats = ends.quantity if booked is None or booked.quantity is None else booked.quantity
    value = ends.value if booked is None or booked.value is None else booked.value
    silent = state is RenewalState.AUTO_RENEWED
    return Closing(True, silent, seats, (Part(currency, ends.last_day + timedelta(days=1), value),))


def state_renewed(state: RenewalState) -> bool:
    """Whether something follows."""
    return state in {RenewalState.RENEWED, RenewalState.AUTO_RENEWED}


def seam(last_day: date, follows: Sequence[Follows]) -> int | None:
    """Count the days between an end and the first that follows: 0 seamless, negative overlaps; None: nothing."""
    return gap_days(last_day, min(each.first_day for each in follows)) if follows else None


def a_year(cost: int, first_day: date, last_day: date | None) -> int:
    """Give what a lot costs a year: its cost over its term in whole months, times twelve, to the nearest micro-unit.

    Whole months, so that a leap day changes no price. A lot without end counts what it cost.
    """
    return cost if last_day is None else round(Fraction(cost * 12, months_of(first_day, last_day)))


def months_of(first_day: date, last_day: date | None) -> int:
    """Give a term in whole months, one at the least; a term without end counts as a year."""
    return 12 if last_day is None else max(1, round(((last_day - first_day).days + 1) / DAYS_A_MONTH))


def _timely(ends: Ends) -> bool:
    """Whether notice was given in time: later than the deadline it stops no renewal."""
    if ends.notice_given is None:
        return False
    return ends.deadline is None or ends.notice_given <= ends.deadline
