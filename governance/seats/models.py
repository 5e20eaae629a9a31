"""Who holds what: assignments as episodes, the steps of each, and every refusal with its reasons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.seats.rules import ReleaseReason, SeatState

UNRELEASED = text("released_at IS NULL")


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
