"""What cost comes to in the tenant's reporting currency: at the day's rate as known then, that rate printed beside it.

Each amount is multiplied once and rounded half to even once, at the micro-unit. A currency without a rate has no
amount, and its total has none either: never 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from governance.catalog.queries import rates_on
from governance.catalog.rules import Rate, cross
from governance.kernel.money import Money
from governance.kernel.work import Work


@dataclass(frozen=True)
class ConvertedCost:
    """One currency's cost and what it comes to. `converted` and `rate` are None where no rate is known.

    `rate` (exact text, as it was used), its day and source are None as well where both currencies are one.
    """

    amount: Money
    converted: Money | None
    rate: str | None = None
    day: date | None = None
    source: str | None = None

    @property
    def rate_is_missing(self) -> bool:
        return self.converted is None


@dataclass(frozen=True)
class ReportingCost:
    """Cost in the reporting currency. `total` is None where a part of it has no rate; `missing` names which."""

    currency: str
    asked: date
    total: Money | None
    parts: tuple[ConvertedCost, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the currencies that no rate was known of."""
        return tuple(part.amount.currency for part in self.parts if part.converted is None)


@dataclass(frozen=True)
class Rates:
    """What one unit of each currency was worth in `currency` on the day `asked` for, or on the last one published."""

    currency: str
    asked: date
    known: Mapping[str, Rate]

    def convert(self, amount: Money) -> ConvertedCost:
        """Convert one amount, once."""
        if amount.currency == self.currency:
            return ConvertedCost(amount, amount)
        rate = self.known.get(amount.currency)
        if rate is None:
            return ConvertedCost(amount, None)
        return ConvertedCost(
            amount, amount.converted(rate.rate, self.currency), f"{rate.rate:f}", rate.day, rate.source
        )

    def cost(self, amounts: Iterable[Money]) -> ReportingCost:
        """Convert the sum of each currency, and add up what came of it."""
        parts = tuple(self.convert(amount) for amount in amounts)
        done = [part.converted.micros for part in parts if part.converted is not None]
        total = Money(sum(done), self.currency) if len(done) == len(parts) else None
        return ReportingCost(self.currency, self.asked, total, parts)


async def rates_into(work: Work, currency: str, day: date, known_at: datetime, others: Iterable[str]) -> Rates:
    """Give the rates of a day as known at an instant; nothing is asked of the database where all is one currency."""
    foreign = set(others) - {currency}
    if not foreign:
        return Rates(currency, day, {})
    found = await rates_on(work.session, day, foreign | {currency}, known_at)
    into = found.get(currency)
    if into is None:
        return Rates(currency, day, {})
    return Rates(currency, day, {name: cross(found[name], into) for name in sorted(foreign & found.keys())})
