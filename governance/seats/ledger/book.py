"""The ledger's open page: what is known of the rooms and seats of one batch, and what is to be written down."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.directory.rules import PersonStatus
from governance.entitlements.rules import Overage, RoomKind, most_of, since, stops
from governance.seats.leases.lease import Acquire, Borrow, GiveBack, Heartbeat
from governance.seats.leases.lease import Answer as LeaseAnswer
from governance.seats.ledger.lending import LeaseLine, LeaseRoomLine, Lending, LendWanted, WaitLine, lease_of
from governance.seats.ledger.port import Claim, Deny, Grant, Lend, Move
from governance.seats.rules import ReleaseReason, SeatState

Key = tuple[UUID, UUID]


@dataclass(slots=True)
class RoomLine:
    """A room as it stands; `name` is how reasons speak of it."""

    tenant_id: UUID
    id: UUID
    kind: RoomKind
    ceiling: int | None
    occupied: int
    over_since: datetime | None
    changes_at: datetime | None
    lapses_at: datetime | None
    percent: str | None
    supply: int | None
    flagged_since: datetime | None

    @property
    def full(self) -> bool:
        return self.ceiling is not None and self.occupied >= self.ceiling

    @property
    def owned(self) -> int | None:
        """Give the seats that are there, of which a percentage more may be taken."""
        return self.ceiling if self.percent is None else self.supply

    @property
    def used_up(self) -> bool:
        """Say whether the next seat is one beyond what is there."""
        return self.owned is not None and self.occupied >= self.owned

    def take(self, seats: int, now: datetime, *, stops: bool) -> None:
        """Add seats (negative: give back) and unmark being over; only a mode that does not stop is marked by a grant.

        A grant that goes too far where it stops is thus left to the database, which refuses it.
        """
        self.occupied += seats
        marked = since(self.ceiling, self.occupied, self.over_since, now)
        self.over_since = self.over_since and marked if stops and seats > 0 else marked
        self.flagged_since = since(self.supply, self.occupied, self.flagged_since, now)

    def resupply(self, supply: int | None, now: datetime) -> None:
        """Take in another supply, and mark who is over by it."""
        self.ceiling, self.supply = most_of(supply, self.percent), None if self.percent is None else supply
        self.over_since = since(self.ceiling, self.occupied, self.over_since, now)
        self.flagged_since = since(self.supply, self.occupied, self.flagged_since, now)


@dataclass(slots=True)
class PoolLine:
    tenant_id: UUID
    id: UUID
    version: int
    name: str
    closed_at: datetime | None
    line_id: UUID
    line_code: str
    overage: Overage
    invitation_days: int
    suspended_occupies: bool

    def __post_init__(self) -> None:
        self.overage = Overage(self.overage)

    @property
    def stops(self) -> bool:
        """Say whether grants end where a room is full."""
        return stops(self.overage)


@dataclass(slots=True)
class PersonLine:
    tenant_id: UUID
    id: UUID
    version: int
    status: PersonStatus

    def __post_init__(self) -> None:
        self.status = PersonStatus(self.status)


@dataclass(slots=True)
class SeatLine:
    """An assignment, column by column."""

    tenant_id: UUID
    id: UUID
    line_id: UUID
    pool_id: UUID
    person_id: UUID
    prior_id: UUID | None
    state: SeatState
    overage: bool
    started_at: datetime
    invitation_expires_at: datetime | None
    accepted_at: datetime | None
    first_use_at: datetime | None
    first_use_recorded_at: datetime | None
    last_use_at: datetime | None
    released_at: datetime | None
    released_recorded_at: datetime | None
    release_reason: ReleaseReason | None
    reclaim_due_at: datetime | None
    recorded_at: datetime
    claim_key: str | None
    claim_hash: str | None
    version: int

    @property
    def began_as(self) -> SeatState:
        return SeatState.ASSIGNED if self.invitation_expires_at is None else SeatState.INVITED


@dataclass(slots=True)
class DenialLine:
    tenant_id: UUID
    id: UUID
    pool_id: UUID
    person_id: UUID
    code: str
    reasons: list[dict[str, str]]
    reasons_hash: str
    count: int
    first_at: datetime
    last_at: datetime
    actor: str


@dataclass
class ManySeats:
    """New seats that differ in nothing but whose they are, told by the rows of the first.

    `own`: of each seat its person, its id, the episode before, its claim's key, and its entry's and event's ids.
    """

    seat: SeatLine
    step: dict[str, Any]
    entry: dict[str, Any]
    event: dict[str, Any]
    own: list[tuple[UUID, UUID, UUID | None, str | None, UUID, UUID]]


@dataclass(frozen=True)
class Candidate:
    """A person who may be seated: as the directory has them, their latest episode on the line, if it is open."""

    version: int
    status: PersonStatus
    prior_id: UUID | None
    seated: bool


@dataclass
class Wanted:
    """Which facts a batch needs."""

    tenants: set[UUID] = field(default_factory=set)
    lines: set[Key] = field(default_factory=set)
    pools: set[Key] = field(default_factory=set)
    persons: set[Key] = field(default_factory=set)
    episodes: set[tuple[UUID, UUID, UUID]] = field(default_factory=set)
    seats: set[Key] = field(default_factory=set)
    keys: set[tuple[UUID, str]] = field(default_factory=set)
    refusals: set[tuple[UUID, UUID, UUID]] = field(default_factory=set)
    lent: dict[Key, LendWanted] = field(default_factory=dict)

    @classmethod
    def of(cls, claims: Iterable[Claim], *, again: bool) -> "Wanted":
        """Gather what the claims need; `again`: also the seats that a first, broken try may have written."""
        wanted = cls()
        for claim in claims:
            wanted._add(claim)
            if again:
                wanted.seats.add((claim.tenant_id, claim.id))
        return wanted

    def add_place(self, claim: Claim) -> None:
        """Want what is known of the claim's tenant, line and pool."""
        self.tenants.add(claim.tenant_id)
        self.lines.add((claim.tenant_id, claim.ask.line_id))
        self.pools.add((claim.tenant_id, claim.ask.pool_id))

    def _add(self, claim: Claim) -> None:
        tenant, ask = claim.tenant_id, claim.ask
        self.add_place(claim)
        if claim.key is not None and not isinstance(ask, Lend):
            self.keys.add((tenant, claim.key))
        match ask:
            case Grant(pool_id=pool, line_id=line, person_id=person):
                self.persons.add((tenant, person))
                self.episodes.add((tenant, line, person))
                self.refusals.add((tenant, pool, person))
            case Move(assignment_id=seat):
                self.seats.add((tenant, seat))
            case Deny(pool_id=pool, person_id=person):
                self.refusals.add((tenant, pool, person))
            case Lend():
                self._add_lent(claim, ask)

    def _add_lent(self, claim: Claim, ask: Lend) -> None:
        tenant = claim.tenant_id
        lent = self.lent.setdefault((tenant, ask.pool_id), LendWanted())
        if not isinstance(ask.ask, Heartbeat):
            lent.ids.add(claim.id)
        if claim.key is not None:
            lent.keys.add(claim.key)
        if ask.person_id is not None:
            self.persons.add((tenant, ask.person_id))
            self.refusals.add((tenant, ask.pool_id, ask.person_id))
        match ask.ask:
            case Acquire(client=client):
                lent.clients.add(client)
            case GiveBack() | Borrow():
                lent.ids.add(lease_of(ask.ask))


