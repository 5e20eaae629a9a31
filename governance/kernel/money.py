"""Amounts of money: whole micro-units and a currency, never a float, never two currencies in one sum."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, Overflow

from governance.kernel.errors import BadInput

MICROS = 1_000_000
MOST_DIGITS = 24
EXACT = Context(prec=80)


@dataclass(frozen=True, order=True)
class Money:
    """`micros` millionths of one unit of `currency` (ISO 4217, three capitals)."""

    micros: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.micros + other.micros, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.micros - other.micros, self.currency)

    def times(self, count: int) -> "Money":
        return Money(self.micros * count, self.currency)

    def converted(self, rate: Decimal, currency: str) -> "Money":
        """Multiply by `rate` (units of `currency` for one of ours), rounded half to even at the micro-unit."""
        exact = EXACT.multiply(Decimal(self.micros), rate)  # rounded once only: the product keeps all of its digits
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_EVEN, EXACT)), currency)

    def decimal(self) -> Decimal:
        return Decimal(self.micros) / MICROS

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")


def parse_money(text: str, currency: str, *, field: str = "amount") -> Money:
    """Read `57.00` as Money. Raises BadInput for what is no decimal number or finer than a micro-unit."""
    try:
        value = Decimal(text.strip()) * MICROS
    except (InvalidOperation, Overflow):
        raise BadInput(field, text, "a decimal number such as 57.00") from None
    if not value.is_finite() or value.adjusted() > MOST_DIGITS:
        raise BadInput(field, text[:40], f"a number of at most {MOST_DIGITS} digits")
    if value != value.to_integral_value():
        raise BadInput(field, text, "at most six decimals")
    return Money(int(value), currency)
