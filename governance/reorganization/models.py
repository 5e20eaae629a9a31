"""Reorganizations of a day to come: what was shown, who planned it, and what became of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import Json, TenantRow, Word, ref
from governance.kernel.database.rows import Versioned
from governance.reorganization.rules import PlannedState, Verb

OPEN = text("ended_at IS NULL")


class PlannedReorganization(TenantRow, Versioned):
    """A move, merge or split that the clock carries out at `due_at`, if what was shown then still holds.

    `asked` is the command by its names; `shown` the digest of the preview; `counts` how many of each kind it showed;
    `principal` whose rights are checked again when it acts, `narrowed` the acts their token was limited to.
    """

    __tablename__ = "planned_reorganization"
    __table_args__ = (
        Index("ix_planned_reorganization_open", "tenant_id", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_planned_reorganization_due", "tenant_id", "due_at", "id"),
    )

    verb: Mapped[Verb] = mapped_column(Word(Verb))
    unit_id: Mapped[UUID] = ref("org_unit")
    to_id: Mapped[UUID | None] = ref("org_unit", nullable=True)
    due_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(400))
    asked: Mapped[dict[str, Any]] = mapped_column(Json())
    shown: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(Json())
    principal: Mapped[str] = mapped_column(String(80))
    narrowed: Mapped[list[Any] | None] = mapped_column(Json())
    planned_at: Mapped[datetime]
    state: Mapped[PlannedState] = mapped_column(Word(PlannedState))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    why: Mapped[str | None] = mapped_column(String(400))
