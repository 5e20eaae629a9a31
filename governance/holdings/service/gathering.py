"""What is known of the four of many licenses at once: a bounded number of statements, however many hold seats."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from governance.directory.models import Person
from governance.entitlements.models import Entitlement, MetricLine
from governance.holdings import queries
from governance.holdings.models import HeldSeat, HoldingsReading
from governance.holdings.queries import Moment, SeatFact
from governance.kernel.work import Work
from governance.usage.showing import named
from policies.access.actions import Action

T = TypeVar("T")
Licenses = Sequence[tuple[Entitlement, tuple[MetricLine, ...]]]


@dataclass(frozen=True)
class Facts:
    """What is known of one license. `people` and `use_told` may name more than hold it.

    `used` holds the uses of those alone of whom use may be told: that there are others is told by nothing, not even by
    saying of these that none was observed.
    """

    license: Entitlement
    lines: tuple[MetricLine, ...]
    readings: tuple[HoldingsReading, ...]
    held: Sequence[HeldSeat]
    seats: Sequence[SeatFact]
    used: Mapping[UUID, datetime]
    people: Mapping[UUID, Person]
    use_told: frozenset[UUID]
    entitled: int | None


async def gather(work: Work, licenses: Licenses, at: Moment) -> list[Facts]:
    """Gather what is known of licenses, in their order."""
    products = sorted({license_.product_id for license_, _ in licenses})
    readings = await queries.latest_readings(work, at)
    held = _by(await queries.held_of(work, products, readings), lambda row: row.product_id)
    seats = _by(await queries.seats_of_products(work, products, at), lambda fact: fact.product_id)
    used = await queries.last_uses(work, products, at)
    people, told = await _people(work, held, seats, used)
    supply = await queries.supplied(work, [line for _, lines in licenses for line in lines], at)
    return [
        Facts(
            license_, lines, _speaking(readings, held[license_.product_id]), held[license_.product_id],
            seats[license_.product_id],
            _with_there(used.get(license_.product_id, {}), held[license_.product_id], told),
            people, told, _sum(supply[line.id] for line in lines if line.id in supply),
        )
        for license_, lines in licenses
    ]  # fmt: skip


async def _people(
    work: Work,
    held: Mapping[UUID, Sequence[HeldSeat]],
    seats: Mapping[UUID, Sequence[SeatFact]],
    used: Mapping[UUID, Mapping[UUID, datetime]],
) -> tuple[Mapping[UUID, Person], frozenset[UUID]]:
    """Give whoever holds a seat here or there, or used a product and may be told of it; and of whom use may be told."""
    seen = {row.person_id for rows in held.values() for row in rows if row.person_id is not None}
    seen |= {fact.seat.person_id for rows in seats.values() for fact in rows}
    users = {person for those in used.values() for person in those}
    may = work.gate.may(work.actor, Action.USAGE_READ)
    reachable = await queries.users_in_reach(work, seen | users) if may else set()
    people = await queries.people_by_id(work, seen | (users & reachable))
    return people, frozenset(p for p in reachable if p in people and named(people[p].country))


def _by(rows: Iterable[T], product: Callable[[T], UUID | None]) -> Mapping[UUID, Sequence[T]]:
    found: dict[UUID, list[T]] = defaultdict(list)
    for row in rows:
        if (of := product(row)) is not None:
            found[of].append(row)
    return found


def _speaking(readings: Sequence[HoldingsReading], held: Sequence[HeldSeat]) -> tuple[HoldingsReading, ...]:
    telling = {row.reading_id for row in held}
    return tuple(reading for reading in readings if reading.id in telling)


def _sum(supply: Iterable[int | None]) -> int | None:
    """Add seats up; without a limit in one, without any."""
    total = 0
    for seats in supply:
        if seats is None:
            return None
        total += seats
    return total


def _with_there(used: Mapping[UUID, datetime], held: Sequence[HeldSeat], told: frozenset[UUID]) -> dict[UUID, datetime]:
    """Give the last use of each of whom it may be told, whichever of the two tells of the later one."""
    last = {person: at for person, at in used.items() if person in told}
    for row in held:
        if row.person_id in told and row.person_id is not None and row.used_at is not None:
            last[row.person_id] = max(row.used_at, last.get(row.person_id, row.used_at))
    return last
