"""Reviews and boards: what was frozen, decided and signed, and who speaks for which department from when until when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.reviews.rules import ReviewState, Seat


class Review(TenantRow, Versioned):
    """One review of a unit's licenses: its state moves, its snapshot does not."""

    __tablename__ = "review"

    title: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    state: Mapped[ReviewState] = mapped_column(Word(ReviewState))
    prepared_by: Mapped[str] = mapped_column(String(80))
    prepared_at: Mapped[datetime]
    as_of: Mapped[datetime]
    known_at: Mapped[datetime]


class Snapshot(TenantRow):
    """What the board saw, frozen: canonical JSON (RFC 8785) and its SHA-256. Its id is the review's."""

    __tablename__ = "snapshot"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    content: Mapped[dict[str, Any]] = mapped_column(Json())
    sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class Decision(TenantRow):
    """What the board decided, upon which snapshot; the last one stands."""

    __tablename__ = "decision"
    __table_args__ = ({"info": {"append_only": True}},)

    review_id: Mapped[UUID] = ref("review")
    text: Mapped[str] = mapped_column(String(2000))
    action_owner_id: Mapped[UUID | None] = ref("person", nullable=True)
    due_day: Mapped[date | None] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))


class Signature(TenantRow):
    """One signer's yes to one hash (of snapshot and decision), given after proving again who they are."""

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("tenant_id", "review_id", "person_id"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review", index=False)
    person_id: Mapped[UUID] = ref("person")
    unit_id: Mapped[UUID] = ref("org_unit")
    sha256: Mapped[str] = mapped_column(String(64))
    authenticated_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Board(TenantRow, Versioned):
    """Who meets over a unit's licenses, and how many departments make a review count."""

    __tablename__ = "board"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[UUID] = ref("org_unit")
    quorum: Mapped[int]
    chair_needed: Mapped[bool] = mapped_column(Boolean)
    departments_needed: Mapped[list[str]] = mapped_column(Json())
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class BoardMember(TenantRow):
    """One person speaks for one department of a board, from when until when (half-open), and when we learned it."""

    __tablename__ = "board_member"

    board_id: Mapped[UUID] = ref("board")
    person_id: Mapped[UUID] = ref("person")
    department: Mapped[str] = mapped_column(String(120))
    seat: Mapped[Seat] = mapped_column(Word(Seat))
    start: Mapped[datetime]
    end: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    ended_recorded_at: Mapped[datetime | None]


class Meeting(TenantRow):
    """Which review is a board's, and of which period; one a board and period. Its id is the review's."""

    __tablename__ = "meeting"
    __table_args__ = (UniqueConstraint("tenant_id", "board_id", "period"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review")
    board_id: Mapped[UUID] = ref("board", index=False)
    period: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime]


class Mandate(TenantRow):
    """For which department a signature was given; one a review and department. Its id is the signature's."""

    __tablename__ = "mandate"
    __table_args__ = (UniqueConstraint("tenant_id", "review_id", "department"), {"info": {"append_only": True}})

    review_id: Mapped[UUID] = ref("review", index=False)
    signature_id: Mapped[UUID] = ref("signature")
    member_id: Mapped[UUID] = ref("board_member")
    department: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]
