"""What a renewal could become, counted from what is known: the same again, no more than is needed, or nothing."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from governance.catalog.bands import CostBasis, Price, cheaper_more, price_for

MARGIN_PERCENT = 10


class Choice(StrEnum):
    """RENEW_SAME: as it is. RIGHT_SIZE: what is occupied and a margin, or more where more costs less. LAPSE: nothing
    follows.
    """

    RENEW_SAME = "RENEW_SAME"
    RIGHT_SIZE = "RIGHT_SIZE"
    LAPSE = "LAPSE"


@dataclass(frozen=True)
class Priced:
    """How a lot is priced: micro-units of its currency, over its whole months."""

    price: Price
    months: int

    def yearly(self, quantity: int | None) -> int:
        """Give what so many seats cost a year at this price."""
        return round(Fraction(price_for(self.price, quantity).total * 12, self.months))

    @property
    def by_seat(self) -> bool:
        """Whether fewer seats cost less."""
        return self.price.cost_basis is not CostBasis.FLAT

    def least(self, quantity: int) -> int:
        """Give the quantity that costs least and is no less than this one: more, where a volume band makes it so."""
        more = cheaper_more(self.price, quantity)
        return quantity if more is None else more.quantity


@dataclass(frozen=True)
class Option:
    """One way out: seats (None: unlimited), a year's value and its change against today, in micro-units of the lot's
    currency, and how many seats that are occupied today would have no supply.
    """

    choice: Choice
    quantity: int | None
    yearly: int
    change: int
    uncovered: int


def needed(occupied: int, elsewhere: int | None) -> int:
    """Give the seats that must come from this lot: occupied and a margin, less what other lots still supply (None:
    without limit).
    """
    wanted = occupied + -(-occupied * MARGIN_PERCENT // 100)
    return 0 if elsewhere is None else max(0, wanted - elsewhere)


def capped(paid: int | None, cap: str | None) -> int | None:
    """Give what a seat and year may cost after a renewal at most, in micro-units, cut to what is within the cap."""
    if paid is None or cap is None:
        return None
    return int(Fraction(paid) * (100 + Fraction(Decimal(cap))) / 100)


def options_of(quantity: int | None, price: Priced, occupied: int | None, elsewhere: int | None) -> tuple[Option, ...]:
    """Give the ways out. Right-sizing is told where seats are counted here and fewer would cost less."""
    today = price.yearly(quantity)
    chosen: list[tuple[Choice, int | None, int]] = [(Choice.RENEW_SAME, quantity, today)]
    if occupied is not None and quantity is not None and price.by_seat:
        fit = price.least(needed(occupied, elsewhere))
        chosen.append((Choice.RIGHT_SIZE, fit, price.yearly(fit)))
    chosen.append((Choice.LAPSE, 0, 0))
    return tuple(
        Option(choice, seats, yearly, yearly - today, _uncovered(occupied or 0, seats, elsewhere))
        for choice, seats, yearly in chosen
    )


def _uncovered(occupied: int, quantity: int | None, elsewhere: int | None) -> int:
    return 0 if quantity is None or elsewhere is None else max(0, occupied - quantity - elsewhere)
