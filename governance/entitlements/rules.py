"""The words of entitlements, and the pure decisions on dated seats: what is in force, what it costs, what fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from governance.kernel.due import holds_at
from governance.kernel.errors import BadInput


class LicenseModel(StrEnum):
    NAMED_USER = "NAMED_USER"
    CONCURRENT_USER = "CONCURRENT_USER"
    DEVICE = "DEVICE"
    NODE_LOCKED = "NODE_LOCKED"
    SITE = "SITE"
    ENTERPRISE = "ENTERPRISE"
    CORE = "CORE"
    METERED = "METERED"
    CAPACITY = "CAPACITY"
    OTHER = "OTHER"


class Term(StrEnum):
    PERPETUAL = "PERPETUAL"
    SUBSCRIPTION = "SUBSCRIPTION"
    EVALUATION = "EVALUATION"
    TRUE_UP = "TRUE_UP"


class Overage(StrEnum):
    """What a full pool does. Only BLOCK and ALLOW_AND_FLAG are decided so far."""

    BLOCK = "BLOCK"
    ALLOW_AND_FLAG = "ALLOW_AND_FLAG"


class CostBasis(StrEnum):
    """What the unit price is the price of: a seat a term, a pack, the whole lot."""

    PER_SEAT = "PER_SEAT"
    PACK = "PACK"
    FLAT = "FLAT"


class RoomKind(StrEnum):
    """What a room belongs to: a pool, or the whole metric line."""

    POOL = "POOL"
    LINE = "LINE"


@dataclass(frozen=True)
class Part:
    """Seats (None: unlimited) that hold from `start` until `end` (half-open; None: without end)."""

    quantity: int | None
    start: datetime
    end: datetime | None


def within(part: Part, outer: Part) -> Part:
    """Cut a part to the time in which another one holds too: what is allocated ends with its lot."""
    ends = [end for end in (part.end, outer.end) if end is not None]
    return Part(part.quantity, max(part.start, outer.start), min(ends) if ends else None)


def seats_at(parts: Iterable[Part], at: datetime) -> int | None:
    """Sum the seats in force at `at`; one unlimited part makes it None, and expired supply counts 0."""
    return seats_of(part.quantity for part in parts if holds_at(part.start, part.end, at))


def seats_of(quantities: Iterable[int | None]) -> int | None:
    """Sum quantities, of which one that is unlimited (None) makes the sum unlimited."""
    total = 0
    for quantity in quantities:
        if quantity is None:
            return None
        total += quantity
    return total


@dataclass(frozen=True)
class Given:
    """Seats of a lot given to a pool."""

    pool_id: UUID
    lot_key: UUID
    part: Part


@dataclass(frozen=True)
class Supply:
    """All dated seats of one metric line: its lots by key, and what of them is given to pools."""

    lots: Mapping[UUID, Part]
    given: tuple[Given, ...]

    def line_at(self, at: datetime) -> int | None:
        """Count the seats of the line in force (None: unlimited)."""
        return seats_at(self.lots.values(), at)

    def pool_at(self, pool_id: UUID, at: datetime) -> int | None:
        """Count the seats of a pool in force (None: unlimited): an allocation counts while its lot does."""
        return seats_at((within(g.part, self.lots[g.lot_key]) for g in self.given if g.pool_id == pool_id), at)


def lot_cost(basis: CostBasis, unit_price: int, pack_size: int, quantity: int | None) -> int:
    """Give the price of a whole lot in the micro-units of `unit_price`: a broken pack is paid in full.

    Raises ValueError for an unlimited lot on any basis but FLAT (`check_price` refuses it before it is kept).
    """
    if basis is CostBasis.FLAT:
        return unit_price
    if quantity is None:
        raise ValueError("an unlimited lot has a flat price")
    return unit_price * (quantity if basis is CostBasis.PER_SEAT else -(-quantity // pack_size))


def check_price(basis: CostBasis, quantity: int | None, *, path: str = "") -> None:
    """Let pass a price that a lot of this quantity can have. Raises BadInput."""
    if quantity is None and basis is not CostBasis.FLAT:
        raise BadInput(f"{path}cost_basis", basis.value, "FLAT, because an unlimited lot has no price a seat")


def check_term(term: Term, last_day: date | None, *, path: str = "") -> None:
    """Let pass a last usable day that the line's term can have. Raises BadInput."""
    if term is Term.PERPETUAL and last_day is not None:
        raise BadInput(f"{path}last_day", last_day.isoformat(), "no last usable day, because the line is PERPETUAL")
    if term in {Term.SUBSCRIPTION, Term.EVALUATION} and last_day is None:
        raise BadInput(f"{path}last_day", "nothing", f"a last usable day, because the line is {term.value}")


def check_territory(included: Iterable[str], excluded: Iterable[str], *, path: str = "") -> None:
    """Let pass a territory that includes something and does not say both of one region. Raises BadInput."""
    inside = set(included)
    if not inside:
        raise BadInput(f"{path}included", "nothing", "at least one region; 001 is the world")
    if both := sorted(inside & set(excluded)):
        raise BadInput(f"{path}excluded", both[0], "a region that is not included as well")


def gap_days(last_day: date | None, first_day: date) -> int | None:
    """Count the days between a lot and its renewal: 0 is seamless, negative is an overlap; None: it never ends."""
    return None if last_day is None else (first_day - last_day).days - 1
