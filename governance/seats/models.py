"""Who holds what: assignments as episodes, the steps of each, and every refusal with its reasons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.seats.leases.lease import LeaseState, WaitEnd
from governance.seats.rules import MarkKind, ReleaseReason, SeatState

UNRELEASED = text("released_at IS NULL")
UNENDED = text("ended_at IS NULL")


class Assignment(TenantRow, Versioned):
    """An episode: one person in one pool, from the first grant to the release. Its instants are set once.

    An invitation that is not accepted stops occupying at `invitation_expires_at`, swept or not. `prior_id` is the
    episode before, of the same person and line: time to first use belongs to the chain's first.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "ix_assignment_open", "tenant_id", "line_id", "person_id", unique=True,
            sqlite_where=UNRELEASED, postgresql_where=UNRELEASED,
        ),
        Index("ix_assignment_pool", "tenant_id", "pool_id", "started_at", "id"),
        Index("ix_assignment_person", "tenant_id", "person_id", "started_at"),
        UniqueConstraint("tenant_id", "claim_key"),
    )  # fmt: skip

    line_id: Mapped[UUID] = ref("metric_line", index=False)
    pool_id: Mapped[UUID] = ref("pool", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    prior_id: Mapped[UUID | None] = ref("assignment", nullable=True)
    state: Mapped[SeatState] = mapped_column(Word(SeatState))
    overage: Mapped[bool] = mapped_column(Boolean, default=False)
    started_at: Mapped[datetime]
    invitation_expires_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    first_use_at: Mapped[datetime | None]
    first_use_recorded_at: Mapped[datetime | None]
    last_use_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_recorded_at: Mapped[datetime | None]
    release_reason: Mapped[ReleaseReason | None] = mapped_column(Word(ReleaseReason))
    reclaim_due_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    claim_key: Mapped[str | None] = mapped_column(String(120))
    claim_hash: Mapped[str | None] = mapped_column(String(64))


class AssignmentStep(TenantRow):
    """One event of an episode: the state it led to, when it holds from, when we learned it."""

    __tablename__ = "assignment_step"
    __table_args__ = ({"info": {"append_only": True}},)

    assignment_id: Mapped[UUID] = ref("assignment")
    state: Mapped[SeatState] = mapped_column(Word(SeatState))
    event: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(String(400))


class Denial(TenantRow):
    """A refused grant with every reason. Equal denials of one holder within a minute are one row with a count."""

    __tablename__ = "denial"
    __table_args__ = (
        Index("ix_denial_equal", "tenant_id", "pool_id", "person_id", "first_at"),
        Index("ix_denial_recent", "tenant_id", "last_at"),
    )

    pool_id: Mapped[UUID] = ref("pool", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    code: Mapped[str] = mapped_column(String(40))
    reasons: Mapped[list[Any]] = mapped_column(Json())
    reasons_hash: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer, default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))


class LeaseTerms(TenantRow, Versioned):
    """On what terms a pool lends its seats; its id is the pool's. A pool without such a row lends on the usual terms.

    Seconds and days as `leases.terms` means them; `reserved`: seats by the name of the group they are kept for.
    """

    __tablename__ = "lease_terms"

    term_s: Mapped[int | None]
    revival_s: Mapped[int] = mapped_column(default=0)
    linger_s: Mapped[int] = mapped_column(default=0)
    borrow_days: Mapped[int] = mapped_column(default=0)
    borrowable: Mapped[int | None]
    early_return: Mapped[bool] = mapped_column(Boolean, default=True)
    reserved: Mapped[dict[str, int]] = mapped_column(Json(), default=dict)


class LeaseRoom(TenantRow):
    """What a pool has lent, as the ledger counts it; its id is the pool's. `due_at`: before then time changes nothing.

    `held`: seats by group, '' for none; `fence`: the highest token given; `waiting`: how many stand in line.
    """

    __tablename__ = "lease_room"

    line_id: Mapped[UUID] = ref("metric_line")
    held: Mapped[dict[str, int]] = mapped_column(Json(), default=dict)
    borrowed: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]


class Lease(TenantRow):
    """A client's lease of seats, from grant to end. One that has not ended is the client's only one in the pool.

    `expires_at` None: until it is given back. `due_at`: when time alone changes it next. `freed_at`: since when it
    takes no seat; an EXPIRED one may still come back, until it has `ended_at`. `claim_id`: what changed it last.
    """

    __tablename__ = "lease"
    __table_args__ = (
        Index(
            "ix_lease_client", "tenant_id", "pool_id", "client", unique=True,
            sqlite_where=UNENDED, postgresql_where=UNENDED,
        ),
        Index("ix_lease_due", "tenant_id", "pool_id", "due_at", sqlite_where=UNENDED, postgresql_where=UNENDED),
        Index("ix_lease_pool", "tenant_id", "pool_id", "granted_at", "id"),
        Index("ix_lease_person", "tenant_id", "person_id", "granted_at"),
        UniqueConstraint("tenant_id", "claim_key"),
    )  # fmt: skip

    line_id: Mapped[UUID] = ref("metric_line")
    pool_id: Mapped[UUID] = ref("pool", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    client: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    group_name: Mapped[str | None] = mapped_column(String(120))
    token: Mapped[int]
    state: Mapped[LeaseState] = mapped_column(Word(LeaseState))
    borrowed: Mapped[bool] = mapped_column(Boolean, default=False)
    overage: Mapped[bool] = mapped_column(Boolean, default=False)
    granted_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    kept_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    freed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    claim_id: Mapped[UUID]
    claim_key: Mapped[str | None] = mapped_column(String(120))
    claim_hash: Mapped[str | None] = mapped_column(String(64))


class LeaseWait(TenantRow):
    """A client that stood in line for seats of a pool; its id is that of the lease it is given."""

    __tablename__ = "lease_wait"
    __table_args__ = (
        Index(
            "ix_lease_wait_client", "tenant_id", "pool_id", "client", unique=True,
            sqlite_where=UNENDED, postgresql_where=UNENDED,
        ),
        Index("ix_lease_wait_line", "tenant_id", "pool_id", "place", sqlite_where=UNENDED, postgresql_where=UNENDED),
    )  # fmt: skip

    pool_id: Mapped[UUID] = ref("pool", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    client: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    group_name: Mapped[str | None] = mapped_column(String(120))
    place: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended: Mapped[WaitEnd | None] = mapped_column(Word(WaitEnd))


class RevocationMark(TenantRow):
    """What was decided about a revocation cap, or that one call took several seats of a line.

    TAKEN: `seats` in one call. RAISED: by `seats` until `until`, the end of the term. SET: the cap is `percent` of the
    supply from then on (None: what is said more widely holds again); without a line, for every line of the tenant.
    """

    __tablename__ = "revocation_mark"
    __table_args__ = ({"info": {"append_only": True}},)

    kind: Mapped[MarkKind] = mapped_column(Word(MarkKind))
    line_id: Mapped[UUID | None] = ref("metric_line", nullable=True)
    seats: Mapped[int]
    percent: Mapped[str | None] = mapped_column(String(12))
    until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))


class RevocationClaim(TenantRow):
    """A seat that a call is about to take: it counts against its line's cap until it is taken or let go of.

    `call_id` tells calls apart. `until`: when a call that was cut off holds nothing back any more.
    """

    __tablename__ = "revocation_claim"

    line_id: Mapped[UUID] = ref("metric_line")
    assignment_id: Mapped[UUID] = ref("assignment")
    call_id: Mapped[UUID]
    until: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(80))
