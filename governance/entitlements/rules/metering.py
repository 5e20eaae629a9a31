"""Consumption against its periods: when a meter begins anew, and what of it is within, burst, or beyond what may be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from governance.entitlements.rules.consuming import Consumed
from governance.entitlements.rules.overage import most_of, stops
from governance.entitlements.rules.words import Overage, Resets


@dataclass(frozen=True)
class Period:
    """The days over which a meter counts, both included."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class Metered:
    """The days of a lot that supplies a meter; `last_day` None: without end."""

    first_day: date
    last_day: date | None


@dataclass(frozen=True)
class PeriodUse:
    """What a period consumed: `within` what was bought, `burst` beyond it as the mode allows, `beyond` even that.

    `entitled` None: unlimited; the rest None: nobody recorded anything. The three sum up to the peak.
    """

    entitled: int | None
    taken: int | None
    peak: int | None
    within: int | None
    burst: int | None
    beyond: int | None

    @property
    def left(self) -> int | None:
        """Count what is left of what was bought, signed; None of unlimited and where nobody knows."""
        return None if self.entitled is None or self.taken is None else self.entitled - self.taken

    @property
    def percent(self) -> Decimal | None:
        """Give taken / entitled in percent; None of nothing and of unlimited."""
        if self.taken is None or not self.entitled:
            return None
        return (Decimal(self.taken) * 100 / self.entitled).quantize(Decimal("0.1"))


def begins(resets: Resets, lots: Iterable[Metered], day: date) -> Period:
    """Give the period of a meter that a day belongs to, as far as that day.

    A MONTH begins on its first day. A TERM begins with the first lot that holds on that day; where none does, on the
    day after the last one ended, and where none ever did, on that day.
    """
    if resets is Resets.MONTH:
        return Period(day.replace(day=1), day)
    known = list(lots)
    holding = [lot.first_day for lot in known if lot.first_day <= day and (lot.last_day is None or day <= lot.last_day)]
    if holding:
        return Period(min(holding), day)
    ended = [lot.last_day for lot in known if lot.last_day is not None and lot.last_day < day]
    return Period(max(ended) + timedelta(days=1), day) if ended else Period(day, day)


def used_of(entitled: int | None, found: Consumed, overage: Overage, percent: str | None) -> PeriodUse:
    """Weigh what was consumed against what was bought, by what the line does when it is full.

    BLOCK lets nothing burst; ALLOW_TO_PERCENT so much; the modes that flag or settle later let everything.
    """
    if found.now is None or found.peak is None:
        return PeriodUse(entitled, None, None, None, None, None)
    if entitled is None:
        return PeriodUse(None, found.now, found.peak, found.peak, 0, 0)
    within = min(found.peak, entitled)
    most = most_of(entitled, percent) if stops(overage) else None
    burst = found.peak - within if most is None else max(0, min(found.peak, most) - entitled)
    return PeriodUse(entitled, found.now, found.peak, within, burst, found.peak - within - burst)
