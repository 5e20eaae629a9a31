"""Alerts: a line was crossed by a subject; one open row per rule and subject, raised, acknowledged, resolved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.alerts.rules import AlertState
from governance.kernel.database import Json, Rank, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from policies.thresholds.threshold import Level

UNRESOLVED = text("resolved_at IS NULL")


class Alert(TenantRow, Versioned):
    """One crossing. `level` is the highest still held; re-armed once the value fell below line less slack."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_open", "tenant_id", "rule", "pool_id", unique=True,
            sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED,
        ),
        Index("ix_alert_newest", "tenant_id", "raised_at"),
    )  # fmt: skip

    rule: Mapped[str] = mapped_column(String(60))
    pool_id: Mapped[UUID] = ref("pool")
    level: Mapped[Level] = mapped_column(Rank(Level))
    state: Mapped[AlertState] = mapped_column(Word(AlertState))
    facts: Mapped[dict[str, Any]] = mapped_column(Json())
    raised_at: Mapped[datetime]
    level_since: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))
    resolved_at: Mapped[datetime | None]
