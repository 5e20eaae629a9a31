"""What happened, told in the past tense: an event is written with the change it tells of, and answered later, once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Instant, Json, TenantRow


class OutboxEvent(TenantRow):
    """An event that waits for its reactions. `done_at` is set by the reaction's own transaction: answered once."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_waiting", "done_at", "available_at"),)

    name: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(Json())
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    available_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(String(400))
