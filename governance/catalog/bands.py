"""What a price is the price of, and what a quantity costs at it: seat by seat, in packs, flat, or in bands.

VOLUME: every unit costs what the band says that the whole quantity reaches. GRADUATED: each unit costs what its own
band says. All amounts are whole micro-units of one currency: nothing is rounded here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, Protocol

from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.money import Money

MOST_BANDS = 100
MOST_PRICE = 10**15


class CostBasis(StrEnum):
    """What the unit price is the price of: a seat a term, a pack, the whole lot; or of a seat, band by band."""

    PER_SEAT = "PER_SEAT"
    PACK = "PACK"
    FLAT = "FLAT"
    VOLUME = "VOLUME"
    GRADUATED = "GRADUATED"


BANDED = frozenset({CostBasis.VOLUME, CostBasis.GRADUATED})
BY_SEAT = frozenset({CostBasis.PER_SEAT, CostBasis.VOLUME, CostBasis.GRADUATED})


class Priced(Protocol):
    """Whatever has a price: a lot, a list price. `bands`: pairs of first unit and price a unit; none: no bands."""

    @property
    def cost_basis(self) -> CostBasis: ...
    @property
    def unit_price(self) -> int: ...
    @property
    def pack_size(self) -> int: ...
    @property
    def bands(self) -> Sequence[Sequence[int]]: ...


@dataclass(frozen=True)
class Price:
    """A price by itself. With bands, `unit_price` is that of the first one."""

    cost_basis: CostBasis
    unit_price: int
    pack_size: int = 1
    bands: Sequence[Sequence[int]] = ()


def priced_as(thing: Priced) -> Price:
    """Give the price of something by itself."""
    return Price(thing.cost_basis, thing.unit_price, thing.pack_size, thing.bands)


@dataclass(frozen=True)
class Part:
    """So many units (of a pack: packs; of a flat price: 1) at one price. `first` to `last`: the band's units, `last`
    None where it is open; both None where there are no bands.
    """

    units: int
    unit_price: int
    first: int | None = None
    last: int | None = None

    @property
    def amount(self) -> int:
        return self.units * self.unit_price


@dataclass(frozen=True)
class Working:
    """What a quantity costs, part by part; the parts sum to the total."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(part.amount for part in self.parts)


@dataclass(frozen=True)
class Step:
    """What so many units `more` would cost: `total` for all of them then, `extra` against today (negative: less)."""

    more: int
    quantity: int
    unit_price: int
    total: int
    extra: int


