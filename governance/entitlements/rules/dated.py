"""Dated seats: what is in force at an instant, of a line and of each of its pools."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.kernel.due import holds_at


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
