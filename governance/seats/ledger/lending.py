"""The ledger's page of leases: one pool's as the rules see them and as rows, with everybody who stands in line."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from governance.entitlements.rules import Overage
from governance.seats.leases.lease import Beat, Borrow, GiveBack, Lease, LeaseState, WaitEnd, Waiter
from governance.seats.leases.room import LeasePool
from governance.seats.leases.terms import LeaseTerms, Limit

Key = tuple[UUID, UUID]
USUAL_TERM_S = 600
NOBODYS = ""
"""How a counter by group names seats of no group."""


def lease_of(named: Lease | Beat | GiveBack | Borrow) -> UUID:
    """Give the id of a lease, which the rules take for anything hashable."""
    lease_id = named.id if isinstance(named, Lease) else named.lease_id
    assert isinstance(lease_id, UUID)
    return lease_id


@dataclass(slots=True)
class TermsLine:
    """The terms of a pool, column by column; seconds and days."""

    tenant_id: UUID
    id: UUID
    term_s: int | None = USUAL_TERM_S
    revival_s: int = 0
    linger_s: int = 0
    borrow_days: int = 0
    borrowable: int | None = None
    early_return: bool = True
    reserved: dict[str, int] = field(default_factory=dict)

    def terms(self, overage: Overage) -> LeaseTerms:
        return LeaseTerms(
            None if self.term_s is None else timedelta(seconds=self.term_s), timedelta(seconds=self.revival_s),
            timedelta(seconds=self.linger_s), self.borrow_days, self.borrowable, self.early_return, overage,
            dict(self.reserved),
        )  # fmt: skip


@dataclass(slots=True)
class LeaseRoomLine:
    tenant_id: UUID
    id: UUID
    line_id: UUID
    held: dict[str, int] = field(default_factory=dict)
    borrowed: int = 0
    fence: int = 0
    waiting: int = 0
    due_at: datetime | None = None


@dataclass(slots=True)
class LeaseLine:
    """A lease, column by column."""

    tenant_id: UUID
    id: UUID
    line_id: UUID
    pool_id: UUID
    person_id: UUID
    client: str
    quantity: int
    group_name: str | None
    token: int
    state: LeaseState
    borrowed: bool
    overage: bool
    granted_at: datetime
    heard_at: datetime
    expires_at: datetime | None
    kept_until: datetime | None
    due_at: datetime | None
    freed_at: datetime | None
    ended_at: datetime | None
    claim_id: UUID
    claim_key: str | None
    claim_hash: str | None

    @property
    def lease(self) -> Lease:
        """Give the lease as the rules see it."""
        return Lease(
            self.id, self.client, self.quantity, self.group_name, self.token, self.granted_at, self.expires_at,
            self.state, self.borrowed, self.overage, self.kept_until,
        )  # fmt: skip

    def follow(self, lease: Lease, at: datetime) -> None:
        """Take over what the rules made of the lease at an instant."""
        frees = self.freed_at or at
        self.quantity, self.group_name, self.token, self.state = lease.quantity, lease.group, lease.token, lease.state
        self.borrowed, self.overage, self.expires_at = lease.borrowed, lease.overage, lease.expires_at
        self.kept_until, self.due_at = lease.kept_until, lease.due_at
        self.freed_at = None if lease.occupies else frees

    def end(self, state: LeaseState, at: datetime) -> None:
        self.state, self.freed_at, self.ended_at, self.due_at = state, self.freed_at or at, at, None


@dataclass(slots=True)
class WaitLine:
    """Somebody in line, column by column."""

    tenant_id: UUID
    id: UUID
    pool_id: UUID
    person_id: UUID
    client: str
    quantity: int
    group_name: str | None
    place: int
    since: datetime
    until: datetime
    ended_at: datetime | None = None
    ended: WaitEnd | None = None

    @property
    def waiter(self) -> Waiter:
        return Waiter(self.id, self.client, self.quantity, self.group_name, self.since, self.until)


@dataclass
class LendWanted:
    """Which leases of one pool a batch needs beside those that are due: by id, by client, by claim key."""

    ids: set[UUID] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


@dataclass
class Lending:
    """One pool's leases on the open page: `waits` who stands in line, `gone` who did until this batch.

    `others_due_at`: nothing out of sight changes by time before then.
    """

    room: LeaseRoomLine
    terms: TermsLine
    is_new: bool = False
    leases: dict[UUID, LeaseLine] = field(default_factory=dict)
    waits: dict[UUID, WaitLine] = field(default_factory=dict)
    gone: dict[UUID, WaitLine] = field(default_factory=dict)
    others_due_at: datetime | None = None
    view: LeasePool | None = None

    def pool(self, overage: Overage, limit: int | None, owned: int | None = None, ever: int | None = None) -> LeasePool:
        """Give the pool as the rules see it, with so many seats at most; `owned` and `ever` as of its terms."""
        terms = replace(self.terms.terms(overage), limits=(Limit(None, limit),), owned=owned, ever=ever)
        if self.view is not None:
            return replace(self.view, terms=terms)
        leases: dict[Hashable, Lease] = {each.id: each.lease for each in self.leases.values() if each.ended_at is None}
        return LeasePool(
            terms, leases, {each.client: each.id for each in leases.values()},
            {group or None: seats for group, seats in self.room.held.items()}, self.room.borrowed,
            tuple(each.waiter for each in sorted(self.waits.values(), key=lambda each: each.place)), self.room.fence,
            self.room.due_at, self.others_due_at,
        )  # fmt: skip

    def keep(self, pool: LeasePool) -> None:
        """Take over the pool, and what it counts."""
        self.view = pool
        self.room.held = {group or NOBODYS: seats for group, seats in pool.held.items()}
        self.room.borrowed, self.room.fence, self.room.due_at = pool.borrowed, pool.fence, pool.due_at
        self.room.waiting = len(pool.waiting)

    def by_claim(self, claim_id: UUID, key: str | None) -> LeaseLine | None:
        """Give the lease that this very claim changed last, if one has: the claim is asked again."""
        for each in self.leases.values():
            if each.claim_id == claim_id or (key is not None and each.claim_key == key):
                return each
        return None


def lending_of(key: Key, room: LeaseRoomLine | None, terms: TermsLine | None, line_id: UUID) -> Lending:
    """Open the page of a pool; one that has lent nothing yet, or has no terms of its own, has the usual ones."""
    tenant_id, pool_id = key
    return Lending(
        room or LeaseRoomLine(tenant_id, pool_id, line_id), terms or TermsLine(tenant_id, pool_id), is_new=room is None
    )
