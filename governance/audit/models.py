"""The trail's rows: who did what to which object, before and after; written once, never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow


class Entry(TenantRow):
    """One act. `before` and `after` hold only what differs; personal fields are named, not copied."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_subject", "tenant_id", "subject_type", "subject_id", "recorded_at"),
        Index("ix_entry_recorded", "tenant_id", "recorded_at"),
        {"info": {"append_only": True}},
    )

    recorded_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(Json())
    after: Mapped[dict[str, Any] | None] = mapped_column(Json())
    reason: Mapped[str | None] = mapped_column(String(400))
    request_id: Mapped[UUID]
