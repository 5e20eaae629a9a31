"""The four-way view of licenses: entitled, assigned here, held there, used; each difference with its remedy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.rules import LicenseModel
from governance.holdings import queries
from governance.holdings.models import HoldingsReading
from governance.holdings.queries import Moment, SeatFact
from governance.holdings.rules import (
    USED_WITHIN,
    Difference,
    Four,
    Holding,
    Remedy,
    Seat,
    differences,
    remedy_of,
)
from governance.holdings.service.gathering import Facts, Licenses, gather
from governance.kernel.work import Work
from governance.seats.rules import SeatState


@dataclass(frozen=True)
class Found:
    """One difference: of whom, and what mends it."""

    four: Four
    difference: Difference
    remedy: Remedy

    @property
    def key(self) -> str:
        return f"{self.difference}:{self.four.key}"


@dataclass(frozen=True)
class FourWay:
    """The view of one license. Figures in seats (`entitled` None: unlimited); `held` None: no list tells.

    `used` counts people with use within 90 days, of those whose use may be told; None: no such use was ever observed.
    `complete`: whole lists say who holds it, so that who is not on them holds nothing there.
    """

    license: Entitlement
    lines: tuple[MetricLine, ...]
    at: Moment
    entitled: int | None
    assigned: int
    held: int | None
    used: int | None
    complete: bool
    readings: tuple[HoldingsReading, ...]
    found: tuple[Found, ...]
    people: Mapping[UUID, Person]


async def four_way(work: Work, license_id: UUID, at: Moment | None = None) -> FourWay:
    """Compare the four of a license at an instant (None: now), as known at another. Raises NotFound."""
    [view] = await four_ways(work, [await queries.license_lines(work, license_id)], at)
    return view


async def four_ways(work: Work, licenses: Licenses, at: Moment | None = None) -> tuple[FourWay, ...]:
    """Compare the four of licenses, in their order, by as many statements as for one of them."""
    now = work.now()
    at = at or Moment(now, now)
    return tuple(_view(facts, at) for facts in await gather(work, licenses, at))


def _view(facts: Facts, at: Moment) -> FourWay:
    fours = _fours(facts, at)
    found = tuple(
        Found(four, difference, remedy_of(four, difference, at.as_of))
        for four in fours
        for difference in differences(four, at.as_of)
    )
    ordered = tuple(sorted(found, key=lambda one: (list(Difference).index(one.difference), _name(facts, one.four))))
    tiers = _tiers(facts.lines)
    held = [row for row in facts.held if queries.of_license(tiers, row)]
    mine = {reading.id for reading in facts.readings}
    used = {p for p, when in facts.used.items() if at.as_of - when <= USED_WITHIN}
    return FourWay(
        facts.license, facts.lines, at, facts.entitled,
        sum(1 for fact in facts.seats if fact.license_id == facts.license.id),
        sum(row.quantity for row in held) if mine else None,
        len(used) if facts.used else None, _listed(facts) is not None, facts.readings, ordered, facts.people,
    )  # fmt: skip


def _tiers(lines: Sequence[MetricLine]) -> frozenset[UUID]:
    return frozenset(line.tier_id for line in lines if line.tier_id is not None)


def _listed(facts: Facts) -> datetime | None:
    """Say since when whole lists tell who holds the product; None where one of them is a part, or none tells."""
    if not facts.readings or not all(reading.complete for reading in facts.readings):
        return None
    return min(reading.observed_at for reading in facts.readings)


def _fours(facts: Facts, at: Moment) -> list[Four]:
    """Bring together, for each person and each account of nobody, what is known of the four."""
    tiers, listed = _tiers(facts.lines), _listed(facts)
    here = {fact.seat.person_id: fact for fact in facts.seats if fact.license_id == facts.license.id}
    elsewhere: dict[UUID, set[UUID | None]] = defaultdict(set)
    for fact in facts.seats:
        if fact.license_id != facts.license.id:
            elsewhere[fact.seat.person_id].add(fact.tier_id)
    at_of = {reading.id: reading for reading in facts.readings}
    mine: dict[UUID | str, list[Holding]] = defaultdict(list)
    other: dict[UUID, list[Holding]] = defaultdict(list)
    for row in facts.held:
        holding = Holding(
            row.id, row.account, row.tier_id, row.quantity, at_of[row.reading_id].source,
            at_of[row.reading_id].observed_at,
        )  # fmt: skip
        if row.person_id is None:
            if queries.of_license(tiers, row):
                mine[row.account].append(holding)
            continue
        covered = _covers(elsewhere.get(row.person_id, set()), row.tier_id)
        if covered and row.person_id not in here:
            continue  # that is what their seat of another license gives them
        if queries.of_license(tiers, row):
            mine[row.person_id].append(holding)
        elif not covered:
            other[row.person_id].append(holding)
    people = {*here, *(one for one in mine if isinstance(one, UUID)), *_unseated(facts, here, elsewhere)}
    found = [
        _four(facts, person, here.get(person), mine.get(person) or other.get(person, []), listed, at)
        for person in sorted(people)
    ]
    accounts = [(name, held) for name, held in mine.items() if isinstance(name, str)]
    entitled = facts.entitled is None or facts.entitled > 0
    return found + [Four(None, False, entitled, None, tuple(held), listed, None, False) for _, held in accounts]


def _covers(seated: set[UUID | None], tier_id: UUID | None) -> bool:
    """Say whether seats of other licenses, by their tiers, explain what is held; an untold tier fits any."""
    return bool(seated) and (tier_id is None or None in seated or tier_id in seated)


def _unseated(facts: Facts, here: Mapping[UUID, SeatFact], elsewhere: Mapping[UUID, set[UUID | None]]) -> set[UUID]:
    """Give who used the product without a seat of any license of it."""
    return {p for p in facts.used if p not in here and p not in elsewhere}


def _four(
    facts: Facts, person: UUID, fact: SeatFact | None, held: list[Holding], listed: datetime | None, at: Moment
) -> Four:
    seat = None
    if fact is not None:
        row = fact.seat
        settled = row.state is not SeatState.INVITED and (row.accepted_at or row.started_at) <= at.as_of
        seat = Seat(row.id, row.pool_id, fact.tier_id, row.started_at, settled)
    entitled = facts.entitled is None or facts.entitled > 0
    floating = all(line.model is LicenseModel.CONCURRENT_USER for line in facts.lines)
    left = facts.people[person].status is PersonStatus.LEFT
    use_told = bool(facts.used) and person in facts.use_told
    return Four(
        person, left, entitled, seat, tuple(held), listed, facts.used.get(person) if use_told else None, use_told,
        floating,
    )  # fmt: skip


def _name(facts: Facts, four: Four) -> str:
    return facts.people[four.person_id].name if four.person_id is not None else four.account or ""