def price_for(price: Priced, quantity: int | None) -> Working:
    """Show what a quantity costs and how. A broken pack is paid in full; none of anything has no part.

    Raises ValueError for an unlimited quantity on any basis but FLAT (`check_price` refuses it before it is kept).
    """
    if price.cost_basis is CostBasis.FLAT:
        return Working((Part(1, price.unit_price),))
    if quantity is None:
        raise ValueError("an unlimited quantity has a flat price")
    if price.cost_basis is CostBasis.GRADUATED:
        return Working(tuple(_graduated(price, quantity)))
    if price.cost_basis is CostBasis.VOLUME:
        reached = next((each for each in reversed(spans(price)) if (each.first or 0) <= quantity), None)
        return Working(() if reached is None else (Part(quantity, reached.unit_price, reached.first, reached.last),))
    units = quantity if price.cost_basis is CostBasis.PER_SEAT else -(-quantity // price.pack_size)
    return Working((Part(units, price.unit_price),))


def next_band(price: Priced, quantity: int | None) -> Step | None:
    """Give what it takes to reach the next band, or of a broken pack to fill it; None where nothing changes by it."""
    if quantity is None:
        return None
    if price.cost_basis is CostBasis.PACK:
        full = -(-quantity // price.pack_size) * price.pack_size
        return _step(price, quantity, full) if full > quantity else None
    starts = [first for first, _ in price.bands if first > quantity] if price.cost_basis in BANDED else []
    return _step(price, quantity, min(starts)) if starts else None


def cheaper_more(price: Priced, quantity: int | None) -> Step | None:
    """Give the larger quantity that costs least of all, where it costs less than this one: a cliff of volume bands."""
    if quantity is None or price.cost_basis is not CostBasis.VOLUME:
        return None
    steps = [_step(price, quantity, first) for first, _ in price.bands if first > quantity]
    best = min(steps, key=lambda step: (step.total, step.quantity), default=None)
    return best if best is not None and best.extra < 0 else None


def marginal(price: Priced, quantity: int) -> int:
    """Give what one unit beyond `quantity` costs by itself: of a flat price nothing, of a pack its part, rounded down;
    of bands the price of the band it falls into.
    """
    if price.cost_basis is CostBasis.FLAT:
        return 0
    if price.cost_basis in BANDED:
        return [each.unit_price for each in spans(price) if (each.first or 0) <= quantity + 1][-1]
    return price.unit_price // (price.pack_size if price.cost_basis is CostBasis.PACK else 1)


def checked_bands(value: Any, field: str) -> list[list[int]]:
    """Give bands as they are kept: pairs of first unit and price. `last` may be said too and must fit the next band.

    Raises BadInput that names the band: for a gap, an overlap, a wrong order, a negative price, an end of the last one.
    """
    if isinstance(value, str) or not isinstance(value, list | tuple) or len(value) > MOST_BANDS:
        raise BadInput(field, given.shown(value), f"a list of at most {MOST_BANDS} bands")
    rows = [_read(each, f"{field}.{index}") for index, each in enumerate(value)]
    for index, (first, last, _) in enumerate(rows):
        where = f"{field}.{index}"
        if index == 0 and first != 1:
            raise BadInput(f"{where}.first", str(first), "1, because bands begin at the first unit")
        if last is not None and last < first:
            raise BadInput(f"{where}.last", str(last), f"{first} or more, because the band begins there")
    for index, (before, row) in enumerate(pairwise(rows), start=1):
        _follows(before, row[0], f"{field}.{index}.first")
    if rows and (end := rows[-1][1]) is not None:
        raise BadInput(f"{field}.{len(rows) - 1}.last", str(end), "nothing, because the last band has no end")
    return [[first, price] for first, _, price in rows]


def bands_after(bands: Sequence[Sequence[int]], units: int) -> list[list[int]]:
    """Give the bands that are left after so many units: what a purchase costs that the same bands go on counting."""
    left = [[max(1, first - units), price] for first, price in bands]
    return [row for row, after in zip(left, [*left[1:], None], strict=True) if after is None or after[0] > row[0]]


def check_price(price: Priced, quantity: int | None, *, path: str = "") -> None:
    """Let pass a price that a lot of this quantity can have. Raises BadInput."""
    basis, bands = price.cost_basis, price.bands
    if quantity is None and basis is not CostBasis.FLAT:
        raise BadInput(f"{path}cost_basis", basis.value, "FLAT, because an unlimited lot has no price a seat")
    if basis in BANDED and not bands:
        raise BadInput(f"{path}bands", "nothing", f"at least one band, because the price is {basis.value}")
    if bands and basis not in BANDED:
        raise BadInput(f"{path}bands", f"{len(bands)} bands", f"none, because the price is {basis.value}")
    if bands and price.unit_price != bands[0][1]:
        raise BadInput(f"{path}unit_price", _told(price.unit_price), f"{_told(bands[0][1])}, as the first band says")


def _read(value: Any, where: str) -> tuple[int, int | None, int]:
    if isinstance(value, list | tuple) and len(value) == 2:
        value = {"first": value[0], "unit_price": value[1]}
    if not isinstance(value, Mapping):
        raise BadInput(where, given.shown(value), "a band: its first unit and its price")
    last = value.get("last")
    return (
        given.whole(value.get("first"), f"{where}.first", least=1),
        None if last is None else given.whole(last, f"{where}.last", least=1),
        _amount(value.get("unit_price"), f"{where}.unit_price"),
    )


def _amount(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(where, given.shown(value), "a whole number of micro-units")
    if not 0 <= value <= MOST_PRICE:
        raise BadInput(where, _told(value), f"an amount from 0 to {_told(MOST_PRICE)}")
    return value


def _told(micros: int) -> str:
    """Give an amount as people say it."""
    return f"{Money(micros, '').decimal():f}"


def _follows(before: tuple[int, int | None, int], first: int, where: str) -> None:
    """Let pass a band that begins where the one before ends. Raises BadInput."""
    start, end, _ = before
    if first <= start:
        raise BadInput(where, str(first), f"more than {start}, where the band before begins")
    if end is not None and first != end + 1:
        if first <= end:
            raise BadInput(where, str(first), f"{end + 1}: the band before ends at {end}, they would overlap")
        raise BadInput(where, str(first), f"{end + 1}: the band before ends at {end}, there would be a gap")


def spans(price: Priced) -> list[Part]:
    """Give the bands with their ends; their units are not counted yet."""
    rows = sorted((first, unit_price) for first, unit_price in price.bands)
    ends: list[int | None] = [*(first - 1 for first, _ in rows[1:]), None]
    return [Part(0, unit_price, first, end) for (first, unit_price), end in zip(rows, ends, strict=False)]


def _graduated(price: Priced, quantity: int) -> list[Part]:
    found = []
    for span in spans(price):
        first, last = span.first or 1, span.last
        units = min(quantity, quantity if last is None else last) - first + 1
        if units > 0:
            found.append(Part(units, span.unit_price, first, last))
    return found


def _step(price: Priced, quantity: int, then: int) -> Step:
    before, after = price_for(price, quantity), price_for(price, then)
    unit_price = after.parts[-1].unit_price if after.parts else 0
    return Step(then - quantity, then, unit_price, after.total, after.total - before.total)
