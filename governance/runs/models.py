"""Long work as rows: what was asked, how far it is, who works on it now, what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from governance.kernel.database import GlobalRow, Json, TenantRow, Word
from governance.runs.rules import RunKind, RunState


class Run(TenantRow):
    """One piece of long work. `fence` rises with every claim: a worker with an older fence can change nothing.

    `asked` holds ids and options only; `principal` is whose rights are checked again when it runs, `narrowed` the acts
    their token was limited to. `lease_until` of a waiting run is the instant before which it is not tried again.
    """

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_waiting", "state", "lease_until"),
        Index("ix_run_newest", "tenant_id", "created_at"),
    )

    kind: Mapped[RunKind] = mapped_column(Word(RunKind))
    state: Mapped[RunState] = mapped_column(Word(RunState), default=RunState.WAITING)
    asked: Mapped[dict[str, Any]] = mapped_column(Json())
    principal: Mapped[str] = mapped_column(String(80))
    narrowed: Mapped[list[Any] | None] = mapped_column(Json())
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    step: Mapped[str | None] = mapped_column(String(60))
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_all: Mapped[int | None]
    resume_at: Mapped[dict[str, Any] | None] = mapped_column(Json())
    cancel_asked: Mapped[bool] = mapped_column(Boolean, default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    worker: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(Json())
    error: Mapped[str | None] = mapped_column(String(400))


class SweepTurn(GlobalRow):
    """Whose turn a regular sweep is: one process holds it at a time, and it is due again at `next_at`."""

    __tablename__ = "sweep_turn"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(60))
    next_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(80))
    last_error: Mapped[str | None] = mapped_column(String(400))
