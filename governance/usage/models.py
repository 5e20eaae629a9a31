"""What was observed: usage events as they came, and how fresh each source is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, ref

UNMATCHED = text("person_named IS NOT NULL OR product_named IS NOT NULL")


class UsageEvent(TenantRow):
    """One CloudEvent. (source, source_id) is its identity: the same one counted once, however often it comes.

    `person_named` and `product_named` keep what nobody here knows yet; both are empty once it is matched, at
    `matched_at`, when the person or product has come to be known.
    """

    __tablename__ = "usage_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_id"),
        Index("ix_usage_event_person", "tenant_id", "person_id", "product_id", "occurred_at"),
        Index("ix_usage_event_recorded", "tenant_id", "source", "recorded_at"),
        Index("ix_usage_event_unmatched", "tenant_id", "id", sqlite_where=UNMATCHED, postgresql_where=UNMATCHED),
    )

    source: Mapped[str] = mapped_column(String(200))
    source_id: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[UUID | None] = ref("person", nullable=True, index=False)
    product_id: Mapped[UUID | None] = ref("product", nullable=True, index=False)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(Json())
    person_named: Mapped[str | None] = mapped_column(String(254))
    product_named: Mapped[str | None] = mapped_column(String(254))
    matched_at: Mapped[datetime | None]


class Feed(TenantRow):
    """A source of usage and when it was last heard, for the freshness of every figure that rests on it."""

    __tablename__ = "feed"
    __table_args__ = (UniqueConstraint("tenant_id", "source"),)

    source: Mapped[str] = mapped_column(String(200))
    last_event_at: Mapped[datetime]
    last_heard_at: Mapped[datetime]
    events: Mapped[int]