@dataclass
class Writes:
    """What a batch writes: rows by table, in the order they must be written."""

    seats: list[SeatLine] = field(default_factory=list)
    many: list[ManySeats] = field(default_factory=list)
    moved: dict[Key, SeatLine] = field(default_factory=dict)
    rooms: dict[Key, RoomLine] = field(default_factory=dict)
    denials: dict[Key, DenialLine] = field(default_factory=dict)
    counted: dict[Key, DenialLine] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    leases: list[LeaseLine] = field(default_factory=list)
    lent: dict[Key, LeaseLine] = field(default_factory=dict)
    waits: list[WaitLine] = field(default_factory=list)
    waited: dict[Key, WaitLine] = field(default_factory=dict)
    new_lease_rooms: dict[Key, LeaseRoomLine] = field(default_factory=dict)
    lease_rooms: dict[Key, LeaseRoomLine] = field(default_factory=dict)


@dataclass
class Book:
    """The facts of one batch, read under its locks; deciding changes them, so that each claim sees those before it.

    `renewed`: of a heartbeat's claim, by its id, what to answer of the leases whose end has been moved already.
    `freed`: the lines of which something came free, and whose waiting have not been asked since.
    `then`: while an instant gone by is looked at, the seats in force then and those that may be taken, by room.
    """

    now: datetime
    revisions: dict[UUID, int] = field(default_factory=dict)
    rooms: dict[Key, RoomLine] = field(default_factory=dict)
    pools: dict[Key, PoolLine] = field(default_factory=dict)
    persons: dict[Key, PersonLine] = field(default_factory=dict)
    seats: dict[Key, SeatLine] = field(default_factory=dict)
    latest: dict[tuple[UUID, UUID, UUID], SeatLine] = field(default_factory=dict)
    keys: dict[tuple[UUID, str], SeatLine] = field(default_factory=dict)
    denials: dict[tuple[UUID, UUID, UUID, str], DenialLine] = field(default_factory=dict)
    stepped: set[Key] = field(default_factory=set)
    lease_rooms: dict[Key, LeaseRoomLine] = field(default_factory=dict)
    lendings: dict[Key, Lending] = field(default_factory=dict)
    renewed: dict[UUID, list[LeaseAnswer | None]] = field(default_factory=dict)
    freed: set[Key] = field(default_factory=set)
    then: dict[Key, tuple[int | None, int | None]] = field(default_factory=dict)
    writes: Writes = field(default_factory=Writes)

    def seats_of(self, room: RoomLine) -> tuple[int | None, int | None]:
        """Give how many seats of a room are there, and how many may be taken, at the instant that is looked at."""
        return self.then.get((room.tenant_id, room.id), (room.owned, room.ceiling))

    def learn(self, seat: SeatLine) -> SeatLine:
        """Take in a seat that was read; the same seat read twice stays one object."""
        known = self.seats.setdefault((seat.tenant_id, seat.id), seat)
        if known.claim_key is not None:
            self.keys[known.tenant_id, known.claim_key] = known
        episode = (known.tenant_id, known.line_id, known.person_id)
        latest = self.latest.get(episode)
        if latest is None or _order(known) > _order(latest):
            self.latest[episode] = known
        return known


def _order(seat: SeatLine) -> tuple[bool, datetime, UUID]:
    return (seat.released_at is None, seat.started_at, seat.id)
