"""Who asked for a seat, who decided what about it, and who waits in line for one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.requests.rules import RequestOrigin, RequestState

OPEN = text("ended_at IS NULL")


class SeatRequest(TenantRow, Versioned):
    """A wish for a seat of a pool, from its asking to its one answer. One that is open is the person's only one there.

    `requested_by`: the principal who asked, for themselves or for `person_id`. Undecided at `expires_at`, it is over.
    The line is served by `priority`, the highest first, then by `waiting_since`. `assignment_id`: the seat it became.
    """

    __tablename__ = "seat_request"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority"),
        Index(
            "ix_seat_request_open", "tenant_id", "pool_id", "person_id", unique=True,
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index(
            "ix_seat_request_line", "tenant_id", "pool_id", "waiting_since",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_seat_request_asked", "tenant_id", "asked_at", "id"),
        Index("ix_seat_request_person", "tenant_id", "person_id", "asked_at"),
    )  # fmt: skip

    pool_id: Mapped[UUID] = ref("pool", index=False)
    person_id: Mapped[UUID] = ref("person", index=False)
    origin: Mapped[RequestOrigin] = mapped_column(Word(RequestOrigin))
    state: Mapped[RequestState] = mapped_column(Word(RequestState))
    reason: Mapped[str] = mapped_column(String(400))
    requested_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    priority: Mapped[int] = mapped_column(Integer, default=0)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(400))
    waiting_since: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    assignment_id: Mapped[UUID | None] = ref("assignment", nullable=True)
