"""What a lot costs."""

from typing import Protocol

from governance.catalog.bands import Priced, price_for


class PricedLot(Priced, Protocol):
    """A lot, or what is known of one: its price and how many seats it has (None: unlimited)."""

    @property
    def quantity(self) -> int | None: ...


def lot_cost(lot: PricedLot) -> int:
    """Give the price of a whole lot in micro-units of its currency.

    Raises ValueError for an unlimited lot on any basis but FLAT (`check_price` refuses it before it is kept).
    """
    return price_for(lot, lot.quantity).total
