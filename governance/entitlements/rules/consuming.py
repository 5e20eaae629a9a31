"""What is consumed: which lot first, how much of a meter, how high a level; beside what is entitled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from governance.entitlements.rules.words import LicenseModel

MEASURED = frozenset({LicenseModel.METERED, LicenseModel.CAPACITY, LicenseModel.CORE})
"""The models that nobody holds a seat of: what they use is recorded."""


@dataclass(frozen=True)
class Stock:
    """A lot in force: a lower `priority` is consumed first, then what ends first, then what was recorded first."""

    lot_key: UUID
    quantity: int | None
    priority: int
    end: datetime | None
    recorded_at: datetime


@dataclass(frozen=True)
class LotUse:
    """How much of a lot is consumed; `quantity` None is unlimited, and `left` with it."""

    lot_key: UUID
    quantity: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.quantity is None else self.quantity - self.used


def consumed_in_order(stocks: Iterable[Stock], taken: int) -> tuple[tuple[LotUse, ...], int]:
    """Share out what is taken over the lots in order, and give what no lot covers: that is beyond the supply."""
    uses = []
    for stock in sorted(stocks, key=_first):
        used = taken if stock.quantity is None else min(taken, stock.quantity)
        uses.append(LotUse(stock.lot_key, stock.quantity, used))
        taken -= used
    return tuple(uses), taken


def _first(stock: Stock) -> tuple[int, bool, datetime, datetime, UUID]:
    end = stock.recorded_at if stock.end is None else stock.end
    return stock.priority, stock.end is None, end, stock.recorded_at, stock.lot_key


@dataclass(frozen=True)
class Reading:
    """So much of a line was consumed by a subject (a host, a cluster, a key), from `first_day` to `last_day`."""

    subject: str
    quantity: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Consumed:
    """What was consumed, and the most at once. None: nobody recorded anything, which is no zero and no overuse."""

    now: int | None
    peak: int | None


def consumed(model: LicenseModel, readings: Sequence[Reading]) -> Consumed:
    """Say what readings add up to: a METERED line sums them, CORE and CAPACITY take each subject's latest one.

    The level of a day is the sum over subjects of the last reading until then; the peak is the highest of these.
    """
    if not readings:
        return Consumed(None, None)
    if model is LicenseModel.METERED:
        total = sum(each.quantity for each in readings)
        return Consumed(total, total)
    latest: dict[str, int] = {}
    level = peak = 0
    ordered = sorted(readings, key=lambda each: (each.first_day, each.last_day))
    for index, each in enumerate(ordered):
        level += each.quantity - latest.get(each.subject, 0)
        latest[each.subject] = each.quantity
        if index + 1 == len(ordered) or ordered[index + 1].first_day != each.first_day:
            peak = max(peak, level)
    return Consumed(level, peak)


def consumed_beside(model: LicenseModel, readings: Sequence[Reading], devices: Mapping[str, int]) -> Consumed:
    """Add what devices hold to what was recorded of others: a host that holds its cores is not counted twice."""
    found = consumed(model, [each for each in readings if each.subject.rpartition("\0")[2] not in devices])
    if not devices:
        return found
    held = sum(devices.values())
    return Consumed((found.now or 0) + held, (found.peak or 0) + held)


@dataclass(frozen=True)
class LinePosition:
    """What a line has and what is taken or consumed of it. `entitled` None: unlimited; `taken` None: nobody knows.

    `balance` is signed and never clamped; it is None where either is. `percent` is None of 0 and of unlimited.
    """

    entitled: int | None
    taken: int | None
    peak: int | None

    @property
    def balance(self) -> int | None:
        return None if self.entitled is None or self.taken is None else self.entitled - self.taken

    @property
    def over(self) -> int | None:
        """Count what is beyond at the peak; None where nobody knows; 0 of what is unlimited."""
        if self.peak is None:
            return None
        return 0 if self.entitled is None else max(0, self.peak - self.entitled)

    @property
    def percent(self) -> Decimal | None:
        if self.taken is None or not self.entitled:
            return None
        return (Decimal(self.taken) * 100 / self.entitled).quantize(Decimal("0.1"))
