"""What must be told to whom: a notice exists once, its delivery is tried until it arrives or is given up visibly."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.notices.rules import Channel, DeliveryState


class Notice(TenantRow):
    """A message for one person: a text of the catalog and its facts. `dedupe_key` makes it exist once."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("tenant_id", "dedupe_key"),
        Index("ix_notice_waiting", "state", "next_try_at"),
    )

    person_id: Mapped[UUID] = ref("person")
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    text_key: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json())
    dedupe_key: Mapped[str] = mapped_column(String(200))
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(String(400))
    recorded_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
